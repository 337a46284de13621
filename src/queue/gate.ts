import type { ItemsGate } from '../executor/distribution.ts';
import type { Coordination, TaskKey } from './coordination/coordination.ts';
import type { Permits, Sharer, TaskPermits } from './permits.ts';
import { StartTimes } from './start-times.ts';

/** What a {@link ChunkGate} works with. */
export interface GateOptions {
  readonly permits: Permits;
  readonly coordination: Coordination;
  readonly task: TaskKey;
  /** Iterations of the chunk. */
  readonly count: number;
  /** Whether the task has a rate: starts are then reserved. */
  readonly hasRate: boolean;
  /** Told that starts could not be reserved. */
  readonly onError: (error: unknown) => void;
  /** Called when the task is not known any more: its run has ended, or the server lost it. */
  readonly onUnknown: () => void;
}

/** What the iterations of one chunk may do, as all who work on the task agree. */
export class ChunkGate implements ItemsGate, Sharer {
  readonly count: number;
  readonly #options: GateOptions;
  readonly #starts: StartTimes | null;
  readonly #callbacks: (() => void)[] = [];
  #inFlight: () => number = () => 0;
  #permits: TaskPermits | null = null;
  #samples = 0;
  #sampled = 0;

  private constructor(options: GateOptions) {
    this.#options = options;
    this.count = options.count;
    this.#starts = options.hasRate ? new StartTimes(options, () => this.changed()) : null;
  }

  /** Takes part in the permits that this worker has of the task. Null where nobody knows it. @throws what the coordination does */
  static async open(options: GateOptions): Promise<ChunkGate | null> {
    const gate = new ChunkGate(options);
    gate.#permits = await options.permits.join(options.task, gate);
    return gate.#permits === null ? null : gate;
  }

  get inFlight(): number {
    return this.#inFlight();
  }

  get concurrency(): number {
    return this.#inFlight() + Math.max(0, this.#permits?.free ?? 0);
  }

  get isStopped(): boolean {
    return this.#permits?.isStopped ?? false;
  }

  /** How many iterations were in flight when one started, on average. */
  get meanInFlight(): number {
    return this.#samples === 0 ? 1 : this.#sampled / this.#samples;
  }

  take(): number {
    const waitMs = this.#starts === null ? 0 : this.#starts.take();
    if (waitMs > 0) return waitMs;
    this.#permits?.started();
    this.#samples += 1;
    this.#sampled += this.#inFlight() + 1;
    return 0;
  }

  onChange(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  failed(): void {
    this.#permits?.failed();
  }

  spare(): void {
    this.#permits?.spread();
  }

  watch(inFlight: () => number): void {
    this.#inFlight = inFlight;
  }

  changed(): void {
    for (const callback of this.#callbacks) callback();
  }

  unknown(): void {
    this.#options.onUnknown();
  }

  /** Has no more use for permits; gives the failures that nobody has been told of. */
  close(): number {
    this.#inFlight = () => 0;
    const failed = this.#permits?.takeFailures() ?? 0;
    this.#permits?.leave(this);
    return failed;
  }
}
