import type { WaitRequest } from '../actions/action.ts';
import type { ErrorRecord, FailureGroup, ItemStats } from '../context/index.ts';
import type { ForkOrigin, RecordedStatus } from '../journal/journal.ts';
import type { RunError, TaskStatus } from '../executor/events.ts';

/** What the record of a run says, for people. Secrets are masked. */
export interface RunHistory {
  readonly id: string;
  readonly workflow: string;
  readonly status: RecordedStatus;
  /** Whether a process works on it: it holds an unexpired lease. */
  readonly isActive: boolean;
  /** Whether it was enqueued: workers go on with it, also while none of them holds it. */
  readonly isQueued: boolean;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  /** Null: it has not ended. */
  readonly endedAtMs: number | null;
  /** The last time that its record speaks of; null: it has not begun. */
  readonly recordedAtMs: number | null;
  readonly parameters: unknown;
  readonly parent: { readonly run: string; readonly task: string } | null;
  readonly fork: ForkOrigin | null;
  /** How often a process took it up again. */
  readonly resumes: number;
  /** Executions of tasks, in the order they began. */
  readonly executions: readonly ExecutionHistory[];
  readonly waits: readonly WaitHistory[];
  /** Null: it has not ended. */
  readonly output: Readonly<Record<string, unknown>> | null;
  /** Of a run that goes on: those of executions that failed up to now. */
  readonly errors: readonly RunError[];
  /** Number of entries in the record. */
  readonly entries: number;
}

/** One execution of a task. */
export interface ExecutionHistory {
  readonly execution: number;
  readonly task: string;
  readonly status: TaskStatus;
  readonly startedAtMs: number;
  /** Null: it has not ended. */
  readonly endedAtMs: number | null;
  readonly attempts: number;
  readonly error: ErrorRecord | null;
  /** Of a with-items task null: see {@link ItemsHistory}. */
  readonly result: unknown;
  /** Null: the task has no items. */
  readonly items: ItemsHistory | null;
}

/** How the iterations of an execution went. */
export interface ItemsHistory {
  readonly stats: ItemStats;
  /** One past the highest index that has begun. */
  readonly started: number;
  /** Failures by what went wrong, largest first. */
  readonly failureGroups: readonly FailureGroup[];
}

/** Something that is waited for. */
export interface WaitHistory {
  readonly task: string;
  readonly execution: number;
  /** Null outside an iteration. */
  readonly index: number | null;
  readonly key: unknown;
  readonly kind: WaitRequest['kind'];
  readonly name?: string;
  readonly prompt?: string;
  readonly schema?: object;
  /** Milliseconds since the epoch. */
  readonly untilMs?: number;
  readonly sinceMs: number;
}

/** What became of one iteration. */
export interface IterationHistory {
  readonly index: number;
  readonly status: TaskStatus;
  readonly attempts: number;
  /** Undefined: it was not recorded, because the task does not keep it. */
  readonly result?: unknown;
  readonly error?: ErrorRecord;
  /** Only of one that failed. */
  readonly key?: unknown;
  readonly item?: unknown;
}
