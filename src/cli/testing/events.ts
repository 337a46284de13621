import type { RunEvent, RunResult } from '../../executor/events.ts';

type Distribute<T> = T extends RunEvent
  ? Omit<T, 'run' | 'seq' | 'atMs'> & Partial<Pick<T, 'run' | 'seq' | 'atMs'>>
  : never;

/** An event of the run `r`, at second 0, unless it says otherwise. */
export function event(fields: Distribute<RunEvent>): RunEvent {
  return { run: 'r', seq: 1, atMs: 0, ...fields };
}

/** `run.started` of the run `r`. */
export const started = event({ type: 'run.started', workflow: 'demo', parameters: {} });

/** `task.started`, as the n-th execution of the run. */
export function taskStarted(
  task: string,
  execution: number,
  rest: { items?: number | null; atMs?: number; run?: string } = {},
): RunEvent {
  return event({ type: 'task.started', task, execution, action: 'core.noop', route: 0, ...rest });
}

/** `task.completed`, succeeded after 12 ms unless it says otherwise. */
export function taskCompleted(
  task: string,
  execution: number,
  rest: Partial<Extract<RunEvent, { type: 'task.completed' }>> = {},
): Extract<RunEvent, { type: 'task.completed' }> {
  return event({
    type: 'task.completed',
    task,
    execution,
    status: 'succeeded',
    result: null,
    error: null,
    handled: false,
    terminal: false,
    attempts: 1,
    durationMs: 12,
    ...rest,
  }) as Extract<RunEvent, { type: 'task.completed' }>;
}

/** A run of `demo` that succeeded after 4.2 s. */
export function runResult(rest: Partial<RunResult> = {}): RunResult {
  return {
    id: 'r',
    workflow: 'demo',
    status: 'succeeded',
    output: {},
    error: null,
    errors: [],
    tasks: { a: { status: 'succeeded', executions: 1, attempts: 1 } },
    startedAtMs: 0,
    durationMs: 4200,
    ...rest,
  };
}
