import { failType, failValue } from './expression-error.ts';
import { RangeList } from './range-list.ts';
import { describe, isList, isObject, keysOf, sizeOf } from './values.ts';

/** How deep two values may nest and still be compared. */
const MAX_COMPARE_DEPTH = 1000;

/** Adds numbers or concatenates strings. */
export function add(left: unknown, right: unknown): number | string {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  const mixed = [left, right].some((each) => typeof each === 'string');
  const advice = mixed
    ? 'convert one with string() or number()'
    : isList(left)
      ? 'flat([a, b]) joins lists'
      : isObject(left)
        ? 'merge(a, b) joins objects'
        : '+ takes two numbers or two strings';
  return failType(`+ cannot add ${describe(left)} and ${describe(right)}; ${advice}.`);
}

export function subtract(left: unknown, right: unknown): number {
  return numbers('-', left, right) ? left - (right as number) : 0;
}

export function multiply(left: unknown, right: unknown): number {
  return numbers('*', left, right) ? left * (right as number) : 0;
}

export function divide(left: unknown, right: unknown): number {
  if (right === 0 && typeof left === 'number') failValue('Division by zero.');
  return numbers('/', left, right) ? left / (right as number) : 0;
}

export function remainder(left: unknown, right: unknown): number {
  if (right === 0 && typeof left === 'number') failValue('Division by zero.');
  return numbers('%', left, right) ? left % (right as number) : 0;
}

export function negate(value: unknown): number {
  return typeof value === 'number' ? -value : failType(`- needs a number, not ${describe(value)}.`);
}

function numbers(operator: string, left: unknown, right: unknown): left is number {
  if (typeof left === 'number' && typeof right === 'number') return true;
  return failType(`${operator} needs two numbers, not ${describe(left)} and ${describe(right)}.`);
}

/** Orders numbers, strings (by code unit) and dates: negative, 0 or positive; NaN is in no order. */
export function compare(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  return failType(`${describe(left)} and ${describe(right)} cannot be ordered; compare two numbers or two strings.`);
}

export function less(left: unknown, right: unknown): boolean {
  return ordered(left, right) && compare(left, right) < 0;
}

export function lessOrEqual(left: unknown, right: unknown): boolean {
  return ordered(left, right) && compare(left, right) <= 0;
}

function ordered(left: unknown, right: unknown): boolean {
  return !Number.isNaN(left) && !Number.isNaN(right);
}

/** Deep equality without any conversion; values that refer to themselves are compared, not followed for ever. */
export function equal(left: unknown, right: unknown): boolean {
  return same(left, right, 0, undefined);
}

type Pairs = Map<object, Set<object>>;

function same(left: unknown, right: unknown, depth: number, pairs: Pairs | undefined): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return (left ?? null) === (right ?? null);
  }
  if (left instanceof Date) return right instanceof Date && left.getTime() === right.getTime();
  if (depth > MAX_COMPARE_DEPTH) failValue(`Values nested deeper than ${MAX_COMPARE_DEPTH} levels cannot be compared.`);
  const seen = pairs ?? new Map<object, Set<object>>();
  const against = seen.get(left) ?? new Set();
  if (against.has(right)) return true;
  seen.set(left, against.add(right));
  if (isList(left)) return isList(right) && sameLists(left, right, depth, seen);
  return isObject(left) && isObject(right) && sameObjects(left, right, depth, seen);
}

function sameLists(left: Iterable<unknown>, right: Iterable<unknown>, depth: number, pairs: Pairs): boolean {
  if (isList(left) && isList(right) && sizeOf(left) !== sizeOf(right)) return false;
  const others = right[Symbol.iterator]();
  for (const each of left) if (!same(each, others.next().value, depth + 1, pairs)) return false;
  return true;
}

function sameObjects(left: object, right: object, depth: number, pairs: Pairs): boolean {
  const keys = keysOf(left);
  if (keys.length !== keysOf(right).length) return false;
  return keys.every((key) => has(right, key) && same(field(left, key), field(right, key), depth + 1, pairs));
}

function has(value: object, key: string): boolean {
  return value instanceof Map ? value.has(key) : Object.hasOwn(value, key);
}

function field(value: object, key: string): unknown {
  return value instanceof Map ? value.get(key) : (value as Record<string, unknown>)[key];
}

/** Element of a list, key of an object, part of a string. */
export function isIn(needle: unknown, haystack: unknown): boolean {
  if (typeof haystack === 'string') {
    if (typeof needle === 'string') return haystack.includes(needle);
    return failType(`Only a string can be in a string, not ${describe(needle)}.`);
  }
  if (haystack instanceof RangeList) return inRange(needle, haystack);
  if (isList(haystack)) {
    for (const each of haystack) if (equal(each, needle)) return true;
    return false;
  }
  if (isObject(haystack)) {
    if (typeof needle === 'string' || typeof needle === 'number') return has(haystack, String(needle));
    return failType(`Only a string can be a key of an object, not ${describe(needle)}.`);
  }
  return failType(`in needs a list, an object or a string on its right, not ${describe(haystack)}.`);
}

function inRange(needle: unknown, { start, step, length }: RangeList): boolean {
  if (typeof needle !== 'number') return false;
  const index = (needle - start) / step;
  return Number.isInteger(index) && index >= 0 && index < length;
}
