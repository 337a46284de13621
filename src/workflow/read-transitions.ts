import type { Located, PublishDefinition, RetryDefinition, TransitionDefinition, YamlPath } from './definition.ts';
import { notesOfTransition, validateTransition } from './generated/validate-workflow.js';
import { readNames } from './names.ts';
import { Section, SectionKind, isMapping, type Findings } from './section.ts';

const TRANSITION = new SectionKind('transition', {
  validate: validateTransition,
  notes: notesOfTransition,
  foreign: { if: 'when', then: 'do', goto: 'do', task: 'do', tasks: 'do', next: 'do' },
});

/** Older forms and the statuses on which they fire. */
const OLDER_FORMS = [
  ['on-success', 'succeeded()'],
  ['on-failure', 'failed()'],
  ['on-timeout', 'timed_out()'],
  ['on-complete', undefined],
] as const;

/** What the transitions of a task come to. */
export interface TransitionsRead {
  readonly next: readonly TransitionDefinition[];
  /** From a transition with `do: retry`. */
  readonly retry?: RetryDefinition;
}

/** Reads `next` and all older forms of it, in that order, a task-level `publish` before them. */
export function readTransitions(findings: Findings, task: Section): TransitionsRead {
  const all: TransitionDefinition[] = [];
  if (task.has('publish')) {
    const path = task.pathOf('publish');
    const when = { value: 'succeeded()', path };
    all.push({ path, when, publish: readPublish(findings, task.get('publish'), path), do: [] });
  }
  if (task.has('next')) all.push(...readNext(findings, task.get('next'), task.pathOf('next')));
  for (const [key, status] of OLDER_FORMS) {
    if (task.has(key)) all.push(...readOlder(findings, task.get(key), task.pathOf(key), status));
  }
  if (task.has('decision')) all.push(...readDecision(findings, task.get('decision'), task.pathOf('decision')));
  return separateRetry(findings, all);
}

/** Variables from a mapping or a list of mappings, in order. */
export function readPublish(findings: Findings, value: unknown, path: YamlPath): PublishDefinition[] {
  const parts = Array.isArray(value) ? value.map((part, i) => [part, [...path, i]] as const) : [[value, path] as const];
  const published: PublishDefinition[] = [];
  for (const [part, partPath] of parts) {
    if (!isMapping(part)) continue;
    for (const name of Object.keys(part)) {
      const namePath = [...partPath, name];
      if (/^[^.\s]+(\.[^.\s]+)*$/.test(name)) published.push({ name, value: part[name], path: namePath });
      else {
        const message = `'${name}' cannot be a variable: a name, or names joined by dots, is expected.`;
        findings.report({ path: namePath, what: 'key' }, { code: 'HEDDLE_SCHEMA', message });
      }
    }
  }
  return published;
}

function readNext(findings: Findings, value: unknown, path: YamlPath): TransitionDefinition[] {
  if (isMapping(value)) return [readTransition(findings, value, path)];
  if (!Array.isArray(value)) {
    findings.expected(path, 'a list of transitions, each a mapping with when, publish, do', value);
    return [];
  }
  return value.flatMap((entry: unknown, index) => {
    const entryPath = [...path, index];
    if (isMapping(entry)) return [readTransition(findings, entry, entryPath)];
    findings.expected(entryPath, 'a mapping with when, publish, do', entry);
    return [];
  });
}

function readTransition(findings: Findings, value: Readonly<Record<string, unknown>>, path: YamlPath) {
  const section = new Section(findings, value, path, TRANSITION);
  const when = section.expression('when');
  return {
    path,
    ...(when === undefined ? {} : { when }),
    publish: section.has('publish') ? readPublish(findings, section.get('publish'), section.pathOf('publish')) : [],
    do: section.has('do') ? readNames(findings, section.get('do'), section.pathOf('do')) : [],
  } satisfies TransitionDefinition;
}

/** `on-success: a`, `[a, b]`, `{when, publish, do}` or a list that mixes names and mappings. */
function readOlder(
  findings: Findings,
  value: unknown,
  path: YamlPath,
  status: string | undefined,
): TransitionDefinition[] {
  const condition = status === undefined ? undefined : { value: status, path };
  const read: TransitionDefinition[] = [];
  const names: Located<string>[] = [];
  const entries = Array.isArray(value)
    ? value.map((entry, i) => [entry, [...path, i]] as const)
    : [[value, path] as const];
  for (const [entry, entryPath] of entries) {
    if (typeof entry === 'string') names.push(...readNames(findings, entry, entryPath));
    else if (isMapping(entry)) read.push(withStatus(readTransition(findings, entry, entryPath), condition));
    else findings.expected(entryPath, 'the name of a task or a mapping with when, publish, do', entry);
  }
  if (names.length > 0) {
    read.unshift({ path, ...(condition === undefined ? {} : { when: condition }), publish: [], do: names });
  }
  return read;
}

function withStatus(transition: TransitionDefinition, status: Located<string> | undefined): TransitionDefinition {
  if (status === undefined) return transition;
  return transition.when === undefined ? { ...transition, when: status } : { ...transition, also: [status] };
}

/** The first branch that holds is taken: every branch excludes those before it. */
function readDecision(findings: Findings, value: unknown, path: YamlPath): TransitionDefinition[] {
  const earlier: Located<string>[] = [];
  const read: TransitionDefinition[] = [];
  for (const [index, branch] of (Array.isArray(value) ? value : []).entries()) {
    if (!isMapping(branch)) continue;
    const branchPath = [...path, index];
    const { when: condition, publish } = branch;
    const when =
      typeof condition === 'string' || typeof condition === 'boolean'
        ? { value: String(condition), path: [...branchPath, 'when'] }
        : undefined;
    if (when === undefined && branch['default'] !== true) {
      const message = "A branch of 'decision' needs 'when', or 'default: true'.";
      findings.report({ path: branchPath }, { code: 'HEDDLE_SCHEMA', message });
      continue;
    }
    const key = branch['next'] === undefined ? 'do' : 'next';
    read.push({
      path: branchPath,
      ...(when === undefined ? {} : { when }),
      ...(earlier.length === 0 ? {} : { not: [...earlier] }),
      publish: publish === undefined ? [] : readPublish(findings, publish, [...branchPath, 'publish']),
      do: readNames(findings, branch[key], [...branchPath, key]),
    });
    if (when !== undefined) earlier.push(when);
  }
  return read;
}

/** `do: retry` is a retry of the task, and its transition never fires. */
function separateRetry(findings: Findings, all: readonly TransitionDefinition[]): TransitionsRead {
  const isRetry = (transition: TransitionDefinition): boolean => transition.do.some((name) => name.value === 'retry');
  const [retrying, second] = all.filter(isRetry);
  if (retrying === undefined) return { next: all };
  const next = all.filter((transition) => !isRetry(transition));
  const { when, path } = retrying;
  const conflict = (place: YamlPath, message: string): void => {
    findings.report({ path: place }, { code: 'HEDDLE_KEY_CONFLICT', message });
  };
  if (second !== undefined) {
    conflict(second.path, "Two transitions do 'retry'; join their conditions with `or`, or write `retry:`.");
  }
  if (retrying.do.length > 1 || retrying.publish.length > 0) {
    conflict(path, "A transition that does 'retry' never fires, so it cannot publish or start tasks.");
  }
  if (retrying.also !== undefined || retrying.not !== undefined) {
    conflict(path, "'retry' cannot stand under another condition here; write `retry: { count: 3, when: … }`.");
  }
  const retry = { path, count: 3, delayMs: { value: 0, path }, backoff: 'constant', jitter: 0 } as const;
  return { next, retry: when === undefined ? retry : { ...retry, when } };
}
