import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addNumber, addSum, emptySum, totalOf, type ExactSum } from './exact-sum.ts';

const sumOf = (values: readonly number[]): ExactSum => values.reduce(addNumber, emptySum());
const total = (values: readonly number[]): number => totalOf(sumOf(values));

const MAX = Number.MAX_VALUE;
const MIN = Number.MIN_VALUE;
/** Half of what the largest number is followed by. */
const HALF_STEP = 2 ** 970;

describe('the sum of numbers', () => {
  it.each<[string, number[], number]>([
    ['none', [], 0],
    ['one', [0.1], 0.1],
    ['zeros', [-0, -0], 0],
    ['whole numbers', [1, 2, 3, -4], 2],
    ['tenths', Array.from({ length: 10 }, () => 0.1), 1],
    ['what cancels', [1e100, 1, -1e100, 1], 2],
    ['the smallest', [MIN, MIN, -MIN], MIN],
    ['far apart', [1e308, 1e-308, -1e308], 1e-308],
    ['very far apart', [1e308, 1, 1e-308, 1e-160, -1e308, -1, -1e-160], 1e-308],
    ['a tie, to the even one below', [2 ** 53, 1], 2 ** 53],
    ['a tie, to the even one above', [2 ** 53 + 2, 1], 2 ** 53 + 4],
    ['nearly a tie, by a little more', [2 ** 53, 1, MIN], 2 ** 53 + 2],
    ['nearly a tie, by a little less', [2 ** 53 + 2, 1, -MIN], 2 ** 53 + 2],
    ['nearly a tie, negative', [-(2 ** 53), -1, -MIN], -(2 ** 53) - 2],
    ['more than there is, on the way', [MAX, MAX, -MAX], MAX],
    ['more than there is, at the end', [MAX, MAX], Infinity],
    ['less than there is', [-MAX, -MAX, 1], -Infinity],
    ['nearly more than there is', [MAX, HALF_STEP, -MIN], MAX],
    ['just more than there is', [MAX, HALF_STEP], Infinity],
    ['an infinity', [1, Infinity, MAX, MAX], Infinity],
    ['both infinities', [Infinity, -Infinity, 1], NaN],
    ['something that is no number', [1, NaN, Infinity], NaN],
  ])('%s', (_, values, expected) => {
    expect(total(values)).toBe(expected);
    expect(total(values.toReversed())).toBe(expected);
  });

  it('of tenths, as often as there are in a million', () => {
    // Added one by one they make 100000.00000133288.
    expect(total(Array.from({ length: 1_000_000 }, () => 0.1))).toBe(100_000);
  });
});

/** Finite numbers of every size, whole numbers and prices among them. */
const NUMBERS = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  fc.integer(),
  fc.integer().map((cents) => cents / 100),
  fc.constantFrom(MAX, -MAX, 1e308, -1e308, 1e-308, -1e-308, MIN, -MIN, 2 ** 53, 1, 0.1, -0, HALF_STEP, 2 ** 960),
);

/** The same by another way: fractions of whole numbers, as the decimal notation of 2^-1074 has them. */
function reference(values: readonly number[]): number {
  let sum = 0n;
  for (const value of values) sum += units(value);
  return numberOf(sum);
}

/** How many times 2^-1074, by multiplying with 2 until it is whole. */
function units(value: number): bigint {
  let whole = value;
  let shift = 1074;
  for (; shift > 0 && !Number.isInteger(whole); shift--) whole *= 2;
  return BigInt(whole) << BigInt(shift);
}

/** The nearest number, by bisection of all numbers. */
function numberOf(sum: bigint): number {
  if (sum < 0n) return -numberOf(-sum);
  const bits = new BigUint64Array(1);
  const number = new Float64Array(bits.buffer);
  const at = (index: bigint): number => {
    bits[0] = index;
    return number[0] as number;
  };
  let low = 0n;
  // Infinity follows the largest number at the distance that the next one would have.
  let high = 0x7ff0_0000_0000_0000n;
  const exact = (index: bigint): bigint => (index === 0x7ff0_0000_0000_0000n ? 1n << 2098n : units(at(index)));
  if (sum >= exact(high)) return Infinity;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (exact(middle) <= sum) low = middle;
    else high = middle;
  }
  const below = sum - exact(low);
  const above = exact(high) - sum;
  return at(below < above || (below === above && low % 2n === 0n) ? low : high);
}

describe('however numbers are divided', () => {
  /** With what takes nearly all of it back, so that only what a rounded sum would have lost is left. */
  const withOpposites = (values: readonly number[]): number[] => [...values, ...values.slice(2).map((value) => -value)];

  it('the sum is the number nearest to the exact one', () => {
    fc.assert(
      fc.property(fc.array(NUMBERS, { maxLength: 20 }), (values) => {
        expect(total(values)).toBe(reference(values) + 0);
        expect(total(withOpposites(values))).toBe(reference(values.slice(0, 2)) + 0);
      }),
      { numRuns: 500 },
    );
  });

  it('parts make the same sum', () => {
    const special = fc.constantFrom(Infinity, -Infinity, NaN);
    const number = fc.oneof({ weight: 60, arbitrary: NUMBERS }, { weight: 1, arbitrary: special });
    const parts = fc.array(fc.array(number, { maxLength: 12 }), { maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.boolean(), (given, fromTheEnd) => {
        const lists = [
          ...given,
          given
            .flat()
            .slice(2)
            .map((value) => -value),
        ];
        const sums = lists.map(sumOf);
        const merged = fromTheEnd
          ? sums.reduceRight((later, sum) => addSum(sum, later), emptySum())
          : sums.reduce(addSum, emptySum());
        expect(merged.count).toBe(lists.flat().length);
        expect(totalOf(merged)).toBe(total(lists.flat()));
      }),
      { numRuns: 500 },
    );
  });

  it('numbers of like size need no big ones', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { maxLength: 50 }), (values) => {
        expect(sumOf(values).rest).toBeNull();
      }),
    );
  });
});
