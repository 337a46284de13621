import type { ContextVersion } from '../context/index.ts';
import type { SignalledEntry, WaitingEntry } from './entries.ts';
import type { ItemsProgress, DueRetry } from './items-progress.ts';
import type { Execution } from './state.ts';

/** An execution that had started and not completed when its process ended. */
export interface Unfinished {
  readonly execution: Execution;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Milliseconds that processes have worked on the run up to its start. */
  readonly startedAtWorkMs: number;
  /** The context as it was when it started. */
  readonly version: ContextVersion;
  /** When its `delay` is over; null: it is. */
  readonly dueAtMs: number | null;
  /** Only without items. */
  retry: DueRetry | null;
  /** How often it was cut off; of a with-items task its iterations are counted instead. */
  interruptions: number;
  /** What it or its iterations wait for, by index (-1: itself). */
  readonly waits: Map<number, RecordedWait>;
  /** Null: it has no items. */
  readonly items: ItemsProgress | null;
  /** It had succeeded, and what followed it stays: only its result changes. */
  readonly isReopened: boolean;
  /** Its work was handed to other processes, this time of all; null: it was not. */
  sending: number | null;
}

/** Something that is waited for, and its answer where that has come. */
export interface RecordedWait {
  readonly entry: WaitingEntry;
  answer: { readonly data: unknown } | null;
}

/** A signal that nothing has waited for yet. */
export type KeptSignal = Omit<SignalledEntry, 'type'>;
