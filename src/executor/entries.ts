/**
 * The record of a run: what happened, in order, as plain data. A run's state is what the decisions make of it
 * (`replay.ts`), so an entry holds what cannot be decided again: what actions gave, and what was evaluated.
 */
import type { WaitRequest } from '../actions/action.ts';
import type { EndStatus, ErrorRecord } from '../context/index.ts';
import type { RunError } from './events.ts';
import type { SavedTally } from './items-tally.ts';

/** Version of the vocabulary; stands in the first entry of a record. */
export const RECORD_VERSION = 1;

/** What the transitions of a completed execution came to. Only where something had to be evaluated. */
export interface Decision {
  /** Indexes of the transitions that fired. */
  readonly fired: readonly number[];
  /** Values of what they publish, in order. */
  readonly published: readonly unknown[];
  /** Evaluating one of them failed, and with it the run. */
  readonly error?: ErrorRecord;
}

/** The run has begun; its first tasks are ready. */
export interface BegunEntry {
  readonly type: 'begun';
  readonly version: typeof RECORD_VERSION;
  readonly atMs: number;
  /** Variables that `vars` set. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Secrets that a resume must be given: names in the keystore (`keystore.token`) and of parameters. */
  readonly secrets?: readonly string[];
  /** Secrets stand as references in this record (`sealer.ts`). */
  readonly sealed?: true;
  /** Evaluating `vars` failed, and with it the run. */
  readonly error?: ErrorRecord;
}

/** An execution has started. Left out for one that ended at once. */
export interface StartedEntry {
  readonly type: 'started';
  readonly execution: number;
  readonly task: string;
  readonly atMs: number;
  /** When its `delay` is over; absent where it has none, and once it is over. */
  readonly dueAtMs?: number;
}

/** The work of an execution was handed to other processes: whoever takes the run up asks how it stands there. */
export interface SentEntry {
  readonly type: 'sent';
  readonly execution: number;
  /** Tells it from other times that work of the same execution was sent. */
  readonly sending: number;
  readonly atMs: number;
}

/** Work that was sent has come back: the records of its chunks are a part of this one, and stand for this entry. */
export interface ChunksEntry {
  readonly type: 'chunks';
  readonly execution: number;
  /** Ids of their runs, in the order of their iterations. */
  readonly runs: readonly string[];
  /** Where a chunk says what its iterations came to together, that is enough. */
  readonly isFolded?: true;
}

/** All iterations of a chunk have ended: what they came to together, beside what each of them did. */
export interface FoldedEntry {
  readonly type: 'folded';
  readonly execution: number;
  readonly from: number;
  readonly count: number;
  /** Of the aggregations. */
  readonly states: readonly unknown[];
  readonly tally: SavedTally;
}

/** An execution has ended. */
export interface CompletedEntry {
  readonly type: 'completed';
  readonly execution: number;
  readonly task: string;
  readonly status: EndStatus;
  /** Absent: null; of a with-items task: it follows from its iterations. */
  readonly result?: unknown;
  /** The result was an iterable, which is no data. */
  readonly iterable?: true;
  readonly error?: ErrorRecord;
  /** Absent: 1; 0 for a skipped one. */
  readonly attempts?: number;
  /** Of a with-items task: elements there were (null: not known), and iterations that were started. */
  readonly items?: { readonly total: number | null; readonly started: number };
  readonly decision?: Decision;
  readonly startedAtMs: number;
  readonly atMs: number;
  /** Task executions of the whole tree by then; only where sub-workflows count too. */
  readonly treeRuns?: number;
}

/** Iterations that succeeded at the first attempt: those from `from` on, or those of `indexes`. */
export interface ItemsEntry {
  readonly type: 'items';
  readonly execution: number;
  readonly from: number;
  readonly count: number;
  /** Absent: they follow each other. */
  readonly indexes?: readonly number[];
  /** In the same order; absent where the task does not keep them. */
  readonly results?: readonly unknown[];
  /** What each gave to the aggregations; absent where there are none. */
  readonly contributions?: readonly unknown[];
}

/** One iteration that failed, or needed several attempts. */
export interface ItemEntry {
  readonly type: 'item';
  readonly execution: number;
  readonly index: number;
  readonly status: EndStatus;
  readonly result?: unknown;
  readonly error?: ErrorRecord;
  readonly attempts: number;
  /** Only of a failed one. */
  readonly key?: unknown;
  readonly item?: unknown;
  readonly contribution?: unknown;
}

/** Iterations in flight when the batch was written, or about to be called. */
export interface RunningEntry {
  readonly type: 'running';
  readonly execution: number;
  /** [-1] for an execution without items. */
  readonly indexes: readonly number[];
  readonly atMs: number;
}

/** The source of a with-items task was opened. */
export interface SourceEntry {
  readonly type: 'source';
  readonly execution: number;
  /** Null: not known before its end. */
  readonly total: number | null;
  /** What a file was when it was opened. */
  readonly file?: FileIdentity;
}

/** What tells whether a file is still the same. */
export interface FileIdentity {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
  /** SHA-256 of the first 64 KiB. */
  readonly head: string;
}

/** From here on a file can be read again: element `index` begins at a place only the reader of the file understands. */
export interface PositionEntry {
  readonly type: 'position';
  readonly execution: number;
  readonly index: number;
  readonly place: unknown;
}

/** Elements that were pulled and cannot be had again. */
export interface ElementsEntry {
  readonly type: 'elements';
  readonly execution: number;
  readonly from: number;
  readonly elements: readonly unknown[];
}

/** A further attempt is to be made. */
export interface RetryingEntry {
  readonly type: 'retrying';
  readonly execution: number;
  /** -1 outside an iteration. */
  readonly index: number;
  /** The attempt that ended. */
  readonly attempt: number;
  readonly dueAtMs: number;
}

/** An execution or iteration waits for a person, a signal or a time. */
export interface WaitingEntry {
  readonly type: 'waiting';
  readonly execution: number;
  readonly task: string;
  readonly index: number;
  /** Key of the iteration; null outside one. */
  readonly key: unknown;
  readonly wait: WaitRequest;
  readonly atMs: number;
}

/** A wait is over: somebody answered, or its time came. */
export interface AnsweredEntry {
  readonly type: 'answered';
  readonly execution: number;
  readonly index: number;
  readonly data: unknown;
  /** Number of the signal that it took. */
  readonly signal?: number;
}

/** A signal arrived; it is kept until something waits for it. */
export interface SignalledEntry {
  readonly type: 'signalled';
  /** Counts the signals of a run from 1. */
  readonly number: number;
  readonly name: string;
  readonly data: unknown;
}

/** The run is being cancelled. */
export interface CancellingEntry {
  readonly type: 'cancelling';
  readonly reason: string;
}

/** The run fails for a reason that is no task's: its timeout, its limit of task runs. */
export interface FailingEntry {
  readonly type: 'failing';
  readonly error: ErrorRecord;
  /** What is ready and has not started never does. */
  readonly drops: boolean;
}

/** The process let go of a run that only waits, or could not be recorded any further. */
export interface SuspendedEntry {
  readonly type: 'suspended';
  readonly atMs: number;
  /** The journal had failed, and what was in flight was aborted. Absent: the run only waited. */
  readonly unwritten?: true;
}

/** A process has taken the run up again. */
export interface ResumedEntry {
  readonly type: 'resumed';
  readonly atMs: number;
}

/** What `rerun` takes out of a run that has ended, to run again. */
export type Selection = FailedSelection | FromSelection;

/** Executions and iterations that failed. */
export interface FailedSelection {
  readonly failed: true;
}

/** Tasks and all that came of them. */
export interface FromSelection {
  readonly from: string | readonly string[];
  /** Of a single task with items only the iteration of this key runs again: its index, where the task has no `key`. */
  readonly key?: unknown;
}

/** The run goes on after it had ended, from what `rerun` leaves of the entries before this one. */
export interface RerunEntry {
  readonly type: 'rerun';
  readonly selection: Selection;
  readonly atMs: number;
}

/** An execution that had succeeded runs those of its iterations again that failed; what followed it stays. */
export interface ReopenedEntry {
  readonly type: 'reopened';
  readonly execution: number;
}

/** A fork changed the context: a variable (`vars.region`), a parameter or a task's result (`task.fetch.status`). */
export interface ChangedEntry {
  readonly type: 'changed';
  readonly path: readonly string[];
  readonly value: unknown;
}

/** The run has ended. */
export interface EndedEntry {
  readonly type: 'ended';
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly output: Readonly<Record<string, unknown>>;
  readonly errors: readonly RunError[];
  readonly durationMs: number;
  readonly atMs: number;
}

/** Everything that a record can hold. */
export type RunEntry =
  | BegunEntry
  | StartedEntry
  | SentEntry
  | ChunksEntry
  | FoldedEntry
  | CompletedEntry
  | ItemsEntry
  | ItemEntry
  | RunningEntry
  | SourceEntry
  | PositionEntry
  | ElementsEntry
  | RetryingEntry
  | WaitingEntry
  | AnsweredEntry
  | SignalledEntry
  | CancellingEntry
  | FailingEntry
  | SuspendedEntry
  | ResumedEntry
  | RerunEntry
  | ReopenedEntry
  | ChangedEntry
  | EndedEntry;
