import { HeddleError } from '../errors/index.ts';
import { describe, toText } from '../expression/index.ts';
import { addNumber, addSum, emptySum, totalOf, type ExactSum } from './exact-sum.ts';
import type { Aggregation, Evaluate } from './plan.ts';

/** One kind of aggregation: how many arguments, which of them are constant numbers, and how it folds. */
export interface AggregationKind {
  readonly signature: string;
  readonly summary: string;
  readonly min: number;
  readonly max: number;
  /** Whether the first argument is a constant number of elements. */
  readonly counted: boolean;
  readonly create: (args: readonly Evaluate[], count: number) => Omit<Aggregation, 'name' | 'everyStatus'>;
}

function numberOf(value: unknown, of: string): number {
  if (typeof value === 'number') return value;
  throw new HeddleError('HEDDLE_EXPRESSION_TYPE', `${of} takes numbers, found ${describe(value)}; use number()`);
}

function comparable(value: unknown, of: string): number | string {
  if (typeof value === 'number' || typeof value === 'string') return value;
  throw new HeddleError('HEDDLE_EXPRESSION_TYPE', `${of} takes numbers or strings, found ${describe(value)}`);
}

/** @throws HEDDLE_EXPRESSION_TYPE where only one of two is a number */
function alike(first: number | string, next: number | string, of: string): void {
  if (typeof first === typeof next) return;
  throw new HeddleError('HEDDLE_EXPRESSION_TYPE', `${of} cannot compare ${describe(first)} and ${describe(next)}`);
}

/**
 * Folds the values of one argument; null contributes nothing, as in SQL. `isIdle`: whether a value can change nothing
 * any more, once the iterations before it have been folded.
 */
function over<S>(
  evaluate: Evaluate,
  start: () => S,
  fold: (state: S, value: unknown) => S,
  merge: (state: S, later: S) => S,
  finish: (state: S) => unknown,
  isIdle: (state: S, value: unknown) => boolean = () => false,
): Omit<Aggregation, 'name' | 'everyStatus'> {
  return {
    start,
    take: (scope, state) => {
      const value = evaluate(scope);
      return value === null || (state !== undefined && isIdle(state as S, value)) ? undefined : value;
    },
    fold: (state, value) => fold(state as S, value),
    merge: (state, later) => merge(state as S, later as S),
    finish: (state) => finish(state as S),
  };
}

function extreme(name: string, beats: (value: number | string, best: number | string) => boolean): AggregationKind {
  // What is not a number beats every number, as in Math.min and Math.max.
  const wins = (value: number | string, best: number | string): boolean =>
    beats(value, best) || (value !== value && best === best);
  const better = (best: number | string | null, value: number | string): number | string => {
    if (best === null) return value;
    alike(best, value, `${name}()`);
    return wins(value, best) ? value : best;
  };
  return {
    signature: `${name}(e)`,
    summary: `The ${name === 'min' ? 'smallest' : 'largest'} value of e; null where there is none.`,
    min: 1,
    max: 1,
    counted: false,
    create: ([e]) =>
      over<number | string | null>(
        e as Evaluate,
        () => null,
        (best, value) => better(best, comparable(value, `${name}()`)),
        (best, later) => (later === null ? best : better(best, later)),
        (best) => best,
        (best, value) => best !== null && typeof best === typeof value && !wins(value as number | string, best),
      ),
  };
}

interface Ranked {
  readonly by: number | string;
  readonly value: unknown;
}

/** Puts an entry into its place among those before it, where it is one of the `count` largest. */
function rank(kept: Ranked[], entry: Ranked, count: number): Ranked[] {
  const [first] = kept;
  if (first !== undefined) alike(first.by, entry.by, 'top()');
  const last = kept[count - 1];
  if (last !== undefined && entry.by <= last.by) return kept;
  let place = kept.length;
  while (place > 0 && entry.by > (kept[place - 1] as Ranked).by) place--;
  kept.splice(place, 0, entry);
  if (kept.length > count) kept.pop();
  return kept;
}

/** The sum of one group, which is there from now on. */
function sumOf(sums: Map<string, ExactSum>, group: string): ExactSum {
  let sum = sums.get(group);
  if (sum === undefined) sums.set(group, (sum = emptySum()));
  return sum;
}

/** Every aggregation, by name. */
export const AGGREGATIONS: Readonly<Record<string, AggregationKind>> = {
  count: {
    signature: 'count(e?)',
    summary: 'How many iterations; with e, how many whose e is not null.',
    min: 0,
    max: 1,
    counted: false,
    create: ([e]) =>
      over(
        e ?? (() => true),
        () => 0,
        (count) => count + 1,
        (count, later) => count + later,
        (count) => count,
      ),
  },
  count_by: {
    signature: 'count_by(e)',
    summary: 'A mapping from each value of e to how many iterations had it.',
    min: 1,
    max: 1,
    counted: false,
    create: ([e]) =>
      over(
        e as Evaluate,
        () => new Map<string, number>(),
        (counts, value) => {
          const key = toText(value);
          return counts.set(key, (counts.get(key) ?? 0) + 1);
        },
        (counts, later) => {
          for (const [key, count] of later) counts.set(key, (counts.get(key) ?? 0) + count);
          return counts;
        },
        (counts) => Object.fromEntries(counts),
      ),
  },
  sum: {
    signature: 'sum(e)',
    summary: 'The sum of e.',
    min: 1,
    max: 1,
    counted: false,
    create: ([e]) =>
      over(e as Evaluate, emptySum, (sum, value) => addNumber(sum, numberOf(value, 'sum()')), addSum, totalOf),
  },
  sum_by: {
    signature: 'sum_by(k, e)',
    summary: 'A mapping from each value of k to the sum of e over its iterations.',
    min: 2,
    max: 2,
    counted: false,
    create: ([k, e]) => ({
      start: () => new Map<string, ExactSum>(),
      take: (scope) => {
        const key = (k as Evaluate)(scope);
        const value = (e as Evaluate)(scope);
        return key === null || value === null ? undefined : [toText(key), value];
      },
      fold: (state, contribution) => {
        const [text, value] = contribution as readonly [string, unknown];
        addNumber(sumOf(state as Map<string, ExactSum>, text), numberOf(value, 'sum_by()'));
        return state;
      },
      merge: (state, later) => {
        for (const [text, sum] of later as Map<string, ExactSum>)
          addSum(sumOf(state as Map<string, ExactSum>, text), sum);
        return state;
      },
      finish: (state) =>
        Object.fromEntries([...(state as Map<string, ExactSum>)].map(([key, sum]) => [key, totalOf(sum)])),
    }),
  },
  min: extreme('min', (value, best) => value < best),
  max: extreme('max', (value, best) => value > best),
  avg: {
    signature: 'avg(e)',
    summary: 'The mean of e; null where there is none.',
    min: 1,
    max: 1,
    counted: false,
    create: ([e]) =>
      over(
        e as Evaluate,
        emptySum,
        (sum, value) => addNumber(sum, numberOf(value, 'avg()')),
        addSum,
        (state) => (state.count === 0 ? null : totalOf(state) / state.count),
      ),
  },
  first: {
    signature: 'first(n, e)',
    summary: 'The first n values of e that are not null.',
    min: 2,
    max: 2,
    counted: true,
    create: ([e], count) =>
      over<unknown[]>(
        e as Evaluate,
        () => [],
        (kept, value) => {
          if (kept.length < count) kept.push(value);
          return kept;
        },
        (kept, later) => [...kept, ...later].slice(0, count),
        (kept) => kept,
        (kept) => kept.length >= count,
      ),
  },
  top: {
    signature: 'top(n, by, e)',
    summary: 'The values of e of the n iterations whose by is largest, largest first; of equal ones the earlier.',
    min: 3,
    max: 3,
    counted: true,
    create: ([by, e], count) => ({
      start: () => [],
      take: (scope, state) => {
        const weight = (by as Evaluate)(scope);
        // What is not a number has no place among numbers.
        if (weight === null || weight !== weight) return undefined;
        const last = (state as Ranked[] | undefined)?.[count - 1];
        const key = comparable(weight, 'top()');
        const isIdle = last !== undefined && typeof key === typeof last.by && key <= last.by;
        return isIdle ? undefined : { by: key, value: (e as Evaluate)(scope) };
      },
      fold: (state, contribution) => rank(state as Ranked[], contribution as Ranked, count),
      merge: (state, later) =>
        (later as readonly Ranked[]).reduce((kept, entry) => rank(kept, entry, count), state as Ranked[]),
      finish: (state) => (state as Ranked[]).map((entry) => entry.value),
    }),
  },
  unique: {
    signature: 'unique(e)',
    summary: 'The distinct values of e, in the order in which they first came.',
    min: 1,
    max: 1,
    counted: false,
    create: ([e]) =>
      over(
        e as Evaluate,
        () => new Map<string, unknown>(),
        (seen, value) => {
          const key = `${typeof value}:${toText(value)}`;
          return seen.has(key) ? seen : seen.set(key, value);
        },
        (seen, later) => {
          for (const [key, value] of later) if (!seen.has(key)) seen.set(key, value);
          return seen;
        },
        (seen) => [...seen.values()],
        (seen, value) => seen.has(`${typeof value}:${toText(value)}`),
      ),
  },
};
