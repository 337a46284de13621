import type { ItemsGate } from '../executor/distribution.ts';
import type { Coordination, TaskKey } from './coordination/coordination.ts';
import { StartTimes } from './start-times.ts';

/** How often a chunk says that it is there, and hears whether it is to stop, in milliseconds. */
const BEAT_MS = 250;
/** Permits are not relied on any more so long before others may have them, in milliseconds. */
const MARGIN_MS = 500;
/** After so many beats without a permit it is looked whether the task is known at all. */
const BARREN_BEATS = 4;

/** What a {@link ChunkGate} works with. */
export interface GateOptions {
  readonly coordination: Coordination;
  readonly task: TaskKey;
  /** Unlike that of any other chunk that is being worked on. */
  readonly holder: string;
  /** Iterations of the chunk. */
  readonly count: number;
  /** Permits of a chunk that is not heard of for so long are free, in milliseconds. */
  readonly ttlMs: number;
  /** Whether the task has a rate: starts are then reserved. */
  readonly hasRate: boolean;
  /** Told that permits could not be asked for. */
  readonly onError: (error: unknown) => void;
  /** Called when the task is not known any more: its run has ended, or the server lost it. */
  readonly onUnknown: () => void;
}

/**
 * What the iterations of one chunk may do, as all who work on the task agree: permits and failures go to and fro a few
 * times a second, and at once when something has failed.
 */
export class ChunkGate implements ItemsGate {
  readonly #options: GateOptions;
  readonly #starts: StartTimes | null;
  readonly #callbacks: (() => void)[] = [];
  #inFlight: () => number = () => 0;
  #permits = 0;
  #isStopped = false;
  #failed = 0;
  /** Iterations that were in flight at once since the last beat, at most. */
  #peak = 0;
  #samples = 0;
  #sampled = 0;
  #barren = 0;
  #heldAtMs = -Infinity;
  #beat: NodeJS.Timeout | null = null;
  #asking: Promise<void> | null = null;
  #asksAgain = false;
  #isClosed = false;

  private constructor(options: GateOptions) {
    this.#options = options;
    this.#peak = options.count;
    this.#starts = options.hasRate ? new StartTimes(options, () => this.#changed()) : null;
  }

  /**
   * Asks for the first permits, and goes on asking until it is closed. Null where nobody knows the task.
   *
   * @throws what the coordination does
   */
  static async open(options: GateOptions): Promise<ChunkGate | null> {
    const gate = new ChunkGate(options);
    await gate.#hold();
    if (gate.#permits === 0 && (await options.coordination.state(options.task)) === null) return null;
    gate.#beat = setInterval(() => gate.#ask(), BEAT_MS);
    return gate;
  }

  get concurrency(): number {
    return this.#permits;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Failures that nobody has been told of. */
  get unreported(): number {
    return this.#failed;
  }

  /** How many iterations were in flight when one started, on average. */
  get meanInFlight(): number {
    return this.#samples === 0 ? 1 : this.#sampled / this.#samples;
  }

  take(): number {
    const waitMs = this.#starts === null ? 0 : this.#starts.take();
    if (waitMs > 0) return waitMs;
    const inFlight = this.#inFlight() + 1;
    if (inFlight > this.#peak) this.#peak = inFlight;
    this.#samples += 1;
    this.#sampled += inFlight;
    return 0;
  }

  onChange(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  failed(): void {
    this.#failed += 1;
    this.#ask();
  }

  watch(inFlight: () => number): void {
    this.#inFlight = inFlight;
  }

  /** Gives the permits back. What was not told stays in {@link unreported}. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#beat !== null) clearInterval(this.#beat);
    await this.#asking;
    const { coordination, task, holder, onError } = this.#options;
    // They expire where this fails.
    await coordination.letGo(task, holder).catch(onError);
  }

  /** Asks once more where it is being asked: what has happened meanwhile is not in that question. */
  #ask(): void {
    if (this.#isClosed) return;
    if (this.#asking !== null) {
      this.#asksAgain = true;
      return;
    }
    this.#asking = this.#askOnce();
  }

  async #askOnce(): Promise<void> {
    try {
      do {
        this.#asksAgain = false;
        await this.#hold();
        await this.#lookIfBarren();
      } while (this.#asksAgain && !this.#isClosed);
    } catch (error) {
      this.#options.onError(error);
      this.#expire();
    } finally {
      this.#asking = null;
    }
  }

  async #hold(): Promise<void> {
    const { coordination, task, holder, count, ttlMs } = this.#options;
    const inFlight = this.#inFlight();
    const failed = this.#failed;
    // Who does not use what it has leaves the rest to others; who does could use more.
    const wants = this.#peak >= this.#permits ? count : Math.max(1, this.#peak);
    this.#failed = 0;
    this.#peak = inFlight;
    const askedAtMs = performance.now();
    try {
      const request = { inFlight, wants: Math.max(inFlight, wants), failed, ttlMs };
      const { permits, isStopped } = await coordination.hold(task, holder, request);
      this.#heldAtMs = askedAtMs;
      this.#set(permits, this.#isStopped || isStopped);
    } catch (error) {
      this.#failed += failed;
      throw error;
    }
  }

  async #lookIfBarren(): Promise<void> {
    this.#barren = this.#permits === 0 && this.#inFlight() === 0 ? this.#barren + 1 : 0;
    if (this.#barren < BARREN_BEATS) return;
    this.#barren = 0;
    const { coordination, task, onUnknown } = this.#options;
    if ((await coordination.state(task)) === null) onUnknown();
  }

  /** Permits that could not be renewed belong to others soon. */
  #expire(): void {
    if (performance.now() - this.#heldAtMs > this.#options.ttlMs - MARGIN_MS) this.#set(0, this.#isStopped);
  }

  #set(permits: number, isStopped: boolean): void {
    if (permits === this.#permits && isStopped === this.#isStopped) return;
    this.#permits = permits;
    this.#isStopped = isStopped;
    this.#changed();
  }

  #changed(): void {
    for (const callback of this.#callbacks) callback();
  }
}
