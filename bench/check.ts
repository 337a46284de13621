import type { Figures } from './harness/rounds.ts';
import { estimate, type Estimate } from './harness/statistics.ts';
import { targets, type Metric, type Place, type Target } from './targets.ts';

/** A target beside what was measured. */
export interface Verdict {
  readonly target: Target;
  readonly measured: Estimate;
  /** Whether the interval reaches the target. */
  readonly isMet: boolean;
}

/** What was measured of each target; targets whose variants did not take part are left out. */
export function judge(targets: readonly Target[], measured: ReadonlyMap<string, Figures>): Verdict[] {
  return targets.flatMap((target) => {
    const figures = measured.get(target.comparison);
    const values = figures === undefined ? null : valuesOf(target.metric, figures);
    if (values === null) return [];
    const estimated = estimate(values);
    const isMet =
      estimated.low <= (target.atMost ?? Infinity) && estimated.high >= (target.atLeast ?? Number.NEGATIVE_INFINITY);
    return [{ target, measured: estimated, isMet }];
  });
}

/** Whether some target needs a variant. */
export function isJudged(comparison: string, variant: string): boolean {
  return targets.some(
    (target) =>
      target.comparison === comparison && placesOf(target.metric).some((place) => variantOf(place) === variant),
  );
}

/** The figures a metric is made of. */
export function placesOf(metric: Metric): readonly Place[] {
  switch (metric.kind) {
    case 'figure':
      return [metric.of];
    case 'ratio':
      return [metric.of, metric.over];
    case 'slope':
      return [metric.from, metric.to];
    case 'difference':
      return [metric.of, metric.less];
  }
}

/** The variant of a place. */
export function variantOf({ variant = 'heddle' }: Place): string {
  return variant;
}

/** A metric in every round: figures of one round were taken side by side, so that what slowed one slowed the other. */
function valuesOf(metric: Metric, figures: Figures): readonly number[] | null {
  const at = (place: Place): readonly number[] | null => figures.of(variantOf(place), place.case);
  switch (metric.kind) {
    case 'figure':
      return at(metric.of);
    case 'ratio':
      return paired(at(metric.of), at(metric.over), (of, over) => of / over);
    case 'slope':
      return paired(at(metric.to), at(metric.from), (to, from) => (to - from) / metric.steps);
    case 'difference':
      return paired(at(metric.of), at(metric.less), (of, less) => of - less);
  }
}

function paired(
  left: readonly number[] | null,
  right: readonly number[] | null,
  combine: (left: number, right: number) => number,
): readonly number[] | null {
  if (left === null || right === null) return null;
  return left.map((value, round) => combine(value, right[round] as number));
}
