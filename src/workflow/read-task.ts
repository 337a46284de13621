import type { CacheDefinition, Located, RetryDefinition, TaskDefinition, YamlPath } from './definition.ts';
import { parseDuration } from './duration.ts';
import { notesOfRetry, notesOfTask, validateRetry, validateTask } from './generated/validate-workflow.js';
import { COMMANDS, readNames } from './names.ts';
import { readWithItems } from './read-items.ts';
import { readTransitions } from './read-transitions.ts';
import { Section, SectionKind, isMapping, type Findings, type Mapping } from './section.ts';

const TASK = new SectionKind('task', {
  validate: validateTask,
  notes: notesOfTask,
  foreign: {
    id: 'name', if: 'when', uses: 'action', run: 'action', inputs: 'input', args: 'input', arguments: 'input',
    params: 'input', parameters: 'input', 'depends-on': 'needs', depends: 'needs', dependencies: 'needs',
    loop: 'with-items', items: 'with-items', foreach: 'with-items', 'for-each': 'with-items', with: 'with-items',
    retries: 'retry', 'on-error': 'on-failure', transitions: 'next', 'continue-on-error': 'on-failure',
  }, // prettier-ignore
});
const RETRY = new SectionKind('retry', {
  validate: validateRetry,
  notes: notesOfRetry,
  foreign: {
    attempts: 'count',
    times: 'count',
    max: 'count',
    'max-attempts': 'count',
    interval: 'delay',
    wait: 'delay',
  },
});

/** What `defaults` gives every task. */
export interface TaskDefaults {
  readonly retry?: RetryDefinition;
  readonly timeoutMs?: Located<number | string>;
  readonly concurrency?: Located<number | string>;
}

/** A task's name with its place. */
export interface TaskName {
  readonly value: string;
  readonly path: YamlPath;
}

/** Reads one task. `keyName` is its key where tasks are a mapping. Undefined where it has no name at all. */
export function readTask(
  findings: Findings,
  value: Mapping,
  path: YamlPath,
  keyName: TaskName | undefined,
  defaults: TaskDefaults,
): TaskDefinition | undefined {
  const task = new Section(findings, value, path, TASK);
  const name = readName(findings, task, keyName);
  const withItems = readWithItems(findings, task, defaults.concurrency);
  const { next, retry: sugar } = readTransitions(findings, task);
  const explicit = task.has('retry') ? readRetry(findings, task.get('retry'), task.pathOf('retry')) : undefined;
  if (explicit !== undefined && sugar !== undefined) {
    const message = "'retry' and a transition that does 'retry' exclude each other; keep one.";
    findings.report({ path: sugar.path }, { code: 'HEDDLE_KEY_CONFLICT', message });
  }
  if (name === undefined) return undefined;
  const retry = explicit ?? sugar ?? defaults.retry;
  const timeoutMs = readDuration(task, 'timeout') ?? defaults.timeoutMs;
  const optional = {
    description: task.text('description')?.value,
    when: task.expression('when'),
    join: task.has('join') ? { value: task.get('join') as 'all' | number, path: task.pathOf('join') } : undefined,
    withItems,
    retry,
    timeoutMs,
    taskTimeoutMs: readDuration(task, 'task-timeout'),
    delayMs: readDuration(task, 'delay'),
    cache: readCache(task),
    queue: task.text('queue'),
    distribute: task.get('distribute') as boolean | undefined,
  };
  return {
    name: name.value,
    path,
    namePath: name.path,
    action: task.text('action') ?? { value: 'core.noop', path },
    // Without its action a task's input would be checked against the wrong one.
    input: task.hasUnknownKey && !task.has('action') ? {} : ((task.get('input') ?? {}) as Mapping),
    inputPath: task.pathOf('input'),
    needs: task.has('needs') ? readNames(findings, task.get('needs'), task.pathOf('needs')) : [],
    next,
    raw: readRaw(task),
    ...given(optional),
  };
}

/** Only the entries that are not undefined. */
export function given<T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const defined: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
  for (const key in entries) {
    const value = entries[key];
    if (value !== undefined) defined[key] = value as Exclude<T[typeof key], undefined>;
  }
  return defined;
}

function readName(findings: Findings, task: Section, keyName: TaskName | undefined): TaskName | undefined {
  const own = task.text('name');
  const name = keyName ?? own;
  if (name === undefined) {
    if (task.hasUnknownKey) return undefined;
    findings.report(
      { path: task.path },
      { code: 'HEDDLE_SCHEMA', message: "The task has no name: the key 'name' is missing." },
    );
    return undefined;
  }
  if (own !== undefined && keyName !== undefined && own.value !== keyName.value) {
    const message = `The task is called '${keyName.value}' by its key and '${own.value}' by 'name'.`;
    findings.report({ path: own.path }, { code: 'HEDDLE_KEY_CONFLICT', message });
  }
  const { value, path } = name;
  const place = { path, what: keyName === undefined ? 'value' : 'key' } as const;
  if (COMMANDS.includes(value)) {
    const message = `'${value}' is a command of 'do' and cannot be the name of a task.`;
    findings.report(place, { code: 'HEDDLE_SCHEMA', message, suggestion: `${value}_task` });
  } else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(value) || value === '__proto__') {
    const message = `'${value}' cannot name a task: templates reach it as task.NAME, so letters, digits and _ are expected.`;
    const suggestion = value
      .trim()
      .replace(/[^A-Za-z0-9]+/g, '_')
      .replace(/^(?=\d)/, '_');
    const usable = /[A-Za-z0-9]/.test(suggestion) && value !== '__proto__';
    findings.report(place, { code: 'HEDDLE_SCHEMA', message, ...(usable ? { suggestion } : {}) });
  }
  return name;
}

/** Reads `retry` of a task or of `defaults`; undefined where it is no use without `count`. */
export function readRetry(findings: Findings, value: unknown, path: YamlPath): RetryDefinition | undefined {
  if (!isMapping(value)) {
    findings.expected(path, 'a mapping such as { count: 3, delay: 1s, backoff: exponential }', value);
    return undefined;
  }
  const retry = new Section(findings, value, path, RETRY);
  const maxDelayMs = readDuration(retry, 'max-delay')?.value;
  const when = retry.expression('when');
  const jitter = retry.get('jitter');
  return {
    path,
    count: (retry.get('count') ?? 0) as number,
    delayMs: readDuration(retry, 'delay') ?? { value: 0, path },
    backoff: (retry.get('backoff') ?? 'constant') as RetryDefinition['backoff'],
    ...(typeof maxDelayMs === 'number' ? { maxDelayMs } : {}),
    jitter: typeof jitter === 'number' ? jitter : jitter === true ? 1 : 0,
    ...(when === undefined ? {} : { when }),
  };
}

/** Milliseconds, or the text of a template. */
export function readDuration(section: Section, key: string): Located<number | string> | undefined {
  return section.has(key) ? durationOf(section.get(key), section.pathOf(key)) : undefined;
}

/** The same for a value that was checked already. */
export function durationOf(value: unknown, path: YamlPath): Located<number | string> | undefined {
  if (typeof value === 'number') return { value: value * 1000, path };
  if (typeof value !== 'string') return undefined;
  return { value: parseDuration(value) ?? value, path };
}

function readCache(task: Section): CacheDefinition | undefined {
  const value = task.get('cache');
  if (!isMapping(value)) return undefined;
  const path = task.pathOf('cache');
  const { ttl } = value;
  const ttlMs = typeof ttl === 'number' ? ttl * 1000 : parseDuration(typeof ttl === 'string' ? ttl : '');
  const key = { value: value['key'], path: [...path, 'key'] };
  return ttlMs === null ? { path, key } : { path, key, ttlMs };
}

function readRaw(task: Section): true | readonly string[] {
  const raw = task.get('raw');
  if (raw === true) return true;
  if (typeof raw === 'string') return [raw];
  return Array.isArray(raw) ? raw.filter((name) => typeof name === 'string') : [];
}
