import { HeddleError } from '../errors/index.ts';

/** Levels of lists and objects in a value; more is taken for a circle. */
export const MAX_DEPTH = 1000;

/** The error for a value that is no data. `found`: what it holds, or the error of whoever noticed. */
export function notSerialisable(found: unknown): HeddleError {
  const what = found instanceof Error ? found.message : String(found);
  return new HeddleError(
    'HEDDLE_NOT_SERIALISABLE',
    `A value that is to be recorded holds ${what}; expected plain data without functions, symbols or circles.`,
    { cause: found instanceof Error ? found : undefined },
  );
}

/** The error for a value without an end. */
export function tooDeep(): HeddleError {
  return notSerialisable(`itself, or more than ${MAX_DEPTH} levels`);
}
