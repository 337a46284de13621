import type { Appended, Lease, Snapshot } from '../journal.ts';
import { pack, packWhole } from '../packed.ts';
import type { Prepared, PreparedBatch } from '../prepared.ts';
import { hashesOf } from '../stored-values.ts';
import { columnsOf } from './columns.ts';
import { holdValues, letGo, USE } from './large-values.ts';
import { giveUpLease, type HeldRun } from './lease-rows.ts';
import { patchRun } from './run-rows.ts';
import type { Transaction } from './transaction.ts';

/** Writes a batch under a lease that was verified. */
export async function writeBatch(
  transaction: Transaction,
  run: HeldRun,
  lease: Lease,
  { batch, entries, summary }: PreparedBatch,
): Promise<Appended> {
  const { key } = run;
  let { seq, hasRequests } = run;
  await holdValues(
    transaction,
    USE.run,
    key,
    entries.flatMap(({ large }) => large),
  );
  for (const { rows, bytes, offsets, lengths } of columnsOf(entries, ({ encoded }) => pack(encoded))) {
    await transaction.query(
      // Never earlier than the batch before, whatever the clock does: the months of a run are told by the last one.
      `WITH written AS (
         INSERT INTO heddle.entries (run, seq, at, data)
         SELECT run, seq + number, greatest(now(), last_at), substring($2::bytea FROM start FOR size)
         FROM heddle.leases, unnest($3::int[], $4::int[]) WITH ORDINALITY AS part (start, size, number) WHERE run = $1
       )
       UPDATE heddle.leases SET seq = seq + $5, last_at = greatest(now(), last_at) WHERE run = $1`,
      key,
      bytes,
      offsets,
      lengths,
      rows.length,
    );
    seq += rows.length;
  }
  const { answered = [], patch, release = false } = batch;
  if (answered.length > 0) {
    await transaction.query('DELETE FROM heddle.requests WHERE run = $1 AND id = ANY($2::bigint[])', key, answered);
    const [row] = await transaction.query<{ asked: boolean }>(
      'SELECT EXISTS (SELECT 1 FROM heddle.requests WHERE run = $1) AS asked',
      key,
    );
    hasRequests = row?.asked ?? false;
  }
  if (patch !== undefined) await patchRun(transaction, key, patch, summary === null ? null : packWhole(summary));
  if (release) await giveUpLease(transaction, lease);
  return { seq, hasRequests };
}

/** Puts a snapshot into the place of the one before; values that only that one held go. */
export async function writeSnapshot(
  transaction: Transaction,
  key: number,
  { seq }: Snapshot,
  { encoded, large }: Prepared,
): Promise<void> {
  await holdValues(transaction, USE.snapshot, key, large);
  await transaction.query(
    `INSERT INTO heddle.snapshots (run, seq, data) VALUES ($1, $2, $3)
     ON CONFLICT (run) DO UPDATE SET seq = excluded.seq, data = excluded.data`,
    key,
    seq,
    pack(encoded),
  );
  await letGo(transaction, USE.snapshot, [key], [...hashesOf(large)]);
}
