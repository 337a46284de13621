import { failType } from '../expression-error.ts';
import type { FunctionEntry } from '../library.ts';
import { compare } from '../operators.ts';
import { RangeList } from '../range-list.ts';
import { describe, expectInteger, expectList, expectNumber, isList, sizeOf, type List } from '../values.ts';

/** Adds the numbers of a list; `name` is who asks. */
export function sumOf(name: string, list: List): number {
  if (list instanceof RangeList) return list.length * list.start + (list.step * list.length * (list.length - 1)) / 2;
  let sum = 0;
  let index = 0;
  for (const each of list) {
    if (typeof each !== 'number') return failType(`${name} needs numbers; element ${index} is ${describe(each)}.`);
    sum += each;
    index += 1;
  }
  return sum;
}

function extreme(name: string, values: readonly unknown[], sign: 1 | -1): unknown {
  const list = values.length === 1 && isList(values[0]) ? values[0] : values;
  let best: unknown = null;
  let isFirst = true;
  for (const each of list) {
    if (typeof each !== 'number' && typeof each !== 'string' && !(each instanceof Date)) {
      return failType(`${name} compares numbers or strings, not ${describe(each)}.`);
    }
    if (isFirst || compare(each, best) * sign > 0) best = each;
    isFirst = false;
  }
  return best;
}

function round(value: unknown, digits: unknown = 0): number {
  const number = expectNumber('round', value);
  const places = Math.min(15, Math.max(-15, expectInteger('round', digits)));
  // Through the decimal text, so that 1.005 rounds to 1.01; halves go away from zero.
  const shift = (each: number, by: number): number => {
    const [mantissa, exponent = '0'] = String(each).split('e');
    return Number(`${mantissa}e${Number(exponent) + by}`);
  };
  return Number.isFinite(number)
    ? shift(Math.sign(number) * Math.round(shift(Math.abs(number), places)), -places) + 0
    : number;
}

export const NUMBER_FUNCTIONS: readonly FunctionEntry[] = [
  {
    name: 'abs',
    signature: 'abs(number)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The number without its sign.',
    example: { expression: 'abs(-3)', result: 3 },
    call: (value) => Math.abs(expectNumber('abs', value)),
  },
  {
    name: 'floor',
    signature: 'floor(number)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The largest whole number that is not above it.',
    example: { expression: 'floor(2.7)', result: 2 },
    call: (value) => Math.floor(expectNumber('floor', value)) + 0,
  },
  {
    name: 'ceil',
    signature: 'ceil(number)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The smallest whole number that is not below it.',
    example: { expression: 'ceil(2.1)', result: 3 },
    call: (value) => Math.ceil(expectNumber('ceil', value)) + 0,
  },
  {
    name: 'round',
    signature: 'round(number, digits = 0)',
    min: 1,
    max: 2,
    owned: true,
    summary: 'Rounds to so many decimal places; halves go away from zero.',
    example: { expression: 'round(2.345, 2)', result: 2.35 },
    call: round,
  },
  {
    name: 'min',
    signature: 'min(list) or min(a, b, …)',
    min: 1,
    max: Infinity,
    owned: true,
    summary: 'The smallest of numbers or strings; null for an empty list.',
    example: { expression: 'min([3, 1, 2])', result: 1 },
    call: (...values) => extreme('min', values, -1),
  },
  {
    name: 'max',
    signature: 'max(list) or max(a, b, …)',
    min: 1,
    max: Infinity,
    owned: true,
    summary: 'The largest of numbers or strings; null for an empty list.',
    example: { expression: 'max(3, 1, 2)', result: 3 },
    call: (...values) => extreme('max', values, 1),
  },
  {
    name: 'sum',
    signature: 'sum(list)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The sum of a list of numbers; 0 for an empty one.',
    example: { expression: 'sum([1, 2, 3])', result: 6 },
    call: (list) => sumOf('sum', expectList('sum', list)),
  },
  {
    name: 'avg',
    signature: 'avg(list)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The mean of a list of numbers; null for an empty one.',
    example: { expression: 'avg([1, 2, 6])', result: 3 },
    call: (value) => {
      const list = expectList('avg', value);
      return sizeOf(list) === 0 ? null : sumOf('avg', list) / sizeOf(list);
    },
  },
];
