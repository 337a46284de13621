import { writeReferences } from '../decode.ts';
import type { EncodedData } from '../encode.ts';
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
  const seq = writeEntries(connection, values, key, run.seq, entries);
  let { hasRequests } = run;
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

/** Rows of one statement at most. */
const MAX_ROWS = 16;
/** Statements that insert so many entries without large values, from one on: key, sequence of the first, then each. */
const INSERTS = Array.from({ length: MAX_ROWS }, (_, at) => {
  const rows = Array.from({ length: at + 1 }, (_row, nth) => `((?1 << 32) | (?2 + ${nth}), ?${nth + 3})`);
  return `INSERT INTO entries (place, data) VALUES ${rows.join(', ')}`;
});

/** Writes entries behind those up to `seq`; the sequence of the last. */
export function writeEntries(
  connection: Connection,
  values: LargeValues,
  key: number,
  seq: number,
  entries: readonly Prepared[],
): number {
  let last = seq;
  for (let at = 0; at < entries.length;) {
    const end = Math.min(entries.length, at + MAX_ROWS);
    const data: EncodedData[] = [];
    for (; at < end && entries[at]?.encoded.references === null; at++) data.push(entries[at]?.encoded.data ?? '');
    if (data.length > 0) {
      connection.run(INSERTS[data.length - 1] ?? '', key, last + 1, ...data);
      last += data.length;
    }
    if (at < end) writeEntry(connection, values, key, ++last, entries[at++] as Prepared);
  }
  if (entries.length > 0) stopPoint('entries.written');
  return last;
}

function writeEntry(
  connection: Connection,
  values: LargeValues,
  key: number,
  seq: number,
  { encoded, large }: Prepared,
): void {
  for (const value of large) values.use(USE.run, key, value);
  connection.run(
    'INSERT INTO entries (place, data, refs) VALUES ((?1 << 32) | ?2, ?3, ?4)',
    key,
    seq,
    encoded.data,
    writeReferences(encoded.references),
  );
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
