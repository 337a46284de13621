import { fenced } from '../fencing.ts';
import type { Lease, LeaseRequest } from '../journal.ts';
import { stopPoint } from '../stop-point.ts';
import type { Connection } from './connection.ts';
import { runKey } from './run-rows.ts';

/** Who has a run. */
export interface LeaseRow {
  readonly epoch: number;
  readonly owner: string | null;
  readonly expires_at_ms: number;
}

/** The lease of a run, or undefined. */
export function leaseRow(connection: Connection, key: number): LeaseRow | undefined {
  return connection.get<LeaseRow>('SELECT epoch, owner, expires_at_ms FROM leases WHERE run = ?', key);
}

/** Gives a run to somebody, whoever had it. */
export function takeLease(
  connection: Connection,
  key: number,
  run: string,
  { owner, ttlMs }: LeaseRequest,
  nowMs: number,
): Lease {
  const row = connection.get<{ epoch: number }>(
    'UPDATE leases SET epoch = epoch + 1, owner = ?, expires_at_ms = ? WHERE run = ? RETURNING epoch',
    owner,
    nowMs + ttlMs,
    key,
  );
  stopPoint('lease.acquired');
  return { run, owner, epoch: row?.epoch ?? 0 };
}

/** Lets a lease end now; does nothing where it is somebody else's. */
export function giveUpLease(connection: Connection, key: number, epoch: number): void {
  connection.run('UPDATE leases SET owner = NULL WHERE run = ? AND epoch = ?', key, epoch);
  stopPoint('lease.released');
}

/** The key of the run where the lease is valid. @throws HEDDLE_FENCED */
export function verifyLease(connection: Connection, lease: Lease): number {
  const key = runKey(connection, lease.run);
  const row = key === undefined ? undefined : leaseRow(connection, key);
  if (key === undefined || row === undefined || row.epoch !== lease.epoch || row.owner === null) throw fenced(lease);
  stopPoint('lease.verified');
  return key;
}

/** The last sequence of a run. */
export function lastSeq(connection: Connection, key: number): number {
  const row = connection.get<{ seq: number | null }>(
    'SELECT max(place) & 0xffffffff AS seq FROM entries WHERE place > (?1 << 32) AND place < ((?1 + 1) << 32)',
    key,
  );
  return row?.seq ?? 0;
}
