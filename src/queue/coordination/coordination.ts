/**
 * What workers that share one task have to agree on: which iterations are whose, how many may run at once and how fast,
 * and whether to go on. It lies in the server that holds the queue; the journal alone says what was done, so that all of
 * this can be made again from there.
 */

/** One execution of a task whose work is spread over workers. */
export interface TaskKey {
  readonly run: string;
  readonly execution: number;
  /** How often the run was rerun: work of another generation is other work. */
  readonly generation: number;
}

/** Iterations `from` up to `from + count`. */
export interface Range {
  readonly from: number;
  readonly count: number;
}

/** What is asked of the iterations of one execution as a whole. */
export interface TaskTerms {
  /** Iterations there are. Null: they are handed over bit by bit, with `add`. */
  readonly total: number | null;
  /** Ranges that are claimed and not finished, at most. */
  readonly window: number;
  /** Iterations in flight on all workers together, at most; Infinity: no limit. */
  readonly concurrency: number;
  /** Starts per `perMs` on all workers together. */
  readonly rate: { readonly count: number; readonly perMs: number } | null;
  /** Whether a failure lets further iterations start, as far as `tolerate` goes. */
  readonly continues: boolean;
  /** How many failures stop the rest: a number, or a share of `total`. Null: none with `continues`, else the first. */
  readonly tolerate: { readonly count: number } | { readonly share: number } | null;
  /** How long a range should take, in milliseconds: claims follow the measured time per iteration. */
  readonly rangeMs: number;
  /** Iterations of a range before anything was measured, and at most. */
  readonly firstCount: number;
  readonly maxCount: number;
  /** What is known to be done already; what is neither in here nor claimed is claimed later. Default none. */
  readonly done?: readonly Range[];
  /** What is known to be claimed and not finished, by chunks that the journal has. Default none. */
  readonly claimed?: readonly Range[];
}

/** How an execution stands. */
export interface TaskState {
  /** `complete`: nothing is claimed and nothing is left (after a stop: nothing is claimed). */
  readonly state: 'open' | 'complete';
  /** Whether no further iteration may start. */
  readonly isStopped: boolean;
  /** Fewer ranges are at hand than half the window, and more may be added. Only where `total` is null. */
  readonly isHungry: boolean;
  readonly total: number | null;
  readonly failed: number;
  /** Iterations of finished ranges. */
  readonly ended: number;
  /** Claimed and not finished, in order. */
  readonly open: readonly Range[];
  /** Finished, in order. */
  readonly done: readonly Range[];
  /** Milliseconds of work per iteration as measured, null before. */
  readonly itemMs: number | null;
}

/** What became of a claimed range. */
export interface RangeReport extends Range {
  /** Iterations that ended; fewer than `count` after a stop. */
  readonly ended: number;
  /** Milliseconds that the range took, times the iterations that were in flight on average. */
  readonly workMs: number;
  /** Milliseconds that the range took, by which the next ones are sized. Default `workMs`, as of one after the other. */
  readonly tookMs?: number;
  /** Failures that no `hold` has reported yet. */
  readonly failed: number;
}

/** What a finished range leads to. */
export interface Finished {
  /** Claimed for whoever finished: they are to be made into jobs. */
  readonly claimed: readonly Range[];
  readonly state: TaskState['state'];
  readonly isStopped: boolean;
  readonly isHungry: boolean;
}

/** What a holder of permits says of itself. */
export interface HoldRequest {
  /** Permits of those it has that it uses while it asks, for what is in flight and for what it starts: they stay its own. */
  readonly keeps: number;
  /** Iterations it could have in flight. */
  readonly wants: number;
  /** Failures since it last said. */
  readonly failed: number;
  /** Unless it asks again, its permits are free after so many milliseconds. */
  readonly ttlMs: number;
}

/** What a holder of permits has. */
export interface Held {
  readonly permits: number;
  readonly isStopped: boolean;
  /** What is fair where others want permits too: who has more in flight starts nothing until it has fewer. */
  readonly share: number;
}

/** Starts that were reserved: the first in so many milliseconds, the others `spacingMs` apart. */
export interface Reserved {
  readonly inMs: number;
  readonly spacingMs: number;
}

/** A worker that is there. */
export interface WorkerInfo {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly queues: readonly string[];
  /** Names of the actions that it knows, with their versions where they have one. */
  readonly actions: Readonly<Record<string, string | null>>;
  readonly concurrency: number;
  readonly startedAtMs: number;
  /** What it says of itself: `taking` work, `pausing` (memory, lost store), `leaving`. */
  readonly state: 'taking' | 'pausing' | 'leaving';
  readonly reason: string | null;
}

/**
 * Agreement between workers. Every method is one atomic step on the server, and uses the server's clock. A call whose
 * connection broke is sent again and done once.
 *
 * An execution that is not known (it was closed, or the server lost it) is `complete` with nothing claimed, so that whoever
 * finishes something wakes the run, which opens it again from the journal; it gives no permits, and does not stop either.
 *
 * @throws HEDDLE_QUEUE_CLOSED, _DENIED, _FULL, _IO, _UNREACHABLE
 */
export interface Coordination {
  /**
   * Makes an execution known and claims its first ranges, as many as the window takes; where it is known already, nothing
   * changes and nothing is claimed.
   */
  open(task: TaskKey, terms: TaskTerms): Promise<{ readonly isNew: boolean; readonly claimed: readonly Range[] }>;
  /** Null where it is not known. */
  state(task: TaskKey): Promise<TaskState | null>;
  /** Adds claimed ranges to an execution whose total is not known; those that are known already are ignored. */
  add(task: TaskKey, ranges: readonly Range[]): Promise<void>;
  /** There are no more than those that were added. */
  end(task: TaskKey, total: number): Promise<TaskState['state']>;
  /**
   * A range is done. Claims what the window then takes. Called again for the same range it changes nothing and claims
   * nothing, whatever it is told; so does a range that overlaps others. One that nobody claimed counts as any other.
   */
  finish(task: TaskKey, report: RangeReport): Promise<Finished>;
  /** A claimed range is not to be done any more (after a stop); it counts as nothing. */
  abandon(task: TaskKey, range: Range): Promise<TaskState['state']>;
  /** No further iteration starts. */
  stop(task: TaskKey): Promise<void>;

  /**
   * Takes, keeps or gives back permits: at most `wants`, at least `keeps` of those it has, and never more than
   * `concurrency` for all holders together. Holders get equal shares as others let go. Also says whether to stop.
   */
  hold(task: TaskKey, holder: string, request: HoldRequest): Promise<Held>;
  /** Gives all permits of a holder back. */
  letGo(task: TaskKey, holder: string): Promise<void>;
  /**
   * Reserves `count` starts, evenly spaced over all holders. What is not used is lost. Only where there is a rate.
   *
   * @throws HEDDLE_RUN_UNKNOWN where the execution is not known
   */
  reserve(task: TaskKey, count: number): Promise<Reserved>;

  /** Forgets an execution, or all of a run. */
  close(task: TaskKey): Promise<void>;
  closeRun(run: string): Promise<void>;
  /** Executions that are known, for those who look for work that was lost. */
  tasks(): Promise<readonly TaskKey[]>;

  /** Says that a worker is there, for `ttlMs`. */
  announce(worker: WorkerInfo, ttlMs: number): Promise<void>;
  withdraw(worker: string): Promise<void>;
  workers(): Promise<readonly WorkerInfo[]>;

  /** Bytes that the server holds (Redis: memory used; PostgreSQL: size of the database). */
  bytes(): Promise<number>;
  /** Closes connections. */
  disconnect(): Promise<void>;
}
