import type { ContextConstants } from '../context/index.ts';
import type { HeddleError } from '../errors/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { ChunkOrigin } from './chunk-terms.ts';
import type { Decided } from './decide.ts';
import type { Distributor } from './distribution.ts';
import type { RunEntry } from './entries.ts';
import type { ItemsExecution } from './items.ts';
import { Recorder, type Durability } from './recorder.ts';
import type { CacheStore } from './result-cache.ts';
import type { KeptSignal, Unfinished } from './unfinished.ts';
import type { Host } from './host.ts';
import type { RecordedRun, RunJournal, RunLease } from './run-journal.ts';
import { Sealer } from './sealer.ts';
import { Snapshots } from './snapshots.ts';

/** How runs are recorded: the same for a run and its sub-workflows. */
export interface RecordingTerms {
  readonly journal: RunJournal;
  readonly durability: Durability;
  /** Names this process in leases, unlike any other. */
  readonly owner: string;
  /** The owner whose runs are taken over although its leases have not expired; null: nobody's are. */
  readonly takeFrom: string | null;
  /** What the definition is stored as. */
  readonly definition: { readonly hash: string; readonly data: unknown };
  readonly labels: Readonly<Record<string, string>> | null;
  /** Whether the run is let go of as soon as it only waits; `idle`: for times and for what others do, too. */
  readonly leaves: 'never' | 'waiting' | 'idle';
  /** A lease lasts so long unless it is renewed, in milliseconds. */
  readonly leaseMs: number;
  /** Where work can be sent to; null: all of it is done here. */
  readonly distributor: Distributor | null;
  /** Whether what failed in sub-workflows runs again too. */
  readonly rerunsFailed: boolean;
  /** Runs that this process let go of when their journal failed, which could not be written either. */
  readonly unwritten: Set<string>;
}

/** Where a recorded run comes from. */
export interface RunOrigin {
  readonly id: string;
  /** Null: it starts. */
  readonly resumed: ResumedRun | null;
  /** Absent: it is a run of its own. */
  readonly chunk?: ChunkOrigin;
}

/** A run as its record says. */
export interface ResumedRun {
  readonly run: Decided;
  readonly lease: RunLease;
  readonly startedAtMs: number;
  /** Milliseconds that processes have worked on it. */
  readonly workMs: number;
  readonly taskRuns: number;
  readonly unfinished: ReadonlyMap<number, Unfinished>;
  /** How many of those that are ready were about to start, or end, together. */
  readonly batchSize: number;
  readonly signals: readonly KeptSignal[];
  readonly signalCount: number;
  readonly isCautious: boolean;
  readonly cancelReason: string | null;
  readonly hasBegun: boolean;
  readonly generation: number;
  /** What is to be recorded first: that it was resumed, that it is rerun. */
  readonly entries: readonly RunEntry[];
  /** They begin with what the record leads to without those; null: that is no data. */
  readonly snapshots: Snapshots | null;
}

/** What a run's recording needs of its driver. */
export interface RecordedDriver {
  readonly plan: Plan;
  readonly host: Host;
  readonly context: { readonly current: { readonly constants: ContextConstants } };
  /** Whether results that nothing can read any more stay. */
  readonly keepsResults: boolean;
  /** In milliseconds since the epoch; of one that was resumed, when it was started first. */
  readonly startedAtMs: number;
  /** When this process began with it, on the clock. */
  readonly startedMs: number;
  /** Stops at once and decides nothing more; `left`: the process has let go of the run. */
  halted(error: HeddleError, left: Promise<void>): void;
  /** Does what another process asks for. */
  asked(request: { readonly type: string }, id: number): void;
}

/** What a run that is recorded has beside others. */
export class RunRecording implements CacheStore {
  readonly terms: RecordingTerms;
  readonly recorder: Recorder;
  readonly generation: number;
  readonly isCautious: boolean;
  /** Null where it has not been resumed. */
  readonly resumed: ResumedRun | null;
  readonly sealer: Sealer;
  readonly #id: string;
  readonly #parent: RunRecording | null;
  #children: Set<RunRecording> | null = null;
  readonly #driver: RecordedDriver;
  #items: Map<number, ItemsExecution> | null = null;
  readonly sinceMs: number;
  /** The same in milliseconds since the epoch. */
  readonly #sinceAtMs: number;
  isHalted = false;
  /** Executions whose start was recorded ahead; null: none yet. */
  announced: Set<number> | null = null;
  /** Whether somebody waits. */
  isWaiting = false;
  /** Whether the run's row says that it waits. */
  isShownWaiting = false;
  /** Nothing further starts: the process is to let go of the run. */
  isLeaving = false;
  /** Null: it is a run of its own. */
  readonly chunk: ChunkOrigin | null;

  constructor(
    driver: RecordedDriver,
    terms: RecordingTerms,
    origin: RunOrigin,
    secrets: Readonly<Record<string, unknown>>,
    parameters: Readonly<Record<string, unknown>>,
    place: RecordedRun['parent'],
    parent: RunRecording | null,
  ) {
    const { resumed } = origin;
    this.terms = terms;
    this.resumed = resumed;
    this.chunk = origin.chunk ?? null;
    this.generation = resumed?.generation ?? parent?.generation ?? 0;
    this.isCautious = resumed?.isCautious ?? parent?.isCautious ?? false;
    this.sealer = Sealer.of(secrets);
    this.#id = origin.id;
    this.#driver = driver;
    this.#parent = parent;
    this.sinceMs = driver.startedMs;
    this.#sinceAtMs = resumed === null ? driver.startedAtMs : driver.host.now();
    const created = resumed === null ? this.#created(parameters, place) : null;
    this.recorder = new Recorder(terms, driver.host, this, this.sealer, created, resumed?.lease ?? null);
    if (parent !== null) (parent.#children ??= new Set()).add(this);
  }

  #created(parameters: Readonly<Record<string, unknown>>, place: RecordedRun['parent']): RecordedRun {
    const { definition, labels } = this.terms;
    // Field by field: spreads take longer than a small task.
    const run: { -readonly [K in keyof RecordedRun]: RecordedRun[K] } = {
      id: this.#id,
      workflow: this.#driver.plan.name,
      definition,
      parameters,
      status: 'running',
      createdAtMs: this.#sinceAtMs,
    };
    if (place !== undefined) run.parent = place;
    if (labels !== null && this.#parent === null) run.labels = labels;
    return run;
  }

  snapshots(): Snapshots | null {
    if (this.resumed !== null) return this.resumed.snapshots;
    const { plan, context, keepsResults } = this.#driver;
    const { generation } = this;
    return new Snapshots({ plan, generation, constants: context.current.constants, keepsResults }, null);
  }

  /** The time of a moment of the clock, in milliseconds since the epoch, to the microsecond. */
  timeOf(monotonicMs: number): number {
    return Math.round((this.#sinceAtMs + (monotonicMs - this.sinceMs)) * 1000) / 1000;
  }

  /** Milliseconds that processes have worked on the run by now. */
  get workMs(): number {
    return (this.resumed?.workMs ?? 0) + this.#driver.host.monotonic() - this.sinceMs;
  }

  /** What is known of an execution that has started before. */
  unfinished(execution: number): Unfinished | null {
    return this.resumed?.unfinished.get(execution) ?? null;
  }

  /** A with-items execution has started. */
  addItems(execution: number, items: ItemsExecution): void {
    this.#items ??= new Map();
    this.#items.set(execution, items);
  }

  /** Iterations that have ended of what is in flight, or ended last. */
  endedIterations = 0;

  /** How many iterations of a with-items execution were started. */
  startedOf(execution: number): number {
    return this.#items?.get(execution)?.started ?? 0;
  }

  /** An execution has ended. */
  forget(execution: number): void {
    this.endedIterations = this.#items?.get(execution)?.endedCount ?? 0;
    this.#items?.delete(execution);
    this.announced?.delete(execution);
  }

  async recall(key: string, nowMs: number): Promise<{ readonly result: unknown } | null> {
    const kept = await this.terms.journal.cached(this.#cacheKey(key), nowMs);
    return kept === null ? null : { result: this.sealer.isActive ? this.sealer.open(kept.result) : kept.result };
  }

  remember(key: string, result: unknown, expiresAtMs: number): void {
    // What cannot be kept is asked for again another time.
    this.terms.journal.cache(this.#cacheKey(key), this.sealer.seal(result), expiresAtMs).catch(() => undefined);
  }

  /** Hashed: what an author computes a key of may hold a secret. Sealed results are not for those without secrets. */
  #cacheKey(key: string): string {
    return this.#driver.host.sha256(this.sealer.isActive ? `sealed\n${key}` : key);
  }

  *inFlight(): Iterable<{ readonly execution: number; readonly indexes: readonly number[] }> {
    for (const [execution, items] of this.#items ?? []) yield { execution, indexes: items.running() };
  }

  /** Nothing of the whole tree of runs can be recorded any more. Resolves once the process has let go of it. */
  halt(error: HeddleError): Promise<void> {
    return this.#parent === null ? this.#stop(error) : this.#parent.halt(error);
  }

  async #stop(error: HeddleError): Promise<void> {
    if (this.isHalted) return;
    this.isHalted = true;
    this.recorder.stop();
    const children = [...(this.#children ?? [])].map((child) => child.#stop(error));
    // Whoever has the lease now says what becomes of the run.
    const isOwn = error.code !== 'HEDDLE_FENCED';
    const left = Promise.all([...children, isOwn ? this.#leave() : null]).then(() => undefined);
    this.#driver.halted(error, left);
    await left;
  }

  async #leave(): Promise<void> {
    if (!(await this.recorder.leave())) this.terms.unwritten.add(this.#id);
  }

  receive(request: { readonly type: string }, id: number): void {
    this.#driver.asked(request, id);
  }

  /** The run has ended, or was let go of. @throws what the journal threw */
  close(patch: Parameters<Recorder['close']>[0]): Promise<void> {
    const closed = this.recorder.close(patch);
    const parent = this.#parent;
    return parent === null ? closed : closed.finally(() => parent.#children?.delete(this));
  }

  /** Whether all is written. */
  get isClosed(): boolean {
    return this.recorder.isClosed;
  }
}
