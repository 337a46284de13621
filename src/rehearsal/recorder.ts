import { dump } from 'js-yaml';
import type { RunEvent, RunResult, TaskSummary } from '../executor/events.ts';
import { Masker } from '../executor/masker.ts';
import type { ActionCall, Interceptor } from '../executor/services.ts';
import type { Plan } from '../plan/plan.ts';
import { isAllowed } from './answer.ts';
import { excerptOf } from './excerpt.ts';
import { outlineOf } from './outline.ts';
import { pathOf } from './mocks.ts';
import { answerOf, mocksOf, type RecordedAnswer } from './recorded-mocks.ts';

/** More calls than this are not written down. */
const MAX_CALLS = 10_000;
/** More errors than this are not written down. */
const MAX_ERRORS = 20;

/** Writes a rehearsal of one run: hand `intercept` and `listener` (view `events`) to it, then ask for the text. */
export interface Recorder {
  readonly intercept: Interceptor;
  readonly listener: (event: RunEvent) => void;
  /**
   * The text of a rehearsal file that reproduces the run.
   *
   * @param workflow path of the workflow from the directory of that file
   */
  toYaml(result: RunResult, workflow: string): string;
}

/** Where the secrets of a recorded run are. */
export interface RecorderOptions {
  /** The keystore given to the run; its values are masked. */
  readonly keystore?: Readonly<Record<string, unknown>>;
}

/** A call that was made and, once it has ended, its answer. */
interface Call {
  readonly task: string;
  readonly execution: number;
  readonly index: number | null;
  readonly attempt: number;
  answer: RecordedAnswer | null;
}

/** Creates a recorder for one run of `plan` with these parameters, as they were given. */
export function createRecorder(
  plan: Plan,
  parameters: Readonly<Record<string, unknown>>,
  options: RecorderOptions = {},
): Recorder {
  const outline = outlineOf(plan);
  const masker = new Masker([options.keystore ?? {}, ...plan.parameters.secret.map((name) => parameters[name])]);
  const calls: Call[] = [];
  const latest = new Map<string, Call>();
  const ordinals = new Map<number, number>();
  const counts = new Map<string, number>();
  const starts: string[] = [];
  let running = 0;
  let isOverlapping = false;
  let isCut = false;

  function begin(called: ActionCall): Call {
    const { execution, index, attempt } = called;
    const task = pathOf(called);
    const call: Call = { task, execution, index, attempt, answer: null };
    if (calls.length < MAX_CALLS) calls.push(call);
    else isCut = true;
    latest.set(keyOf(task, execution, index, attempt), call);
    return call;
  }

  function end(call: Call, status: 'succeeded' | 'failed' | 'timed_out', value: unknown): void {
    const answer = answerOf(status, masker.value(value));
    // Masked once more, because a message is in an error and not in a value.
    call.answer ??= masker.value(answer.answer);
    isCut ||= answer.isCut;
  }

  function record(call: ActionCall, proceed: () => unknown): unknown {
    if (outline.workflows.has(call.action) || isAllowed(call.action, [])) return proceed();
    const recorded = begin(call);
    const fail = (error: unknown): never => {
      end(recorded, 'failed', error);
      throw error;
    };
    let value: unknown;
    try {
      value = proceed();
    } catch (error) {
      return fail(error);
    }
    if (!(value instanceof Promise)) {
      end(recorded, 'succeeded', value);
      return value;
    }
    return value.then((result: unknown) => {
      end(recorded, 'succeeded', result);
      return result;
    }, fail);
  }

  /** An attempt that was stopped has no answer of its own, or one that nobody waited for. */
  function timeOut(task: string, execution: number, index: number | null, attempt: number): void {
    const call = latest.get(keyOf(task, ordinals.get(execution) ?? 0, index, attempt));
    if (call !== undefined) call.answer = answerOf('timed_out', null).answer;
  }

  function listen(event: RunEvent): void {
    if (event.parent !== undefined) return;
    if (event.type === 'task.started') {
      if (running > 0) isOverlapping = true;
      running++;
      const ordinal = (counts.get(event.task) ?? 0) + 1;
      counts.set(event.task, ordinal);
      ordinals.set(event.execution, ordinal);
      starts.push(event.task);
    } else if (event.type === 'task.retrying' && event.status === 'timed_out') {
      timeOut(event.task, event.execution, event.index, event.attempt);
    } else if (event.type === 'item.completed' && event.status === 'timed_out') {
      timeOut(event.task, event.execution, event.index, event.attempts);
    } else if (event.type === 'task.completed' && ordinals.has(event.execution)) {
      running--;
      if (event.status === 'timed_out') timeOut(event.task, event.execution, null, event.attempts);
    }
  }

  function toYaml(result: RunResult, workflow: string): string {
    const answered = calls.flatMap((call) => (call.answer === null ? [] : [{ ...call, answer: call.answer }]));
    const { mocks: all, isCut: isShortened } = mocksOf(answered);
    // What a cut result leads to may be fewer calls than there were.
    const mocks = isCut || isShortened ? all.map((mock) => ({ ...mock, optional: true })) : all;
    const given = masker.value(Object.fromEntries(Object.entries(parameters)));
    const expect = expectationOf(masker.value(result), starts, isOverlapping, isCut || isShortened);
    return [
      '# Recorded by `heddle run --record`. Look it over: results of a real run may hold what nobody else should see.\n' +
        (isCut || isShortened
          ? '# Results too long or too many to be read were cut: complete mocks and expect before you rely on it.\n'
          : ''),
      section({ name: `${result.workflow}: as recorded`, workflow }),
      ...(Object.keys(given).length === 0 ? [] : [section({ parameters: excerptOf(given).value })]),
      ...(mocks.length === 0 ? [] : [section({ mocks })]),
      section({ expect }),
    ].join('\n');
  }

  return { intercept: record, listener: listen, toYaml };
}

function keyOf(task: string, execution: number, index: number | null, attempt: number): string {
  return JSON.stringify([task, execution, index, attempt]);
}

function section(value: unknown): string {
  return dump(value, { lineWidth: 110, noRefs: true }).trimEnd() + '\n';
}

function expectationOf(result: RunResult, starts: readonly string[], isOverlapping: boolean, isCut: boolean): unknown {
  const ran = Object.entries(result.tasks).filter(([, task]) => task.status !== 'pending');
  const others = ran.filter(([, task]) => task.status !== 'succeeded');
  const items = ran.filter(([, task]) => task.stats !== undefined);
  const output = excerptOf(result.output);
  const errors = result.errors.slice(0, MAX_ERRORS).map(({ task, code, index, handled }) => ({
    task,
    code,
    ...(index === null ? {} : { index }),
    handled,
  }));
  const order = {
    status: result.status,
    // Which of two parallel tasks comes first depends on how long the real actions took.
    [isOverlapping ? 'tasks-unordered' : 'tasks']: starts,
  };
  if (isCut || output.isCut) return order;
  return {
    ...order,
    ...(others.length === 0 ? {} : { statuses: mapValues(others, (task) => task.status) }),
    ...(items.length === 0 ? {} : { items: mapValues(items, countsOf) }),
    output: output.value,
    ...(errors.length === 0 ? {} : { errors }),
  };
}

function mapValues(tasks: readonly (readonly [string, TaskSummary])[], value: (task: TaskSummary) => unknown): unknown {
  return Object.fromEntries(tasks.map(([name, task]) => [name, value(task)]));
}

function countsOf({ stats }: TaskSummary): unknown {
  return Object.fromEntries(Object.entries(stats ?? {}).filter(([, count]) => count !== null));
}
