import type { ActionContext } from '../actions/action.ts';
import type { Plan, TaskPlan } from '../plan/plan.ts';
import type { EventSink } from './event-sink.ts';
import type { Host } from './host.ts';
import type { EndedIterable } from './iterable.ts';
import type { Recorder } from './recorder.ts';
import type { CacheStore, ResultCache } from './result-cache.ts';
import type { ChunkOrigin } from './chunk-terms.ts';
import type { Waits } from './waits.ts';

/** A call of an action, as an interceptor sees it. */
export interface ActionCall {
  /** Name of the workflow whose task it is. */
  readonly workflow: string;
  /** Where that is a sub-workflow: the tasks that lead to it, outermost first. */
  readonly callers: readonly string[];
  readonly task: string;
  readonly action: string;
  /** Which execution of this task it is, from 1. */
  readonly execution: number;
  /** Null outside an iteration. */
  readonly index: number | null;
  readonly attempt: number;
  readonly input: unknown;
  readonly signal: AbortSignal;
}

/** Stands between the engine and the actions: gives a result (or a promise), throws, or proceeds to the real action. */
export type Interceptor = (call: ActionCall, proceed: () => unknown) => unknown;

/** What units of work need of the run they belong to. */
export interface RunServices {
  readonly runId: string;
  readonly plan: Plan;
  /** Tasks of the workflows above that lead to this run, outermost first. */
  readonly callers: readonly string[];
  readonly host: Host;
  /** Absolute directory that relative paths start at. */
  readonly directory: string;
  readonly keystore: Readonly<Record<string, unknown>>;
  /** Whether shared values are frozen before an action is handed them. */
  readonly freeze: boolean;
  /** Null: nobody listens. */
  readonly events: EventSink | null;
  readonly intercept: Interceptor | null;
  readonly cache: ResultCache;
  /** Where cached results outlive the process; null: nowhere. */
  readonly cacheStore: CacheStore | null;
  readonly waits: Waits;
  /** Null: the run is not recorded. */
  readonly recorder: Recorder | null;
  /** Whether every start is written before the action is called: the process before this one got nothing done. */
  readonly isCautious: boolean;
  /** So many crashes of the process may cut one iteration or execution off. */
  readonly maxInterruptions: number;
  /** How often the run was rerun from a task: idempotency keys of the same work differ then. */
  readonly generation: number;
  /** Calls the action again whose iterable ended with its process; gives the iterable, or a promise of it. */
  reopen(ended: EndedIterable): unknown;
  /** Upper bound of every concurrency in the run. */
  readonly maxConcurrency: number;
  /** Whether what iterations share and own is measured. */
  readonly measuresCost: boolean;
  /** The chunk that the run consists of; null: it is a run of its own. */
  readonly chunk: ChunkOrigin | null;
  /** Nothing further starts: the process is to let go of the run. */
  readonly isLeaving: boolean;
  /** Bytes an iteration may own. */
  readonly maxOwnedBytes: number;
  /** Failed iterations kept per task. */
  readonly maxFailures: number;
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
    task: string,
    execution: number,
    index: number | null,
  ): void;
  /** Runs a sub-workflow; gives its output, or a promise of it. */
  runChild(plan: Plan, parameters: unknown, context: ActionContext): unknown;
  /** The same for `workflow.run`, whose input names the workflow. */
  runNamed(input: unknown, context: ActionContext, task: TaskPlan): unknown;
}

/**
 * How long an action that has asked for its signal may take to end after it was aborted, in milliseconds. Longer than
 * the 2 s that `shell.run` leaves a process between SIGTERM and SIGKILL.
 */
export const ABORT_GRACE_MS = 5_000;
