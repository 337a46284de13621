import { HeddleError } from '../errors/index.ts';
import type { ActionCall, Interceptor, PlanExecutor, Run, RunError, RunEvent, RunResult } from '../executor/index.ts';
import { createInterceptor } from './answer.ts';
import type { Mock, Rehearsal } from './definition.ts';
import type { MockTable } from './mocks.ts';
import { Observer, type Observation } from './observation.ts';
import type { Outline } from './outline.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** A run that takes longer than this in real time is given up. */
export const MAX_REAL_MS = 60_000;

/** What performing one run of a rehearsal takes. */
export interface PerformanceOptions {
  readonly rehearsal: Rehearsal;
  readonly outline: Outline;
  readonly mocks: MockTable;
  readonly clock: VirtualClock;
  /** Name of the workflow. */
  readonly workflow: string;
  /** Virtual milliseconds after which the run is cancelled. */
  readonly cancelAfterMs?: number;
  /** Starts nothing else meanwhile. */
  readonly executor: PlanExecutor;
  readonly start: (intercept: Interceptor) => Run | Promise<Run>;
}

/** What a rehearsed run showed. */
export interface Performance {
  readonly seen: Observation;
  readonly unmocked: readonly ActionCall[];
  /** Results that mocks gave, each with the action that it was the result of. */
  readonly given: ReadonlyMap<Mock, string>;
  /** Whether it was given up. */
  readonly isStuck: boolean;
  /** The run; undefined where it did not start. */
  readonly run?: Run;
}

/** Runs once in virtual time. Never throws for what the run does. */
export async function perform(options: PerformanceOptions): Promise<Performance> {
  const { rehearsal, outline, mocks, clock, workflow, executor } = options;
  const observer = new Observer();
  const unmocked: ActionCall[] = [];
  const given = new Map<Mock, string>();
  const startedAtMs = clock.monotonic();
  const intercept = createInterceptor({
    mocks,
    allow: rehearsal.allow,
    clock,
    isWorkflow: (action) => outline.workflows.has(action),
    hasTimeout: (task) => outline.withTimeout.has(task),
    onCall: (call) => {
      observer.onCall(call);
    },
    onResult: (mock, call) => given.set(mock, call.action),
    onUnmocked: (call) => unmocked.push(call),
  });
  const observe = (event: RunEvent): void => observer.onEvent(event);
  // Before it starts: one that goes on has done so before it can be asked.
  const subscriptions = [executor.listen('events', observe), executor.listen('values', observe)];
  let run: Run;
  try {
    run = await options.start(intercept);
  } catch (error) {
    const result = notStarted(workflow, rehearsal, error);
    return { seen: observer.observe(result, 0), unmocked, given, isStuck: false };
  } finally {
    for (const end of subscriptions) end();
  }
  if (options.cancelAfterMs !== undefined) {
    clock.setTimer(options.cancelAfterMs, () => {
      run.cancel('the rehearsal cancels the run');
    });
  }
  const ended = await Promise.race([
    run.result.catch((error: unknown) => notStarted(workflow, rehearsal, error)),
    waitUntilNothingHappens(clock),
  ]);
  const seen = observer.observe(typeof ended === 'string' ? undefined : ended, clock.monotonic() - startedAtMs);
  if (typeof ended === 'string') run.cancel('the rehearsal is over');
  clock.stop();
  return { seen, unmocked, given, isStuck: ended === 'stuck', run };
}

/** `stalled`: nothing can happen any more; `stuck`: a real action takes too long. */
function waitUntilNothingHappens(clock: VirtualClock): Promise<'stalled' | 'stuck'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve('stuck');
    }, MAX_REAL_MS);
    timer.unref();
    clock.start(() => {
      clearTimeout(timer);
      resolve('stalled');
    });
  });
}

/** A run that was refused, as one that failed at once. */
function notStarted(workflow: string, rehearsal: Rehearsal, thrown: unknown): RunResult {
  if (!(thrown instanceof HeddleError)) throw thrown;
  const { code, message } = thrown;
  const error: RunError = { task: null, execution: null, index: null, key: null, code, message, handled: false };
  return {
    id: '',
    workflow,
    status: 'failed',
    output: {},
    error,
    errors: [error],
    tasks: {},
    startedAtMs: rehearsal.nowMs,
    durationMs: 0,
  };
}
