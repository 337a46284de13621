/**
 * The abstract workflow that the reference interpreter and the real executor are both given: only what scheduling
 * depends on, nothing of inputs, results or items.
 */

/** What a transition waits for; every name but `always` is the status function of the same name. */
export type StatusTest = 'always' | 'succeeded' | 'failed' | 'timed_out' | 'skipped' | 'completed';

/**
 * A transition's condition. `counter-below` holds while a variable is below a bound, whatever the status (but never
 * for a skipped execution); `succeeded-and-below` asks for success as well.
 */
export type When = StatusTest | readonly ['counter-below' | 'succeeded-and-below', variable: string, bound: number];

/** What a variable becomes: a constant, or another variable's value plus one. */
export type Change = { readonly const: number | string } | { readonly increment: string };

/** One entry of `next`. */
export interface ModelTransition {
  readonly when: When;
  readonly publish?: readonly (readonly [variable: string, change: Change])[];
  /** Task names and commands: `fail`, `noop`, `continue`, `retry`. */
  readonly do: readonly string[];
}

/** One task. */
export interface ModelTask {
  readonly name: string;
  readonly next: readonly ModelTransition[];
  readonly join?: 'all' | number;
  readonly needs?: readonly string[];
  /** Skipped always, or while a variable is below a bound. */
  readonly skipWhen?: true | readonly [variable: string, bound: number];
  /** Retries after the first attempt. */
  readonly retry?: number;
}

/** A workflow. */
export interface ModelWorkflow {
  readonly order: 'graph' | 'sequence';
  readonly tasks: readonly ModelTask[];
  /** Variables at the start. */
  readonly variables: Readonly<Record<string, number | string>>;
  /** `limits.task-runs`. Default 100000. */
  readonly limit?: number;
}

/** How one attempt ends. */
export type Outcome = 'succeeded' | 'failed' | 'timed_out';

/** Task → how its n-th attempt of the run ends, retries counted; `succeeded` beyond the end of the list. */
export type Script = Readonly<Record<string, readonly Outcome[]>>;

/** The outcome of a task's n-th attempt (from 1). */
export function outcomeOf(script: Script, task: string, attempt: number): Outcome {
  return script[task]?.[attempt - 1] ?? 'succeeded';
}

const COMMANDS = ['fail', 'noop', 'continue', 'retry'];

/** Whether a name in a `do` is a command rather than a task. */
export function isCommand(name: string): boolean {
  return COMMANDS.includes(name);
}
