import { readIndex } from '../access.ts';
import { failType } from '../expression-error.ts';
import type { FunctionEntry } from '../library.ts';
import { describe, entriesOf, expectObject, expectString, isList, keysOf, objectFrom, typeOf } from '../values.ts';

/** Names given one by one or as one list. */
function names(name: string, values: readonly unknown[]): ReadonlySet<string> {
  const list = values.flatMap((each) => (isList(each) ? Array.from(each) : [each]));
  return new Set(list.map((each) => expectString(name, each)));
}

function fromEntries(list: unknown): unknown {
  if (!isList(list)) return failType(`from_entries takes a list, not ${describe(list)}.`);
  return objectFrom(
    Array.from(list, (entry: unknown) => {
      const isPair = isList(entry);
      if (!isPair && typeOf(entry) !== 'object') {
        return failType(
          `from_entries takes a list of {key, value} or [key, value]; one of them is ${describe(entry)}.`,
        );
      }
      const key = readIndex(entry, isPair ? 0 : 'key');
      const name =
        typeof key === 'number' || typeof key === 'boolean' ? String(key) : expectString('from_entries', key);
      return [name, readIndex(entry, isPair ? 1 : 'value') ?? null] as const;
    }),
  );
}

function get(value: unknown, path: unknown, other: unknown = null): unknown {
  const links = isList(path) ? Array.from(path) : typeof path === 'string' ? path.split('.') : [path];
  let found = value;
  for (const link of links) {
    const isIndex = isList(found) && typeof link === 'string' && /^-?\d+$/.test(link);
    found = readIndex(found, isIndex ? Number(link) : link);
    if (found === undefined || found === null) return other;
  }
  return found;
}

export const OBJECT_FUNCTIONS: readonly FunctionEntry[] = [
  {
    name: 'keys',
    signature: 'keys(object)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The keys of an object, in their order.',
    example: { expression: 'keys({a: 1, b: 2})', result: ['a', 'b'] },
    call: (value) => keysOf(expectObject('keys', value)),
  },
  {
    name: 'values',
    signature: 'values(object)',
    min: 1,
    max: 1,
    summary: 'The values of an object, in the order of its keys.',
    example: { expression: 'values({a: 1, b: 2})', result: [1, 2] },
    call: (value) => entriesOf(expectObject('values', value)).map(([, each]) => each),
  },
  {
    name: 'entries',
    signature: 'entries(object)',
    min: 1,
    max: 1,
    summary: 'A list of `{key, value}`.',
    example: { expression: 'entries({a: 1})', result: [{ key: 'a', value: 1 }] },
    call: (value) => entriesOf(expectObject('entries', value)).map(([key, each]) => ({ key, value: each })),
  },
  {
    name: 'from_entries',
    signature: 'from_entries(list)',
    min: 1,
    max: 1,
    summary: 'An object of a list of `{key, value}` or `[key, value]`, later ones first; the reverse of entries().',
    example: { expression: "from_entries([['a', 1], {key: 'b', value: 2}])", result: { a: 1, b: 2 } },
    call: (list) => fromEntries(list),
  },
  {
    name: 'pick',
    signature: 'pick(object, key, …)',
    min: 2,
    max: Infinity,
    summary: 'The object with these keys only; a list of keys does as well.',
    example: { expression: "pick({a: 1, b: 2, c: 3}, 'a', 'c')", result: { a: 1, c: 3 } },
    call: (value, ...keys) => {
      const wanted = names('pick', keys);
      return objectFrom(entriesOf(expectObject('pick', value)).filter(([key]) => wanted.has(key)));
    },
  },
  {
    name: 'omit',
    signature: 'omit(object, key, …)',
    min: 2,
    max: Infinity,
    summary: 'The object without these keys; a list of keys does as well.',
    example: { expression: "omit({a: 1, b: 2}, ['b'])", result: { a: 1 } },
    call: (value, ...keys) => {
      const unwanted = names('omit', keys);
      return objectFrom(entriesOf(expectObject('omit', value)).filter(([key]) => !unwanted.has(key)));
    },
  },
  {
    name: 'merge',
    signature: 'merge(object, object, …)',
    min: 1,
    max: Infinity,
    summary: 'One object with the keys of all, later ones first; null counts as {}.',
    example: { expression: 'merge({a: 1, b: 1}, {b: 2})', result: { a: 1, b: 2 } },
    call: (...values) =>
      objectFrom(values.flatMap((each) => (each === null ? [] : entriesOf(expectObject('merge', each))))),
  },
  {
    name: 'get',
    signature: 'get(value, path, other = null)',
    min: 2,
    max: 3,
    summary: 'What stands at a dotted path or a list of keys and indexes; `other` where something is missing or null.',
    example: { expression: "get({a: [{b: 5}]}, 'a.0.b')", result: 5 },
    call: (value, path, other) => {
      if (!isList(path) && typeof path !== 'string' && typeof path !== 'number') {
        return failType(`get needs a path such as 'a.b' or ['a', 0], not ${describe(path)}.`);
      }
      return typeOf(value) === 'function' ? failType('get takes a value, not a lambda.') : get(value, path, other);
    },
  },
];
