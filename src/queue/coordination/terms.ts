import type { Range, TaskTerms } from './coordination.ts';

/** Starts are so much further apart than a rate says: the ways to the workers are not equally long. */
const SPACING = 1.02;

/** Terms as the servers keep them. */
export interface Limits {
  readonly window: number;
  /** Null: ranges are handed over. */
  readonly total: number | null;
  /** Null: no limit. */
  readonly concurrency: number | null;
  /** Milliseconds from one start to the next; null: no rate. */
  readonly spacingMs: number | null;
  /** Failures that stop nothing yet; null: none does. */
  readonly tolerated: number | null;
  readonly rangeMs: number;
  readonly firstCount: number;
  readonly maxCount: number;
}

/** What terms come to, with at least one range of one iteration. */
export function limitsOf(terms: TaskTerms): Limits {
  const { total, concurrency, rate, rangeMs } = terms;
  return {
    window: Math.max(1, terms.window),
    total,
    concurrency: concurrency === Infinity ? null : concurrency,
    spacingMs: rate === null ? null : (rate.perMs / rate.count) * SPACING,
    tolerated: toleratedOf(terms),
    rangeMs,
    firstCount: Math.max(1, terms.firstCount),
    maxCount: Math.max(1, terms.maxCount),
  };
}

function toleratedOf({ tolerate, continues, total }: TaskTerms): number | null {
  if (tolerate === null) return continues ? null : 0;
  if ('count' in tolerate) return tolerate.count;
  // Of an unknown total the run judges at the end.
  return total === null ? null : tolerate.share * total;
}

/** Ranges from `from` and `count` in turn. */
export function rangesOf(numbers: readonly number[]): readonly Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    const [from = 0, count = 0] = numbers.slice(at, at + 2);
    ranges.push({ from, count });
  }
  return ranges;
}

/** `from` and `count` of ranges in turn. */
export function numbersOf(ranges: readonly Range[]): number[] {
  return ranges.flatMap(({ from, count }) => [from, count]);
}
