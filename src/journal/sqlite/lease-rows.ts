import { fenced } from '../fencing.ts';
import type { Lease, LeaseRequest } from '../journal.ts';
import { stopPoint } from '../stop-point.ts';
import type { Connection } from './connection.ts';

/** Epoch of a run that was started. One that was over at once has no lease. */
export const FIRST_EPOCH = 1;

/** Who has a run. */
export interface LeaseRow {
  readonly epoch: number;
  readonly owner: string | null;
  readonly expires_at_ms: number;
}

/** The lease of a run; undefined: nobody has it, and its epoch is the first. */
export function leaseRow(connection: Connection, key: number): LeaseRow | undefined {
  return connection.get<LeaseRow>('SELECT epoch, owner, expires_at_ms FROM leases WHERE run = ?', key);
}

/** Makes the lease of a new run; null: nobody has it. */
export function insertLease(
  connection: Connection,
  key: number,
  epoch: number,
  lease: LeaseRequest | null,
  nowMs: number,
): void {
  connection.run(
    'INSERT INTO leases (run, epoch, owner, expires_at_ms) VALUES (?, ?, ?, ?)',
    key,
    epoch,
    lease?.owner ?? null,
    lease === null ? 0 : nowMs + lease.ttlMs,
  );
  if (lease !== null) stopPoint('lease.acquired');
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
    `INSERT INTO leases (run, epoch, owner, expires_at_ms) VALUES (?, ${FIRST_EPOCH + 1}, ?, ?)
     ON CONFLICT (run) DO UPDATE SET epoch = epoch + 1, owner = excluded.owner, expires_at_ms = excluded.expires_at_ms
     RETURNING epoch`,
    key,
    owner,
    nowMs + ttlMs,
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
    `SELECT coalesce(json_array_length(entries), (
       SELECT max(place) & 0xffffffff FROM entries WHERE place > (?1 << 32) AND place < ((?1 + 1) << 32)
     )) AS seq FROM runs WHERE key = ?1`,
    key,
  );
  return row?.seq ?? 0;
}
