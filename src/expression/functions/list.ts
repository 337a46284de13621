import { failType, failValue } from '../expression-error.ts';
import type { FunctionEntry } from '../library.ts';
import { equal, isIn } from '../operators.ts';
import { RangeList } from '../range-list.ts';
import {
  describe,
  expectInteger,
  expectList,
  expectNumber,
  isList,
  isObject,
  keysOf,
  sizeOf,
  type List,
} from '../values.ts';
import { compareValues } from './ordering.ts';

/** How deep `flat` follows lists in lists. */
const MAX_FLAT_DEPTH = 100;

function length(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (isList(value)) return sizeOf(value);
  if (isObject(value)) return keysOf(value).length;
  return failType(`length needs a list, an object or a string, not ${describe(value)}.`);
}

/** The list without repeated values of `key`, in the order of first appearance. */
export function uniqueBy(list: List, key: (value: unknown) => unknown): unknown[] {
  const scalars = new Set<unknown>();
  const objects: unknown[] = [];
  const result: unknown[] = [];
  for (const each of list) {
    const found = key(each);
    if (typeof found === 'object' && found !== null) {
      if (objects.some((other) => equal(other, found))) continue;
      objects.push(found);
    } else {
      if (scalars.has(found)) continue;
      scalars.add(found);
    }
    result.push(each);
  }
  return result;
}

function flat(value: unknown, levels: unknown = 1): unknown[] {
  const depth = expectInteger('flat', levels);
  if (depth > MAX_FLAT_DEPTH) return failValue(`flat goes at most ${MAX_FLAT_DEPTH} levels deep, not ${depth}.`);
  const result: unknown[] = [];
  const visit = (list: List, left: number): void => {
    for (const each of list) {
      if (left > 0 && isList(each)) visit(each, left - 1);
      else result.push(each);
    }
  };
  visit(expectList('flat', value), depth);
  return result;
}

function range(from: unknown, to?: unknown, by: unknown = 1): RangeList {
  const start = to === undefined ? 0 : expectNumber('range', from);
  const end = expectNumber('range', to === undefined ? from : to);
  const step = expectNumber('range', by);
  if (step === 0 || ![start, end, step].every(Number.isFinite))
    return failValue('range needs finite numbers and a step other than 0.');
  const list = new RangeList(start, end, step);
  return Number.isSafeInteger(list.length) ? list : failValue('range has too many elements.');
}

function slice(value: unknown, start: unknown, end?: unknown): unknown {
  const from = expectInteger('slice', start);
  const to = end === undefined || end === null ? undefined : expectInteger('slice', end);
  if (typeof value === 'string') return value.slice(from, to);
  const list = expectList('slice', value);
  if (!(list instanceof RangeList)) return Array.from(list).slice(from, to);
  const place = (index: number): number =>
    index < 0 ? Math.max(0, list.length + index) : Math.min(index, list.length);
  const first = place(from);
  const last = Math.max(first, place(to ?? list.length));
  return new RangeList(list.start + first * list.step, list.start + last * list.step, list.step);
}

function first(value: unknown, count?: unknown): unknown {
  if (count !== undefined) return slice(value, 0, atLeastZero('first', count));
  if (typeof value === 'string') return value[0] ?? null;
  for (const each of expectList('first', value)) return each ?? null;
  return null;
}

function last(value: unknown, count?: unknown): unknown {
  if (count !== undefined) {
    const number = atLeastZero('last', count);
    return slice(value, number === 0 ? length(value) : -number);
  }
  if (typeof value === 'string') return value.at(-1) ?? null;
  const list = expectList('last', value);
  return (list instanceof RangeList ? list.at(list.length - 1) : Array.from(list).at(-1)) ?? null;
}

function atLeastZero(name: string, count: unknown): number {
  const number = expectInteger(name, count);
  return number >= 0 ? number : failValue(`${name} needs a count of at least 0, not ${number}.`);
}

function zip(...values: unknown[]): unknown[][] {
  const lists = values.map((each) => Array.from(expectList('zip', each)));
  const shortest = Math.min(...lists.map((list) => list.length));
  return Array.from({ length: shortest }, (_, index) => lists.map((list) => list[index] ?? null));
}

function reversed(value: unknown): unknown {
  return typeof value === 'string'
    ? [...value].reverse().join('')
    : Array.from(expectList('reversed', value)).reverse();
}

export const LIST_FUNCTIONS: readonly FunctionEntry[] = [
  {
    name: 'length',
    signature: 'length(value)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The number of elements of a list, of keys of an object, of characters of a text.',
    example: { expression: 'length([1, 2])', result: 2 },
    call: length,
  },
  {
    name: 'contains',
    signature: 'contains(value, part)',
    min: 2,
    max: 2,
    owned: true,
    summary: 'Whether a list has the element, an object the key, a text the part; the same as `part in value`.',
    example: { expression: "contains(['a', 'b'], 'b')", result: true },
    call: (value, part) => isIn(part, value),
  },
  {
    name: 'first',
    signature: 'first(list, count?)',
    min: 1,
    max: 2,
    summary: 'The first element, or null; with a count, a list of the first so many.',
    example: { expression: 'first([5, 6])', result: 5 },
    call: first,
  },
  {
    name: 'last',
    signature: 'last(list, count?)',
    min: 1,
    max: 2,
    summary: 'The last element, or null; with a count, a list of the last so many.',
    example: { expression: 'last([5, 6, 7], 2)', result: [6, 7] },
    call: last,
  },
  {
    name: 'slice',
    signature: 'slice(list, start, end?)',
    min: 2,
    max: 3,
    summary: 'The elements (or characters) from start up to and without end; negative numbers count from the end.',
    example: { expression: 'slice([1, 2, 3, 4], 1, -1)', result: [2, 3] },
    call: slice,
  },
  {
    name: 'reversed',
    signature: 'reversed(list)',
    min: 1,
    max: 1,
    summary: 'The list (or text) from its end to its start.',
    example: { expression: 'reversed([1, 2, 3])', result: [3, 2, 1] },
    call: reversed,
  },
  {
    name: 'sort',
    signature: 'sort(list)',
    min: 1,
    max: 1,
    summary: 'The numbers or strings of a list in order, nulls last.',
    example: { expression: 'sort([10, 9, 1])', result: [1, 9, 10] },
    call: (list) => Array.from(expectList('sort', list)).sort((a, b) => compareValues('sort', a, b)),
  },
  {
    name: 'unique',
    signature: 'unique(list)',
    min: 1,
    max: 1,
    summary: 'The list without repeated elements.',
    example: { expression: 'unique([1, 2, 1])', result: [1, 2] },
    call: (list) => uniqueBy(expectList('unique', list), (each) => each),
  },
  {
    name: 'flat',
    signature: 'flat(list, levels = 1)',
    min: 1,
    max: 2,
    summary: 'The list with the elements of its lists in their place.',
    example: { expression: 'flat([[1, 2], [3], 4])', result: [1, 2, 3, 4] },
    call: flat,
  },
  {
    name: 'zip',
    signature: 'zip(list, list, …)',
    min: 2,
    max: Infinity,
    summary: 'Lists of the elements at the same index, as long as the shortest.',
    example: {
      expression: "zip([1, 2], ['a', 'b'])",
      result: [
        [1, 'a'],
        [2, 'b'],
      ],
    },
    call: zip,
  },
  {
    name: 'range',
    signature: 'range(end) or range(start, end, step = 1)',
    min: 1,
    max: 3,
    owned: true,
    summary: 'The numbers from start up to and without end; the list is never built.',
    example: { expression: 'range(1, 4)', result: [1, 2, 3] },
    call: range,
  },
];
