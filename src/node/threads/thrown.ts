import { describeError } from '../../executor/error-record.ts';
import { ActionError, HeddleError, type Location } from '../../errors/index.ts';

/** What was thrown, as data that keeps everything the engine reads of it. */
export type Thrown =
  | { readonly kind: 'value'; readonly value: unknown }
  | {
      readonly kind: 'error' | 'heddle' | 'action';
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly cause: Thrown | undefined;
      readonly code: string | undefined;
      readonly location: Location | undefined;
      /** Of an {@link ActionError}. */
      readonly result: unknown;
      readonly retryable: boolean;
    };

/** Causes of causes that are kept. */
const MAX_CAUSES = 8;

/** What was thrown in one thread as data for another. */
export function toThrown(thrown: unknown, depth = 0): Thrown {
  if (!(thrown instanceof Error)) return { kind: 'value', value: isCopyable(thrown) ? thrown : describe(thrown) };
  const { name, message, stack, cause } = thrown;
  const code: unknown = (thrown as { code?: unknown }).code;
  const isHeddle = thrown instanceof HeddleError;
  const isAction = thrown instanceof ActionError;
  return {
    kind: isAction ? 'action' : isHeddle ? 'heddle' : 'error',
    name,
    message,
    stack,
    cause: cause === undefined || depth >= MAX_CAUSES ? undefined : toThrown(cause, depth + 1),
    code: typeof code === 'string' ? code : undefined,
    location: isHeddle ? thrown.location : undefined,
    result: isAction ? thrown.result : null,
    retryable: isAction ? thrown.retryable : true,
  };
}

/** What it was, to be thrown again. */
export function fromThrown(thrown: Thrown): unknown {
  if (thrown.kind === 'value') return thrown.value;
  const { kind, name, message, stack, code, location, result, retryable } = thrown;
  const options = thrown.cause === undefined ? {} : { cause: fromThrown(thrown.cause) };
  let error: Error;
  if (kind === 'action') {
    error = new ActionError(message, { ...options, result, retryable, ...(code === undefined ? {} : { code }) });
  } else if (kind === 'heddle') {
    error = new HeddleError(code as string, message, { ...options, ...(location === undefined ? {} : { location }) });
  } else {
    error = new Error(message, options);
    if (code !== undefined) Object.assign(error, { code });
  }
  // Where it happened is in the thread, not here.
  if (stack !== undefined) error.stack = stack;
  if (error.name !== name) error.name = name;
  return error;
}

function isCopyable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** The words in which the engine would report it. */
function describe(thrown: unknown): string {
  return describeError(thrown, '').message;
}
