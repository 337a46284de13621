import { fenced } from '../fencing.ts';
import type { Lease, LeaseRequest } from '../journal.ts';
import type { Session } from './session.ts';

/** Milliseconds since the epoch: what is given as the parameter, else by the clock of the server, which all machines share. */
function clock(parameter: string): string {
  return `coalesce(${parameter}::float8, floor(extract(epoch FROM clock_timestamp()) * 1000))`;
}

/** A run under a valid lease. */
export interface HeldRun {
  readonly key: number;
  /** Sequence of the last entry, 0 where there is none. */
  readonly seq: number;
  readonly hasRequests: boolean;
}

/** The run that a lease is valid for, locked so that it stays so until the transaction ends. @throws HEDDLE_FENCED */
export async function verifyLease(session: Session, lease: Lease): Promise<HeldRun> {
  const [row] = await session.query<HeldRun & { epoch: number; owner: string | null }>(
    `SELECT key, epoch, owner, seq, EXISTS (SELECT 1 FROM heddle.requests WHERE requests.run = key) AS "hasRequests"
     FROM heddle.runs JOIN heddle.leases ON leases.run = key WHERE id = $1 AND NOT is_removed FOR UPDATE OF leases`,
    lease.run,
  );
  if (row === undefined || row.epoch !== lease.epoch || row.owner !== lease.owner) throw fenced(lease);
  return { key: row.key, seq: row.seq, hasRequests: row.hasRequests };
}

/** Makes the lease of a new run, held by somebody or by nobody. */
export async function insertLease(
  session: Session,
  key: number,
  lease: LeaseRequest | null,
  nowMs: number | null,
): Promise<void> {
  await session.query(
    `INSERT INTO heddle.leases (run, epoch, owner, expires_at_ms) VALUES ($1, $2, $3, ${clock('$4')} + $5::float8)`,
    key,
    lease === null ? 0 : 1,
    lease?.owner ?? null,
    nowMs,
    lease?.ttlMs ?? 0,
  );
}

/** Gives a run to somebody where nobody else has it; the epoch, or null. */
export async function takeLease(
  session: Session,
  run: string,
  { owner, ttlMs }: LeaseRequest,
  takeFrom: string | undefined,
  nowMs: number | null,
): Promise<number | null> {
  const [row] = await session.query<{ epoch: number }>(
    `UPDATE heddle.leases SET epoch = epoch + 1, owner = $2, expires_at_ms = ${clock('$4')} + $3::float8
     FROM heddle.runs WHERE id = $1 AND NOT is_removed AND run = key
       AND (owner IS NULL OR owner = $5 OR expires_at_ms <= ${clock('$4')}) RETURNING epoch`,
    run,
    owner,
    ttlMs,
    nowMs,
    takeFrom ?? null,
  );
  return row?.epoch ?? null;
}

/** Lets a lease last for `ttlMs` from now. @throws HEDDLE_FENCED */
export async function renewLease(session: Session, lease: Lease, ttlMs: number, nowMs: number | null): Promise<void> {
  const rows = await session.query(
    `UPDATE heddle.leases SET expires_at_ms = ${clock('$5')} + $4::float8 FROM heddle.runs
     WHERE id = $1 AND NOT is_removed AND run = key AND epoch = $2 AND owner = $3 RETURNING 1`,
    lease.run,
    lease.epoch,
    lease.owner,
    ttlMs,
    nowMs,
  );
  if (rows.length === 0) throw fenced(lease);
}

/** Lets a lease end now; does nothing where it is somebody else's. */
export async function giveUpLease(session: Session, lease: Lease): Promise<void> {
  await session.query(
    `UPDATE heddle.leases SET owner = NULL FROM heddle.runs
     WHERE id = $1 AND run = key AND epoch = $2 AND owner = $3`,
    lease.run,
    lease.epoch,
    lease.owner,
  );
}

/** Locks runs so that nobody acquires them until the transaction ends; whether somebody holds one. */
export async function isAnyHeld(session: Session, keys: readonly number[], nowMs: number | null): Promise<boolean> {
  const rows = await session.query<{ is_held: boolean }>(
    `SELECT owner IS NOT NULL AND expires_at_ms > ${clock('$2')} AS is_held
     FROM heddle.leases WHERE run = ANY($1) ORDER BY run FOR UPDATE`,
    keys,
    nowMs,
  );
  return rows.some(({ is_held }) => is_held);
}
