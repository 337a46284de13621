import { hostname } from 'node:os';
import type { Coordination, WorkerInfo } from './coordination/coordination.ts';

/** What of a worker does not change. */
export type WorkerFacts = Omit<WorkerInfo, 'state' | 'reason' | 'host' | 'pid'>;

/** Says now and then that a worker is there, and how it is. */
export class Announcer {
  readonly #coordination: Coordination;
  readonly #facts: WorkerFacts;
  readonly #now: () => Pick<WorkerInfo, 'state' | 'reason'>;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  /** Null: nothing is being said. */
  #saying: Promise<void> | null = null;
  #saysAgain = false;
  #isClosed = false;

  /** `everyMs`: who is not heard of for three times as long is gone. */
  constructor(
    coordination: Coordination,
    facts: WorkerFacts,
    everyMs: number,
    now: () => Pick<WorkerInfo, 'state' | 'reason'>,
  ) {
    this.#coordination = coordination;
    this.#facts = facts;
    this.#everyMs = everyMs;
    this.#now = now;
  }

  async start(): Promise<void> {
    await this.#say();
    this.#timer = setInterval(() => this.tell(), this.#everyMs).unref();
  }

  /** Says it now. What does not get through is said next time. */
  tell(): void {
    if (this.#isClosed) return;
    // A server that is away is not told of every moment that it missed.
    if (this.#saying !== null) this.#saysAgain = true;
    else this.#saying = this.#sayUntilSaid();
  }

  async #sayUntilSaid(): Promise<void> {
    do {
      this.#saysAgain = false;
      await this.#say().catch(() => undefined);
    } while (this.#saysAgain && !this.#isClosed);
    this.#saying = null;
  }

  /** Whether this is the worker that looks after lost work: the oldest that is there. */
  async isFirst(): Promise<boolean> {
    const workers = await this.#coordination.workers();
    const [first] = [...workers].sort((a, b) => a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1));
    return first === undefined || first.id === this.#facts.id;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#saying;
    await this.#coordination.withdraw(this.#facts.id).catch(() => undefined);
  }

  #say(): Promise<void> {
    const info = { ...this.#facts, ...this.#now(), host: hostname(), pid: process.pid };
    return this.#coordination.announce(info, this.#everyMs * 3);
  }
}
