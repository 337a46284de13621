import type { YamlPath } from '../workflow/definition.ts';

/** What a mock answers with; `never`: the action does not complete. */
export type MockStatus = 'succeeded' | 'failed' | 'timed_out' | 'never';

/** The result of an action that is not run. A criterion that is absent fits every call. */
export interface Mock {
  /** Its place in the file. */
  readonly path: YamlPath;
  /** A name, or `caller/name` with all the tasks that lead to it from the top: a task of a sub-workflow. */
  readonly task?: string;
  /** A workflow's name, or what tasks call it by. */
  readonly workflow?: string;
  /** An action's name, or a pattern with `*` (`http.*`). */
  readonly action?: string;
  /** Indexes of iterations, from 0. */
  readonly items?: readonly number[];
  /** Numbers of the task's executions, from 1. */
  readonly executions?: readonly number[];
  /** Numbers of the attempts of an execution or iteration, from 1. */
  readonly attempts?: readonly number[];
  /** What the rendered input must contain. */
  readonly input?: unknown;
  /** How many calls it answers before the next mock that fits has its turn. Default: all. */
  readonly times?: number;
  readonly status: MockStatus;
  /** What the action returned, or failed with. */
  readonly result: unknown;
  readonly error?: MockError;
  /** Virtual time until the answer. */
  readonly delayMs: number;
  /** Whether the rehearsal holds although it answered nothing. */
  readonly isOptional: boolean;
}

/** How a mocked failure reads. */
export interface MockError {
  readonly message?: string;
  readonly code?: string;
  /** Whether a `retry` without `when` tries again. Default true. */
  readonly retryable?: boolean;
}

/** An error that a run must report; every field that is given must fit. */
export interface ExpectedError {
  readonly path: YamlPath;
  /** Null: an error of the run itself. */
  readonly task?: string | null;
  readonly code?: string;
  /** The whole message. */
  readonly message?: string;
  readonly messageContains?: string;
  readonly index?: number;
  readonly handled?: boolean;
}

/** What must come out; a field that is absent is not looked at. */
export interface Expectation {
  readonly path: YamlPath;
  /** `running`: something never completes. Default `succeeded`. */
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'running';
  /** The starts of tasks in their order, exactly. */
  readonly tasks?: readonly string[];
  /** The same in any order. */
  readonly tasksUnordered?: readonly string[];
  /** Tasks of the executions that led to no other, in any order. */
  readonly terminal?: readonly string[];
  /** On how many routes tasks started. */
  readonly routes?: number;
  /** Status of each task's latest execution; `pending` where it never ran. */
  readonly statuses?: Readonly<Record<string, string>>;
  readonly executions?: Readonly<Record<string, number>>;
  /** Attempts over all executions and iterations. */
  readonly attempts?: Readonly<Record<string, number>>;
  /** By task: what every input must contain, or a list with what each of them must contain, in order. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** By task: what the latest result must contain. */
  readonly results?: Readonly<Record<string, unknown>>;
  /** By task: fields of the stats of its iterations. */
  readonly items?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Exactly. */
  readonly output?: unknown;
  readonly outputContains?: unknown;
  /** What the variables must contain at the end. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Each must be reported, in any order; an empty list: none at all. */
  readonly errors?: readonly ExpectedError[];
  /** Expressions that must hold, over output, variables, results, statuses, errors and status. */
  readonly holds?: readonly string[];
}

/** Going on with a run that has ended. */
export interface Rerun {
  readonly path: YamlPath;
  /** Tasks that run again with all that came of them; undefined: only what failed. */
  readonly from?: readonly string[];
  /** Its own; those of the rehearsal come after them. */
  readonly mocks: readonly Mock[];
  readonly expect: Expectation;
}

/** One rehearsal, with what its file says for all of them merged in. */
export interface Rehearsal {
  readonly name: string;
  /** Its own place, and that of its name. */
  readonly path: YamlPath;
  readonly namePath: YamlPath;
  /** As written: relative to the file of the rehearsal. */
  readonly workflow: string;
  readonly workflowPath: YamlPath;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /** What the clock says at the start: milliseconds since the epoch. */
  readonly nowMs: number;
  /** Its own first, then those of the file. */
  readonly mocks: readonly Mock[];
  /** Names and patterns of actions that run for real. */
  readonly allow: readonly string[];
  /** Virtual milliseconds after the start at which the run is cancelled. */
  readonly cancelAfterMs?: number;
  readonly expect: Expectation;
  /** In order: each goes on where the one before ended. */
  readonly reruns: readonly Rerun[];
}
