import { childrenOf, truthy, type Node } from '../expression/index.ts';
import type { EndStatus } from '../context/index.ts';
import type { Located, TaskDefinition, TransitionDefinition, YamlPath } from '../workflow/index.ts';
import type { Edge, TaskGraph } from './graph.ts';
import type { Place } from './names.ts';
import {
  EVERY_STATUS,
  type Aggregation,
  STATUS_BITS,
  type ActionPlan,
  type CacheKeyPlan,
  type Evaluate,
  type Evaluated,
  type ItemsPlan,
  type PublishPlan,
  type RetryPlan,
  type TaskPlan,
  type TransitionPlan,
} from './plan.ts';
import type { Condition, TextCompiler, TextReference } from './text-compiler.ts';
import type { ContextShape } from '../context/index.ts';

/** A task's texts, compiled; the graph is not known yet. */
export interface CompiledTask {
  readonly when: Condition | null;
  readonly never: boolean;
  readonly input: TaskPlan['input'];
  readonly items: ItemsPlan | null;
  readonly transitions: readonly (Omit<TransitionPlan, 'targets' | 'isDistinct'> & {
    readonly definition: TransitionDefinition;
  })[];
  readonly retry: RetryPlan | null;
  readonly timeoutMs: TaskPlan['timeoutMs'];
  readonly taskTimeoutMs: TaskPlan['taskTimeoutMs'];
  readonly delayMs: TaskPlan['delayMs'];
  readonly cache: CacheKeyPlan | null;
  /** What it refers to before it completes, and in its transitions. */
  readonly before: readonly TextReference[];
  readonly after: readonly TextReference[];
}

/** Compiles everything an author wrote in a task. */
export function compileTask(
  texts: TextCompiler,
  task: TaskDefinition,
  slot: number,
  shape: ContextShape,
  input: { readonly value: Readonly<Record<string, unknown>>; readonly spelling: (name: string) => string },
): CompiledTask {
  const outside: Place = { iteration: null, completion: false, task: slot };
  const iteration = task.withItems === undefined ? null : { as: task.withItems.as?.value ?? null };
  const inside: Place = { iteration, completion: false, task: slot };
  const when = task.when === undefined ? null : texts.condition(task.when, outside);
  const completion: Place = { iteration: null, completion: true, task: slot };
  // The texts are compiled in the order written here.
  return {
    when,
    never: when?.node.type === 'literal' && (when.node.value === false || when.node.value === null),
    input: texts.input(input.value, task.inputPath, inside, task.raw, input.spelling),
    items: compileItems(texts, task, outside, inside),
    retry: compileRetry(texts, task, inside),
    timeoutMs: task.timeoutMs === undefined ? null : texts.duration(task.timeoutMs, inside),
    taskTimeoutMs: task.taskTimeoutMs === undefined ? null : texts.duration(task.taskTimeoutMs, outside),
    delayMs: task.delayMs === undefined ? null : texts.duration(task.delayMs, outside),
    cache: compileCache(texts, task, inside),
    before: texts.takeReferences(),
    transitions: task.next.map((transition) => compileTransition(texts, transition, completion, shape)),
    after: texts.takeReferences(),
  };
}

function compileItems(texts: TextCompiler, task: TaskDefinition, outside: Place, inside: Place): ItemsPlan | null {
  const items = task.withItems;
  if (items === undefined) return null;
  const path: YamlPath = items.path;
  const { source } = items;
  const key = items.key === undefined ? null : texts.condition(items.key, inside);
  const completion: Place = { ...inside, completion: true };
  const aggregate = items.aggregate?.map((entry) => texts.aggregation(entry.name, entry.expression, completion));
  return {
    source:
      source.kind === 'value'
        ? { kind: 'value', value: texts.value(source.value, path, outside) }
        : { kind: 'file', request: texts.value(withFormat({ ...source.file }), path, outside) },
    key,
    batchSize: items.batchSize ?? 0,
    concurrency: items.concurrency === undefined ? 1 : texts.count(items.concurrency, outside),
    rate: items.rate ?? null,
    continues: items.onFailure === 'continue',
    tolerate: items.tolerate ?? null,
    results: items.results,
    aggregate: aggregate === undefined ? null : aggregate.filter((entry): entry is Aggregation => entry !== null),
  };
}

const FORMATS: Readonly<Record<string, string>> = {
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'json',
  csv: 'csv',
  tsv: 'csv',
};

/** The format a file's name suggests, where the author named none. */
function withFormat(file: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (file['format'] !== undefined) return file;
  const extension = /\.(\w+)\s*$/.exec(String(file['path']))?.[1]?.toLowerCase() ?? '';
  return { ...file, format: FORMATS[extension] ?? 'lines', ...(extension === 'tsv' ? { delimiter: '\t' } : {}) };
}

function compileRetry(texts: TextCompiler, task: TaskDefinition, inside: Place): RetryPlan | null {
  const { retry } = task;
  if (retry === undefined || retry.count === 0) return null;
  return {
    count: retry.count,
    delayMs: texts.duration(retry.delayMs, inside),
    backoff: retry.backoff,
    maxDelayMs: retry.maxDelayMs ?? Infinity,
    jitter: retry.jitter,
    when: retry.when === undefined ? null : texts.condition(retry.when, { ...inside, completion: true }),
  };
}

function compileCache(texts: TextCompiler, task: TaskDefinition, inside: Place): CacheKeyPlan | null {
  const { cache } = task;
  if (cache === undefined) return null;
  return { key: texts.value(cache.key.value, cache.key.path, inside), ttlMs: cache.ttlMs ?? Infinity };
}

function compileTransition(
  texts: TextCompiler,
  definition: TransitionDefinition,
  place: Place,
  shape: ContextShape,
): CompiledTask['transitions'][number] {
  const { when, also = [], not = [] } = definition;
  const holds = [...(when === undefined ? [] : [when]), ...also].map((each) => texts.condition(each, place));
  const fails = not.map((each) => texts.condition(each, place));
  const publish = definition.publish.map((entry): PublishPlan => {
    const [root, ...path] = entry.name.split('.') as [string, ...string[]];
    const { evaluate, locate } = texts.value(entry.value, entry.path, place);
    return { slot: shape.variables.slot(root), path, evaluate, locate };
  });
  const names = definition.do.map((target: Located<string>) => target.value);
  const { statuses, condition } = classify(holds, fails);
  return {
    definition,
    statuses,
    condition,
    publish,
    fails: names.includes('fail'),
    handles: names.some((name) => name !== 'fail' && name !== 'continue'),
  };
}

const UNCONDITIONAL = EVERY_STATUS & ~STATUS_BITS.cancelled;

/** In which statuses a transition can fire, and what is left to evaluate: `succeeded()` alone costs a comparison. */
function classify(
  holds: readonly (Condition | null)[],
  fails: readonly (Condition | null)[],
): Pick<TransitionPlan, 'statuses' | 'condition'> {
  // What could not be compiled has been reported; nothing else may be said of what follows from it.
  if ([...holds, ...fails].includes(null)) return { statuses: UNCONDITIONAL, condition: UNKNOWN };
  let statuses = holds.length + fails.length === 0 ? UNCONDITIONAL : EVERY_STATUS;
  const rest: { readonly condition: Condition; readonly expected: boolean }[] = [];
  for (const condition of holds as readonly Condition[]) {
    const { alone, possible } = statusesOf(condition.node);
    statuses &= possible;
    if (!alone) rest.push({ condition, expected: true });
  }
  for (const condition of fails as readonly Condition[]) {
    const { alone, possible } = statusesOf(condition.node);
    if (alone) statuses &= ~possible;
    else rest.push({ condition, expected: false });
  }
  const [only] = rest;
  if (only === undefined) return { statuses, condition: null };
  if (rest.length === 1 && only.expected) return { statuses, condition: only.condition };
  const evaluate: Evaluate = (scope) =>
    rest.every(({ condition, expected }) => {
      try {
        return truthy(condition.evaluate(scope)) === expected;
      } catch (error) {
        throw condition.locate(error);
      }
    });
  return { statuses, condition: { evaluate, locate: (error) => error } };
}

const UNKNOWN: Evaluated = { evaluate: () => false, locate: (error) => error };

/** Statuses in which a condition can hold; `alone`: in these it does, and there is nothing left to evaluate. */
function statusesOf(node: Node): { readonly alone: boolean; readonly possible: number } {
  if (node.type === 'literal' && typeof node.value === 'boolean') {
    return { alone: true, possible: node.value ? UNCONDITIONAL : 0 };
  }
  const status = statusOf(node);
  if (status !== null) return { alone: true, possible: status };
  const conjuncts = node.type === 'logical' && node.operator === 'and' ? [node.left, node.right] : [];
  const narrowed = conjuncts.map(statusOf).find((each) => each !== null);
  // A skipped execution has no result to look at: only what asks for `skipped()` or `completed()` is looked at.
  const asks = mentions(node, 'skipped') || mentions(node, 'completed');
  return { alone: false, possible: narrowed ?? (asks ? EVERY_STATUS : EVERY_STATUS & ~STATUS_BITS.skipped) };
}

function statusOf(node: Node): number | null {
  if (node.type !== 'call' || node.arguments.length > 0) return null;
  if (node.name === 'completed') return EVERY_STATUS;
  return Object.hasOwn(STATUS_BITS, node.name) ? STATUS_BITS[node.name as EndStatus] : null;
}

function mentions(node: Node, name: string): boolean {
  const work: Node[] = [node];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (next.type === 'call' && next.name === name) return true;
    work.push(...childrenOf(next));
  }
  return false;
}

/** Completes a compiled task with what the graph says of it. */
export function finishTask(
  task: TaskDefinition,
  slot: number,
  compiled: CompiledTask,
  action: ActionPlan,
  graph: TaskGraph,
): TaskPlan {
  const inbound = graph.inbound[slot] ?? [];
  const outbound = graph.outbound[slot] ?? [];
  const sources = distinct(inbound.filter(isTransition).map(sourceOf));
  const join = task.join?.value;
  const isPlain =
    action.kind === 'action' &&
    compiled.items === null &&
    compiled.retry === null &&
    compiled.cache === null &&
    (compiled.timeoutMs === null || typeof compiled.timeoutMs === 'number');
  const onward = compiled.transitions.map(({ definition, statuses, condition, publish, fails, handles }) => {
    const targets = definition.do.flatMap((target) => graph.slots.get(target.value) ?? []);
    return { statuses, condition, publish, targets, isDistinct: isDistinct(targets), fails, handles };
  });
  const neededBy = distinct(outbound.filter(isNeed).map((edge) => edge.to));
  const following = outbound.find((edge) => edge.kind === 'sequence')?.to ?? -1;
  // Field by field, and none by spread: what runs reads these objects all the time, and V8 reads them fast as long as
  // they all have the same shape.
  return {
    when: compiled.when,
    input: compiled.input,
    items: compiled.items,
    retry: compiled.retry,
    timeoutMs: compiled.timeoutMs,
    taskTimeoutMs: compiled.taskTimeoutMs,
    delayMs: compiled.delayMs,
    cache: compiled.cache,
    queue: task.queue?.value ?? null,
    distribute: task.distribute ?? null,
    slot,
    name: task.name,
    action,
    actionName: task.action.value,
    transitions: onward,
    join: join === undefined ? 0 : join === 'all' ? sources.length : join,
    joinSources: sources,
    needs: distinct(inbound.filter(isNeed).map(sourceOf)),
    neededBy,
    following,
    isPlain,
    isDirect: isPlain && compiled.when === null && compiled.delayMs === null,
    leadsTo: neededBy.length > 0 ? null : simplyLeadsTo(onward, following, graph),
    keepsContext: compiled.items !== null || compiled.retry !== null,
    splits: graph.splits[slot] === true,
  };
}

/** Where a success leads to, if nothing has to be evaluated to know it and nothing else comes of it; else null. */
function simplyLeadsTo(
  transitions: readonly TransitionPlan[],
  following: number,
  graph: TaskGraph,
): readonly number[] | null {
  const firing = transitions.filter(({ statuses }) => (statuses & STATUS_BITS.succeeded) !== 0);
  if (firing.some(({ condition, publish, fails }) => condition !== null || publish.length > 0 || fails)) return null;
  const targets = firing.flatMap((transition) => transition.targets);
  if (following >= 0) targets.push(following);
  if (!isDistinct(targets)) return null;
  return targets.some((target) => graph.splits[target]) ? null : targets;
}

function isDistinct(targets: readonly number[]): boolean {
  return targets.length < 2 || new Set(targets).size === targets.length;
}

function distinct(slots: readonly number[]): readonly number[] {
  return slots.length < 2 ? slots : [...new Set(slots)];
}

function isTransition({ kind }: Edge): boolean {
  return kind === 'transition';
}

function isNeed({ kind }: Edge): boolean {
  return kind === 'needs' || kind === 'data';
}

function sourceOf({ from }: Edge): number {
  return from;
}
