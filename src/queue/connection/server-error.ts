import { HeddleError, type ErrorCode } from '../../errors/index.ts';
import { isPassing as isPassingInPostgres, sqlState } from '../../journal/postgres/postgres-error.ts';
import { isPassing as isPassingInRedis, replyCode } from '../../journal/redis/redis-error.ts';
import { reasonOf } from '../../journal/server-url.ts';

/**
 * What is wrong with a server that gave an error: it is away (`lost`), it takes nothing more (`full`), or the call itself
 * was wrong (`other`), and the same call would fail again.
 */
export type Trouble = 'lost' | 'full' | 'other';

/** In scripts, older versions of Redis put it behind a text of their own. */
const OUT_OF_MEMORY = /\bOOM command not allowed/;
/** Disk, memory or a limit that was configured. */
const NO_ROOM = /^(53100|53200|53400|54...)$/;
/** The user may not come in, or not do this; there is no such database. */
const DENIED = /^(28...|3D000|42501)$/;

/** Sorts what a library or a server threw. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof HeddleError) return 'other';
  if (error instanceof Error && OUT_OF_MEMORY.test(error.message)) return 'full';
  if (replyCode(error) !== null) return isPassingInRedis(error) ? 'lost' : 'other';
  const state = sqlState(error);
  if (state !== null) return NO_ROOM.test(state) ? 'full' : isPassingInPostgres(error) ? 'lost' : 'other';
  return jobCode(error) === null && isOfConnection(error) ? 'lost' : 'other';
}

/** What BullMQ says of a job that is not as the call takes it to be: a negative number; null for any other error. */
export function jobCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'number' && error.code < 0 ? error.code : null;
}

/** What went wrong, as an error of the catalogue. `name`: of the server, without passwords. */
export function serverError(error: unknown, name: string): HeddleError {
  if (error instanceof HeddleError) return error;
  const [code, what] = describe(error);
  return new HeddleError(code, `The queue ${name} ${what} (${reasonOf(error)}).`, { cause: error });
}

function describe(error: unknown): readonly [ErrorCode, string] {
  const reply = replyCode(error);
  const isDenied = reply === 'NOAUTH' || reply === 'WRONGPASS' || reply === 'NOPERM';
  if (isDenied || DENIED.test(sqlState(error) ?? '')) {
    return ['HEDDLE_QUEUE_DENIED', 'refuses the user of its URL; check user, password, database and rights'];
  }
  switch (troubleOf(error)) {
    case 'full':
      return ['HEDDLE_QUEUE_FULL', 'has no room left and takes nothing more; give it more memory or disk'];
    case 'lost':
      return ['HEDDLE_QUEUE_UNREACHABLE', 'does not answer; check that the server runs, and its address'];
    case 'other':
      return ['HEDDLE_QUEUE_IO', 'could not be read or written'];
  }
}

/** Mistakes in code are not to be tried again for ever. */
function isOfConnection(error: unknown): boolean {
  return !(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError);
}
