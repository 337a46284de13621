import type { EndStatus, ErrorRecord, FailureGroup, ItemsCost, ItemStats } from '../context/outcome.ts';
import type { Patch } from '../context/patch.ts';

export type { EndStatus, ErrorRecord, FailureGroup, ItemFailure, ItemsCost, ItemStats } from '../context/outcome.ts';
export type { Patch } from '../context/patch.ts';

/** Statuses of a task execution. */
export type TaskStatus =
  'pending' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'timed_out' | 'cancelled' | 'skipped';
/** Statuses of a run. */
export type RunStatus = 'pending' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled';
/** An error of a run, as {@link RunResult.errors} lists it. */
export interface RunError {
  /** Null: the run itself, not a task. */
  readonly task: string | null;
  readonly execution: number | null;
  readonly index: number | null;
  readonly key: unknown;
  readonly code: string;
  readonly message: string;
  /** Whether a transition handled it. */
  readonly handled: boolean;
}

interface Base {
  /** The run's id. */
  readonly run: string;
  /** Counts the events of a run from 1. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}
interface TaskBase extends Base {
  readonly task: string;
  /** Number of the execution within the run, from 1. */
  readonly execution: number;
}

export interface RunStarted extends Base {
  readonly type: 'run.started';
  readonly workflow: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}
export interface RunCompleted extends Base {
  readonly type: 'run.completed';
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly output: Readonly<Record<string, unknown>>;
  readonly errors: readonly RunError[];
  readonly durationMs: number;
}
export interface RunCancelling extends Base {
  readonly type: 'run.cancelling';
  readonly reason: string;
}
export interface TaskStarted extends TaskBase {
  readonly type: 'task.started';
  readonly action: string;
  /** 0 is the run's own route. */
  readonly route: number;
  /** Present for a with-items task; null while its number is not known. */
  readonly items?: number | null;
}
export interface TaskCompleted extends TaskBase {
  readonly type: 'task.completed';
  readonly status: EndStatus;
  readonly result: unknown;
  readonly error: ErrorRecord | null;
  /** For a failure: whether a transition handled it. */
  readonly handled: boolean;
  /** Whether it led to no other task: the run, or a branch of it, ended here. */
  readonly terminal: boolean;
  readonly attempts: number;
  readonly durationMs: number;
  readonly stats?: ItemStats;
  readonly failureGroups?: readonly FailureGroup[];
}
export interface TaskRetrying extends TaskBase {
  readonly type: 'task.retrying';
  readonly index: number | null;
  /** The attempt that ended. */
  readonly attempt: number;
  readonly status: EndStatus;
  readonly error: ErrorRecord | null;
  readonly delayMs: number;
}
export interface ItemStarted extends TaskBase {
  readonly type: 'item.started';
  readonly index: number;
}
export interface ItemCompleted extends TaskBase {
  readonly type: 'item.completed';
  readonly index: number;
  readonly key: unknown;
  readonly status: EndStatus;
  readonly result: unknown;
  readonly error: ErrorRecord | null;
  readonly attempts: number;
}
/** Sent at most every 100 ms for each with-items task in flight, and once when it ends: what a progress bar needs. */
export interface ItemsProgressed extends TaskBase {
  readonly type: 'items.progressed';
  readonly started: number;
  readonly stats: ItemStats;
}
export interface Published extends TaskBase {
  readonly type: 'published';
  readonly patches: readonly Patch[];
}
export interface Logged extends TaskBase {
  readonly type: 'log';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly index: number | null;
  readonly fields: Readonly<Record<string, unknown>>;
}
/** Only in the view `values`: the context after a task. */
export interface ContextValues extends TaskBase {
  readonly type: 'values';
  readonly variables: Readonly<Record<string, unknown>>;
  readonly results: Readonly<Record<string, unknown>>;
}

/** Everything a run does, in the order it happens. Events of a sub-workflow carry the child's run id and `parent`. */
export type RunEvent = (
  | RunStarted
  | RunCompleted
  | RunCancelling
  | TaskStarted
  | TaskCompleted
  | TaskRetrying
  | ItemStarted
  | ItemCompleted
  | ItemsProgressed
  | Published
  | Logged
  | ContextValues
) & { readonly parent?: { readonly run: string; readonly task: string } };

/**
 * `events`: all but `values`; `updates`: what changed (`run.*`, `task.completed`, `published`);
 * `values`: the context after each task.
 */
export type EventView = 'events' | 'updates' | 'values';

/** What became of one task over all of its executions. */
export interface TaskSummary {
  /** Status of the latest execution; `pending` where it never ran. */
  readonly status: TaskStatus;
  readonly executions: number;
  readonly attempts: number;
  readonly stats?: ItemStats;
  readonly failureGroups?: readonly FailureGroup[];
  /** Where the run was asked to measure it (`cost`). */
  readonly cost?: ItemsCost;
}

/** What a run came to. `id` and `tasks` are getters: a spread leaves them out, `JSON.stringify` does not. */
export interface RunResult {
  readonly id: string;
  readonly workflow: string;
  /** `waiting`: the run only waits for people, signals or times and was let go of; it can be resumed. */
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'waiting';
  readonly output: Readonly<Record<string, unknown>>;
  /** The first unhandled error, or null. */
  readonly error: RunError | null;
  readonly errors: readonly RunError[];
  readonly tasks: Readonly<Record<string, TaskSummary>>;
  readonly startedAtMs: number;
  readonly durationMs: number;
}
