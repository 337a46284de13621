import { mapping, scalar, type OutputEntry, type OutputNode } from '../output-node.ts';
import type { ImportSource, SourcedEntry, SourcedMapping } from '../source.ts';
import { entriesOf, itemsOf, pairsOf, textOf, type AttuneContext, type AttuneTask } from './context.ts';
import { AttuneNames } from './names.ts';
import { translateParameters } from './parameters.ts';
import { translateTask } from './task.ts';
import { attuneValue, literalValue } from './value.ts';

/** The files of a workflow: one, or an action with the graph it names. */
export interface AttuneFiles {
  /** The file with `tasks`. */
  readonly graph: ImportSource;
  readonly graphRoot: SourcedMapping;
  /** The file with `workflow_file`, where there is one. */
  readonly action?: ImportSource;
  readonly actionRoot?: SourcedMapping;
  /** Where nothing in the files says how the workflow is called. */
  readonly name: string | undefined;
}

const GRAPH_KEYS: ReadonlySet<string> = new Set([
  'version', 'vars', 'tasks', 'output_map', 'cancellation_policy', 'ref', 'name', 'label', 'description', 'parameters', 'output',
  'output_schema', 'tags', 'enabled', 'metadata',
]); // prettier-ignore
const ACTION_KEYS: ReadonlySet<string> = new Set([
  'ref', 'name', 'label', 'description', 'enabled', 'workflow_file', 'parameters', 'output', 'output_schema', 'tags', 'version',
  'default_execution_permission_set_refs', 'metadata',
]); // prettier-ignore

/** Lines of the action file are told from those of the graph by this. */
export const ACTION_LINES = -10_000_000;

/** Translates the files of a workflow to the entries of one of heddle. */
export function translateWorkflow(files: AttuneFiles): OutputEntry[] {
  const { graph, graphRoot, action, actionRoot } = files;
  const own = sections(graph, graphRoot, GRAPH_KEYS, 'workflow');
  const meta =
    action === undefined || actionRoot === undefined
      ? undefined
      : sections(action, actionRoot, ACTION_KEYS, 'workflow action');
  const shared = (name: string): { source: ImportSource; entry: SourcedEntry | undefined; shift: number } => {
    const entry = meta?.get(name);
    if (action !== undefined && entry !== undefined) return { source: action, entry, shift: ACTION_LINES };
    return { source: graph, entry: own.get(name), shift: 0 };
  };
  reportLeftOut(shared);
  const parameters = shared('parameters');
  const tags = shared('tags');
  const context = contextOf(graph, own);
  const names = new AttuneNames(context);
  const vars = pairsOf(graph, own.get('vars')).map((entry) => ({
    key: entry.name,
    line: entry.keyLine,
    ...attuneValue(graph, entry, names),
  }));
  const output = pairsOf(graph, own.get('output_map')).map((entry) => ({
    key: entry.name,
    line: entry.keyLine,
    ...attuneValue(graph, entry, names),
  }));
  const given = translateParameters(parameters.source, parameters.entry);
  return [
    ...title(shared, own, files.name),
    ...section(
      'tags',
      tags.entry,
      tags.shift,
      tags.entry === undefined ? undefined : literalValue(tags.source, tags.entry),
      false,
    ),
    ...section('parameters', parameters.entry, parameters.shift, given.length === 0 ? undefined : mapping(given)),
    ...section('vars', own.get('vars'), 0, vars.length === 0 ? undefined : mapping(vars)),
    ...order(context, own.get('cancellation_policy')),
    ...section('tasks', own.get('tasks'), 0, {
      kind: 'sequence',
      items: context.tasks
        .flatMap((task) => translateTask(context, task, names))
        .map((item, index) => ({ ...item, apart: index > 0 })),
      flow: false,
    }),
    ...section('output', own.get('output_map'), 0, output.length === 0 ? undefined : mapping(output)),
  ];
}

type Shared = (name: string) => { source: ImportSource; entry: SourcedEntry | undefined; shift: number };

function sections(
  source: ImportSource,
  root: SourcedMapping,
  known: ReadonlySet<string>,
  noun: string,
): Map<string, SourcedEntry> {
  const found = new Map(source.entries(root).map((entry) => [entry.name, entry]));
  for (const [key, { path }] of found) {
    if (!known.has(key)) source.invalid(path, `There is no key '${key}' in a ${noun} of Attune.`, 'key');
  }
  return found;
}

/** An entry at the top; what comes from the action file carries that file's lines. */
function section(
  key: string,
  entry: SourcedEntry | undefined,
  shift: number,
  value: OutputNode | undefined,
  apart = true,
): OutputEntry[] {
  if (value === undefined) return [];
  const line = entry === undefined ? undefined : entry.keyLine + shift;
  return [{ key, line, apart, value: shift === 0 ? value : shifted(value, shift) }];
}

function shifted(node: OutputNode, shift: number): OutputNode {
  const moved = (line: number | undefined): number | undefined => (line === undefined ? undefined : line + shift);
  const line = moved(node.line);
  if (node.kind === 'scalar') return { ...node, line };
  if (node.kind === 'sequence')
    return {
      ...node,
      line,
      items: node.items.map((item) => ({ ...item, line: moved(item.line), value: shifted(item.value, shift) })),
    };
  return {
    ...node,
    line,
    entries: node.entries.map((entry) => ({ ...entry, line: moved(entry.line), value: shifted(entry.value, shift) })),
  };
}

function title(shared: Shared, own: ReadonlyMap<string, SourcedEntry>, fallback: string | undefined): OutputEntry[] {
  const text = (key: string): string | undefined => textOf(shared(key).entry);
  const entry = (
    key: string,
    from: string,
    value: string | undefined,
    notes: readonly string[] = [],
  ): OutputEntry[] => {
    const place = shared(from);
    const line = place.entry === undefined ? undefined : place.entry.keyLine + place.shift;
    return value === undefined ? [] : [{ key, line, value: scalar(value), notes }];
  };
  const ref = text('ref');
  const name = ref?.split('.').at(-1) ?? text('name') ?? fallback;
  const [label, description] = [text('label'), text('description')];
  const version = own.get('version');
  return [
    ...entry(
      'name',
      ref === undefined ? 'name' : 'ref',
      name,
      description === undefined || label === undefined ? [] : [`Label: ${label}`],
    ),
    ...(textOf(version) === undefined
      ? []
      : [{ key: 'version', line: version?.keyLine, value: scalar(textOf(version) ?? '') }]),
    ...entry('description', description === undefined ? 'label' : 'description', (description ?? label)?.trim()),
  ];
}

function reportLeftOut(shared: Shared): void {
  const say = (key: string, message: string): void => {
    const { source, entry } = shared(key);
    if (entry !== undefined) source.changed(entry.path, message);
  };
  if (textOf(shared('enabled').entry) === 'false')
    say('enabled', 'A workflow cannot be switched off in its file; it is left out.');
  const schema = 'The output has no schema in heddle; it is left out.';
  say('output', schema);
  say('output_schema', schema);
  say('default_execution_permission_set_refs', 'Actions have no token of the execution; it is left out.');
  say('metadata', 'A workflow has no metadata in heddle; it is left out.');
}

/** Attune starts all tasks at once that nothing leads to, and lets them end where a run is cancelled. */
function order(context: AttuneContext, policy: SourcedEntry | undefined): OutputEntry[] {
  const { tasks, source } = context;
  const isGraph = tasks.some(
    ({ keys }) =>
      keys.has('join') ||
      ['next', 'on_success', 'on_failure', 'on_complete', 'on_timeout', 'decision'].some((key) =>
        mentionsTask(source, keys.get(key), tasks),
      ),
  );
  const graph: OutputEntry[] =
    isGraph || tasks.length < 2 ? [] : [{ key: 'order', apart: true, value: scalar('graph') }];
  const isAbort = textOf(policy) === 'cancel_running';
  const line = policy?.keyLine;
  return [
    ...graph,
    ...(isAbort ? [] : [{ key: 'on-cancel', line, apart: graph.length === 0, value: scalar('finish') }]),
  ];
}

function mentionsTask(source: ImportSource, entry: SourcedEntry | undefined, tasks: readonly AttuneTask[]): boolean {
  if (entry === undefined) return false;
  const text = textOf(entry);
  if (text !== undefined) return tasks.some(({ name }) => name === text.trim());
  return [...itemsOf(source, entry), ...entriesOf(source, entry)].some((each) =>
    mentionsTask(source, { ...each, name: '', keyLine: each.line }, tasks),
  );
}

function contextOf(source: ImportSource, own: ReadonlyMap<string, SourcedEntry>): AttuneContext {
  const section = own.get('tasks');
  if (section === undefined) source.invalid([], 'A workflow of Attune has `tasks`.');
  const tasks = [...tasksOf(source, section)];
  const variables = new Set(pairsOf(source, own.get('vars')).map(({ name }) => name));
  for (const task of tasks) for (const name of publishedBy(source, task)) variables.add(name);
  const taken = new Set(tasks.map(({ name }) => name));
  const approvals = new Map<string, string>();
  for (const { name, keys } of tasks) {
    if (!keys.has('wait_for')) continue;
    let approval = `${name}_approval`;
    while (taken.has(approval)) approval += '_';
    taken.add(approval);
    approvals.set(name, approval);
  }
  return { source, tasks, variables, approvals };
}

/** Tasks of a list, or of a mapping from their names. */
function* tasksOf(source: ImportSource, section: SourcedEntry | undefined): Generator<AttuneTask> {
  if (section === undefined) return;
  const isMapping = section.node.kind === 'mapping';
  const items = isMapping ? entriesOf(source, section) : itemsOf(source, section);
  if (items.length === 0) source.invalid(section.path, '`tasks` is a list of tasks.');
  for (const item of items) {
    const from = source.asMapping(item, 'A task is a mapping.');
    if (from === undefined) continue;
    const keys = new Map(source.entries(from).map((entry) => [entry.name, entry]));
    const name = isMapping ? (item as SourcedEntry).name : textOf(keys.get('name'));
    if (name === undefined) source.invalid(from.path, 'A task has a `name`.');
    else yield { name, from, keys, line: isMapping ? (item as SourcedEntry).keyLine : from.line };
  }
}

function publishedBy(source: ImportSource, { keys }: AttuneTask): string[] {
  const namesIn = (entry: SourcedEntry | undefined): string[] => [
    ...pairsOf(source, entry).map(({ name }) => name),
    ...itemsOf(source, entry).flatMap((item) => textOf(item) ?? []),
  ];
  const lists = ['next', 'on_success', 'on_failure', 'on_complete', 'on_timeout'].flatMap((key) =>
    itemsOf(source, keys.get(key)),
  );
  const inside = lists.flatMap((item) => entriesOf(source, item)).filter(({ name }) => name === 'publish');
  return [keys.get('publish'), ...inside].flatMap(namesIn);
}
