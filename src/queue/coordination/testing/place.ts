import type { Coordination, Range, RangeReport, TaskKey, TaskTerms } from '../coordination.ts';

/** A place for coordinations, as one implementation makes it. */
export interface CoordinationPlace {
  /** Opens one; a second one sees what the first did, as another process would. */
  open(): Promise<Coordination>;
  /** Removes everything; all are disconnected by then. */
  remove(): Promise<void>;
}

/** What the tests of a suite work with. */
export interface Bench {
  /** The time, in milliseconds since the epoch; only tests change it. */
  nowMs: number;
  /** The one that most tests need. */
  readonly coordination: Coordination;
  /** Opens another. */
  open(): Promise<Coordination>;
}

export const TASK: TaskKey = { run: 'r1', execution: 3, generation: 0 };

/** Terms of a test that is about something else. */
export function terms(more: Partial<TaskTerms> = {}): TaskTerms {
  return {
    total: 1000,
    window: 4,
    concurrency: Infinity,
    rate: null,
    continues: false,
    tolerate: null,
    rangeMs: 1000,
    firstCount: 10,
    maxCount: 100,
    ...more,
  };
}

/** Ranges of counts, one behind the other. */
export function rangesFrom(from: number, ...counts: readonly number[]): Range[] {
  let next = from;
  return counts.map((count) => {
    const range = { from: next, count };
    next += count;
    return range;
  });
}

/** The report of a range all of whose iterations ended well, in `itemMs` each, one after the other. */
export function ended({ from, count }: Range, itemMs = 0, failed = 0): RangeReport {
  return { from, count, ended: count, workMs: count * itemMs, failed };
}
