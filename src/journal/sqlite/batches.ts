import { writeReferences } from '../decode.ts';
import type { Appended, Lease, Snapshot } from '../journal.ts';
import type { Prepared, PreparedBatch } from '../prepared.ts';
import { stopPoint } from '../stop-point.ts';
import type { Connection } from './connection.ts';
import { USE, type LargeValues } from './large-values.ts';
import { giveUpLease, type HeldRun } from './lease-rows.ts';
import { patchRun } from './run-rows.ts';

/** Writes a batch under a lease that was verified. */
export function writeBatch(
  connection: Connection,
  values: LargeValues,
  run: HeldRun,
  lease: Lease,
  { batch, entries, summary }: PreparedBatch,
): Appended {
  const { key } = run;
  let { seq, hasRequests } = run;
  for (const { encoded, large } of entries) {
    for (const value of large) values.use(USE.run, key, value);
    connection.run(
      'INSERT INTO entries (place, data, refs) VALUES ((?1 << 32) | ?2, ?3, ?4)',
      key,
      ++seq,
      encoded.data,
      writeReferences(encoded.references),
    );
  }
  if (entries.length > 0) stopPoint('entries.written');
  const { answered = [], patch, release = false } = batch;
  for (const id of answered) connection.run('DELETE FROM requests WHERE id = ? AND run = ?', id, key);
  if (answered.length > 0) {
    stopPoint('requests.answered');
    hasRequests = connection.get('SELECT 1 FROM requests WHERE run = ? LIMIT 1', key) !== undefined;
  }
  if (patch !== undefined) patchRun(connection, key, patch, summary);
  if (release) giveUpLease(connection, key, lease.epoch);
  return { seq, hasRequests };
}

/** Puts a snapshot into the place of the one before; values that only that one held go. */
export function writeSnapshot(
  connection: Connection,
  values: LargeValues,
  key: number,
  { seq }: Snapshot,
  { encoded, large }: Prepared,
): void {
  for (const value of large) values.use(USE.snapshot, key, value);
  connection.run(
    'INSERT OR REPLACE INTO snapshots (run, seq, data, refs) VALUES (?, ?, ?, ?)',
    key,
    seq,
    encoded.data,
    writeReferences(encoded.references),
  );
  const held = new Set(large.flatMap(({ hash, contains }) => [hash, ...contains]));
  const before = connection.all<{ hash: string }>(
    'SELECT hash FROM uses WHERE kind = ? AND holder = ?',
    USE.snapshot,
    key,
  );
  for (const { hash } of before) if (!held.has(hash)) values.releaseOne(USE.snapshot, key, hash);
  stopPoint('snapshot.written');
}
