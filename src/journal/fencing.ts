import { HeddleError } from '../errors/index.ts';
import type { Lease } from './journal.ts';

/** The error for a write under a lease that is not valid any more. */
export function fenced(lease: Lease): HeddleError {
  return new HeddleError(
    'HEDDLE_FENCED',
    `Run ${lease.run} is not ${lease.owner}'s to write to any more: another process has taken it over, or it was removed. Nothing was written.`,
    { run: lease.run },
  );
}

/** The error for a write to a server that came back without what it had acknowledged under this lease. */
export function lost(lease: Lease): HeddleError {
  return new HeddleError(
    'HEDDLE_FENCED',
    `The journal came back without entries of run ${lease.run} that it had acknowledged: it does not write to disk at once. Nothing was written; the run goes on from what is left when it is acquired again.`,
    { run: lease.run },
  );
}

/** The error for a call after `close()`. */
export function closed(): HeddleError {
  return new HeddleError('HEDDLE_JOURNAL_CLOSED', 'The journal is closed; keep it open until the runs have ended.');
}
