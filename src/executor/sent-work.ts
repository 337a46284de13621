import { deepFreeze, Outcome } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { TaskPlan } from '../plan/plan.ts';
import { CHUNK_VERSION, chunkRecord, type ChunkBase } from './chunk-terms.ts';
import type { DistributedWork } from './distribution.ts';
import { describeError } from './error-record.ts';
import type { ItemsFeed } from './items-feed.ts';
import type { RecordedRun } from './run-journal.ts';
import type { Sealer } from './sealer.ts';
import type { Execution } from './state.ts';
import type { WorkAway } from './work-away.ts';

/** What is asked of the iterations of a task as a whole. */
export type SpreadTerms = Pick<DistributedWork, 'isCall' | 'total' | 'concurrency' | 'rate' | 'continues' | 'tolerate'>;

/** Of a task without items. */
export const ONE_CALL: SpreadTerms = {
  isCall: true,
  total: null,
  concurrency: 1,
  rate: null,
  continues: false,
  tolerate: null,
};

/** An execution whose work is sent to other processes. */
export interface ToSend {
  readonly run: { readonly id: string; readonly generation: number; readonly startedAtMs: number };
  readonly task: TaskPlan;
  readonly execution: Execution;
  /** Tells it from other times that work of the same execution was sent. */
  readonly sending: number;
  readonly terms: SpreadTerms;
  /** What the task may read. */
  readonly base: ChunkBase;
  /** Null: others have the elements by themselves. */
  readonly feed: ItemsFeed | null;
  /** Names of secrets that the run was given. */
  readonly secrets: readonly string[];
  readonly sealer: Sealer;
  readonly like: Pick<RecordedRun, 'workflow' | 'definition'>;
  readonly now: () => number;
}

/** What whoever distributes work is told of an execution. */
export function sentWork(given: ToSend): DistributedWork {
  const { run, task, execution, sending, terms, feed, secrets, sealer, like, now } = given;
  const base = sealer.seal(given.base);
  if (base !== given.base) deepFreeze(base);
  const common = {
    version: CHUNK_VERSION,
    run: run.id,
    task: task.name,
    execution: execution.number,
    ordinal: execution.ordinal,
    generation: run.generation,
    sending,
    total: terms.total,
    startedAtMs: run.startedAtMs,
    secrets,
    sealed: sealer.isActive,
    base,
  } as const;
  const size = Math.max(1, task.items?.batchSize ?? 1);
  const feedNext = async (source: ItemsFeed, from: number, count: number) => {
    const elements = await source.take(from * size, count * size);
    const taken = Math.ceil(elements.length / size);
    if (taken === 0) return { count: 0, record: null };
    const place = source.placeOf?.(from * size) ?? null;
    const fed = {
      ...common,
      from,
      count: taken,
      ...(place === null ? { elements: sealer.seal(elements) } : { place }),
    };
    return { count: taken, record: chunkRecord(fed, like, now()) };
  };
  return {
    ...terms,
    run: run.id,
    task: task.name,
    execution: execution.number,
    generation: sending,
    queue: task.queue,
    chunk: (from, count) => chunkRecord({ ...common, from, count }, like, now()),
    feed: feed === null ? null : (from, count) => feedNext(feed, from, count),
  };
}

/** What a call that was made elsewhere came to. */
export function outcomeOfCall({ completed, aborted }: WorkAway, task: TaskPlan): Outcome {
  if (completed === null || (aborted !== null && completed.status === 'cancelled')) {
    const reason = aborted?.reason ?? new HeddleError('HEDDLE_CANCELLED', 'it was cancelled where it ran');
    return new Outcome(
      aborted?.status ?? 'cancelled',
      null,
      describeError(reason, task.name),
      completed?.attempts ?? 0,
    );
  }
  const { status, result = null, error = null, attempts = 1 } = completed;
  return new Outcome(status, result, error, attempts);
}
