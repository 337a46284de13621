import type { ErrorCode } from './catalogue.ts';

/** A place in a file: lines and columns count from 1, columns in UTF-16 code units. */
export interface Location {
  readonly file?: string;
  readonly line: number;
  readonly column: number;
}

/** Where an error belongs; every field is optional because not every error has a run. */
export interface ErrorDetails {
  readonly cause?: unknown;
  readonly run?: string;
  readonly task?: string;
  readonly index?: number;
  readonly attempt?: number;
  readonly location?: Location;
}

/**
 * The one shape of error heddle throws. `code` is one of the catalogue (docs/errors.md), except where an
 * author's own action chose another; `message` says what was found, what was expected and what to do.
 */
export class HeddleError extends Error {
  readonly code: ErrorCode | (string & {});
  run?: string;
  task?: string;
  index?: number;
  attempt?: number;
  location?: Location;

  constructor(code: ErrorCode | (string & {}), message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    if (details.run !== undefined) this.run = details.run;
    if (details.task !== undefined) this.task = details.task;
    if (details.index !== undefined) this.index = details.index;
    if (details.attempt !== undefined) this.attempt = details.attempt;
    if (details.location !== undefined) this.location = details.location;
  }
}

/** Options of an {@link ActionError}. */
export interface ActionErrorOptions {
  /** What `result()` gives in the transitions of the failed task. Default null. */
  readonly result?: unknown;
  /** Whether a `retry` without `when` may try again. Default true. */
  readonly retryable?: boolean;
  /** Default `HEDDLE_ACTION_FAILED`. */
  readonly code?: string;
  readonly cause?: unknown;
}

/**
 * Thrown by an action that failed and wants to say more than a message.
 *
 * @example throw new ActionError('HTTP 503', { result: { status: 503 }, retryable: true });
 */
export class ActionError extends HeddleError {
  readonly result: unknown;
  readonly retryable: boolean;

  constructor(message: string, options: ActionErrorOptions = {}) {
    super(options.code ?? 'HEDDLE_ACTION_FAILED', message, { cause: options.cause });
    this.result = options.result ?? null;
    this.retryable = options.retryable ?? true;
  }
}
