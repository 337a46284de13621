import type { ErrorRecord } from '../context/index.ts';
import { ActionError, HeddleError } from '../errors/index.ts';

/** An error as data. Whatever was thrown gives a code and a message; nothing here throws. */
export function describeError(
  error: unknown,
  task: string,
  index: number | null = null,
  attempt: number | null = null,
): ErrorRecord {
  if (error instanceof HeddleError) return { code: error.code, message: place(error), task, index, attempt };
  return { code: 'HEDDLE_ACTION_FAILED', message: messageOf(error), task, index, attempt };
}

function place(error: HeddleError): string {
  const { location } = error;
  if (location === undefined) return error.message;
  return `${error.message} (${location.file ?? 'line'}${location.file === undefined ? ' ' : ':'}${location.line}:${location.column})`;
}

function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return thrown.message === '' ? thrown.name : thrown.message;
    if (typeof thrown === 'string') return thrown;
    if (typeof thrown === 'object' && thrown !== null) {
      const { message } = thrown as { message?: unknown };
      if (typeof message === 'string' && message !== '') return message;
      return `the action threw ${JSON.stringify(thrown)}, which is not an Error`;
    }
    return `the action threw ${String(thrown)}, which is not an Error`;
  } catch {
    return 'the action threw something that cannot be described';
  }
}

/** Whether a `retry` without `when` may follow this error. */
export function isRetryable(error: unknown): boolean {
  return !(error instanceof ActionError) || error.retryable;
}

/** What `result()` gives after this error. */
export function resultOf(error: unknown): unknown {
  return error instanceof ActionError ? error.result : null;
}

/** V8's wording of a write to a frozen object, in strict code. */
const FROZEN_WRITE =
  /^(?:Cannot assign to read only property '(.+?)'|Cannot add property (.+?), object is not extensible|Cannot delete property '(.+?)')/s;

/** The same error, unless it says that the action tried to change a value that others share. */
export function explainFrozenWrite(error: unknown, action: string): unknown {
  if (!(error instanceof TypeError)) return error;
  const match = FROZEN_WRITE.exec(error.message);
  if (match === null) return error;
  const property = match[1] ?? match[2] ?? match[3];
  return new HeddleError(
    'HEDDLE_INPUT_FROZEN',
    `action '${action}' tried to change '${property}' of a value that is shared with other tasks and iterations; ` +
      'copy the value first ({ ...value } or structuredClone(value))',
    { cause: error },
  );
}
