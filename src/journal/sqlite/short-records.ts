import type { Entry } from '../journal.ts';
import { Survey } from '../survey.ts';
import { writeEntries } from './batches.ts';
import type { Connection } from './connection.ts';
import type { LargeValues } from './large-values.ts';

/** Characters of a record that stands in the row of its run: a page holds a few of them. */
const MAX_CHARS = 2000;

/**
 * A record as it stands in the row of its run; null: it is too long for that, or not JSON.
 *
 * @throws HEDDLE_NOT_SERIALISABLE
 */
export function shortRecord(entries: readonly Entry[] = []): string | null {
  const survey = new Survey(MAX_CHARS);
  for (let at = 0; at < entries.length && !survey.isOver; at++) survey.visit(entries[at], 0);
  if (survey.isOver || !survey.isExact || entries.length === 0) return null;
  const text = JSON.stringify(entries);
  return text.length > MAX_CHARS ? null : text;
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
