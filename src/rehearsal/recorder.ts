import { dump } from 'js-yaml';
import type { EndStatus, ErrorRecord, RunEvent, RunResult } from '../executor/events.ts';
import { isAllowed } from './answer.ts';
import { excerptOf } from './excerpt.ts';
import { mocksOf, type RecordedCall } from './recorded-mocks.ts';

/** More errors than this are not written down. */
const MAX_ERRORS = 20;

/**
 * Codes of failures that come from the engine before or instead of a call of an action: they happen again by
 * themselves when the run is rehearsed.
 */
const ENGINE_FAILURE =
  /^HEDDLE_(MISSING|EXPRESSION_|TEMPLATE_|INPUT_|WITH_ITEMS_|ITEMS_FAILED|OWNED_BYTES|CANCELLED|ACTION_RESULT)/;

/** Writes a rehearsal of a run that it listened to. */
export interface Recorder {
  /** Takes the events of the run, view `events`, in order. */
  listener(event: RunEvent): void;
  /** The text of the rehearsal file. */
  toYaml(result: RunResult): string;
}

interface RecordedExecution {
  readonly task: string;
  /** The n-th execution of the task. */
  readonly ordinal: number;
  readonly action: string;
  readonly hasItems: boolean;
}

/**
 * Creates a recorder for one run.
 *
 * @param workflow path of the workflow, relative to the directory of the file that will be written
 * @param parameters the run's parameters as given, secret ones masked
 */
export function createRecorder(workflow: string, parameters: Readonly<Record<string, unknown>>): Recorder {
  const executions = new Map<number, RecordedExecution>();
  const calls: RecordedCall[] = [];
  const starts: string[] = [];
  let running = 0;
  let isOverlapping = false;

  function add(
    execution: number,
    call: { index: number | null; attempt: number; status: EndStatus; result: unknown; error: ErrorRecord | null },
  ): void {
    const of = executions.get(execution);
    if (of === undefined || (call.status !== 'succeeded' && call.status !== 'failed' && call.status !== 'timed_out'))
      return;
    if (call.status === 'failed' && call.error !== null && ENGINE_FAILURE.test(call.error.code)) return;
    calls.push({ ...of, ...call, execution: of.ordinal, status: call.status });
  }

  return {
    listener(event) {
      if (event.parent !== undefined) return;
      if (event.type === 'task.started') {
        if (running > 0) isOverlapping = true;
        running++;
        const ordinal = starts.filter((task) => task === event.task).length + 1;
        starts.push(event.task);
        const { task, action } = event;
        executions.set(event.execution, { task, ordinal, action, hasItems: event.items !== undefined });
      } else if (event.type === 'task.retrying') {
        add(event.execution, { ...event, result: null });
      } else if (event.type === 'item.completed') {
        add(event.execution, { ...event, attempt: event.attempts });
      } else if (event.type === 'task.completed') {
        const execution = executions.get(event.execution);
        if (execution === undefined) return;
        running--;
        if (!execution.hasItems) add(event.execution, { ...event, index: null, attempt: event.attempts });
      }
    },
    toYaml(result) {
      const mocked = calls.filter((call) => !isAllowed(call.action, []));
      const { mocks, isCut } = mocksOf(mocked);
      return [
        '# Recorded by `heddle run --record`. Look it over: results of a real run may hold what nobody else should see.',
        ...(isCut ? ['# Results too long to be read were cut, so output and variables are not looked at.'] : []),
        section({ name: `${result.workflow}: as recorded`, workflow }),
        ...(Object.keys(parameters).length === 0 ? [] : [section({ parameters: excerptOf(parameters).value })]),
        ...(mocks.length === 0 ? [] : [section({ mocks })]),
        section({ expect: expectationOf(result, starts, isOverlapping, isCut) }),
      ].join('\n');
    },
  };
}

function section(value: unknown): string {
  return dump(value, { lineWidth: 110, noRefs: true }).trimEnd() + '\n';
}

function expectationOf(result: RunResult, starts: readonly string[], isOverlapping: boolean, isCut: boolean): unknown {
  const ran = Object.entries(result.tasks).filter(([, task]) => task.executions > 0);
  const others = ran.filter(([, task]) => task.status !== 'succeeded');
  const items = ran.flatMap(([name, { stats }]) => (stats === undefined ? [] : [[name, stats] as const]));
  const output = excerptOf(result.output);
  const errors = result.errors.slice(0, MAX_ERRORS).map(({ task, code, index, handled }) => ({
    task,
    code,
    ...(index === null ? {} : { index }),
    handled,
  }));
  return {
    status: result.status,
    // Which of two parallel tasks comes first depends on how long the real actions took.
    [isOverlapping ? 'tasks-unordered' : 'tasks']: starts,
    ...(others.length === 0 ? {} : { statuses: Object.fromEntries(others.map(([name, task]) => [name, task.status])) }),
    ...(items.length === 0 ? {} : { items: Object.fromEntries(items.map(([name, stats]) => [name, statsOf(stats)])) }),
    ...(isCut || output.isCut ? {} : { output: output.value }),
    ...(errors.length === 0 ? {} : { errors }),
  };
}

function statsOf(stats: { readonly [name: string]: number | null } | object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(stats).filter(([, count]) => count !== null));
}
