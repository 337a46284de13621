import { HeddleError, type ErrorCode } from '../../errors/index.ts';
import { denied, reasonOf, unreachable } from '../server-url.ts';

/** States that pass: the server stops, starts, fails over or has too many connections; two waited for each other. */
const PASSING = /^(08...|57P0[1-5]|53300|40001|40P01|25P0[34]|25006)$/;
/** The user may not come in, or not do this; there is no such database. */
const DENIED = /^(28...|3D000|42501)$/;

const CODES: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/^(53100|53200|53400|54...)$/, 'HEDDLE_JOURNAL_FULL', 'has no room left'],
  [/^25006$/, 'HEDDLE_JOURNAL_READONLY', 'cannot be written to; name the primary'],
  [/^(55P03|40P01|40001|25P0[34])$/, 'HEDDLE_JOURNAL_BUSY', 'is locked by somebody else'],
  [/^(42P07|42P01|42703)$/, 'HEDDLE_JOURNAL_INVALID', 'has other tables in its schema; name another one with `schema`'],
  [/^XX00[12]$/, 'HEDDLE_JOURNAL_CORRUPT', 'is damaged'],
];

/** The SQLSTATE of an error that the server replied with; null for any other error. */
export function sqlState(error: unknown): string | null {
  // What Node.js reports of a connection has codes too, but not five characters and a severity.
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Whether the same work may succeed a little later, because the connection broke or the server said so. */
export function isPassing(error: unknown): boolean {
  if (isOurs(error)) return false;
  const state = sqlState(error);
  return state === null || PASSING.test(state);
}

/** Whether the connection is of no use any more. */
export function isBroken(error: unknown): boolean {
  if (isOurs(error)) return false;
  const state = sqlState(error);
  return state === null || /^(08|57P|25P03)/.test(state);
}

/** Whether there is no partition for the month. */
export function lacksPartition(error: unknown): boolean {
  return sqlState(error) === '23514' && error instanceof Error && error.message.startsWith('no partition');
}

/** What went wrong, as an error of the catalogue; mistakes of this code as they are. */
export function postgresError(error: unknown, name: string): unknown {
  if (isOurs(error)) return error;
  const state = sqlState(error);
  if (state !== null && DENIED.test(state)) return denied(name, error);
  const [, code, what] = CODES.find(([states]) => state !== null && states.test(state)) ?? [];
  if (code !== undefined) {
    return new HeddleError(code, `The journal ${name} ${what} (PostgreSQL: ${reasonOf(error)}).`, { cause: error });
  }
  if (state === null || PASSING.test(state)) return unreachable(name, error);
  return new HeddleError(
    'HEDDLE_JOURNAL_IO',
    `The journal ${name} could not be read or written (PostgreSQL: ${reasonOf(error)}).`,
    { cause: error },
  );
}

/** Errors of heddle, and mistakes in code: neither has to do with the server. */
function isOurs(error: unknown): boolean {
  return error instanceof HeddleError || error instanceof TypeError || error instanceof RangeError;
}
