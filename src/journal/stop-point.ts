/**
 * Places around every write at which a test can end the process: HEDDLE_STOP_POINT=NAME, or NAME:N for the Nth time it
 * is reached. In the order of a batch, then what else is written.
 */
export const STOP_POINTS = [
  'transaction.begun',
  'run.created',
  'lease.verified',
  'value.written',
  'entries.written',
  'requests.answered',
  'run.patched',
  'transaction.written',
  'transaction.committed',
  'lease.acquired',
  'lease.released',
  'snapshot.written',
  'request.written',
  'result.written',
  'prune.marked',
  'prune.entries',
  'prune.removed',
] as const;

/** Name of a stop point. */
export type StopPoint = (typeof STOP_POINTS)[number];

const [wanted, count = '1'] = (process.env['HEDDLE_STOP_POINT'] ?? '').split(':');
let left = Number(count);

/** Ends the process at once, as `kill -9` does, where a test has named this point; else nothing. */
export function stopPoint(name: StopPoint): void {
  if (name === wanted && --left === 0) process.kill(process.pid, 'SIGKILL');
}
