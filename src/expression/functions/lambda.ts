import { getField } from '../access.ts';
import { failType } from '../expression-error.ts';
import type { FunctionEntry } from '../library.ts';
import { toText } from '../text.ts';
import { describe, expectList, truthy } from '../values.ts';
import { uniqueBy } from './list.ts';
import { compareValues } from './ordering.ts';

type Lambda = (value: unknown, index: number) => unknown;

/** A lambda, or the name of a field, which stands for the lambda that reads it. */
function selector(name: string, value: unknown): Lambda {
  if (typeof value === 'function') return value as Lambda;
  if (typeof value === 'string') return (each) => getField(each, value);
  return failType(`${name} needs a lambda such as x => x.id, or the name of a field, not ${describe(value)}.`);
}

function map(list: unknown, lambda: unknown): unknown[] {
  return Array.from(expectList('map', list), selector('map', lambda));
}

function filter(list: unknown, lambda: unknown): unknown[] {
  const test = selector('filter', lambda);
  return Array.from(expectList('filter', list)).filter((each, index) => truthy(test(each, index)));
}

/** The index of the first element for which the lambda's truth is `wanted`, with the element; undefined without one. */
function search(
  name: string,
  list: unknown,
  lambda: unknown,
  wanted: boolean,
): { readonly value: unknown } | undefined {
  const test = lambda === undefined ? (each: unknown): unknown => each : selector(name, lambda);
  let index = 0;
  for (const value of expectList(name, list)) {
    if (truthy(test(value, index)) === wanted) return { value };
    index += 1;
  }
  return undefined;
}

function sortBy(list: unknown, lambda: unknown, order: unknown = 'asc'): unknown[] {
  if (order !== 'asc' && order !== 'desc') return failType("sort_by takes 'asc' or 'desc' as its order.");
  const key = selector('sort_by', lambda);
  const sign = order === 'asc' ? 1 : -1;
  const keyed = Array.from(expectList('sort_by', list), (value, index) => ({ value, key: key(value, index) }));
  return keyed.sort((a, b) => sign * compareValues('sort_by', a.key, b.key)).map(({ value }) => value);
}

function grouped(name: string, list: unknown, lambda: unknown): Map<string, unknown[]> {
  const key = selector(name, lambda);
  const groups = new Map<string, unknown[]>();
  let index = 0;
  for (const each of expectList(name, list)) {
    const text = toText(key(each, index) ?? 'null');
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [each]);
    else group.push(each);
    index += 1;
  }
  return groups;
}

function fromGroups(groups: Map<string, unknown[]>, value: (group: unknown[]) => unknown): Record<string, unknown> {
  return Object.fromEntries([...groups].map(([key, group]) => [key, value(group)]));
}

const LAMBDA_SECOND = { min: 2, max: 2, lambdas: [1] } as const;

export const LAMBDA_FUNCTIONS: readonly FunctionEntry[] = [
  {
    name: 'map',
    signature: 'map(list, x => value)',
    ...LAMBDA_SECOND,
    summary:
      'The list of what the lambda gives for each element (and its index); a field name stands for `x => x.field`.',
    example: { expression: 'map([1, 2], x => x * 2)', result: [2, 4] },
    call: map,
  },
  {
    name: 'filter',
    signature: 'filter(list, x => condition)',
    ...LAMBDA_SECOND,
    summary: 'The elements for which the condition holds.',
    example: { expression: 'filter([1, 2, 3], x => x > 1)', result: [2, 3] },
    call: filter,
  },
  {
    name: 'find',
    signature: 'find(list, x => condition)',
    ...LAMBDA_SECOND,
    summary: 'The first element for which the condition holds, or null.',
    example: { expression: 'find([1, 2, 3], x => x > 1)', result: 2 },
    call: (list, lambda) => search('find', list, lambda, true)?.value ?? null,
  },
  {
    name: 'any',
    signature: 'any(list, x => condition)',
    min: 1,
    max: 2,
    lambdas: [1],
    owned: true,
    summary: 'Whether the condition holds for some element; without one, whether some element is true.',
    example: { expression: 'any([1, 2], x => x > 1)', result: true },
    call: (list, lambda) => search('any', list, lambda, true) !== undefined,
  },
  {
    name: 'all',
    signature: 'all(list, x => condition)',
    min: 1,
    max: 2,
    lambdas: [1],
    owned: true,
    summary: 'Whether the condition holds for every element; without one, whether every element is true.',
    example: { expression: 'all([1, 2], x => x > 1)', result: false },
    call: (list, lambda) => search('all', list, lambda, false) === undefined,
  },
  {
    name: 'sort_by',
    signature: "sort_by(list, x => key, order = 'asc')",
    min: 2,
    max: 3,
    lambdas: [1],
    summary:
      "The list in the order of what the lambda gives, nulls last; 'desc' turns it round. Equal ones keep their order.",
    example: { expression: "map(sort_by([{n: 2}, {n: 1}], x => x.n), 'n')", result: [1, 2] },
    call: sortBy,
  },
  {
    name: 'unique_by',
    signature: 'unique_by(list, x => key)',
    ...LAMBDA_SECOND,
    summary: 'The first element for each value that the lambda gives.',
    example: { expression: 'unique_by([11, 12, 21], x => x % 10)', result: [11, 12] },
    call: (list, lambda) => {
      const key = selector('unique_by', lambda);
      return uniqueBy(expectList('unique_by', list), (each) => key(each, 0));
    },
  },
  {
    name: 'group_by',
    signature: 'group_by(list, x => key)',
    ...LAMBDA_SECOND,
    summary: 'An object from each key to the list of its elements.',
    example: {
      expression: "group_by([1, 2, 3], x => x % 2 == 0 ? 'even' : 'odd')",
      result: { odd: [1, 3], even: [2] },
    },
    call: (list, lambda) => fromGroups(grouped('group_by', list, lambda), (group) => group),
  },
  {
    name: 'count_by',
    signature: 'count_by(list, x => key)',
    ...LAMBDA_SECOND,
    owned: true,
    summary: 'An object from each key to the number of its elements.',
    example: { expression: "count_by(['a', 'b', 'a'], x => x)", result: { a: 2, b: 1 } },
    call: (list, lambda) => fromGroups(grouped('count_by', list, lambda), (group) => group.length),
  },
];
