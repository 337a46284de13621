import type { Outcome } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import { completedEntry, type CompletedDetails } from './completed-entry.ts';
import type { RunEntry } from './entries.ts';
import type { Contributions } from './folding.ts';
import type { Clock } from './host.ts';
import { OpenRange } from './open-range.ts';
import type { RecordBatch, RecordedRun, RunJournal, RunLease } from './run-journal.ts';
import type { Sealer } from './sealer.ts';
import type { Snapshots, StoredSnapshot } from './snapshots.ts';
import type { Execution } from './state.ts';

/** When what a run did is written: see docs/durability.md. */
export type Durability = 'batched' | 'strict';

/** How a run is recorded. */
export interface Recording {
  readonly journal: RunJournal;
  readonly durability: Durability;
  /** Who holds the lease: no other process, not even a later one, has the same name. */
  readonly owner: string;
  /** A lease lasts so long unless it is renewed, in milliseconds. */
  readonly leaseMs: number;
}

/** What a recorder tells its run. */
export interface Recorded {
  /** Iterations in flight, for every with-items execution that is. */
  inFlight(): Iterable<{ readonly execution: number; readonly indexes: readonly number[] }>;
  /** When this process began with it, on the clock. */
  readonly sinceMs: number;
  /** Whether the run waits for something that others may ask. */
  readonly isWaiting: boolean;
  /** Follows what is written from its beginning; null: no snapshots are made. */
  snapshots(): Snapshots | null;
  /** The run can be recorded no further: it is to stop at once. */
  halt(error: HeddleError): Promise<void>;
  /** Others have asked something of the run. */
  receive(request: { readonly type: string }, id: number): void;
}

/** How long a lease lasts where nothing else is asked for, in milliseconds. */
export const LEASE_MS = 30_000;
/** A batch is written after so many milliseconds at the latest. */
export const FLUSH_MS = 20;
/** A run goes on while at most so many events (iterations are one each) are not written yet. */
export const MAX_UNWRITTEN = 1000;
/** How often the inbox is looked into when nothing else is written, in milliseconds. */
const POLL_MS = 1000;

/**
 * Records one run: takes entries as they come and writes them in batches, under a lease that nobody else may hold. Entries
 * are taken without waiting; whoever must wait asks {@link isBehind} and {@link whenWritten}.
 */
export class Recorder {
  readonly #recording: Recording;
  readonly #clock: Clock;
  readonly #sealer: Sealer;
  /** Undefined: nothing was written yet. Null: none are made. */
  #snapshots: Snapshots | null | undefined = undefined;
  readonly #run: Recorded;
  readonly isStrict: boolean;
  /** What is yet to be written as the run's first batch; null: it is in the journal. */
  #created: RecordedRun | null;
  #lease: RunLease | null;
  #entries: RunEntry[] = [];
  /** Events in `#entries`. */
  #events = 0;
  /** Events in the batch that is being written. */
  #writing = 0;
  #isWriting = false;
  #isScheduled = false;
  /** The batch that is being written, or was last; null: none was. */
  #current: Promise<void> | null = null;
  #timer: unknown = null;
  #poll: unknown = null;
  #renewAtMs = 0;
  #waiting: (() => void)[] = NOBODY;
  /** Null: the run's row stays as it is. */
  #patch: Writable<RowPatch> | null = null;
  /** Ids of requests that the entries answer; null: of none. */
  #answered: number[] | null = null;
  #lastRequest = 0;
  /** Whether requests waited in the inbox when it was last written to. */
  hasRequests = false;
  /** The open entry of plainly succeeded iterations, by execution. */
  #ranges: Map<number, OpenRange> | null = null;
  #stopped = false;
  #isClosing = false;
  #isClosed = false;

  /** `created`: to be written with the first batch; null: it is in the journal, and `lease` is its own. */
  constructor(
    recording: Recording,
    clock: Clock,
    run: Recorded,
    sealer: Sealer,
    created: RecordedRun | null,
    lease: RunLease | null,
  ) {
    this.#recording = recording;
    this.#clock = clock;
    this.#run = run;
    this.isStrict = recording.durability === 'strict';
    this.#sealer = sealer;
    this.#created = created;
    this.#lease = lease;
    this.#renewAtMs = run.sinceMs + recording.leaseMs / 3;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /** Whether the run is to wait before it goes on: too much is unwritten; `strict`: anything is. */
  get isBehind(): boolean {
    const unwritten = this.#events + this.#writing;
    return this.isStrict ? unwritten > 0 : unwritten >= MAX_UNWRITTEN;
  }

  /**
   * How many iterations may run before something is written, where so many more may be in flight; 0: none. `strict`: one that
   * has ended and is not written yet still takes its place.
   */
  room(free: number): number {
    const unwritten = this.#events + this.#writing;
    return Math.max(0, (this.isStrict ? free : MAX_UNWRITTEN) - unwritten);
  }

  /** Whether nothing can be recorded any more. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** Calls back once all that was recorded up to now has been written; never where the run was halted. */
  whenWritten(callback: () => void): void {
    if (this.#stopped) return;
    if (this.#events === 0 && !this.#isWriting) {
      callback();
      return;
    }
    if (this.#waiting === NOBODY) this.#waiting = [callback];
    else this.#waiting.push(callback);
    this.#writeSoon();
  }

  push(entry: RunEntry, events = 1): void {
    if (this.#stopped) return;
    this.#entries.push(entry);
    this.#count(events);
  }

  /** An execution has completed. */
  completed(execution: Execution, task: string, outcome: Outcome, more: CompletedDetails): void {
    this.push(completedEntry(execution.number, task, outcome, more));
    this.#ranges?.delete(execution.number);
  }

  /** Iterations `from` up to `end` succeeded at once; `results`: of all iterations, null where they are not kept. */
  items(execution: number, from: number, end: number, results: readonly unknown[] | null): void {
    if (this.#stopped || end === from) return;
    const range = this.#ranges?.get(execution);
    if (range !== undefined && range.take(from, end, results)) {
      this.#count(end - from);
      return;
    }
    this.#open(execution, from, results !== null, false).take(from, end, results);
    this.#count(end - from);
  }

  /** One iteration succeeded at its first attempt. */
  item(
    execution: number,
    index: number,
    keeps: boolean,
    result: unknown,
    contributions: Contributions | undefined,
  ): void {
    if (this.#stopped) return;
    const range = this.#ranges?.get(execution) ?? this.#open(execution, index, keeps, contributions !== undefined);
    range.add(index, result, contributions);
    this.#count(1);
  }

  /** What another process asked for has been done: it leaves the inbox with the next batch. */
  answered(request: number): void {
    (this.#answered ??= []).push(request);
    this.#count(1);
    this.#writeSoon();
  }

  /** Writes what there is as soon as it can. */
  flush(): void {
    this.#writeSoon();
  }

  /** Changes the run's row with the next batch. */
  patch(patch: RowPatch): void {
    const merged = (this.#patch ??= {});
    const { status, startedAtMs, endedAtMs, summary } = patch;
    if (status !== undefined) merged.status = status;
    if (startedAtMs !== undefined) merged.startedAtMs = startedAtMs;
    if (endedAtMs !== undefined) merged.endedAtMs = endedAtMs;
    if (summary !== undefined) merged.summary = summary;
  }

  /** Looks into the inbox now, once all that was recorded up to now is written; not where the run was halted. */
  async look(): Promise<void> {
    await new Promise<void>((resolve) => this.whenWritten(resolve));
    await this.#look();
  }

  /**
   * Writes the rest and gives up the lease; {@link hasRequests} then says whether somebody asked something meanwhile.
   *
   * @throws what the journal threw; what was not written runs again
   */
  async close(patch: RowPatch): Promise<void> {
    this.#isClosing = true;
    this.#clearTimers();
    if (this.#isWriting) await this.#current;
    if (this.#stopped) return;
    this.patch(patch);
    const batch = this.#takeBatch(true);
    const created = this.#created;
    // Of a small run this is all that is written: every further promise would be felt.
    if (created !== null) this.#started(await this.#start(created, batch));
    else this.hasRequests = (await this.#append(batch)).hasRequests;
    this.#writing = 0;
    this.#isClosed = true;
    for (const callback of this.#waiting) callback();
  }

  /** Whether all is written. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes nothing any more. */
  stop(): void {
    this.#stopped = true;
    this.#entries = [];
    this.#waiting = NOBODY;
    this.#clearTimers();
  }

  /**
   * After the journal has failed: notes that the process let go of the run, so that what was in flight is not taken for
   * what ended it. False: that could not be written either.
   */
  async leave(): Promise<boolean> {
    if (this.#lease === null) return true;
    const entry: RunEntry = { type: 'suspended', atMs: this.now(), unwritten: true };
    try {
      await this.#recording.journal.append(this.#lease, { entries: [entry], release: true });
      return true;
    } catch {
      return false;
    }
  }

  /** Looks into the inbox from time to time, as long as the run goes on; one that goes on is to be seen, too. */
  listen(): void {
    if (this.#poll !== null || this.#stopped || this.#isClosing) return;
    if (this.#created !== null) this.#writeSoon();
    const look = (): void => {
      this.#poll = null;
      void this.#look().then(() => this.listen());
    };
    // What others ask can end a wait, and is then a reason for the process to stay.
    this.#poll = this.#clock.setTimer(POLL_MS, look, !this.#run.isWaiting);
  }

  /** The same, after {@link Recorded.isWaiting} has changed. */
  listenAnew(): void {
    if (this.#poll === null) return;
    this.#clock.clearTimer(this.#poll);
    this.#poll = null;
    this.listen();
  }

  #open(execution: number, from: number, keeps: boolean, contributes: boolean): OpenRange {
    const range = new OpenRange(execution, from, keeps, contributes);
    this.#ranges ??= new Map();
    this.#ranges.set(execution, range);
    this.#entries.push(range.entry);
    return range;
  }

  #count(events: number): void {
    this.#events += events;
    if (this.isStrict || this.#events >= MAX_UNWRITTEN) this.#writeSoon();
    else if (this.#timer === null && !this.#isWriting && this.#created === null) {
      this.#timer = this.#clock.setTimer(FLUSH_MS, () => {
        this.#timer = null;
        this.#begin();
      });
    }
  }

  /** After the current turn of the run, so that what comes with it goes into the same batch. */
  #writeSoon(): void {
    if (this.#isScheduled || this.#isWriting || this.#isClosing) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#begin();
    });
  }

  #begin(): void {
    if (this.#isWriting || this.#stopped || this.#isClosing) return;
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    this.#timer = null;
    this.#current = this.#write().catch((error: unknown) => this.#fail(error));
  }

  async #write(): Promise<void> {
    this.#noteInFlight();
    const entries = this.#entries;
    const batch = this.#takeBatch(false);
    let waiting = this.#waiting;
    this.#waiting = NOBODY;
    this.#isWriting = true;
    try {
      let seq = entries.length;
      if (this.#created !== null) this.#started(await this.#start(this.#created, batch));
      else {
        const appended = await this.#append(batch);
        seq = appended.seq;
        this.hasRequests = appended.hasRequests;
        if (appended.hasRequests) await this.#look();
      }
      this.#writing = 0;
      if (this.#snapshots === undefined) this.#snapshots = this.#run.snapshots();
      const snapshot = this.#snapshots === null ? null : this.#snapshots.take(entries);
      if (snapshot === null) this.#isWriting = false;
      // Those who came while it was being written, and nothing since: it was theirs too.
      if (this.#events === 0 && this.#waiting !== NOBODY) {
        waiting = [...waiting, ...this.#waiting];
        this.#waiting = NOBODY;
      }
      for (const callback of waiting) callback();
      if (snapshot !== null) await this.#save(seq, snapshot);
    } finally {
      this.#isWriting = false;
      this.#writing = 0;
    }
    if (this.#waiting.length > 0) this.#writeSoon();
    else if (this.#events > 0) this.#count(0);
  }

  /** What entries up to `seq` come to. */
  async #save(seq: number, snapshot: StoredSnapshot): Promise<void> {
    if (this.#stopped) return;
    await this.#recording.journal.saveSnapshot(this.#lease as RunLease, { seq, data: this.#sealer.seal(snapshot) });
  }

  #noteInFlight(): void {
    for (const { execution, indexes } of this.#run.inFlight()) {
      if (indexes.length > 0) this.#entries.push({ type: 'running', execution, indexes, atMs: this.now() });
    }
  }

  #takeBatch(isLast: boolean): RecordBatch {
    const entries = this.#sealer.isActive ? this.#entries.map((entry) => this.#sealer.seal(entry)) : this.#entries;
    const batch: Writable<RecordBatch> = { entries, durable: this.isStrict, release: isLast };
    if (this.#patch !== null) batch.patch = this.#patch;
    if (this.#answered !== null) batch.answered = this.#answered;
    this.#writing = this.#events;
    this.#entries = [];
    this.#events = 0;
    this.#patch = null;
    this.#answered = null;
    this.#ranges = null;
    return batch;
  }

  #append(batch: RecordBatch): Promise<Appended> {
    return this.#recording.journal.append(this.#lease as RunLease, batch);
  }

  #start(created: RecordedRun, batch: RecordBatch): Promise<RunLease | null> {
    const { journal, owner, leaseMs } = this.#recording;
    const run = this.#sealer.isActive ? { ...created, parameters: this.#sealer.seal(created.parameters) } : created;
    return journal.start(run, { owner, ttlMs: leaseMs }, batch);
  }

  #started(lease: RunLease | null): void {
    if (lease === null) throw new HeddleError('HEDDLE_FENCED', `there is a run ${this.#created?.id} already`);
    this.#lease = lease;
    this.#created = null;
  }

  /** Takes what others ask of the run. */
  async #look(): Promise<void> {
    const lease = this.#lease;
    if (lease === null || this.#stopped || this.#isClosing) return;
    const { journal, leaseMs } = this.#recording;
    const nowMs = this.#clock.monotonic();
    try {
      if (nowMs >= this.#renewAtMs) {
        this.#renewAtMs = nowMs + leaseMs / 3;
        await journal.renew(lease, leaseMs);
      }
      for (const { id, request } of await journal.requests(lease.run, this.#lastRequest)) {
        this.#lastRequest = id;
        this.#run.receive(request, id);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    const reason =
      error instanceof HeddleError ? error : new HeddleError('HEDDLE_JOURNAL_IO', String(error), { cause: error });
    void this.#run.halt(reason);
  }

  #clearTimers(): void {
    if (this.#timer !== null) this.#clock.clearTimer(this.#timer);
    if (this.#poll !== null) this.#clock.clearTimer(this.#poll);
    this.#timer = this.#poll = null;
  }
}

/** Shared by all for whom nobody waits, and never written to. */
const NOBODY: (() => void)[] = [];

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type RowPatch = NonNullable<RecordBatch['patch']>;
type Appended = Awaited<ReturnType<RunJournal['append']>>;
