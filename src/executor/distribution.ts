import type { RecordedRun, RunLease } from './run-journal.ts';

/**
 * Work that other processes do: an execution of a task, whole or by its iterations. Each piece (a chunk) is a record of its
 * own in the journal, with the run as its parent, and its entries are a part of the run's.
 */
export interface DistributedWork {
  readonly run: string;
  readonly task: string;
  readonly execution: number;
  /** Tells it from other times that work of the same execution was sent, as after a rerun. */
  readonly generation: number;
  /** Where the task asks to be; null: wherever the run's own jobs go. */
  readonly queue: string | null;
  /** One call without items, or iterations. */
  readonly isCall: boolean;
  /** Iterations there are; null: it is one call, or their number is known only at the end. */
  readonly total: number | null;
  /** Iterations in flight at most, everywhere together. */
  readonly concurrency: number;
  readonly rate: { readonly count: number; readonly perMs: number } | null;
  readonly continues: boolean;
  readonly tolerate: { readonly count: number } | { readonly share: number } | null;
  /** The record of a chunk, to be created in the journal. */
  readonly chunk: (from: number, count: number) => RecordedRun;
  /**
   * The same, of iterations whose elements only this process can read: so many, or as many as there are left (`count` is
   * 0, and there is no record, where none is). Null: whoever works on a chunk has its elements. What was asked for
   * before may be asked for again.
   */
  readonly feed:
    null | ((from: number, count: number) => Promise<{ readonly count: number; readonly record: RecordedRun | null }>);
}

/** How distributed work stands: `complete` with the ids of its chunks' records, in the order of their iterations. */
export type DistributedState =
  { readonly state: 'open' } | { readonly state: 'complete'; readonly chunks: readonly string[] };

/** Sends work elsewhere. Handed in with how runs are recorded. */
export interface Distributor {
  /** Whether an execution goes elsewhere. `items`: how many iterations it has, Infinity where that is not known; null: it has no items. */
  takes(task: { readonly queue: string | null; readonly distribute: boolean | null }, items: number | null): boolean;
  /**
   * Sees to it that the work is being done, and says how it stands. Asked when the task starts, and again whenever the
   * run is taken up or told that something has ended (a request `{ type: 'chunks', execution }`).
   */
  place(work: DistributedWork): Promise<DistributedState>;
  /** The work is not wanted any more: nothing further of it starts. */
  cancel(work: DistributedWork): Promise<void>;
}

/** What the iterations of a chunk may do, as all who work on the task agree. */
export interface ItemsGate {
  /** Iterations of this chunk in flight at most; may change. */
  readonly concurrency: number;
  /** Whether no further iteration may start. */
  readonly isStopped: boolean;
  /** Milliseconds until the next iteration may start; 0: now, and it counts as started. */
  take(nowMs: number): number;
  /** Calls back when any of these has changed. */
  onChange(callback: () => void): void;
  /** An iteration has ended in anything but success. */
  failed(): void;
  /** There are fewer iterations to start than there might be in flight. */
  spare(): void;
  /** How many are in flight, whenever that is asked. */
  watch(inFlight: () => number): void;
}

/** How work on a recorded run is done for a while. */
export interface WorkTerms {
  /** Secret parameters, which are not recorded. */
  readonly secrets?: Readonly<Record<string, unknown>>;
  /** Nothing further is started once it is aborted; what is in flight ends, and the run is handed back. */
  readonly leave: AbortSignal;
  /** What is in flight is aborted, and the run is handed back at once. */
  readonly signal: AbortSignal;
  /** A lease lasts so long unless it is renewed, in milliseconds. */
  readonly leaseMs: number;
  /** Told of the lease that was acquired; gives what is to be called when it is not needed any more. */
  readonly keep?: (lease: RunLease) => () => void;
}

/** What came of the work on a chunk. */
export interface ChunkResult {
  /** `left`: handed back before its end; whoever takes it goes on. */
  readonly state: 'ended' | 'left';
  readonly task: string;
  readonly execution: number;
  readonly generation: number;
  readonly run: string;
  readonly from: number;
  /** Null: one call without items. */
  readonly count: number | null;
  /** Iterations that ended. */
  readonly ended: number;
  /** The record of another chunk of the same task. */
  readonly chunk: (from: number, count: number) => RecordedRun;
}

/** What came of the work on a run: it has ended, or waits (for people, times, or work that is elsewhere). */
export interface Advanced {
  readonly status: 'waiting' | 'succeeded' | 'failed' | 'cancelled';
  /** When a timer of it is due, in milliseconds since the epoch; null: none is. */
  readonly dueAtMs: number | null;
  /** Whether something asked of the run while it was being let go of. */
  readonly hasRequests: boolean;
}
