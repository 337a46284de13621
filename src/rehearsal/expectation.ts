import type { YamlPath } from '../workflow/definition.ts';
import type { RunError } from '../executor/events.ts';
import { differences, type Comparison } from './difference.ts';
import type { Expectation, ExpectedError } from './definition.ts';
import type { Observation } from './observation.ts';

/** One expectation that was not met. */
export interface Mismatch {
  /** Its place in the file. */
  readonly path: YamlPath;
  /** What was looked at: `status`, `output.regions[1].name`. */
  readonly subject: string;
  /** Absent: something came that nothing was expected of. */
  readonly expected?: unknown;
  /** Absent: what was expected did not come. */
  readonly got?: unknown;
  /** What a look at both does not show. */
  readonly note?: string;
}

/** Evaluates an expression over the names given; throws where it cannot. */
export type Evaluate = (expression: string, names: Readonly<Record<string, unknown>>) => unknown;

/** Everything that did not come out as expected, in the order of the reference. */
export function mismatches(expect: Expectation, seen: Observation, evaluate: Evaluate): readonly Mismatch[] {
  const at = (...path: YamlPath): YamlPath => [...expect.path, ...path];
  return [
    ...statusMismatches(expect, seen),
    ...sequenceMismatches(expect.tasks, seen.starts, at('tasks')),
    ...unorderedMismatches(expect.tasksUnordered, seen.starts, at('tasks-unordered'), STARTS),
    ...unorderedMismatches(expect.terminal, seen.terminal, at('terminal'), TERMINAL),
    ...valueMismatches(expect.routes, seen.routes, at('routes'), 'routes', 'exact'),
    ...byTask(expect.statuses, at('statuses'), 'statuses', (task) => seen.tasks.get(task)?.status ?? 'pending'),
    ...byTask(expect.executions, at('executions'), 'executions', (task) => seen.tasks.get(task)?.executions ?? 0),
    ...byTask(expect.attempts, at('attempts'), 'attempts', (task) => seen.tasks.get(task)?.attempts ?? 0),
    ...inputMismatches(expect, seen, at('inputs')),
    ...byTask(expect.results, at('results'), 'results', (task) => seen.tasks.get(task)?.result ?? null),
    ...byTask(expect.items, at('items'), 'items', (task) => seen.tasks.get(task)?.stats ?? null),
    ...valueMismatches(expect.output, seen.output, at('output'), 'output', 'exact'),
    ...valueMismatches(expect.outputContains, seen.output, at('output-contains'), 'output', 'subset'),
    ...valueMismatches(expect.variables, seen.variables, at('variables'), 'variables', 'subset'),
    ...errorMismatches(expect, seen.errors, at('errors')),
    ...holdMismatches(expect.holds, seen, at('holds'), evaluate),
  ];
}

function statusMismatches(expect: Expectation, seen: Observation): readonly Mismatch[] {
  if (expect.status === seen.status) return [];
  const first = seen.errors.find((error) => !error.handled);
  const note =
    seen.status === 'running'
      ? 'the run waits for something that never comes: a mock with `status: never`, or a barrier'
      : seen.status === 'failed' && first !== undefined
        ? describeError(first)
        : undefined;
  const path = [...expect.path, 'status'];
  return [
    { path, subject: 'status', expected: expect.status, got: seen.status, ...(note === undefined ? {} : { note }) },
  ];
}

/** An error in one line. */
export function describeError(error: RunError): string {
  const place = error.task === null ? 'run' : `${error.task}${error.index === null ? '' : `[${String(error.index)}]`}`;
  return `${place}: ${error.code}: ${error.message}`;
}

function sequenceMismatches(
  expected: readonly string[] | undefined,
  got: readonly string[],
  path: YamlPath,
): readonly Mismatch[] {
  if (expected === undefined) return [];
  let at = 0;
  while (at < expected.length && at < got.length && expected[at] === got[at]) at++;
  if (at === expected.length && at === got.length) return [];
  const wanted = expected[at];
  const came = got[at];
  const note =
    wanted === undefined
      ? `after the last, ${came ?? ''} started`
      : `start ${String(at + 1)} should be ${wanted}, ${came === undefined ? 'but nothing more started' : `but was ${came}`}`;
  return [{ path: wanted === undefined ? path : [...path, at], subject: 'tasks', expected, got, note }];
}

/** How a list of tasks is called, and what one that is missing, or there besides, did not or did do. */
interface TaskListWords {
  readonly subject: string;
  readonly missing: string;
  readonly unexpected: string;
}

const STARTS: TaskListWords = {
  subject: 'tasks, in any order',
  missing: 'did not start',
  unexpected: 'started besides',
};

const TERMINAL: TaskListWords = {
  subject: 'terminal',
  missing: 'the run did not end at',
  unexpected: 'it ended besides at',
};

function unorderedMismatches(
  expected: readonly string[] | undefined,
  got: readonly string[],
  path: YamlPath,
  words: TaskListWords,
): readonly Mismatch[] {
  if (expected === undefined) return [];
  const missing = without(expected, got);
  const unexpected = without(got, expected);
  if (missing.length === 0 && unexpected.length === 0) return [];
  const notes: string[] = [];
  if (missing.length > 0) notes.push(`${words.missing}: ${missing.join(', ')}`);
  if (unexpected.length > 0) notes.push(`${words.unexpected}: ${unexpected.join(', ')}`);
  return [{ path, subject: words.subject, expected, got, note: notes.join('; ') }];
}

/** What is left of `from` when each entry of `taken` has taken one equal away. */
function without(from: readonly string[], taken: readonly string[]): readonly string[] {
  const rest = [...from];
  for (const name of taken) {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
  }
  return rest;
}

function byTask(
  expected: Readonly<Record<string, unknown>> | undefined,
  path: YamlPath,
  subject: string,
  got: (task: string) => unknown,
): readonly Mismatch[] {
  return Object.entries(expected ?? {}).flatMap(([task, value]) =>
    valueMismatches(value, got(task), [...path, task], `${subject}.${task}`, 'subset'),
  );
}

function inputMismatches(expect: Expectation, seen: Observation, path: YamlPath): readonly Mismatch[] {
  return Object.entries(expect.inputs ?? {}).flatMap(([task, expected]) => {
    const got = seen.inputs.get(task) ?? [];
    const at = [...path, task];
    const subject = `inputs.${task}`;
    if (Array.isArray(expected)) return valueMismatches(expected, got, at, subject, 'subset');
    if (got.length === 0) return [{ path: at, subject, expected, note: 'the task called no action' }];
    // One input of many that is wrong is enough to show; the rest is mostly wrong in the same way.
    const wrong = got.findIndex((input) => differences(expected, input, 'subset').length > 0);
    const name = got.length === 1 ? subject : `${subject}[${String(wrong)}]`;
    return wrong < 0 ? [] : valueMismatches(expected, got[wrong], at, name, 'subset');
  });
}

function valueMismatches(
  expected: unknown,
  got: unknown,
  path: YamlPath,
  subject: string,
  comparison: Comparison,
): readonly Mismatch[] {
  if (expected === undefined) return [];
  return differences(expected, got, comparison).map((difference) => ({
    path: [...path, ...difference.path],
    subject: subject + difference.path.map(describeStep).join(''),
    ...(difference.kind === 'unexpected' ? {} : { expected: difference.expected }),
    ...(difference.kind === 'missing' ? {} : { got: difference.got }),
  }));
}

function describeStep(step: string | number): string {
  if (typeof step === 'number') return `[${String(step)}]`;
  return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

function errorMismatches(expect: Expectation, errors: readonly RunError[], path: YamlPath): readonly Mismatch[] {
  if (expect.errors === undefined) return [];
  const got = errors.map(describeError);
  if (expect.errors.length === 0) return errors.length === 0 ? [] : [{ path, subject: 'errors', expected: [], got }];
  const rest = [...errors];
  return expect.errors.flatMap((expected) => {
    const at = rest.findIndex((error) => fits(expected, error));
    if (at >= 0) {
      rest.splice(at, 1);
      return [];
    }
    const { path: place, ...fields } = expected;
    return [{ path: place, subject: 'errors', expected: fields, got, note: 'no error that is left fits' }];
  });
}

function fits(expected: ExpectedError, error: RunError): boolean {
  return (
    (expected.task === undefined || expected.task === error.task) &&
    (expected.code === undefined || expected.code === error.code) &&
    (expected.message === undefined || expected.message === error.message) &&
    (expected.messageContains === undefined || error.message.includes(expected.messageContains)) &&
    (expected.index === undefined || expected.index === error.index) &&
    (expected.handled === undefined || expected.handled === error.handled)
  );
}

function holdMismatches(
  holds: readonly string[] | undefined,
  seen: Observation,
  path: YamlPath,
  evaluate: Evaluate,
): readonly Mismatch[] {
  if (holds === undefined) return [];
  const names = {
    status: seen.status,
    output: seen.output,
    variables: seen.variables,
    errors: seen.errors,
    starts: seen.starts,
    results: Object.fromEntries([...seen.tasks].map(([task, observed]) => [task, observed.result ?? null])),
    statuses: Object.fromEntries([...seen.tasks].map(([task, observed]) => [task, observed.status])),
    inputs: Object.fromEntries(seen.inputs),
    duration: seen.durationMs / 1000,
  };
  return holds.flatMap((expression, index): readonly Mismatch[] => {
    try {
      const value = evaluate(expression, names);
      if (value === true) return [];
      return [{ path: [...path, index], subject: `holds: ${expression}`, expected: true, got: value }];
    } catch (error) {
      const note = error instanceof Error ? error.message : String(error);
      return [{ path: [...path, index], subject: `holds: ${expression}`, expected: true, note }];
    }
  });
}
