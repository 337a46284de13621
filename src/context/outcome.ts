/** Statuses an execution ends in. */
export type EndStatus = 'succeeded' | 'failed' | 'timed_out' | 'cancelled' | 'skipped';

/** An error as data, as `error()` gives it. */
export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
  readonly task: string;
  readonly index: number | null;
  readonly attempt: number | null;
}

/** Counts of a with-items task's iterations; `skipped` = never started; `total` is null where it is not known. */
export interface ItemStats {
  readonly total: number | null;
  readonly succeeded: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A failed iteration, as `failures()` lists it. */
export interface ItemFailure {
  readonly index: number;
  readonly key: unknown;
  readonly item: unknown;
  readonly error: ErrorRecord;
  readonly attempts: number;
}

/** Failures that went wrong in the same way. */
export interface FailureGroup {
  readonly reason: string;
  readonly code: string;
  readonly count: number;
  /** Keys of the first few. */
  readonly examples: readonly unknown[];
}

/** What the iterations of a with-items task share and own; bytes and times are means per iteration unless named otherwise. */
export interface ItemsCost {
  readonly iterations: number;
  /** Bytes of the context that every iteration sees and none holds a copy of. */
  readonly sharedBytes: number;
  /** Bytes of the fork, of the item where it is not part of the context, of the input and of the result. */
  readonly ownedBytesPerItem: number;
  /** Of the iteration that owns most. */
  readonly maxOwnedBytes: number;
  /** Nanoseconds; each contains the cost of reading the clock. */
  readonly forkNs: number;
  readonly renderNs: number;
  readonly actionNs: number;
  readonly collectNs: number;
}

/** What the iterations of a with-items task came to, beside their results. */
export interface ItemsOutcome {
  readonly stats: ItemStats;
  readonly failures: readonly ItemFailure[];
  readonly groups: readonly FailureGroup[];
  /** Only where it was measured. */
  readonly cost?: ItemsCost;
}

/** How an execution of a task, or one of its attempts, ended. Plain data but for the class. */
export class Outcome {
  readonly status: EndStatus;
  readonly result: unknown;
  readonly error: ErrorRecord | null;
  /** Attempts made; of a with-items task those of all iterations together. */
  readonly attempts: number;
  /** Null where the task has no items. */
  readonly items: ItemsOutcome | null;

  constructor(
    status: EndStatus,
    result: unknown,
    error: ErrorRecord | null = null,
    attempts = 1,
    items: ItemsOutcome | null = null,
  ) {
    this.status = status;
    this.result = result;
    this.error = error;
    this.attempts = attempts;
    this.items = items;
  }

  /** The same outcome without its result: what is left of it when nobody can read the result any more. */
  released(): Outcome {
    return new Outcome(this.status, undefined, this.error, this.attempts, this.items);
  }
}
