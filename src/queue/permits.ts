import { randomUUID } from 'node:crypto';
import type { Coordination, TaskKey } from './coordination/coordination.ts';

/** How often a worker says that it is there, and hears whether it is to stop, in milliseconds. */
const BEAT_MS = 250;
/** The first times it says so earlier: what it needs shows only once iterations run. */
const FIRST_BEATS_MS = [10, 20, 40, 80, 160];
/** Permits are not relied on any more so long before others may have them, in milliseconds. */
const MARGIN_MS = 500;
/** After so many beats without a permit it is looked whether the task is known at all. */
const BARREN_BEATS = 8;
/** Permits are kept for the next chunk of the task so long after the last, in milliseconds. */
const LINGER_MS = 100;

/** A chunk that shares the permits of its worker. */
export interface Sharer {
  /** Its iterations in flight. */
  readonly inFlight: number;
  /** Iterations it could have in flight at most. */
  readonly count: number;
  /** Permits were given or taken, or others do not use theirs, or no further iteration may start. */
  changed(): void;
  /** The task is not known any more: its run has ended, or the server lost it. */
  unknown(): void;
}

/** What {@link Permits} works with. */
export interface PermitsOptions {
  readonly coordination: Coordination;
  /** Permits of a worker that is not heard of for so long are free, in milliseconds. */
  readonly ttlMs: number;
  /** Told that permits could not be asked for. */
  readonly onError: (error: unknown) => void;
}

/** The permits of one worker, by task. */
export class Permits {
  readonly #options: PermitsOptions;
  readonly #tasks = new Map<string, TaskPermits>();

  constructor(options: PermitsOptions) {
    this.#options = options;
  }

  /** Those of a task, for one more chunk of it. Null where nobody knows the task. @throws what the coordination does */
  async join(task: TaskKey, sharer: Sharer): Promise<TaskPermits | null> {
    const name = `${task.run} ${task.execution} ${task.generation}`;
    let known = this.#tasks.get(name);
    if (known === undefined) {
      known = new TaskPermits(task, this.#options, () => {
        if (this.#tasks.get(name) === known) this.#tasks.delete(name);
      });
      this.#tasks.set(name, known);
    }
    return (await known.join(sharer)) ? known : null;
  }

  /** Gives all of them back. */
  async close(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.close()));
  }
}

/** The permits of one task, which the chunks that a worker has of it share. */
export class TaskPermits {
  readonly #task: TaskKey;
  readonly #options: PermitsOptions;
  readonly #onClosed: () => void;
  /** Unlike that of any other worker, and of this one at another time. */
  readonly #holder = randomUUID();
  readonly #sharers = new Set<Sharer>();
  #permits = 0;
  #isStopped = false;
  #failed = 0;
  /** Iterations that were in flight at once since the last beat, at most. */
  #peak = 0;
  #barren = 0;
  #beats = 0;
  #heldAtMs = -Infinity;
  #timer: NodeJS.Timeout | null = null;
  #asking: Promise<void> | null = null;
  #asksAgain = false;
  #isSpreading = false;
  #isClosed = false;

  constructor(task: TaskKey, options: PermitsOptions, onClosed: () => void) {
    this.#task = task;
    this.#options = options;
    this.#onClosed = onClosed;
  }

  /** Whether no further iteration may start. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Further iterations that may start. */
  get free(): number {
    // A process that was stopped for a while has permits that are others' by now.
    if (performance.now() - this.#heldAtMs > this.#options.ttlMs - MARGIN_MS) return 0;
    return this.#permits - this.#inFlight;
  }

  /** False: nobody knows the task. @throws what the coordination does */
  async join(sharer: Sharer): Promise<boolean> {
    this.#sharers.add(sharer);
    try {
      if (this.#heldAtMs > -Infinity) {
        if (this.#timer === null || this.free <= 0) this.#ask();
        return true;
      }
      await (this.#asking ?? this.#askFirst());
      const isKnown = this.#permits > 0 || (await this.#options.coordination.state(this.#task)) !== null;
      if (!isKnown) this.leave(sharer);
      return isKnown;
    } catch (error) {
      this.leave(sharer);
      throw error;
    }
  }

  leave(sharer: Sharer): void {
    if (!this.#sharers.delete(sharer)) return;
    if (this.#sharers.size > 0) this.spread();
    else this.#schedule(LINGER_MS);
  }

  /** An iteration is about to start. */
  started(): void {
    const inFlight = this.#inFlight + 1;
    if (inFlight > this.#peak) this.#peak = inFlight;
  }

  /** An iteration has failed: others are to hear of it at once. */
  failed(): void {
    this.#failed += 1;
    this.#ask();
  }

  /** Failures that nobody has been told of; whoever asks tells. */
  takeFailures(): number {
    const failed = this.#failed;
    this.#failed = 0;
    return failed;
  }

  /** A chunk has no use for permits that are free: others may have. */
  spread(): void {
    if (this.#isSpreading || this.free <= 0) return;
    this.#isSpreading = true;
    for (const sharer of [...this.#sharers]) if (this.free > 0) sharer.changed();
    this.#isSpreading = false;
  }

  /** Gives the permits back. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#asking?.catch(() => undefined);
    const { coordination, onError } = this.#options;
    // They expire where this fails.
    await coordination.letGo(this.#task, this.#holder).catch(onError);
  }

  get #inFlight(): number {
    let inFlight = 0;
    for (const sharer of this.#sharers) inFlight += sharer.inFlight;
    return inFlight;
  }

  #askFirst(): Promise<void> {
    this.#asking = this.#hold().finally(() => {
      this.#asking = null;
      this.#schedule(FIRST_BEATS_MS[0] ?? BEAT_MS);
    });
    return this.#asking;
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#sharers.size === 0) void this.close();
      else this.#ask();
    }, delayMs);
  }

  /** Asks once more where it is being asked: what has happened meanwhile is not in that question. */
  #ask(): void {
    if (this.#isClosed) return;
    if (this.#asking === null) this.#asking = this.#askUntilDone();
    else this.#asksAgain = true;
  }

  async #askUntilDone(): Promise<void> {
    try {
      do {
        this.#asksAgain = false;
        await this.#hold();
        await this.#lookIfBarren();
      } while (this.#asksAgain && !this.#isClosed);
    } catch (error) {
      this.#options.onError(error);
      // What could not be renewed belongs to others soon.
      if (performance.now() - this.#heldAtMs > this.#options.ttlMs - MARGIN_MS) this.#set(0, this.#isStopped);
    } finally {
      this.#asking = null;
      if (this.#sharers.size > 0) this.#schedule(FIRST_BEATS_MS[++this.#beats] ?? BEAT_MS);
      else if (this.#timer === null) this.#schedule(LINGER_MS);
    }
  }

  async #hold(): Promise<void> {
    const { coordination, ttlMs } = this.#options;
    const inFlight = this.#inFlight;
    const failed = this.takeFailures();
    let count = 0;
    for (const sharer of this.#sharers) count += sharer.count;
    // Who does not use what it has leaves the rest to others; who does could use more.
    const wants = this.#peak >= this.#permits ? count : Math.max(1, this.#peak);
    this.#peak = inFlight;
    // The rest may be others' before the answer is here.
    this.#permits = Math.min(this.#permits, Math.max(inFlight, wants));
    const keeps = Math.max(inFlight, this.#permits);
    const askedAtMs = performance.now();
    try {
      const request = { keeps, wants: Math.max(keeps, wants), failed, ttlMs };
      const { permits, isStopped, share } = await coordination.hold(this.#task, this.#holder, request);
      this.#heldAtMs = askedAtMs;
      this.#set(Math.min(permits, share), this.#isStopped || isStopped);
      // What is above its share goes back at once, as far as nothing is in flight there.
      if (permits > Math.max(this.#permits, this.#inFlight)) this.#asksAgain = true;
    } catch (error) {
      this.#failed += failed;
      throw error;
    }
  }

  async #lookIfBarren(): Promise<void> {
    this.#barren = this.#permits === 0 && this.#inFlight === 0 ? this.#barren + 1 : 0;
    if (this.#barren < BARREN_BEATS) return;
    this.#barren = 0;
    if ((await this.#options.coordination.state(this.#task)) !== null) return;
    for (const sharer of [...this.#sharers]) sharer.unknown();
  }

  #set(permits: number, isStopped: boolean): void {
    const hasStopped = isStopped && !this.#isStopped;
    this.#permits = permits;
    this.#isStopped = isStopped;
    if (hasStopped) for (const sharer of [...this.#sharers]) sharer.changed();
    else this.spread();
  }
}
