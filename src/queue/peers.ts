import type { Versions } from './action-versions.ts';
import type { Coordination, WorkerInfo } from './coordination/coordination.ts';

/** How long it is taken for known who is there, in milliseconds. */
const KNOWN_MS = 2000;

/** The workers that are there, as they say of themselves. */
export class Peers {
  readonly #coordination: Coordination;
  #known: Promise<readonly WorkerInfo[]> = Promise.resolve([]);
  #askedAtMs = -Infinity;

  constructor(coordination: Coordination) {
    this.#coordination = coordination;
  }

  /** Chunks that those who listen to a queue work on at once; at least 1: of a worker that will listen. */
  async slots(queue: string): Promise<number> {
    const slots = (await this.#listeningTo(queue)).map(({ concurrency }) => concurrency);
    return Math.max(1, slots.reduce((sum, each) => sum + each, 0)); // prettier-ignore
  }

  /** Whether somebody who takes work of a queue has these versions of actions. */
  async have(queue: string, versions: Versions): Promise<boolean> {
    const needed = Object.entries(versions);
    const taking = (await this.#listeningTo(queue)).filter(({ state }) => state !== 'leaving');
    return taking.some(({ actions }) => needed.every(([name, version]) => actions[name] === version));
  }

  async #listeningTo(queue: string): Promise<readonly WorkerInfo[]> {
    if (performance.now() - this.#askedAtMs > KNOWN_MS) {
      this.#askedAtMs = performance.now();
      this.#known = this.#coordination.workers();
      // What could not be asked is asked again.
      this.#known.catch(() => (this.#askedAtMs = -Infinity));
    }
    return (await this.#known).filter(({ queues }) => queues.includes(queue));
  }
}
