/**
 * Jobs: what BullMQ does for heddle, on Redis or on PostgreSQL. A job holds ids only. Jobs of a `run` advance it, jobs of a
 * `chunk` run iterations; the two never wait behind each other.
 */
export type JobKind = 'run' | 'chunk';

/** Ids: all that a job holds. */
export interface JobData {
  readonly run: string;
  /** Of the chunk's own record; absent for jobs of a run. */
  readonly chunk?: string;
  /** Of data, for workers of another version. */
  readonly format: number;
  /** Versions of actions, by their names, that whoever works on it has to have too. Absent: any. */
  readonly actions?: Readonly<Record<string, string>>;
}

/** A job to be queued. */
export interface NewJob {
  readonly kind: JobKind;
  /** Of the queue, as `queue: NAME` and `--queue` have it. */
  readonly queue: string;
  /** A job whose id is known is not queued again. Letters, digits, `-`, `_` and `.`; not a number. */
  readonly id: string;
  readonly data: JobData;
  /** 1 first; default 1000. */
  readonly priority?: number;
  /** Milliseconds before it may be taken. Default 0. */
  readonly delayMs?: number;
}

/** A job that this process works on. */
export interface TakenJob {
  readonly id: string;
  readonly queue: string;
  readonly data: JobData;
  /** Aborted when the job's lock was lost, or the process must let go of it. */
  readonly signal: AbortSignal;
  /**
   * Keeps something else alive as long as the job is held, from the thread that renews its lock, whatever the main
   * thread does: a lease of the journal. Gives a function that stops that.
   */
  keep(lease: HeldLease): () => void;
}

/** A lease of the journal. */
export interface HeldLease {
  readonly run: string;
  readonly owner: string;
  readonly epoch: number;
}

/** What a handler says of a job: done (nothing), or to be taken again later. */
export type Handled = void | { readonly againInMs: number };

/** Works on jobs. A handler that throws is a defect or a lost server: the job is taken again, after a growing delay. */
export type Handler = (job: TakenJob) => Promise<Handled>;

/** Takes jobs of one queue and kind. */
export interface Consumer {
  /** Takes no further job until `resume`; those in hand go on. */
  pause(): Promise<void>;
  resume(): void;
  /** How many are in hand. */
  readonly active: number;
  /** Takes no further job; resolves when those in hand are done. `force`: aborts them, and hands them back to the queue. */
  close(options?: { readonly force?: boolean }): Promise<void>;
}

/** Jobs of a queue, counted. */
export interface QueueCounts {
  readonly queue: string;
  readonly kind: JobKind;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly isPaused: boolean;
  /** When the oldest that waits was queued, in milliseconds since the epoch; null: none waits. */
  readonly oldestAtMs: number | null;
}

/** A job that is repeated. */
export interface Schedule {
  /** Unique among all schedules. */
  readonly id: string;
  readonly queue: string;
  /** Five or six fields. */
  readonly cron: string;
  /** IANA name. Default UTC. */
  readonly timezone?: string;
  /** What a job of it holds beside. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch; null: never again. */
  readonly nextAtMs?: number | null;
}

/** The queues of one server and prefix. */
export interface Broker {
  add(jobs: readonly NewJob[]): Promise<void>;
  /** Whether a job of the id waits, is delayed or is being worked on. */
  isLive(kind: JobKind, queue: string, id: string): Promise<boolean>;
  /** Ids of jobs that wait, are delayed or are being worked on. */
  live(kind: JobKind, queue: string): Promise<ReadonlySet<string>>;
  /** Removes jobs that nobody works on. */
  remove(kind: JobKind, queue: string, ids: readonly string[]): Promise<void>;
  work(kind: JobKind, queue: string, slots: number, handler: Handler): Consumer;

  /** Names of all queues that ever had a job. */
  queues(): Promise<readonly string[]>;
  counts(): Promise<readonly QueueCounts[]>;
  pause(queue: string): Promise<void>;
  resume(queue: string): Promise<void>;
  /** Removes all that nobody works on; ids of the removed. */
  drain(queue: string): Promise<readonly string[]>;

  schedule(schedule: Schedule): Promise<void>;
  unschedule(id: string): Promise<boolean>;
  schedules(): Promise<readonly Schedule[]>;
  /** Takes what schedules give when their time has come. */
  workSchedules(queue: string, handler: (schedule: Schedule, atMs: number) => Promise<void>): Consumer;

  /** Called with every change of what is known of the server: `lost` with the reason, `back`, `full` (takes nothing more). */
  onState(listener: (state: 'lost' | 'back' | 'full', reason: string) => void): void;
  close(): Promise<void>;
}
