import { deepFreeze, type ContextVersion } from '../context/index.ts';
import type { BaseReads, Plan, TaskPlan } from '../plan/plan.ts';
import type { ItemsGate } from './distribution.ts';
import type { FileIdentity } from './entries.ts';
import { isLazy } from './iterable.ts';
import type { RecordedRun } from './run-journal.ts';
import { progressOf, type SavedReplay } from './saved-replay.ts';
import type { SavedOutcome } from './snapshot.ts';
import { createState, type Execution } from './state.ts';

/** Version of what the record of a chunk begins with. */
export const CHUNK_VERSION = 1;

/** What a worker is told of a chunk: the parameters of the chunk's own run. */
export interface ChunkTerms {
  readonly version: typeof CHUNK_VERSION;
  /** The run whose work it is. */
  readonly run: string;
  readonly task: string;
  readonly execution: number;
  readonly ordinal: number;
  /** For idempotency keys. */
  readonly generation: number;
  /** Tells it from other times that work of the same execution was sent. */
  readonly sending: number;
  /** The first iteration; -1 where the task has no items. */
  readonly from: number;
  /** Iterations; null: one call without items. */
  readonly count: number | null;
  /** Iterations of the whole task. */
  readonly total: number | null;
  readonly startedAtMs: number;
  /** Names of secrets that the run was given. */
  readonly secrets: readonly string[];
  /** Whether secrets stand as references in `base`. */
  readonly sealed: boolean;
  readonly base: ChunkBase;
  /** What is iterated over, where others cannot have it by themselves: elements, before they are made into batches. */
  readonly elements?: readonly unknown[];
  /** Where others read them: a file that all have. */
  readonly place?: FilePlace;
}

/** A place in a file where reading can begin. */
export interface FilePlace {
  readonly file: FileIdentity;
  /** Of the element that begins there. */
  readonly index: number;
  /** Null: the beginning. */
  readonly place: unknown;
}

/** A run that is a chunk: iterations of a task of another run, or one call of it. */
export interface ChunkOrigin {
  readonly terms: ChunkTerms;
  readonly gate: ItemsGate;
}

/** What the task may read of the context as it was when the task started; the same object for all of its chunks. */
export interface ChunkBase {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly outcomes: Readonly<Record<string, SavedOutcome>>;
}

/** What the ids of chunks begin with that were made of one sending (`generation`) of an execution. */
export function chunkPrefix(sent: {
  readonly run: string;
  readonly execution: number;
  readonly generation: number;
}): string {
  return `${sent.run}.${sent.execution}.${sent.generation}.`;
}

/** The id of a chunk's run; `from` is negative for one call without items. */
function chunkId({ run, execution, sending, from }: ChunkTerms): string {
  return `${chunkPrefix({ run, execution, generation: sending })}${from < 0 ? 'call' : from}`;
}

/** What a task may read of a context, frozen; null: a part of it is no data, such as an iterable. */
export function chunkBase(version: ContextVersion, reads: BaseReads): ChunkBase | null {
  const { shape, constants } = version;
  const names = reads.parameters === 'all' ? Object.keys(constants.parameters) : reads.parameters;
  const parameters = Object.fromEntries(
    names.filter((name) => Object.hasOwn(constants.parameters, name)).map((name) => [name, constants.parameters[name]]),
  );
  const all = version.variables.toObject();
  const variables =
    reads.variables === 'all'
      ? all
      : Object.fromEntries(
          reads.variables
            .map((slot) => shape.variables.names[slot] as string)
            .filter((name) => Object.hasOwn(all, name))
            .map((name) => [name, all[name]]),
        );
  const outcomes: Record<string, SavedOutcome> = {};
  const slots = reads.tasks === 'all' ? version.outcomes.keys() : reads.tasks;
  for (const slot of slots) {
    const outcome = version.outcomes[slot];
    if (outcome === undefined) continue;
    if (isLazy(outcome.result)) return null;
    const { status, result, error, attempts, items } = outcome;
    outcomes[shape.tasks.names[slot] as string] = { status, result, error, attempts, items };
  }
  const base = { parameters, variables, outcomes };
  deepFreeze(base);
  return base;
}

/** The record of a chunk, to be created. `like`: that of its run, or of another chunk of the same task. */
export function chunkRecord(
  terms: ChunkTerms,
  like: Pick<RecordedRun, 'workflow' | 'definition'>,
  createdAtMs: number,
): RecordedRun {
  return {
    id: chunkId(terms),
    workflow: like.workflow,
    definition: like.definition,
    parameters: terms,
    status: 'pending',
    createdAtMs,
    parent: { run: terms.run, task: terms.task },
    piece: true,
  };
}

const plans = new WeakMap<Plan, Map<number, Plan>>();

/** The plan for chunks of a task: the task alone, which leads nowhere, and whose failures others count. */
export function chunkPlan(plan: Plan, slot: number): Plan {
  let known = plans.get(plan);
  if (known === undefined) plans.set(plan, (known = new Map<number, Plan>()));
  let alone = known.get(slot);
  if (alone === undefined) known.set(slot, (alone = makePlan(plan, slot)));
  return alone;
}

function makePlan(plan: Plan, slot: number): Plan {
  const { timeoutMs: _, ...definition } = plan.definition;
  const task = plan.tasks[slot] as TaskPlan;
  const tasks = plan.tasks.slice();
  tasks[slot] = {
    ...task,
    when: null,
    delayMs: null,
    taskTimeoutMs: null,
    transitions: [],
    join: 0,
    joinSources: [],
    needs: [],
    neededBy: [],
    following: -1,
    splits: false,
    isDirect: false,
    leadsTo: null,
    items: task.items === null ? null : { ...task.items, continues: true, tolerate: null },
  };
  return {
    ...plan,
    definition,
    tasks,
    starts: [slot],
    repeats: false,
    output: [],
    parameters: { complete: (given) => ({ ...given }), secret: plan.parameters.secret },
  };
}

/** What a run would have come to that has only this chunk to do. */
export function chunkState(plan: Plan, slot: number, terms: ChunkTerms): SavedReplay {
  const { task, execution: number, ordinal, from, total, startedAtMs, base, secrets } = terms;
  const { tasks: _, barriers: __, routes: ___, head: ____, ...state } = createState(0);
  const execution: Execution = { number, slot, route: 0, ordinal, skip: false, startedMs: 0, outcome: null };
  const progress = progressOf(plan, plan.tasks[slot] as TaskPlan);
  progress?.beginAt(from, total);
  if (terms.place !== undefined) progress?.readFrom(terms.place);
  return {
    run: {
      version: 1,
      workflow: plan.name,
      state: {
        ...state,
        status: 'running',
        executions: number,
        tasks: { [task]: { status: 'running', executions: ordinal, attempts: 0 } },
        barriers: [],
        routes: [],
      },
      variables: base.variables,
      outcomes: base.outcomes,
      running: [],
    },
    executions: [execution],
    ready: [],
    dropped: [],
    batch: [],
    unfinished: [
      {
        execution: number,
        startedAtMs,
        startedAtWorkMs: 0,
        version: { variables: [], outcomes: [] },
        dueAtMs: null,
        retry: null,
        interruptions: 0,
        waits: [],
        items: progress?.save() ?? null,
        isReopened: false,
      },
    ],
    signals: [],
    signalCount: 0,
    cancelReason: null,
    taskRuns: 0,
    workMs: 0,
    atMs: 0,
    hasProgressed: false,
    // Nobody was at work on it, so that the first who takes it finds nothing cut off.
    suspension: 'waiting',
    begun: { type: 'begun', version: 1, atMs: startedAtMs, secrets, sealed: true },
  };
}
