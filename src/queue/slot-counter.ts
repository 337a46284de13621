import type { Coordination } from './coordination/coordination.ts';

/** How long it is taken for known who listens, in milliseconds. */
const KNOWN_MS = 2000;

/** Counts the chunks that those who listen to a queue work on at once, as they say of themselves. */
export class SlotCounter {
  readonly #coordination: Coordination;
  readonly #known = new Map<string, { readonly count: number; readonly atMs: number }>();

  constructor(coordination: Coordination) {
    this.#coordination = coordination;
  }

  /** At least 1: a worker that will listen. */
  async count(queue: string): Promise<number> {
    const known = this.#known.get(queue);
    if (known !== undefined && performance.now() - known.atMs < KNOWN_MS) return known.count;
    const workers = await this.#coordination.workers();
    const slots = workers.filter(({ queues }) => queues.includes(queue)).map(({ concurrency }) => concurrency);
    const count = Math.max(1, slots.reduce((sum, each) => sum + each, 0)); // prettier-ignore
    this.#known.set(queue, { count, atMs: performance.now() });
    return count;
  }
}
