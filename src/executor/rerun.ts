import { WorkflowContext, type ContextConstants, type ContextVersion } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { ItemsPlan, Plan, TaskPlan, TransitionPlan } from '../plan/plan.ts';
import type { CompletedEntry, FromSelection, ItemsEntry, RunEntry, Selection } from './entries.ts';
import { BatchSource, ListSource, RangeSource, sourceOf, type ItemSource } from './item-source.ts';
import { Replay, type Observed } from './replay.ts';
import type { Execution } from './state.ts';

/** A record without `rerun` entries, which leads to the same state. */
export interface ResolvedRecord {
  readonly entries: readonly RunEntry[];
  /** How often it was rerun from a task: work that had been done is then asked for once more. */
  readonly generation: number;
}

/** Carries out the reruns that a record holds. @throws HEDDLE_RERUN */
export function resolveReruns(plan: Plan, constants: ContextConstants, record: Iterable<RunEntry>): ResolvedRecord {
  let entries: RunEntry[] = [];
  let generation = 0;
  for (const entry of record) {
    if (entry.type !== 'rerun') entries.push(entry);
    else {
      entries = rerun(plan, constants, entries, entry.selection);
      if ('from' in entry.selection) generation++;
    }
  }
  return { entries, generation };
}

/**
 * Takes out of a record what is to run again and all that came of it: the entries that are left lead to the state to go
 * on from. Executions are numbered anew.
 *
 * @param constants for conditions that were never evaluated, because the run was cancelled
 * @throws HEDDLE_RERUN where the record has nothing of the kind
 */
export function rerun(
  plan: Plan,
  constants: ContextConstants,
  entries: readonly RunEntry[],
  selection: Selection,
): RunEntry[] {
  const history = traceHistory(plan, constants, entries);
  const choice = 'failed' in selection ? chooseFailed(plan, history) : chooseFrom(plan, history, selection);
  return new Rewriting(plan, constants, history, choice).rewrite(entries);
}

/** What became of one execution. */
interface Traced {
  readonly execution: Execution;
  /** Number of the execution that made it ready; 0: the beginning. */
  readonly cause: number;
  completed: CompletedEntry | null;
  handled: boolean;
  /** Iterations that failed. */
  readonly failedItems: Set<number>;
  /** Keys of iterations, where the record has them: of those that failed. */
  readonly keys: Map<number, unknown>;
}

type History = ReadonlyMap<number, Traced>;

/** What runs again. */
interface Choice {
  /** Executions whose end is taken out. */
  readonly removed: ReadonlySet<number>;
  /** Those of them whose iterations stay; with the indexes of iterations that do not. */
  readonly keepItems: ReadonlyMap<number, Set<number>>;
  /** Key of the one iteration that does not stay; which index that is, is only known once its context is. */
  readonly key?: { readonly value: unknown };
  /** Executions that stay, but for iterations of theirs. */
  readonly reopened: ReadonlySet<number>;
}

function traceHistory(plan: Plan, constants: ContextConstants, entries: readonly RunEntry[]): History {
  const history = new Map<number, Traced>();
  const observe = ({ execution, handled, ready }: Observed): void => {
    const cause = execution?.number ?? 0;
    const traced = history.get(cause);
    if (traced !== undefined) traced.handled = handled;
    for (const made of ready) {
      history.set(made.number, {
        execution: made,
        cause,
        completed: null,
        handled: false,
        failedItems: new Set(),
        keys: new Map(),
      });
    }
  };
  const replay = new Replay(plan, constants, { keepResults: true, reopened: reopenedIn(entries), observe });
  for (const entry of entries) {
    if (entry.type === 'completed') {
      const traced = history.get(entry.execution);
      if (traced !== undefined) traced.completed = entry;
    } else if (entry.type === 'item') {
      const traced = history.get(entry.execution);
      if (entry.status === 'succeeded') traced?.failedItems.delete(entry.index);
      else traced?.failedItems.add(entry.index);
      if (entry.key !== undefined) traced?.keys.set(entry.index, entry.key);
    } else if (entry.type === 'reopened') history.get(entry.execution)?.failedItems.clear();
    replay.feed(entry);
  }
  return history;
}

/** Numbers of the executions that `reopened` entries name. */
export function reopenedIn(entries: readonly RunEntry[]): number[] {
  return entries.flatMap((entry) => (entry.type === 'reopened' ? [entry.execution] : []));
}

function chooseFailed(plan: Plan, history: History): Choice {
  const removed = new Set<number>();
  const keepItems = new Map<number, Set<number>>();
  const reopened = new Set<number>();
  let isPending = false;
  for (const [number, { execution, completed, handled, failedItems }] of history) {
    if (completed === null) isPending = true;
    else if (hasFailed(plan.tasks[execution.slot] as TaskPlan, completed, handled)) {
      removed.add(number);
      keepItems.set(number, failedItems);
    } else if (completed.decision?.error !== undefined) isPending = true;
    else if (failedItems.size > 0) reopened.add(number);
  }
  if (removed.size === 0 && reopened.size === 0 && !isPending) {
    throw new HeddleError('HEDDLE_RERUN', 'no task and no iteration of the run failed');
  }
  return { removed, keepItems, reopened };
}

/** Whether the run failed with this execution, or never heard how it ended. */
function hasFailed(task: TaskPlan, { status, decision }: CompletedEntry, handled: boolean): boolean {
  if (status === 'cancelled') return true;
  const fired = decision?.fired.map((index) => task.transitions[index] as TransitionPlan) ?? [];
  if (fired.some(({ fails }) => fails)) return true;
  const certain =
    decision === undefined && task.transitions.some(({ fails, condition }) => fails && condition === null);
  return (status === 'failed' || status === 'timed_out') && (!handled || certain);
}

function chooseFrom(plan: Plan, history: History, { from, key }: FromSelection): Choice {
  const names: readonly string[] = typeof from === 'string' ? [from] : from;
  const isOwn = ({ execution }: Traced): boolean => names.includes(nameOf(plan, execution));
  const comesOfOwn = (traced: Traced): boolean => {
    for (let cause = history.get(traced.cause); cause !== undefined; cause = history.get(cause.cause)) {
      if (isOwn(cause)) return true;
    }
    return false;
  };
  const ran = new Set([...history.values()].map(({ execution }) => nameOf(plan, execution)));
  const missing = names.find((name) => !ran.has(name));
  if (missing !== undefined) {
    const others = [...ran].map((name) => `'${name}'`).join(', ');
    throw new HeddleError('HEDDLE_RERUN', `task '${missing}' did not run; those that did: ${others}`);
  }
  const own = [...history].filter(([, traced]) => isOwn(traced) && !comesOfOwn(traced));
  const removed = new Set(own.map(([number]) => number));
  if (key === undefined) return { removed, keepItems: new Map(), reopened: new Set() };
  const withoutItems = plan.tasks.find(({ name, items }) => names.includes(name) && items === null);
  if (withoutItems !== undefined) {
    const message = `task '${withoutItems.name}' has no items, so none of key ${JSON.stringify(key)}`;
    throw new HeddleError('HEDDLE_RERUN', message);
  }
  const keepItems = new Map(own.map(([number]) => [number, new Set<number>()]));
  return { removed, keepItems, key: { value: key }, reopened: new Set() };
}

function nameOf(plan: Plan, { slot }: Execution): string {
  return plan.tasks[slot]?.name ?? '';
}

/** Goes through a record once more, leaving out what is to run again and what came of it. */
class Rewriting {
  readonly #plan: Plan;
  readonly #history: History;
  readonly #choice: Choice;
  readonly #replay: Replay;
  /** Executions by their number in the old record, as far as there are such in the new. */
  readonly #numbers = new Map<number, number>();
  readonly #written: RunEntry[] = [];
  /** Entries of iterations of executions that are reopened. */
  readonly #reopened = new Map<number, RunEntry[]>();
  /** The execution whose completion is being replayed, in the old record; 0: the beginning. */
  #current = 0;

  readonly #byCause = new Map<number, Traced[]>();
  /** Entries of iterations of executions that are to be reopened. */
  readonly #kept = new Map<number, RunEntry[]>();

  constructor(plan: Plan, constants: ContextConstants, history: History, choice: Choice) {
    for (const traced of history.values()) {
      const group = this.#byCause.get(traced.cause);
      if (group === undefined) this.#byCause.set(traced.cause, [traced]);
      else group.push(traced);
    }
    this.#plan = plan;
    this.#history = history;
    this.#choice = choice;
    const reopened = [...choice.reopened];
    this.#replay = new Replay(plan, constants, {
      keepResults: true,
      reopened,
      observe: ({ ready }) => this.#match(ready),
    });
  }

  rewrite(entries: readonly RunEntry[]): RunEntry[] {
    for (const entry of entries) this.#take(entry);
    for (const [number, kept] of this.#reopened) {
      const execution = this.#numbers.get(number);
      if (execution === undefined) continue;
      this.#written.push({ type: 'reopened', execution }, ...kept);
    }
    return this.#written;
  }

  /** What became ready is the same as before, by cause and task, but for its number. */
  #match(ready: readonly Execution[]): void {
    const before = [...(this.#byCause.get(this.#current) ?? [])];
    for (const made of ready) {
      const at = before.findIndex(({ execution }) => execution.slot === made.slot && execution.skip === made.skip);
      if (at < 0) continue;
      const [known] = before.splice(at, 1) as [Traced];
      this.#numbers.set(known.execution.number, made.number);
    }
  }

  #take(entry: RunEntry): void {
    switch (entry.type) {
      case 'cancelling':
      case 'failing':
      case 'ended':
      case 'suspended':
      case 'resumed':
      case 'rerun':
        return;
      case 'begun':
        this.#current = 0;
        this.#write(entry);
        return;
      case 'signalled':
      case 'changed':
        this.#write(entry);
        return;
      case 'reopened':
        // Its iterations follow: those that the old record holds twice count once.
        this.#reopened.set(entry.execution, []);
        return;
      default:
        this.#takeOf(entry, entry.execution);
    }
  }

  #takeOf(entry: Extract<RunEntry, { readonly execution: number }>, old: number): void {
    const execution = this.#numbers.get(old);
    if (execution === undefined) return;
    const numbered = { ...entry, execution } as typeof entry;
    const reopened = this.#reopened.get(old);
    if (reopened !== undefined) {
      if (entry.type !== 'completed') reopened.push(...without(numbered, this.#history.get(old)?.failedItems));
      return;
    }
    if (this.#choice.removed.has(old)) {
      this.#takeRemoved(numbered, old);
      return;
    }
    if (this.#choice.reopened.has(old)) this.#keepIterations(numbered, old);
    this.#current = old;
    if (numbered.type === 'completed' && numbered.decision?.error !== undefined) {
      const { decision: _, ...undecided } = numbered;
      this.#write(undecided);
    } else this.#write(numbered);
  }

  #takeRemoved(entry: Extract<RunEntry, { readonly execution: number }>, old: number): void {
    const dropped = this.#choice.keepItems.get(old);
    const items = this.#plan.tasks[this.#history.get(old)?.execution.slot ?? -1]?.items ?? null;
    if (dropped === undefined || items === null || entry.type === 'completed') return;
    if (entry.type === 'started') this.#write(entry);
    else for (const kept of without(entry, this.#indexesOf(dropped, entry.execution, old))) this.#write(kept);
  }

  #keepIterations(entry: Extract<RunEntry, { readonly execution: number }>, old: number): void {
    const kept = this.#kept.get(old) ?? [];
    this.#kept.set(old, kept);
    if (entry.type === 'completed') this.#reopened.set(old, kept);
    else kept.push(...without(entry, this.#history.get(old)?.failedItems));
  }

  #write(entry: RunEntry): void {
    this.#written.push(entry);
    this.#replay.feed(entry);
  }

  #indexesOf(dropped: Set<number>, execution: number, old: number): ReadonlySet<number> {
    const { key } = this.#choice;
    if (key !== undefined && dropped.size === 0) dropped.add(this.#indexOf(key.value, execution, old));
    return dropped;
  }

  /** @throws HEDDLE_RERUN */
  #indexOf(key: unknown, number: number, old: number): number {
    const unfinished = this.#replay.unfinished.get(number);
    const task = this.#plan.tasks[unfinished?.execution.slot ?? -1];
    const items = task?.items ?? null;
    const name = JSON.stringify(key);
    if (unfinished === undefined || task === undefined || items === null) {
      throw new HeddleError('HEDDLE_RERUN', `there is no item of key ${name}`);
    }
    if (items.key === null && typeof key === 'number') return key;
    const elements = elementsOf(items, unfinished.version);
    const index = elements === null ? -1 : findKey(items, unfinished.version, elements, key);
    if (index >= 0) return index;
    for (const [failed, recorded] of this.#history.get(old)?.keys ?? []) if (Object.is(recorded, key)) return failed;
    const more = elements === null ? '; of a file or an iterable only those are found by key that failed' : '';
    throw new HeddleError('HEDDLE_RERUN', `task '${task.name}' has no item of key ${name}${more}`);
  }
}

/** The elements of a task, as its source gives them again. */
interface Elements {
  readonly source: ItemSource;
  /** Whether they are the fields of an object, which have keys of their own. */
  readonly areFields: boolean;
}

/** Null: the source gives them once, or they are read from a file. */
function elementsOf({ source, batchSize }: ItemsPlan, version: ContextVersion): Elements | null {
  if (source.kind === 'file') return null;
  const value = source.value.evaluate(new WorkflowContext(version, undefined, -1));
  const elements = sourceOf(value);
  if (!(elements instanceof ListSource || elements instanceof RangeSource)) return null;
  if (batchSize > 0) return { source: new BatchSource(elements, batchSize), areFields: false };
  return { source: elements, areFields: elements instanceof ListSource && elements.list !== value };
}

/** Index of the first element with a key; without `key` in the task, of the field of that name. -1: there is none. */
function findKey(
  { key }: ItemsPlan,
  version: ContextVersion,
  { source, areFields }: Elements,
  wanted: unknown,
): number {
  if (key === null && !areFields) return -1;
  for (let index = 0; source.ready; index++) {
    const element = source.take();
    const found =
      key === null ? (element as { key: unknown }).key : key.evaluate(new WorkflowContext(version, element, index));
    if (Object.is(found ?? index, wanted)) return index;
  }
  return -1;
}

/** What is left of an entry about iterations without some of them; nothing of one that is about an end to come. */
function without(entry: RunEntry, dropped: ReadonlySet<number> = new Set()): RunEntry[] {
  switch (entry.type) {
    case 'items':
      return [...entriesWithout(entry, dropped)];
    case 'item':
      return dropped.has(entry.index) ? [] : [entry];
    case 'source':
    case 'position':
    case 'elements':
      return [entry];
    default:
      return [];
  }
}

function entriesWithout(entry: ItemsEntry, dropped: ReadonlySet<number>): ItemsEntry[] {
  const indexes = entry.indexes ?? Array.from({ length: entry.count }, (_, at) => entry.from + at);
  if (!indexes.some((index) => dropped.has(index))) return [entry];
  const places = indexes.flatMap((index, at) => (dropped.has(index) ? [] : [at]));
  if (places.length === 0) return [];
  const { results, contributions } = entry;
  return [
    {
      ...entry,
      from: indexes[places[0] as number] as number,
      count: places.length,
      indexes: places.map((at) => indexes[at] as number),
      ...(results === undefined ? {} : { results: places.map((at) => results[at]) }),
      ...(contributions === undefined ? {} : { contributions: places.map((at) => contributions[at]) }),
    },
  ];
}
