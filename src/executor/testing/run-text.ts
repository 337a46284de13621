import type { Action } from '../../actions/action.ts';
import { Executor, type ExecutorOptions } from '../../node/executor.ts';
import { parseWorkflow, type LoadOptions } from '../../node/load-workflow.ts';
import type { RunEvent, RunResult } from '../events.ts';
import type { RunOptions } from '../executor.ts';
import type { Run } from '../run.ts';
import { FakeClock } from './fake-clock.ts';

/** What a test gives a run. */
export interface Given extends RunOptions {
  readonly actions?: readonly Action[];
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly executor?: ExecutorOptions;
  readonly load?: LoadOptions;
}

/** A run of a workflow's text on a clock that the test moves. */
export function startText(text: string, given: Given = {}): { run: Run; clock: FakeClock; events: RunEvent[] } {
  const { actions = [], parameters = {}, executor = {}, load = {}, ...options } = given;
  const clock = new FakeClock();
  const workflow = parseWorkflow(text, { actions, ...load });
  const run = new Executor({ clock, ...executor }).start(workflow, parameters, options);
  const events: RunEvent[] = [];
  run.on('events', (event) => events.push(event));
  return { run, clock, events };
}

/** Runs a workflow's text to its end, in real time and without listeners. */
export function runText(text: string, given: Given = {}): Promise<RunResult> {
  const { actions = [], parameters = {}, executor = {}, load = {}, ...options } = given;
  return new Executor(executor).run(parseWorkflow(text, { actions, ...load }), parameters, options);
}

/** Names of the tasks in the order in which their executions started. */
export function startsOf(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'task.started' ? [event.task] : []));
}
