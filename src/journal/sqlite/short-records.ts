import type { Prepared } from '../prepared.ts';
import { writeEntries } from './batches.ts';
import type { Connection } from './connection.ts';
import type { LargeValues } from './large-values.ts';

/** Characters of a record that stands in the row of its run: a page holds a few of them. */
const MAX_CHARS = 2000;

/** A record as it stands in the row of its run; null: it is too long for that, or not JSON. */
export function shortRecord(entries: readonly Prepared[]): string | null {
  let text = '';
  for (const { encoded } of entries) {
    const { data, references } = encoded;
    if (typeof data !== 'string' || references !== null || text.length + data.length > MAX_CHARS) return null;
    text += text === '' ? data : `,${data}`;
  }
  return text === '' ? null : `[${text}]`;
}

/** The entries of a short record. */
export function entriesOf(record: string | null): readonly unknown[] {
  return record === null ? [] : (JSON.parse(record) as readonly unknown[]);
}

/** Moves a short record to where entries can be added to it. */
export function unfoldRecord(connection: Connection, values: LargeValues, key: number): void {
  const row = connection.get<{ entries: string | null }>('SELECT entries FROM runs WHERE key = ?', key);
  const entries = entriesOf(row?.entries ?? null);
  if (entries.length === 0) return;
  const prepared = entries.map((entry) => ({ encoded: { data: JSON.stringify(entry), references: null }, large: [] }));
  writeEntries(connection, values, key, 0, prepared);
  connection.run('UPDATE runs SET entries = NULL WHERE key = ?', key);
}
