import { fenced } from '../fencing.ts';
import type { Lease, LeaseRequest } from '../journal.ts';
import { stopPoint } from '../stop-point.ts';
import type { Connection } from './connection.ts';

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

/** A run under a valid lease. */
export interface HeldRun {
  readonly key: number;
  /** Sequence of the last entry, 0 where there is none. */
  readonly seq: number;
  readonly hasRequests: boolean;
}

/** The run that a lease is valid for. One statement, since every batch begins with it. @throws HEDDLE_FENCED */
export function verifyLease(connection: Connection, lease: Lease): HeldRun {
  const row = connection.get<{ key: number; epoch: number; owner: string | null; seq: number | null; asked: number }>(
    `SELECT key, epoch, owner,
       (SELECT max(place) FROM entries WHERE place > (key << 32) AND place < ((key + 1) << 32)) & 0xffffffff AS seq,
       EXISTS (SELECT 1 FROM requests WHERE requests.run = key) AS asked
     FROM runs JOIN leases ON leases.run = key WHERE id = ? AND NOT is_removed`,
    lease.run,
  );
  if (row === undefined || row.epoch !== lease.epoch || row.owner === null) throw fenced(lease);
  stopPoint('lease.verified');
  return { key: row.key, seq: row.seq ?? 0, hasRequests: row.asked === 1 };
}

/** The last sequence of a run. */
export function lastSeq(connection: Connection, key: number): number {
  const row = connection.get<{ seq: number | null }>(
    'SELECT max(place) & 0xffffffff AS seq FROM entries WHERE place > (?1 << 32) AND place < ((?1 + 1) << 32)',
    key,
  );
  return row?.seq ?? 0;
}
