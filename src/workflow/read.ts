import type {
  LimitsDefinition,
  OrderMode,
  ParameterDefinition,
  ScheduleDefinition,
  TaskDefinition,
  WorkflowDefinition,
  YamlPath,
} from './definition.ts';
import { sortDiagnostics, type Diagnostic } from './diagnostic.ts';
import { parseSize } from './duration.ts';
import { notesOfHead, validateHead } from './generated/validate-workflow.js';
import { durationOf, given, readDuration, readRetry, readTask, type TaskDefaults } from './read-task.ts';
import { Findings, Section, SectionKind, isMapping, scalarText, type Mapping } from './section.ts';
import { parseYaml } from './yaml.ts';
import { YamlDocument } from './yaml-document.ts';

/** What reading a workflow gives. */
export interface ReadResult {
  /** As much of the workflow as could be read; null where there is not even a mapping. */
  readonly definition: WorkflowDefinition | null;
  readonly document: YamlDocument;
  /** In the order of the file. Errors mean: do not run it. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a workflow file's text: YAML, schema, normalisation. Never throws on bad input, and gives as much of the
 * definition as it can even where there are errors, so that later checks can report theirs as well.
 */
export function readWorkflow(text: string, options: { file?: string } = {}): ReadResult {
  const document = parseYaml(text, options);
  const findings = new Findings(document);
  const definition = readRoot(findings);
  return { definition, document, diagnostics: sortDiagnostics([...document.errors, ...findings.diagnostics]) };
}

/** The same for an object instead of text: diagnostics have line 0 and name the path in their message. */
export function readWorkflowObject(value: unknown, options: { file?: string } = {}): ReadResult {
  const document = new YamlDocument({ file: options.file, value, errors: [] });
  const findings = new Findings(document);
  const definition = readRoot(findings);
  return { definition, document, diagnostics: findings.diagnostics };
}

const HEAD = new SectionKind('workflow', {
  validate: validateHead,
  notes: notesOfHead,
  unchecked: 'tasks',
  nested: ['limits', 'defaults', 'schedule'],
  foreign: { steps: 'tasks', jobs: 'tasks', variables: 'vars', inputs: 'parameters', input: 'parameters' },
});

function readRoot(findings: Findings): WorkflowDefinition | null {
  const { document } = findings;
  const { value } = document;
  if (!isMapping(value)) {
    // A file that could not be read at all has said why.
    if (!(value === null && document.errors.length > 0)) {
      const empty = value === null || value === undefined;
      const message = empty ? 'The file is empty.' : 'A workflow is a mapping with the key tasks.';
      const hint = 'The smallest workflow is `tasks: [{ name: hello, action: core.log, input: { message: hi } }]`.';
      findings.report({ path: [] }, { code: 'HEDDLE_SCHEMA', message, hint });
    }
    return null;
  }
  const wrapped = value['workflow'];
  if (!isMapping(wrapped)) return readHead(findings, value, []);
  for (const name of Object.keys(value)) {
    if (name === 'workflow' || name.startsWith('x-')) continue;
    findings.report(
      { path: [name], what: 'key' },
      { code: 'HEDDLE_UNKNOWN_KEY', message: `The key '${name}' stands beside 'workflow'; move it below that key.` },
    );
  }
  return readHead(findings, wrapped, ['workflow']);
}

function readHead(findings: Findings, value: Mapping, path: YamlPath): WorkflowDefinition {
  const { document } = findings;
  // Keys that start with x- are the author's own: a place for anchors.
  const own = Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('x-')));
  const head = new Section(findings, own, path, HEAD);
  if (head.has('output') && head.has('output-map')) {
    const message = "'output' and 'output-map' are the same key.";
    findings.report({ path: head.pathOf('output-map'), what: 'key' }, { code: 'HEDDLE_KEY_CONFLICT', message });
  }
  const tags = head.get('tags') ?? [];
  const timeoutMs = readDuration(head, 'timeout')?.value;
  const optional = {
    version: readVersion(head, document),
    description: head.text('description')?.value,
    order: head.get('order') as OrderMode | undefined,
    timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : undefined,
    concurrency: head.get('concurrency') as number | undefined,
    priority: head.get('priority') as number | undefined,
    schedule: readSchedule(head),
  };
  return {
    name: head.text('name')?.value ?? nameOfFile(document.file),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [scalarText(tags)],
    parameters: readParameters(head),
    vars: readValues(head, 'vars'),
    tasks: readTasks(findings, head, readDefaults(findings, head)),
    output: readValues(head, head.has('output') ? 'output' : 'output-map'),
    onCancel: (head.get('on-cancel') ?? 'abort') as 'abort' | 'finish',
    onRunFailure: (head.get('on-run-failure') ?? 'finish') as 'finish' | 'abort',
    limits: readLimits(head),
    ...given(optional),
  };
}

/** `1.0` stays 1.0, though it is a number. */
function readVersion(head: Section, document: YamlDocument): string | undefined {
  const version = head.get('version');
  if (version === undefined || typeof version === 'string') return version;
  return document.spellingOf(head.pathOf('version')) ?? scalarText(version);
}

function readParameters(head: Section): ParameterDefinition[] {
  const value = head.get('parameters');
  if (!isMapping(value)) return [];
  const path = head.pathOf('parameters');
  return Object.entries(value).map(([name, parameter]) => {
    const { required, secret, ...rest } = isMapping(parameter) ? parameter : {};
    // For an object, `required` may be JSON Schema's own list of its fields.
    const schema = Array.isArray(required) ? { ...rest, required } : rest;
    const { description } = schema;
    return {
      name,
      path: [...path, name],
      schema,
      required: required === true,
      secret: secret === true,
      ...('default' in schema ? { default: schema['default'] } : {}),
      ...(typeof description === 'string' ? { description } : {}),
    };
  });
}

/** Names and values from a mapping or a list of mappings, in order. */
function readValues(head: Section, key: string): WorkflowDefinition['vars'] {
  const value = head.get(key);
  const path = head.pathOf(key);
  const parts = Array.isArray(value)
    ? value.map((part: unknown, i) => [part, [...path, i]] as const)
    : [[value, path] as const];
  return parts.flatMap(([part, partPath]) =>
    isMapping(part) ? Object.keys(part).map((name) => ({ name, value: part[name], path: [...partPath, name] })) : [],
  );
}

function readDefaults(findings: Findings, head: Section): TaskDefaults {
  const value = head.get('defaults');
  if (!isMapping(value)) return {};
  const path = head.pathOf('defaults');
  const { retry, timeout, concurrency } = value;
  const timeoutMs = durationOf(timeout, [...path, 'timeout']);
  return given({
    retry: retry === undefined ? undefined : readRetry(findings, retry, [...path, 'retry']),
    timeoutMs,
    concurrency:
      typeof concurrency === 'number' || typeof concurrency === 'string'
        ? { value: concurrency, path: [...path, 'concurrency'] }
        : undefined,
  });
}

function readSchedule(head: Section): ScheduleDefinition | undefined {
  const value = head.get('schedule');
  // One without its time has been reported.
  if (!isMapping(value) || typeof value['cron'] !== 'string') return undefined;
  const { cron, timezone, parameters, overlap } = value;
  const path = head.pathOf('schedule');
  return {
    path,
    cron: { value: cron, path: [...path, 'cron'] },
    ...(typeof timezone === 'string' ? { timezone: { value: timezone, path: [...path, 'timezone'] } } : {}),
    parameters: isMapping(parameters) ? parameters : {},
    overlap: (overlap ?? 'skip') as ScheduleDefinition['overlap'],
  };
}

function readLimits(head: Section): LimitsDefinition {
  const value = head.get('limits');
  const limits = isMapping(value) ? value : {};
  const bytes = limits['owned-bytes-per-item'];
  const ownedBytesPerItem = bytes === undefined ? null : parseSize(scalarText(bytes));
  return {
    taskRuns: (limits['task-runs'] ?? 100_000) as number,
    failures: (limits['failures'] ?? 1000) as number,
    interruptions: (limits['interruptions'] ?? 3) as number,
    ...(ownedBytesPerItem === null ? {} : { ownedBytesPerItem }),
  };
}

function readTasks(findings: Findings, head: Section, defaults: TaskDefaults): TaskDefinition[] {
  const value = head.get('tasks');
  const path = head.pathOf('tasks');
  const listed = Array.isArray(value);
  const empty = value === undefined || (listed ? value.length : isMapping(value) ? Object.keys(value).length : 1) === 0;
  if (empty) {
    if (!head.hasUnknownKey || head.has('tasks')) {
      const message = "The workflow has no tasks: the key 'tasks' is missing or empty.";
      findings.report({ path: head.has('tasks') ? path : head.path, what: 'key' }, { code: 'HEDDLE_SCHEMA', message });
    }
    return [];
  }
  if (!listed && !isMapping(value)) {
    findings.expected(path, 'a list of tasks with names, or a mapping of names to tasks', value);
    return [];
  }
  const tasks = new Map<string, TaskDefinition>();
  for (const [key, entry] of Object.entries<unknown>(value)) {
    const taskPath = [...path, listed ? Number(key) : key];
    const body = entry === null && !listed ? {} : entry;
    if (!isMapping(body)) {
      findings.expected(taskPath, 'a mapping with name, action, input and other keys of a task', entry);
      continue;
    }
    const task = readTask(findings, body, taskPath, listed ? undefined : { value: key, path: taskPath }, defaults);
    if (task === undefined) continue;
    const first = tasks.get(task.name);
    if (first === undefined) {
      tasks.set(task.name, task);
      continue;
    }
    reportDuplicate(findings, task, first);
    // What else is wrong with it is told in the same pass; nothing can name it by what it is called now.
    const other = `${task.name} (${String(tasks.size + 1)})`;
    tasks.set(other, { ...task, name: other });
  }
  return [...tasks.values()];
}

function reportDuplicate(findings: Findings, task: TaskDefinition, first: TaskDefinition): void {
  const { document } = findings;
  const { line } = document.positionAt(document.locate(first.namePath).start);
  const where = document.isObject ? '' : `, first in line ${String(line)}`;
  const message = `Two tasks are called '${task.name}'${where}.`;
  findings.report({ path: task.namePath }, { code: 'HEDDLE_DUPLICATE_TASK', message, hint: 'Rename one of them.' });
}

/** `workflows/health-check.yaml` is called health-check. */
function nameOfFile(file: string | undefined): string {
  const base = file?.split(/[\\/]/).at(-1) ?? '';
  return base.replace(/\.[^.]*$/, '') || 'workflow';
}
