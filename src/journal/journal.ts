import type { RunStatus } from '../executor/events.ts';

/**
 * One entry of a run's record: plain data with a type. What types there are is the executor's business. Values survive
 * exactly as `structuredClone` would copy them; a value over 16 KiB anywhere inside is stored once under its hash.
 */
export interface Entry {
  readonly type: string;
}

/** An entry with its place in the record of its run. */
export interface RecordedEntry {
  /** Counts the entries of a run from 1, without gaps. */
  readonly seq: number;
  readonly entry: Entry;
}

/** Status of a run in the journal: `blocked` waits for a secret that a resume was not given. */
export type RecordedStatus = RunStatus | 'blocked';

/** Where a forked run came from. */
export interface ForkOrigin {
  readonly run: string;
  readonly task: string;
  /** Key of the item the fork began at, where it was one. */
  readonly item?: unknown;
}

/** A run to be recorded. */
export interface NewRun {
  readonly id: string;
  /** Name of the workflow. */
  readonly workflow: string;
  /** The definition is stored once under this hash, whatever number of runs have it. */
  readonly definition: { readonly hash: string; readonly data: unknown };
  /** Without secrets: the journal writes what it is given. */
  readonly parameters: unknown;
  readonly status: RecordedStatus;
  readonly createdAtMs: number;
  /** The run and task that started this run as a sub-workflow, or that it is a piece of. */
  readonly parent?: { readonly run: string; readonly task: string };
  /**
   * A part of the work of its parent (a chunk of iterations), which nobody started as a run: lists leave it out, and it
   * goes when its parent does. Needs a parent that is in the journal. Default false.
   */
  readonly piece?: boolean;
  readonly fork?: ForkOrigin;
  /** Free pairs for finding runs again. Default none. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What changes in the row of a run. What is not named stays. */
export interface RunPatch {
  readonly status?: RecordedStatus;
  readonly startedAtMs?: number;
  /** Null: the run goes on after it had ended. */
  readonly endedAtMs?: number | null;
  /** Small data for lists of runs (counts, the first error), as the writer likes it. */
  readonly summary?: unknown;
}

/** A run as lists show it. */
export interface RunSummary {
  readonly id: string;
  readonly workflow: string;
  readonly definitionHash: string;
  readonly status: RecordedStatus;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly parent: { readonly run: string; readonly task: string } | null;
  readonly piece: boolean;
  readonly fork: ForkOrigin | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: unknown;
}

/** A run with what it was given and who works on it. */
export interface RunRecord extends RunSummary {
  readonly parameters: unknown;
  /** Number of entries so far. */
  readonly lastSeq: number;
  /** The latest lease, also after it expired; null where it was released or never taken. */
  readonly lease: { readonly owner: string; readonly epoch: number; readonly expiresAtMs: number } | null;
}

/** The right to write to a run, valid until somebody else acquires it. */
export interface Lease {
  readonly run: string;
  readonly owner: string;
  /** Grows with every acquisition; every write verifies it. */
  readonly epoch: number;
}

/** How a lease is asked for. */
export interface LeaseRequest {
  /** Unlike that of any other process, also of one that comes later on the same machine. */
  readonly owner: string;
  /** How long nobody else may acquire the run, in milliseconds. */
  readonly ttlMs: number;
}

/** One batch of a run, written as a whole or not at all. */
export interface Batch {
  /** Default none. */
  readonly entries?: readonly Entry[];
  readonly patch?: RunPatch;
  /** Requests that these entries answer; they leave the inbox with this batch. */
  readonly answered?: readonly number[];
  /** Gives up the lease with this batch. Default false. */
  readonly release?: boolean;
  /** On disk, fsync included, when the promise resolves. Default false: a power cut may lose it, a killed process not. */
  readonly durable?: boolean;
}

/** What a batch came to. */
export interface Appended {
  /** Sequence of the last entry of the run. */
  readonly seq: number;
  /** Whether unanswered requests wait in the inbox of the run. */
  readonly hasRequests: boolean;
}

/** A compact state of a run. */
export interface Snapshot {
  /** The last entry it contains. */
  readonly seq: number;
  readonly data: unknown;
}

/** What another process asks of a run: cancel, approve, signal. */
export interface RunRequest {
  readonly type: string;
}

/** A request in the inbox of a run. */
export interface ReceivedRequest {
  /** Grows with every request of a journal. */
  readonly id: number;
  readonly request: RunRequest;
}

/** Which entries are read. */
export interface EntriesQuery {
  /** Entries with a larger sequence. Default 0: all. */
  readonly after?: number;
  /** Entries in a page. Default 500. */
  readonly pageSize?: number;
}

/** Which runs are listed; what is not given does not filter. */
export interface RunsQuery {
  readonly workflow?: string;
  readonly status?: readonly RecordedStatus[];
  /** Created at this time or later, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  /** Created before this time. */
  readonly untilMs?: number;
  /** Null: runs without a parent. */
  readonly parent?: string | null;
  /** True: pieces of runs, and nothing else. Default false: no pieces. */
  readonly pieces?: boolean;
  /** Runs that have all of these pairs. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Default false: the newest first. */
  readonly oldestFirst?: boolean;
  /** Default 100. */
  readonly limit?: number;
  /** Where the page before ended, of the same query. */
  readonly cursor?: string;
}

/** A page of runs. */
export interface RunsPage {
  readonly runs: readonly RunSummary[];
  /** Null on the last page. */
  readonly cursor: string | null;
}

/** What is removed. Runs that have not ended, and those that somebody works on, stay. */
export interface PruneQuery {
  /** Runs that ended before this time, in milliseconds since the epoch. */
  readonly endedBeforeMs: number;
  /** So many of the newest ended runs stay, however old they are. Default 0. */
  readonly keep?: number;
}

/** Something that is wrong in a journal. */
export interface JournalProblem {
  /** Null: the file itself. */
  readonly run: string | null;
  readonly message: string;
}

/**
 * The record of runs. One suite (`conformance.ts`) says what an implementation must do.
 *
 * Calls of one journal take effect in the order they were made in. What is handed in must not change until the promise
 * is settled, and an entry itself (other than the values in it) never: it is handed over. What is read belongs to nobody
 * and is not to be changed. Every method may reject with one of the
 * `HEDDLE_JOURNAL_…` codes (nothing of that call is written then) and with HEDDLE_NOT_SERIALISABLE for values that are no data.
 */
export interface Journal {
  /**
   * Records a run, acquires its lease and writes its first batch, in one transaction. Null, and nothing is written, where
   * there is a run of that id, or for a piece where its parent is not there.
   */
  start(run: NewRun, lease: LeaseRequest, batch?: Batch): Promise<Lease | null>;
  /** Records a run that nobody works on yet; false where there is one of that id, or for a piece where its parent is not there. */
  createRun(run: NewRun): Promise<boolean>;

  /**
   * Acquires the lease of a run, ended ones too. Null where there is no such run or somebody else holds an unexpired
   * lease; `takeFrom` names an owner known to be gone, whose lease counts as expired.
   */
  acquire(run: string, lease: LeaseRequest, takeFrom?: string): Promise<Lease | null>;
  /** Lets a lease last for `ttlMs` from now. @throws HEDDLE_FENCED */
  renew(lease: Lease, ttlMs: number): Promise<void>;
  /** Gives a lease up; does nothing where somebody else has it. */
  release(lease: Lease): Promise<void>;

  /** Writes a batch. @throws HEDDLE_FENCED where the lease is somebody else's by now: nothing is written. */
  append(lease: Lease, batch: Batch): Promise<Appended>;
  /** Takes the place of the run's snapshot. @throws HEDDLE_FENCED */
  saveSnapshot(lease: Lease, snapshot: Snapshot): Promise<void>;

  run(id: string): Promise<RunRecord | null>;
  runs(query?: RunsQuery): Promise<RunsPage>;
  /** The definition that runs with this hash were started with. */
  definition(hash: string): Promise<unknown>;
  /** The newest snapshot: read it first, then the entries after its `seq`. */
  snapshot(run: string): Promise<Snapshot | null>;
  /** Pages of entries in order. Entries that a snapshot contains stay readable. */
  entries(run: string, query?: EntriesQuery): AsyncIterable<readonly RecordedEntry[]>;

  /** Puts a request into the inbox of a run; its id, or null where there is no such run or it has ended. */
  request(run: string, request: RunRequest): Promise<number | null>;
  /**
   * Requests that wait, oldest first. They stay until a batch names them as `answered`, so that one that was read by a
   * process that died is not lost; whoever reads again skips the ids it has in hand.
   */
  requests(run: string, afterId?: number): Promise<readonly ReceivedRequest[]>;

  /** The result kept under a key that has not expired at `nowMs`. */
  cached(key: string, nowMs: number): Promise<{ readonly result: unknown } | null>;
  /** Keeps a result until `expiresAtMs` (milliseconds since the epoch; Infinity: for ever). */
  cache(key: string, result: unknown, expiresAtMs: number): Promise<void>;

  /**
   * Removes old runs with their sub-workflows' runs and their pieces, expired results and what nothing refers to; ids of
   * the removed runs, without those of pieces.
   */
  prune(query: PruneQuery): Promise<readonly string[]>;
  /** Writes a complete copy to a new file, while runs go on. */
  backup(file: string): Promise<void>;
  /** Gives space of what was removed back to the file system. */
  compact(): Promise<void>;
  /** Looks for damage; empty where all is well. */
  check(): Promise<readonly JournalProblem[]>;
  /** Writes what is under way and closes. */
  close(): Promise<void>;
}
