import type { ContextVersion } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { DistributedWork, Distributor } from './distribution.ts';
import type { CompletedEntry } from './entries.ts';
import type { Clock } from './host.ts';
import { Flight } from './in-flight.ts';
import type { ItemsFeed } from './items-feed.ts';
import type { ItemsProgress } from './items-progress.ts';
import { readChunk, type RecordSource } from './read-record.ts';
import { ABORT_GRACE_MS } from './services.ts';
import type { Execution } from './state.ts';
import type { Unfinished } from './unfinished.ts';
import type { AbortStatus } from './unit.ts';

/** How often it is asked whether others have stopped, in milliseconds. */
const ASK_MS = 100;
/** How long others may take to stop: as long as an action may, and until they have heard of it. */
const STOP_MS = ABORT_GRACE_MS + 1000;

/** What work that is away needs of its run. */
export interface AwayHost {
  readonly clock: Clock;
  readonly journal: RecordSource;
  readonly distributor: Distributor;
  /** Whether the run goes on here; else what is away is left alone. */
  isLive(): boolean;
  /** What a record says, with the secrets in it. */
  open<T>(recorded: T): T;
  /** The server that holds the work cannot be asked: the run cannot go on here. */
  failed(error: HeddleError): void;
  /** Others are at work, and nothing is to be done here. */
  isAway(): void;
  returned(flight: WorkAway): void;
}

/** What is sent away. */
export interface Sending {
  readonly work: DistributedWork;
  readonly version: ContextVersion;
  /** Of its iterations; null: it is one call. */
  readonly progress: ItemsProgress | null;
  /** What is read here for others; null: nothing is. */
  readonly feed: ItemsFeed | null;
  /** Null: it has not been sent before. */
  readonly unfinished: Unfinished | null;
}

/** An execution whose work other processes do. */
export class WorkAway extends Flight {
  readonly sending: Sending;
  /** Whether others are at work, as far as is known, and this process has nothing to do with it. */
  isIdle = false;
  /** How it is to end, where that was asked for. */
  aborted: { readonly status: AbortStatus; readonly reason: unknown } | null = null;
  /** Ids of its chunks, once they have all ended. */
  chunks: readonly string[] = [];
  /** What its one call came to. */
  completed: CompletedEntry | null = null;
  readonly #host: AwayHost;
  #isAsking = false;
  #asksAgain = false;
  #stopByMs = Infinity;

  constructor(execution: Execution, sending: Sending, host: AwayHost) {
    super(execution);
    this.sending = sending;
    this.#host = host;
  }

  /** Sees to it that the work is done, and whether it is. */
  look(): void {
    this.isIdle = false;
    if (this.#isAsking) this.#asksAgain = true;
    else {
      this.#isAsking = true;
      this.#ask().catch((error: unknown) => this.#fail(error));
    }
  }

  override abort(status: AbortStatus, reason: unknown): void {
    if (this.aborted !== null || !this.#host.isLive()) return;
    this.aborted = { status, reason };
    this.isIdle = false;
    this.#stopByMs = this.#host.clock.monotonic() + STOP_MS;
    this.#host.distributor.cancel(this.sending.work).then(
      () => this.look(),
      (error: unknown) => this.#fail(error),
    );
  }

  async #ask(): Promise<void> {
    const { work } = this.sending;
    const { distributor, clock } = this.#host;
    this.#asksAgain = false;
    const placed = await distributor.place(work);
    this.#isAsking = false;
    if (!this.isAdded) return;
    if (placed.state === 'complete') await this.#collect(placed.chunks);
    else if (this.#asksAgain) this.look();
    else if (this.aborted === null) {
      this.isIdle = true;
      // The file is opened anew where the rest of it is wanted.
      this.sending.feed?.close();
      this.#host.isAway();
    } else if (clock.monotonic() < this.#stopByMs) clock.setTimer(ASK_MS, () => this.look());
    else this.#host.returned(this);
  }

  async #collect(chunks: readonly string[]): Promise<void> {
    this.#isAsking = true;
    const { journal } = this.#host;
    const { progress } = this.sending;
    for (const chunk of chunks) {
      if (progress === null) await this.#collectCall(chunk);
      else
        for await (const page of readChunk(journal, chunk, progress.folding !== null))
          for (const entry of page) progress.feed(this.#host.open(entry));
    }
    this.chunks = chunks;
    this.sending.feed?.close();
    if (this.isAdded) this.#host.returned(this);
  }

  async #collectCall(chunk: string): Promise<void> {
    for await (const page of this.#host.journal.entries(chunk)) {
      for (const { entry } of page) {
        if (entry.type === 'completed') this.completed = this.#host.open(entry as CompletedEntry);
      }
    }
  }

  #fail(error: unknown): void {
    const reason =
      error instanceof HeddleError ? error : new HeddleError('HEDDLE_INTERNAL', String(error), { cause: error });
    if (this.isAdded) this.#host.failed(reason);
  }
}
