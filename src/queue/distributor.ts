import type { DistributedState, DistributedWork, Distributor } from '../executor/distribution.ts';
import type { Backend } from './backend.ts';
import type { RunTags } from './jobs.ts';
import { endedChunks } from './recorded-chunks.ts';
import { SpreadWork, type SpreadTerms } from './spread-work.ts';

/** When and how work is sent away. */
export interface DistributorTerms extends SpreadTerms {
  /** Iterations from which a task is spread that does not say. */
  readonly distributeFrom: number;
}

/** Sends the work of one run to the workers of a queue. */
export class QueueDistributor implements Distributor {
  readonly #backend: Backend;
  readonly #terms: DistributorTerms;
  readonly #tags: RunTags;

  /** `tags`: where the jobs of the run go. */
  constructor(backend: Backend, terms: DistributorTerms, tags: RunTags) {
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
    // How many there are of what only the holder can read is not known: it is sent where that was asked for.
    return distribute === true || (items >= this.#terms.distributeFrom && items !== Infinity);
  }

  async place(work: DistributedWork): Promise<DistributedState> {
    const { coordination, journal } = this.#backend;
    const spread = this.#spread(work);
    if ((await spread.see()) === 'open') return { state: 'open' };
    // What the run does not get to record it finds in the journal again.
    await coordination.close(spread.key);
    return { state: 'complete', chunks: await endedChunks(journal, spread.key) };
  }

  cancel(work: DistributedWork): Promise<void> {
    return this.#spread(work).callOff();
  }

  #spread(work: DistributedWork): SpreadWork {
    const { queue } = work;
    const tags = queue === null ? this.#tags : { ...this.#tags, queue };
    return new SpreadWork(this.#backend, this.#terms, work, tags);
  }
}
