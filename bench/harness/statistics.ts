/** A median with the interval that holds the true one in 95 of 100 cases. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

/** The median of a list that is not empty. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/**
 * The median and its 95 % interval by order statistics, which assumes nothing of how the values are distributed. Under
 * six values there is no such interval, and the smallest and the largest stand in for it.
 */
export function estimate(values: readonly number[]): Estimate {
  const sorted = [...values].sort((a, b) => a - b);
  const skip = outside(sorted.length);
  return {
    median: median(values),
    low: sorted[skip] as number,
    high: sorted[sorted.length - 1 - skip] as number,
    rounds: sorted.length,
  };
}

/** How many values lie outside the interval on either side: the most for which that happens in under 2.5 of 100 cases. */
function outside(count: number): number {
  let probability = 0.5 ** count;
  let sum = probability;
  let skip = 0;
  while (sum <= 0.025 && skip < count / 2) {
    skip++;
    probability *= (count - skip + 1) / skip;
    sum += probability;
  }
  return Math.max(0, skip - 1);
}
