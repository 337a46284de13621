import type { ErrorCode } from '../errors/index.ts';

/** A range of UTF-16 code units in the text that was parsed; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is wrong with an expression or a template, found before anything runs. */
export interface Problem extends Span {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** "did you mean": text that could stand in place of the span. */
  readonly suggestion?: string;
}

/**
 * How compiled code reaches a value. Compiled functions take one argument `s`, the scope; `code` is JavaScript over
 * `s` written by heddle (never text of an author) that gives the value, or undefined where it is missing.
 */
export interface Binding {
  readonly code: string;
  /** How many static field names after the root the binding has consumed: `task.fetch` 1, `vars.x` 1, `item` 0. */
  readonly consumed: number;
  /** For the error of a missing value: `result of task 'fetch'`, `variable 'region'`. */
  readonly noun: string;
  /** For the same error: what there is instead. */
  readonly candidates?: (scope: never) => readonly string[];
  /**
   * `item` fields where the result is known to be that of a task: `.result` and `.data` fall back to the value itself
   * when it has no such own field.
   */
  readonly selfFields?: readonly string[];
}

/** A function that needs the scope: `result()`, `status('build')`, `now()`, `env('HOME')`. */
export interface CallBinding {
  readonly minArguments: number;
  readonly maxArguments: number;
  /** Called with the scope and the evaluated arguments. */
  readonly call: (scope: never, ...values: unknown[]) => unknown;
  /** Instead of `call`, JavaScript over `s`, where no argument has to be evaluated. */
  readonly code?: string;
}

/** A reference to a name that an expression makes, for ordering, liveness and checks. */
export interface Reference extends Span {
  /** The first name of the chain: `task` in `task.fetch.body`. */
  readonly root: string;
  /** The static names that follow, as far as they are static: `['fetch', 'body']`. */
  readonly path: readonly string[];
  /** Spans of the entries of `path`. */
  readonly pathSpans: readonly Span[];
  /** True where a missing value is caught (`??`, `default()`, `?.`). */
  readonly guarded: boolean;
}

/** A call of a function that an expression makes. */
export interface CallReference extends Span {
  readonly name: string;
  /** Literal string arguments by position; undefined where an argument is anything else. */
  readonly literals: readonly (string | undefined)[];
  readonly argumentSpans: readonly Span[];
}

/** The names an expression may use. Lambda parameters are handled by the expression language itself. */
export interface Names {
  /** Binds the root of an access chain, given the static field names that follow it. A problem is reported at `at` 0 for the root, 1 for the first field, … */
  bind(root: string, path: readonly string[]): Binding | NameProblem;
  /** Binds a function that needs the scope; undefined: not one of these. */
  bindCall(name: string, literals: readonly (string | undefined)[]): CallBinding | CallProblem | undefined;
  /** Names of the functions that `bindCall` knows, for "did you mean". */
  readonly calls: readonly string[];
}

export interface NameProblem {
  readonly problem: ErrorCode;
  readonly message: string;
  /** Which link of the chain is wrong: 0 the root. */
  readonly at: number;
  readonly suggestion?: string;
}

export interface CallProblem {
  readonly problem: ErrorCode;
  readonly message: string;
  /** Which argument is wrong; -1 the call itself. */
  readonly at: number;
  readonly suggestion?: string;
}
