import { failType } from './expression-error.ts';
import { RangeList } from './range-list.ts';

/** What an author calls the type of a value; `type_of` gives the same words. */
export type TypeName = 'null' | 'bool' | 'number' | 'string' | 'list' | 'object' | 'date' | 'function' | 'bytes';

export function typeOf(value: unknown): TypeName {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
    case 'bigint':
      return 'number';
    case 'boolean':
      return 'bool';
    case 'function':
    case 'symbol':
      return 'function';
    case 'object':
      if (value === null) return 'null';
      if (isList(value)) return 'list';
      if (value instanceof Date) return 'date';
      if (ArrayBuffer.isView(value)) return 'bytes';
      return 'object';
    default:
      return 'null';
  }
}

/** `a number`, `an object`, `null`: for messages. */
export function describe(value: unknown): string {
  const type = typeOf(value);
  if (type === 'null') return 'null';
  return type === 'object' ? 'an object' : type === 'bytes' ? 'bytes' : `a ${type}`;
}

/** What the functions take for a list: an array, a range, or a set. */
export type List = readonly unknown[] | RangeList | ReadonlySet<unknown>;

export function isList(value: unknown): value is List {
  return Array.isArray(value) || value instanceof RangeList || value instanceof Set;
}

export function sizeOf(list: List): number {
  return list instanceof Set ? list.size : (list as readonly unknown[] | RangeList).length;
}

/** Whether `value` is an object in the author's sense: names and values, no list, no date. */
export function isObject(value: unknown): value is object {
  return typeOf(value) === 'object';
}

/** The own names and values of an object, or of a map with the names as text; null for undefined. */
export function entriesOf(value: object): [string, unknown][] {
  const entries =
    value instanceof Map ? [...value].map(([key, each]) => [String(key), each] as const) : Object.entries(value);
  return entries
    .filter(([, each]) => typeof each !== 'function')
    .map(([key, each]) => [key, each === undefined ? null : each]);
}

/** The own names of an object, or of a map. */
export function keysOf(value: object): string[] {
  return value instanceof Map ? [...value.keys()].map(String) : Object.keys(value);
}

/** False, null, 0, NaN, "", [] and {} are false; everything else is true. */
export function truthy(value: unknown): boolean {
  if (typeof value !== 'object') return Boolean(value);
  if (value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (isList(value)) return sizeOf(value) > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Date) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return true;
  for (const key in value) if (Object.hasOwn(value, key)) return true;
  return false;
}

/** Sets an own property, `__proto__` included. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

/** Builds a plain object; `__proto__` becomes an own name like any other. */
export function objectFrom(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of entries) setOwn(result, key, value);
  return result;
}

/** `value` as a finite number for the function `name`. */
export function expectNumber(name: string, value: unknown): number {
  if (typeof value === 'number') return value;
  return failType(`${name} needs a number, not ${describe(value)}${hintNumber(value)}.`);
}

function hintNumber(value: unknown): string {
  return typeof value === 'string' ? '; convert it with number()' : '';
}

/** `value` as a whole number for the function `name`. */
export function expectInteger(name: string, value: unknown): number {
  const number = expectNumber(name, value);
  return Number.isSafeInteger(number) ? number : failType(`${name} needs a whole number, not ${number}.`);
}

/** `value` as text for the function `name`. */
export function expectString(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  return failType(`${name} needs a string, not ${describe(value)}; convert it with string().`);
}

/** `value` as a list for the function `name`. */
export function expectList(name: string, value: unknown): List {
  if (isList(value)) return value;
  return failType(`${name} needs a list, not ${describe(value)}.`);
}

/** `value` as an object for the function `name`. */
export function expectObject(name: string, value: unknown): object {
  if (isObject(value)) return value;
  return failType(`${name} needs an object, not ${describe(value)}.`);
}
