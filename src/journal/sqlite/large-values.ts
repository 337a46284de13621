import { HeddleError } from '../../errors/index.ts';
import { decode, readReferences, writeReferences } from '../decode.ts';
import type { Encoded, EncodedData, LargeValue } from '../encode.ts';
import { stopPoint } from '../stop-point.ts';
import type { Connection } from './connection.ts';

/** Who holds large values. */
export const USE = { run: 0, snapshot: 1, result: 2 } as const;
/** A kind of holder: {@link USE}. */
export type UseKind = (typeof USE)[keyof typeof USE];

/** Columns that hold an encoded value. */
export interface EncodedRow {
  readonly data: EncodedData;
  readonly refs: string | null;
}

/** Values that are stored once, under their hash, for as long as somebody holds them. */
export class LargeValues {
  readonly #connection: Connection;
  /** Values read before that somebody still holds: all who read one share it. */
  readonly #loaded = new Map<string, WeakRef<object>>();
  readonly #forgotten = new FinalizationRegistry<string>((hash) => {
    if (this.#loaded.get(hash)?.deref() === undefined) this.#loaded.delete(hash);
  });

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Notes that a run, snapshot or result holds a value, and writes the value where it is not there yet. */
  use(kind: UseKind, holder: number, value: LargeValue): void {
    if (!this.#note(kind, holder, value.hash)) return;
    for (const hash of value.contains) this.#note(kind, holder, hash);
    if (this.#connection.get('SELECT 1 FROM large_values WHERE hash = ?', value.hash) !== undefined) return;
    // Here and not before: what an earlier transaction found may be pruned by now.
    const { data, references } = value.encode((inner) => this.#keep(inner));
    this.#insert(value.hash, data, writeReferences(references));
  }

  /** Forgets what a holder held, `limit` values at most (-1: all); what nobody holds any more goes. How many there were. */
  release(kind: UseKind, holder: number, limit: number): number {
    const rows = this.#connection.all<{ hash: string }>(
      'SELECT hash FROM uses WHERE kind = ? AND holder = ? LIMIT ?',
      kind,
      holder,
      limit,
    );
    for (const { hash } of rows) this.releaseOne(kind, holder, hash);
    return rows.length;
  }

  /** Forgets that a holder held a value. */
  releaseOne(kind: UseKind, holder: number, hash: string): void {
    this.#connection.run('DELETE FROM uses WHERE kind = ? AND holder = ? AND hash = ?', kind, holder, hash);
    this.#connection.run(
      'DELETE FROM large_values WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM uses WHERE hash = ?1)',
      hash,
    );
  }

  /** Reads a value back. @throws HEDDLE_JOURNAL_CORRUPT where a large value is missing. */
  decode({ data, refs }: EncodedRow): unknown {
    return decode({ data, references: readReferences(refs) }, (hash) => this.#load(hash));
  }

  #note(kind: UseKind, holder: number, hash: string): boolean {
    return this.#connection.run('INSERT OR IGNORE INTO uses VALUES (?, ?, ?)', kind, holder, hash) > 0;
  }

  #keep(value: LargeValue): void {
    const encoded: Encoded = value.encode((inner) => this.#keep(inner));
    this.#insert(value.hash, encoded.data, writeReferences(encoded.references));
  }

  #insert(hash: string, data: EncodedData, refs: string | null): void {
    this.#connection.run('INSERT OR IGNORE INTO large_values (hash, data, refs) VALUES (?, ?, ?)', hash, data, refs);
    stopPoint('value.written');
  }

  #load(hash: string): unknown {
    const loaded = this.#loaded.get(hash)?.deref();
    if (loaded !== undefined) return loaded;
    const row = this.#connection.get<EncodedRow>('SELECT data, refs FROM large_values WHERE hash = ?', hash);
    if (row === undefined) {
      throw new HeddleError(
        'HEDDLE_JOURNAL_CORRUPT',
        `The journal ${this.#connection.file} lacks the value ${hash}; run \`heddle journal check\`.`,
      );
    }
    const value = this.decode(row);
    if (typeof value === 'object' && value !== null) {
      this.#loaded.set(hash, new WeakRef(value));
      this.#forgotten.register(value, hash);
    }
    return value;
  }
}
