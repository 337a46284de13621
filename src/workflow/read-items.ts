import type { FileItemsDefinition, Located, WithItemsDefinition } from './definition.ts';
import { parseRate, parseTolerance } from './duration.ts';
import { isMapping, scalarText, type Findings, type Section } from './section.ts';

/** Keys that mean something only beside `with-items`. */
const ITEM_KEYS = [
  'as', 'key', 'batch-size', 'concurrency', 'rate', 'on-item-failure', 'tolerate', 'results', 'aggregate',
  'distribute',
] as const; // prettier-ignore

/** Names that templates know already. */
const TAKEN = [
  'item', 'index', 'parameters', 'workflow', 'vars', 'variables', 'task', 'tasks', 'config', 'keystore', 'secrets',
  'system', 'true', 'false', 'null', 'not', 'and', 'or', 'in',
]; // prettier-ignore

/** Reads `with-items` and its keys; undefined for a task without it. */
export function readWithItems(
  findings: Findings,
  task: Section,
  defaultConcurrency: Located<number | string> | undefined,
): WithItemsDefinition | undefined {
  if (!task.has('with-items')) {
    reportUseless(findings, task);
    return undefined;
  }
  reportConflicts(findings, task);
  const value = task.get('with-items');
  const concurrency = located<number | string>(task, 'concurrency') ?? defaultConcurrency;
  const key = task.expression('key');
  const as = readAs(findings, task);
  const rate = parseRate(task.text('rate')?.value ?? '');
  const tolerate = parseTolerance(scalarText(task.get('tolerate')));
  const aggregate = readAggregate(task);
  return {
    path: task.pathOf('with-items'),
    source: isMapping(value)
      ? { kind: 'file', file: value as unknown as FileItemsDefinition }
      : { kind: 'value', value },
    ...(as === undefined ? {} : { as }),
    ...(key === undefined ? {} : { key }),
    ...(task.has('batch-size') ? { batchSize: task.get('batch-size') as number } : {}),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(rate === null ? {} : { rate }),
    onFailure: tolerate !== null || task.get('on-item-failure') === 'continue' ? 'continue' : 'stop',
    ...(tolerate === null ? {} : { tolerate }),
    results: (task.get('results') ?? 'all') as WithItemsDefinition['results'],
    ...(aggregate === undefined ? {} : { aggregate }),
  };
}

function located<T>(task: Section, key: string): Located<T> | undefined {
  return task.has(key) ? { value: task.get(key) as T, path: task.pathOf(key) } : undefined;
}

function readAs(findings: Findings, task: Section): Located<string> | undefined {
  const as = task.text('as');
  if (as === undefined) return undefined;
  const { value, path } = as;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) {
    const message = `'${value}' cannot be a name: letters, digits and _ are expected.`;
    findings.report({ path }, { code: 'HEDDLE_SCHEMA', message });
    return undefined;
  }
  if (TAKEN.includes(value) && value !== 'item') {
    const message = `'${value}' has a meaning in every template already; choose another name.`;
    findings.report({ path }, { code: 'HEDDLE_SCHEMA', message });
    return undefined;
  }
  return as;
}

function readAggregate(task: Section): WithItemsDefinition['aggregate'] {
  const value = task.get('aggregate');
  if (!isMapping(value)) return undefined;
  const path = task.pathOf('aggregate');
  return Object.keys(value).map((name) => ({
    name,
    expression: { value: String(value[name]), path: [...path, name] },
  }));
}

function reportUseless(findings: Findings, task: Section): void {
  for (const key of ITEM_KEYS) {
    if (!task.has(key)) continue;
    if (key === 'distribute' && task.get(key) === true) {
      const message = "'distribute: true' spreads iterations over workers, and there is no 'with-items'.";
      const hint = "To send the task itself to a worker, give it a 'queue'.";
      findings.report({ path: task.pathOf(key), what: 'key' }, { code: 'HEDDLE_KEY_CONFLICT', message, hint });
      continue;
    }
    findings.report(
      { path: task.pathOf(key), what: 'key' },
      { code: 'HEDDLE_SCHEMA', severity: 'warning', message: `'${key}' has no effect without 'with-items'.` },
    );
  }
}

function reportConflicts(findings: Findings, task: Section): void {
  const conflict = (key: string, message: string): void => {
    findings.report({ path: task.pathOf(key), what: 'key' }, { code: 'HEDDLE_KEY_CONFLICT', message });
  };
  if (task.has('aggregate') && task.has('results')) {
    conflict(
      'results',
      "'results' and 'aggregate' exclude each other: with 'aggregate' the result is the aggregation.",
    );
  }
  if (task.has('tolerate') && task.get('on-item-failure') === 'stop') {
    conflict('on-item-failure', "'tolerate' implies 'on-item-failure: continue', so it cannot be 'stop'.");
  }
}
