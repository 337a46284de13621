import type { DistributedState, DistributedWork, Distributor } from '../executor/distribution.ts';
import type { RunRequest } from '../executor/run-journal.ts';
import type { Backend } from './backend.ts';
import { makeChunks, type ChunkMaker } from './chunk-jobs.ts';
import { chunkName } from './chunk-name.ts';
import type { Range, TaskKey, TaskState, TaskTerms } from './coordination/coordination.ts';
import { chunkJobId, type RunTags } from './jobs.ts';
import { endUnstarted, rangeOf, recordedChunks } from './recorded-chunks.ts';

/** How work is cut up. */
export interface DistributorTerms {
  /** Iterations from which a task is spread that does not say. */
  readonly distributeFrom: number;
  /** Chunks of one worker at once. */
  readonly slots: number;
  readonly lockMs: number;
}

/** Ranges that are claimed at once, for each slot of the workers that listen. */
const WINDOW_PER_SLOT = 4;
const MAX_WINDOW = 1000;
/** Iterations of a chunk before anything was measured, and at most. */
const MAX_FIRST_COUNT = 100;
const MAX_COUNT = 10_000;
/** A chunk should take about this part of a lock's life. */
const RANGE_SHARE = 0.1;
/** What records of chunks say that were cancelled with their run or task. */
const CALLED_OFF = 'the work it is a part of was called off';
/** How long it is taken for known who listens, in milliseconds. */
const SLOTS_MS = 5000;

/** Sends the work of one run to the workers of a queue. */
export class QueueDistributor implements Distributor {
  readonly #backend: Pick<Backend, 'broker' | 'coordination' | 'journal'>;
  readonly #terms: DistributorTerms;
  readonly #tags: RunTags;
  readonly #slots = new Map<string, { readonly count: number; readonly atMs: number }>();

  /** `tags`: where the jobs of the run go. */
  constructor(backend: Pick<Backend, 'broker' | 'coordination' | 'journal'>, terms: DistributorTerms, tags: RunTags) {
    this.#backend = backend;
    this.#terms = terms;
    this.#tags = tags;
  }

  takes(
    { queue, distribute }: { readonly queue: string | null; readonly distribute: boolean | null },
    items: number | null,
  ): boolean {
    if (items === 0) return false;
    if (queue !== null) return true;
    if (items === null || distribute === false) return false;
    return distribute === true || items >= this.#terms.distributeFrom;
  }

  async place(work: DistributedWork): Promise<DistributedState> {
    const { coordination } = this.#backend;
    const key = keyOf(work);
    const known = (await coordination.state(key)) ?? (await this.#open(key, work));
    const state = work.feed === null ? known : await this.#feed(key, work, work.feed, known);
    if (state.state === 'complete') {
      // What the run does not get to record it finds in the journal again.
      await coordination.close(key);
      const ended = (await recordedChunks(this.#backend.journal, key)).filter(({ hasEnded }) => hasEnded);
      return { state: 'complete', chunks: ended.map(({ id }) => id) };
    }
    if (!state.isStopped) await this.#makeMissing(key, work, state.open);
    return { state: 'open' };
  }

  async cancel(work: DistributedWork): Promise<void> {
    const { coordination, journal } = this.#backend;
    const key = keyOf(work);
    // Work that nobody knows of would be known as stopped from here on.
    if ((await coordination.state(key)) === null) await this.#open(key, work);
    await coordination.stop(key);
    const state = await coordination.state(key);
    if (state === null) return;
    const { queue } = this.#tagsOf(work);
    const { hasRate, isCall } = makerOf(work, this.#tagsOf(work));
    const left = await dropQueued(this.#backend, key, { queue, hasRate, isCall }, state.open);
    // Those that somebody works on abort what they have in flight.
    const request: RunRequest = { type: 'cancel', reason: CALLED_OFF };
    for (const range of left) {
      await journal.request(chunkName(key, range, isCall), request);
    }
  }

  #tagsOf({ queue }: DistributedWork): RunTags {
    return queue === null ? this.#tags : { ...this.#tags, queue };
  }

  /** Makes the work known, with what the journal knows of it: the server may have lost it. */
  async #open(key: TaskKey, work: DistributedWork): Promise<TaskState> {
    const { coordination, journal } = this.#backend;
    const known = await recordedChunks(journal, key);
    const ranges = await Promise.all(
      known.map(async (chunk) => ({ ...chunk, range: await rangeOf(journal, chunk.id) })),
    );
    const done = ranges.flatMap(({ hasEnded, range }) => (hasEnded && range !== null ? [range] : []));
    const claimed = ranges.flatMap(({ hasEnded, range }) => (hasEnded || range === null ? [] : [range]));
    const opened = await coordination.open(key, { ...(await this.#termsOf(work)), done, claimed });
    await makeChunks(this.#backend, makerOf(work, this.#tagsOf(work)), opened.claimed);
    return (await coordination.state(key)) ?? LOST;
  }

  async #termsOf(work: DistributedWork): Promise<TaskTerms> {
    const { isCall, total, concurrency, rate, continues, tolerate } = work;
    const limits = { concurrency, rate, continues, tolerate, rangeMs: this.#terms.lockMs * RANGE_SHARE };
    if (isCall) return { ...limits, total: 1, window: 1, firstCount: 1, maxCount: 1 };
    const slots = await this.#slotsOf(this.#tagsOf(work).queue);
    const window = Math.min(slots * WINDOW_PER_SLOT, MAX_WINDOW);
    const firstCount = Math.min(Math.max(1, Math.ceil((total ?? Infinity) / window)), MAX_FIRST_COUNT);
    return { ...limits, total, window, firstCount, maxCount: MAX_COUNT };
  }

  /** Hands over what only this process can read, as far as the window goes. */
  async #feed(
    key: TaskKey,
    work: DistributedWork,
    feed: NonNullable<DistributedWork['feed']>,
    known: TaskState,
  ): Promise<TaskState> {
    const { coordination } = this.#backend;
    if (known.total !== null || known.isStopped || !known.isHungry) return known;
    const { window, rangeMs, firstCount } = await this.#termsOf(work);
    const { itemMs } = known;
    const count = itemMs === null ? firstCount : Math.min(MAX_COUNT, Math.max(1, Math.round(rangeMs / itemMs)));
    let next = Math.max(0, ...[...known.open, ...known.done].map((range) => range.from + range.count));
    for (let open = known.open.length; open < window; open++) {
      const fed = await feed(next, count);
      if (fed.record !== null) {
        const { record } = fed;
        const range = { from: next, count: fed.count };
        // The record first: nobody else has its elements.
        await this.#backend.journal.createRun(record);
        await coordination.add(key, [range]);
        await makeChunks(this.#backend, { ...makerOf(work, this.#tagsOf(work)), chunk: () => record }, [range]);
      }
      next += fed.count;
      if (fed.count < count) {
        await coordination.end(key, next);
        break;
      }
    }
    return (await coordination.state(key)) ?? LOST;
  }

  /** Chunks that those who listen to a queue work on at once, as they say of themselves. */
  async #slotsOf(queue: string): Promise<number> {
    const known = this.#slots.get(queue);
    if (known !== undefined && Date.now() - known.atMs < SLOTS_MS) return known.count;
    const workers = await this.#backend.coordination.workers();
    const listening = workers.filter(({ queues }) => queues.includes(queue));
    const count = Math.max(
      this.#terms.slots,
      listening.reduce((sum, { concurrency }) => sum + concurrency, 0),
    );
    this.#slots.set(queue, { count, atMs: Date.now() });
    return count;
  }

  /** Whoever claimed a range may have died before there was a job for it. */
  async #makeMissing(key: TaskKey, work: DistributedWork, open: readonly Range[]): Promise<void> {
    const maker = makerOf(work, this.#tagsOf(work));
    const live = await this.#backend.broker.live('chunk', maker.tags.queue);
    const missing = open.filter((range) => {
      const size = { count: range.count, hasRate: maker.hasRate };
      return !live.has(chunkJobId(chunkName(key, range, maker.isCall), size));
    });
    await makeChunks(this.#backend, maker, missing);
  }
}

/** Nothing is known of it: it is looked at again. */
const LOST: TaskState = {
  state: 'open', isStopped: false, isHungry: false, total: null, failed: 0, ended: 0, open: [], done: [], itemMs: null,
}; // prettier-ignore

/** The execution of distributed work. */
export function keyOf({ run, execution, generation }: Pick<DistributedWork, keyof TaskKey>): TaskKey {
  return { run, execution, generation };
}

function makerOf(work: DistributedWork, tags: RunTags): ChunkMaker {
  return { run: work.run, tags, hasRate: work.rate !== null, isCall: work.isCall, chunk: work.chunk };
}

/**
 * Takes chunks that nobody works on from their queue, for good, and marks their records as cancelled; gives the ranges that
 * somebody works on.
 */
export async function dropQueued(
  { broker, coordination, journal }: Pick<Backend, 'broker' | 'coordination' | 'journal'>,
  key: TaskKey,
  { queue, hasRate, isCall }: { readonly queue: string; readonly hasRate: boolean; readonly isCall: boolean },
  open: readonly Range[],
): Promise<readonly Range[]> {
  const jobOf = (range: Range): string => chunkJobId(chunkName(key, range, isCall), { count: range.count, hasRate });
  await broker.remove('chunk', queue, open.map(jobOf)); // prettier-ignore
  const live = await broker.live('chunk', queue);
  const left: Range[] = [];
  for (const range of open) {
    if (live.has(jobOf(range))) left.push(range);
    else {
      await endUnstarted(journal, chunkName(key, range, isCall), CALLED_OFF);
      await coordination.abandon(key, range);
    }
  }
  return left;
}
