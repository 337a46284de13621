import type { LargeValue } from '../encode.ts';
import { packSmaller, partCount, PARTS_AT_ONCE, split } from '../packed.ts';
import { hashesOf, valueBytes } from '../stored-values.ts';
import { columnsOf } from './columns.ts';
import { LOCK_SPACE, type SchemaName, type Session } from './session.ts';
import type { Transaction } from './transaction.ts';

/** Who holds large values. */
export const USE = { run: 0, snapshot: 1, result: 2 } as const;
/** A kind of holder: {@link USE}. */
export type UseKind = (typeof USE)[keyof typeof USE];

/**
 * Locks large values and definitions until the transaction ends. Who writes some shares the lock
 * (`WriteOptions.isHolding`), so that what it finds stored is not removed before it is noted that it is held; this is for
 * who removes what nobody holds.
 */
export async function lockValues(session: Session, schema: SchemaName): Promise<void> {
  await session.query('SELECT pg_advisory_xact_lock($1, $2)', LOCK_SPACE, schema.valuesLockKey);
}

/** Notes that a run, snapshot or result holds values, and writes those that are not there yet. */
export async function holdValues(
  transaction: Transaction,
  kind: UseKind,
  holder: number,
  large: readonly LargeValue[],
): Promise<void> {
  if (large.length === 0) return;
  const hashes = [...hashesOf(large)].sort();
  await transaction.query(
    'INSERT INTO heddle.uses (kind, holder, hash) SELECT $1, $2, unnest($3::text[]) ON CONFLICT DO NOTHING',
    kind,
    holder,
    hashes,
  );
  const there = await transaction.query<{ hash: string }>(
    'SELECT hash FROM heddle.large_values WHERE hash = ANY($1)',
    hashes,
  );
  const stored = new Set(there.map(({ hash }) => hash));
  const missing: StoredValue[] = [];
  for (const [hash, packed] of valueBytes(large, (one) => stored.has(one))) {
    if (packed === null || stored.has(hash)) continue;
    const smaller = await packSmaller(packed);
    missing.push({ hash, ...(split(smaller) ?? { head: smaller, parts: [] }) });
  }
  // In one order for all, so that two who write the same do not wait for each other.
  missing.sort((a, b) => (a.hash < b.hash ? -1 : 1));
  await insertValues(transaction, missing);
}

/** A large value in the pieces that are stored: all of it, or how many parts it has, and those. */
interface StoredValue {
  readonly hash: string;
  readonly head: Buffer;
  readonly parts: readonly Buffer[];
}

async function insertValues(transaction: Transaction, values: readonly StoredValue[]): Promise<void> {
  const inserted = new Set<string>();
  for (const { rows, bytes, offsets, lengths } of columnsOf(values, ({ head }) => head)) {
    const added = await transaction.query<{ hash: string }>(
      `INSERT INTO heddle.large_values (hash, data)
       SELECT hash, substring($2::bytea FROM start FOR size)
       FROM unnest($1::text[], $3::int[], $4::int[]) AS part (hash, start, size) ON CONFLICT DO NOTHING RETURNING hash`,
      rows.map(({ hash }) => hash),
      bytes,
      offsets,
      lengths,
    );
    for (const { hash } of added) inserted.add(hash);
  }
  // Another heddle may compress differently: parts are of who wrote the head.
  const parts = values.flatMap(({ hash, parts: all }) =>
    inserted.has(hash) ? all.map((data, at) => ({ hash, part: at + 1, data })) : [],
  );
  for (const { rows, bytes, offsets, lengths } of columnsOf(parts, ({ data }) => data)) {
    await transaction.query(
      `INSERT INTO heddle.value_parts (hash, part, data)
       SELECT hash, part, substring($3::bytea FROM start FOR size)
       FROM unnest($1::text[], $2::int[], $4::int[], $5::int[]) AS piece (hash, part, start, size)`,
      rows.map(({ hash }) => hash),
      rows.map(({ part }) => part),
      bytes,
      offsets,
      lengths,
    );
  }
}

/** The bytes of stored values, those of split ones page by page; those that are not stored, or go just now, are left out. */
export async function readValues(
  query: Session['query'],
  hashes: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const heads = await query<{ hash: string; data: Buffer }>(
    'SELECT hash, data FROM heddle.large_values WHERE hash = ANY($1)',
    hashes,
  );
  const found = new Map<string, Buffer>();
  for (const { hash, data } of heads) {
    const count = partCount(data);
    const bytes = count === null ? data : await readParts(query, hash, count);
    if (bytes !== null) found.set(hash, bytes);
  }
  return found;
}

async function readParts(query: Session['query'], hash: string, count: number): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  while (parts.length < count) {
    const page = await query<{ part: number; data: Buffer }>(
      'SELECT part, data FROM heddle.value_parts WHERE hash = $1 AND part > $2 ORDER BY part LIMIT $3',
      hash,
      parts.length,
      PARTS_AT_ONCE,
    );
    if (page.length === 0) return null;
    for (const { part, data } of page) if (parts.push(data) !== part) return null;
  }
  return Buffer.concat(parts);
}

/** Forgets what holders held but for `kept`; `limit` values at most, null for all. How many there were. */
export async function letGo(
  transaction: Transaction,
  kind: UseKind,
  holders: readonly number[],
  kept: readonly string[] = [],
  limit: number | null = null,
): Promise<number> {
  const rows = await transaction.query<{ hash: string }>(
    `DELETE FROM heddle.uses WHERE kind = $1 AND (holder, hash) IN (
       SELECT holder, hash FROM heddle.uses
       WHERE kind = $1 AND holder = ANY($2::bigint[]) AND hash <> ALL($3::text[]) LIMIT $4)
     RETURNING hash`,
    kind,
    holders,
    kept,
    limit,
  );
  for (const { hash } of rows) transaction.released.add(hash);
  return rows.length;
}

/** Removes those of the values that nobody holds. */
export async function removeOrphans(session: Session, schema: SchemaName, hashes: readonly string[]): Promise<void> {
  await lockValues(session, schema);
  await session.query(
    `DELETE FROM heddle.large_values AS value WHERE hash = ANY($1)
       AND NOT EXISTS (SELECT 1 FROM heddle.uses WHERE uses.hash = value.hash)`,
    hashes,
  );
}
