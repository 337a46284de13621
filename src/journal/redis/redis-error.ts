import { HeddleError } from '../../errors/index.ts';
import { denied, reasonOf, unreachable } from '../server-url.ts';

/**
 * What a server says of itself that passes: it starts, fails over, or is busy with a script. NOSCRIPT: it forgot ours. MOVED,
 * ASK: another node of the Cluster has the keys by now.
 */
const PASSING = new Set([
  'LOADING',
  'NOSCRIPT',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'BUSY',
  'MOVED',
  'ASK',
]);

/** The first word of an error that the server replied with; null for any other error. */
export function replyCode(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null;
  return /^[A-Z]+/.exec(error.message)?.[0] ?? 'ERR';
}

/** Whether the same call may succeed a little later, because the connection broke or the server said so. */
export function isPassing(error: unknown): boolean {
  if (error instanceof HeddleError) return false;
  const code = replyCode(error);
  return code === null || PASSING.has(code);
}

/** What went wrong, as an error of the catalogue. */
export function redisError(error: unknown, name: string): HeddleError {
  if (error instanceof HeddleError) return error;
  switch (replyCode(error)) {
    case null:
      return unreachable(name, error);
    case 'NOAUTH':
    case 'WRONGPASS':
    case 'NOPERM':
      return denied(name, error);
    case 'OOM':
      return new HeddleError(
        'HEDDLE_JOURNAL_FULL',
        `The journal ${name} has no memory left (maxmemory); nothing was written. Give it more, or prune old runs.`,
        { cause: error },
      );
    case 'READONLY':
      return new HeddleError(
        'HEDDLE_JOURNAL_READONLY',
        `The journal ${name} is a replica, which cannot be written to; name its primary.`,
        { cause: error },
      );
    default:
      return new HeddleError(
        'HEDDLE_JOURNAL_IO',
        `The journal ${name} could not be read or written (Redis: ${reasonOf(error)}).`,
        { cause: error },
      );
  }
}
