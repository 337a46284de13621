import { HeddleError } from '../errors/index.ts';
import { describe, toText } from '../expression/index.ts';
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

/** A sum with Neumaier's compensation, so that it does not depend on the size of what came before. */
interface Sum {
  sum: number;
  compensation: number;
  count: number;
}

function add(state: Sum, value: number): Sum {
  const sum = state.sum + value;
  state.compensation += Math.abs(state.sum) >= Math.abs(value) ? state.sum - sum + value : value - sum + state.sum;
  state.sum = sum;
  state.count++;
  return state;
}

const emptySum = (): Sum => ({ sum: 0, compensation: 0, count: 0 });
const totalOf = (state: Sum): number => state.sum + state.compensation;

function numberOf(value: unknown, of: string): number {
  if (typeof value === 'number') return value;
  throw new HeddleError('HEDDLE_EXPRESSION_TYPE', `${of} takes numbers, found ${describe(value)}; use number()`);
}

function comparable(value: unknown, of: string): number | string {
  if (typeof value === 'number' || typeof value === 'string') return value;
  throw new HeddleError('HEDDLE_EXPRESSION_TYPE', `${of} takes numbers or strings, found ${describe(value)}`);
}

/**
 * Folds the values of one argument; null contributes nothing, as in SQL. `isIdle`: whether a value can change nothing
 * any more, once the iterations before it have been folded.
 */
function over<S>(
  evaluate: Evaluate,
  start: () => S,
  fold: (state: S, value: unknown) => S,
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
    finish: (state) => finish(state as S),
  };
}

function extreme(name: string, wins: (value: number | string, best: number | string) => boolean): AggregationKind {
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
        (best, value) => {
          const next = comparable(value, `${name}()`);
          if (best !== null && typeof best !== typeof next) {
            const found = `${describe(best)} and ${describe(next)}`;
            throw new HeddleError('HEDDLE_EXPRESSION_TYPE', `${name}() cannot compare ${found}`);
          }
          return best === null || wins(next, best) ? next : best;
        },
        (best) => best,
        (best, value) =>
          best !== null && typeof best === typeof value && !wins(value as number | string, best) && value === value,
      ),
  };
}

interface Ranked {
  readonly by: number | string;
  readonly value: unknown;
}

function rank(kept: Ranked[], entry: Ranked, count: number): Ranked[] {
  let place = kept.length;
  while (place > 0 && entry.by > (kept[place - 1] as Ranked).by) place--;
  if (place < count) kept.splice(place, 0, entry);
  if (kept.length > count) kept.pop();
  return kept;
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
        (counts) => Object.fromEntries(counts),
      ),
  },
  sum: {
    signature: 'sum(e)',
    summary: 'The sum of e.',
    min: 1,
    max: 1,
    counted: false,
    create: ([e]) => over(e as Evaluate, emptySum, (state, value) => add(state, numberOf(value, 'sum()')), totalOf),
  },
  sum_by: {
    signature: 'sum_by(k, e)',
    summary: 'A mapping from each value of k to the sum of e over its iterations.',
    min: 2,
    max: 2,
    counted: false,
    create: ([k, e]) => ({
      start: () => new Map<string, Sum>(),
      take: (scope) => {
        const key = (k as Evaluate)(scope);
        const value = (e as Evaluate)(scope);
        return key === null || value === null ? undefined : [toText(key), value];
      },
      fold: (state, contribution) => {
        const sums = state as Map<string, Sum>;
        const [text, value] = contribution as readonly [string, unknown];
        return sums.set(text, add(sums.get(text) ?? emptySum(), numberOf(value, 'sum_by()')));
      },
      finish: (state) => Object.fromEntries([...(state as Map<string, Sum>)].map(([key, sum]) => [key, totalOf(sum)])),
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
        (state, value) => add(state, numberOf(value, 'avg()')),
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
        if (weight === null) return undefined;
        const last = (state as Ranked[] | undefined)?.[count - 1];
        const key = comparable(weight, 'top()');
        return last !== undefined && key <= last.by ? undefined : { by: key, value: (e as Evaluate)(scope) };
      },
      fold: (state, contribution) => {
        const kept = state as Ranked[];
        const last = kept[count - 1];
        const entry = contribution as Ranked;
        return last !== undefined && entry.by <= last.by ? kept : rank(kept, entry, count);
      },
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
        (seen) => [...seen.values()],
        (seen, value) => seen.has(`${typeof value}:${toText(value)}`),
      ),
  },
};
