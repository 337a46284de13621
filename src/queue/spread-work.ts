import type { DistributedWork } from '../executor/distribution.ts';
import type { RunRequest } from '../executor/run-journal.ts';
import type { ActionVersions } from './action-versions.ts';
import type { Backend } from './backend.ts';
import { CALLED_OFF, dropQueued, makeChunks, queueChunks, type ChunkMaker } from './chunk-jobs.ts';
import { chunkName } from './chunk-name.ts';
import type { Range, TaskKey, TaskState, TaskTerms } from './coordination/coordination.ts';
import { chunkJobId, type RunTags } from './jobs.ts';
import type { Peers } from './peers.ts';
import { rangeOf, recordedChunks } from './recorded-chunks.ts';

/** Ranges that are claimed at once, for each slot of the workers that listen. */
const WINDOW_PER_SLOT = 4;
const MAX_WINDOW = 1000;
/** Iterations of a chunk before anything was measured, and at most. */
const MAX_FIRST_COUNT = 100;
const MAX_COUNT = 10_000;
/** The same, where the elements are sent with it. */
const MAX_FED = 1000;
/** A chunk should take about this part of a lock's life. */
const RANGE_SHARE = 0.1;

/** How work is cut up. */
export interface SpreadTerms {
  /** Life of locks, in milliseconds: what one of them covers follows it. */
  readonly lockMs: number;
  readonly peers: Peers;
  /** Of the actions of this worker: its chunks are for workers with the same. */
  readonly versions: ActionVersions;
}

/** One execution whose work others do. */
export class SpreadWork {
  readonly key: TaskKey;
  readonly #backend: Backend;
  readonly #terms: SpreadTerms;
  readonly #work: DistributedWork;
  readonly #maker: ChunkMaker;

  /** `tags`: where the jobs of its chunks go. */
  constructor(backend: Backend, terms: SpreadTerms, work: DistributedWork, tags: RunTags) {
    const { run, execution, generation, rate, isCall, chunk } = work;
    this.key = { run, execution, generation };
    this.#backend = backend;
    this.#terms = terms;
    this.#work = work;
    const versions = terms.versions.of(chunk(isCall ? -1 : 0, 1).definition);
    this.#maker = { task: this.key, tags, hasRate: rate !== null, isCall, versions, chunk };
  }

  /** Sees to it that somebody does the work, and how it stands. */
  async see(): Promise<TaskState['state']> {
    const { coordination } = this.#backend;
    const state = (await coordination.state(this.key)) ?? (await this.#open());
    if (state.state === 'complete') return 'complete';
    if (state.isStopped) return 'open';
    await this.#makeMissing(state.open);
    return state.isHungry ? this.#feed(state) : 'open';
  }

  /** Nothing further of it starts; what is in flight is told to stop. */
  async callOff(): Promise<void> {
    const { coordination, journal } = this.#backend;
    // Work that nobody knows of cannot be stopped.
    if ((await coordination.state(this.key)) === null) await this.#open();
    await coordination.stop(this.key);
    const state = await coordination.state(this.key);
    const { left } = await dropQueued(this.#backend, this.#maker, state?.open ?? []);
    const request: RunRequest = { type: 'cancel', reason: CALLED_OFF };
    for (const range of left) await journal.request(this.#nameOf(range), request);
  }

  /** Makes the work known, with what the journal knows of it: the server may have lost it. */
  async #open(): Promise<TaskState> {
    const { coordination, journal } = this.#backend;
    const done: Range[] = [];
    const claimed: Range[] = [];
    for (const { id, hasEnded } of await recordedChunks(journal, this.key)) {
      const range = await rangeOf(journal, id);
      if (range !== null) (hasEnded ? done : claimed).push(range);
    }
    const opened = await coordination.open(this.key, { ...(await this.#taskTerms()), done, claimed });
    await makeChunks(this.#backend, this.#maker, opened.claimed);
    return (await coordination.state(this.key)) ?? LOST;
  }

  async #taskTerms(): Promise<TaskTerms> {
    const { isCall, total, concurrency, rate, continues, tolerate } = this.#work;
    const limits = { concurrency, rate, continues, tolerate, rangeMs: this.#rangeMs };
    if (isCall) return { ...limits, total: 1, window: 1, firstCount: 1, maxCount: 1 };
    const slots = await this.#terms.peers.slots(this.#maker.tags.queue);
    const window = Math.min(slots * WINDOW_PER_SLOT, MAX_WINDOW);
    const share = total === null ? MAX_FIRST_COUNT : Math.ceil(total / window);
    return { ...limits, total, window, firstCount: Math.min(Math.max(1, share), MAX_FIRST_COUNT), maxCount: MAX_COUNT };
  }

  get #rangeMs(): number {
    return this.#terms.lockMs * RANGE_SHARE;
  }

  /** Whoever claimed a range may have died before there was a job for it. */
  async #makeMissing(open: readonly Range[]): Promise<void> {
    const { broker, journal } = this.#backend;
    const { feed } = this.#work;
    if (open.length === 0) return;
    const live = await broker.live('chunk', this.#maker.tags.queue);
    const missing = open.filter((range) => !live.has(this.#jobOf(range)));
    if (feed === null) return makeChunks(this.#backend, this.#maker, missing);
    for (const range of missing) {
      // Elements come from the source, and only where they are not recorded yet.
      if ((await journal.run(this.#nameOf(range))) === null) {
        const { record } = await feed(range.from, range.count);
        if (record !== null) await journal.createRun(record);
      }
      await queueChunks(this.#backend, this.#maker, [range]);
    }
  }

  /** Reads elements for others until enough of them are at hand. */
  async #feed({ open, done, itemMs }: TaskState): Promise<TaskState['state']> {
    const { coordination, journal } = this.#backend;
    const { feed } = this.#work;
    if (feed === null) return 'open';
    const { window } = await this.#taskTerms();
    // The chunks that are worked on at once share what may be in flight.
    const atOnce = Math.max(1, this.#work.concurrency / (window / WINDOW_PER_SLOT));
    const count = itemMs === null || itemMs <= 0 ? MAX_FIRST_COUNT : (this.#rangeMs / itemMs) * atOnce;
    const wanted = Math.min(Math.max(1, Math.ceil(count)), MAX_FED);
    let next = Math.max(0, ...[...open.slice(-1), ...done.slice(-1)].map((range) => range.from + range.count));
    for (let atHand = open.length; atHand < window; atHand++) {
      const fed = await feed(next, wanted);
      if (fed.record !== null) {
        const range = { from: next, count: fed.count };
        await journal.createRun(fed.record);
        await coordination.add(this.key, [range]);
        await queueChunks(this.#backend, this.#maker, [range]);
        next += fed.count;
      }
      if (fed.count < wanted) return coordination.end(this.key, next);
    }
    return 'open';
  }

  #nameOf(range: Range): string {
    return chunkName(this.key, range, this.#maker.isCall);
  }

  #jobOf(range: Range): string {
    return chunkJobId(this.#nameOf(range), { count: range.count, hasRate: this.#maker.hasRate });
  }
}

/** Nothing is known of it: it is looked at again. */
const LOST: TaskState = {
  state: 'open', isStopped: false, isHungry: false, total: null, failed: 0, ended: 0, open: [], done: [], itemMs: null,
}; // prettier-ignore
