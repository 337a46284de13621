import type { FileItemsRequest, Host } from '../../executor/host.ts';
import { isList, sizeOf, truthy, type ExpressionPorts } from '../../expression/index.ts';
import type { DrawnGraph } from '../../plan/graph.ts';
import type { TaskDefinition, WithItemsDefinition, WorkflowDefinition } from '../../workflow/index.ts';
import { placeholder, previewExpression, previewValue, type Knowledge } from './preview.ts';

/** What would run, as `--dry-run --json` prints it. */
export interface DryRun {
  readonly workflow: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** In the order in which they could start. */
  readonly tasks: readonly DryRunTask[];
}

/** A task of a {@link DryRun}. */
export interface DryRunTask {
  readonly name: string;
  readonly action: string;
  /** Tasks it follows, with the conditions of their transitions; empty: it starts at once. */
  readonly after: readonly { readonly task: string; readonly when?: string }[];
  readonly join?: 'all' | number;
  /** Its condition as written, and what it gives where that is known. */
  readonly when?: { readonly expression: string; readonly holds: boolean | null };
  readonly items?: DryRunItems;
  /** Rendered as far as it is known; of the first iteration where there are items. */
  readonly input: unknown;
}

/** The iterations of a task. */
export interface DryRunItems {
  /** Null: known only in the run. */
  readonly count: number | null;
  /** What they are, where the number is not known: a placeholder, or the file they are read from. */
  readonly source?: string;
  readonly concurrency: unknown;
  readonly batchSize?: number;
}

/** What {@link createDryRun} needs. */
export interface DryRunOptions {
  readonly definition: WorkflowDefinition;
  readonly graph: DrawnGraph;
  /** After defaults. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  /** Absolute directory of the workflow file. */
  readonly directory: string;
  readonly host: Host;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Finds out what a run would do, without running any action. Files of `with-items` are opened for their first item. */
export async function createDryRun(options: DryRunOptions): Promise<DryRun> {
  const { definition, graph, parameters } = options;
  const knowledge = knowledgeOf(options);
  const tasks: DryRunTask[] = [];
  for (const task of inOrder(definition, graph)) tasks.push(await previewTask(task, graph, knowledge, options));
  const secret = new Set(
    definition.parameters.filter((parameter) => parameter.secret).map((parameter) => parameter.name),
  );
  const shown = Object.entries(parameters).map(([name, value]) => [name, secret.has(name) ? '***' : value]);
  return { workflow: definition.name, parameters: Object.fromEntries(shown) as Record<string, unknown>, tasks };
}

function knowledgeOf({ definition, parameters, config, host, env }: DryRunOptions): Knowledge {
  const published = new Set(
    definition.tasks.flatMap((task) =>
      task.next.flatMap((next) => next.publish.map((entry) => entry.name.split('.')[0] ?? '')),
    ),
  );
  const ports: ExpressionPorts = { ...host, env };
  const secret = new Set(
    definition.parameters.filter((parameter) => parameter.secret).map((parameter) => parameter.name),
  );
  const visible = Object.fromEntries(Object.entries(parameters).filter(([name]) => !secret.has(name)));
  const variables: Record<string, unknown> = {};
  const names: Record<string, unknown> = { parameters: visible, config };
  for (const { name, value } of definition.vars) {
    variables[name] = previewValue(value, { names: { ...names, ...variables }, published: new Set(), ports });
  }
  return { names: { ...variables, ...names, workflow: variables, vars: variables, variables }, published, ports };
}

/** Breadth first from the tasks that start, as a run goes; what cannot be reached stands last. */
function inOrder(definition: WorkflowDefinition, graph: DrawnGraph): TaskDefinition[] {
  const byName = new Map(definition.tasks.map((task) => [task.name, task]));
  const queue = graph.nodes.filter((node) => node.start).map((node) => node.name);
  const order: TaskDefinition[] = [];
  const seen = new Set<string>();
  const waitsFor = (name: string): boolean =>
    graph.edges.some((edge) => edge.to === name && edge.kind !== 'transition' && !seen.has(edge.from));
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const task = byName.get(name);
    if (task === undefined || seen.has(name) || waitsFor(name)) continue;
    seen.add(name);
    order.push(task);
    for (const edge of graph.edges) if (edge.from === name) queue.push(edge.to);
  }
  return [...order, ...definition.tasks.filter((task) => !seen.has(task.name))];
}

async function previewTask(
  task: TaskDefinition,
  graph: DrawnGraph,
  knowledge: Knowledge,
  options: DryRunOptions,
): Promise<DryRunTask> {
  const after = graph.edges
    .filter((edge) => edge.to === task.name)
    .map((edge) => ({ task: edge.from, ...(edge.label === undefined ? {} : { when: edge.label }) }));
  const items = task.withItems === undefined ? undefined : await previewItems(task.withItems, knowledge, options);
  const names = items?.first === undefined ? knowledge.names : { ...knowledge.names, ...items.first };
  const when = task.when === undefined ? undefined : previewExpression(task.when.value, knowledge);
  return {
    name: task.name,
    action: task.action.value,
    after,
    ...(task.join === undefined ? {} : { join: task.join.value }),
    ...(task.when === undefined
      ? {}
      : { when: { expression: task.when.value, holds: when?.known === true ? truthy(when.value) : null } }),
    ...(items === undefined ? {} : { items: items.shown }),
    input: previewValue(task.input, { ...knowledge, names }, task.raw),
  };
}

interface PreviewedItems {
  readonly shown: DryRunItems;
  /** The names of the first iteration, where its item is known. */
  readonly first?: Readonly<Record<string, unknown>>;
}

async function previewItems(
  items: WithItemsDefinition,
  knowledge: Knowledge,
  options: DryRunOptions,
): Promise<PreviewedItems> {
  const base = {
    concurrency: previewValue(items.concurrency?.value ?? 1, knowledge),
    ...(items.batchSize === undefined ? {} : { batchSize: items.batchSize }),
  };
  const namesOf = (item: unknown): Record<string, unknown> => ({
    item,
    index: 0,
    ...(items.as === undefined ? {} : { [items.as.value]: item }),
  });
  const { source } = items;
  if (source.kind === 'file') {
    const { path, format } = source.file;
    const rendered = previewValue(path, knowledge);
    const shown = { count: null, source: `read from ${String(rendered)}`, ...base };
    if (typeof rendered !== 'string' || rendered.includes('‹')) return { shown };
    const first = await firstItems(
      {
        ...source.file,
        path: options.host.resolvePath(options.directory, rendered),
        format: format ?? formatOf(rendered),
      },
      items.batchSize,
      options.host,
    );
    return first === undefined ? { shown } : { shown, first: namesOf(first) };
  }
  const value =
    typeof source.value === 'string'
      ? previewExpression(source.value, knowledge)
      : { known: true as const, value: previewValue(source.value, knowledge) };
  if (!value.known) return { shown: { count: null, source: placeholder(value.because), ...base } };
  const list = listOf(value.value);
  if (list === undefined) return { shown: { count: null, source: 'an iterable', ...base } };
  const count = items.batchSize === undefined ? list.count : Math.ceil(list.count / items.batchSize);
  const shown = { count, ...base };
  if (list.count === 0) return { shown };
  return { shown, first: namesOf(items.batchSize === undefined ? list.take(1)[0] : list.take(items.batchSize)) };
}

interface ItemList {
  readonly count: number;
  take(count: number): unknown[];
}

function listOf(value: unknown): ItemList | undefined {
  if (isList(value)) return { count: sizeOf(value), take: (wanted) => takeFrom(value, wanted) };
  if (typeof value !== 'object' || value === null || Symbol.iterator in value || Symbol.asyncIterator in value)
    return undefined;
  const entries = Object.entries(value).map(([key, entry]) => ({ key, value: entry as unknown }));
  return { count: entries.length, take: (wanted) => entries.slice(0, wanted) };
}

function takeFrom(values: Iterable<unknown>, wanted: number): unknown[] {
  const taken: unknown[] = [];
  for (const value of values) {
    taken.push(value);
    if (taken.length >= wanted) break;
  }
  return taken;
}

function formatOf(path: string): FileItemsRequest['format'] {
  const extension = /\.(ndjson|jsonl|json|csv)$/i.exec(path)?.[1]?.toLowerCase();
  if (extension === 'jsonl' || extension === 'ndjson') return 'ndjson';
  return extension === 'json' || extension === 'csv' ? extension : 'lines';
}

/** The first item of a file, or the first batch; undefined where it cannot be read now, e.g. because a task writes it. */
async function firstItems(request: FileItemsRequest, batchSize: number | undefined, host: Host): Promise<unknown> {
  const taken: unknown[] = [];
  try {
    for await (const chunk of host.openItems(request)) {
      taken.push(...chunk.slice(0, (batchSize ?? 1) - taken.length));
      if (taken.length >= (batchSize ?? 1)) break;
    }
  } catch {
    return undefined;
  }
  return batchSize === undefined ? taken[0] : taken;
}
