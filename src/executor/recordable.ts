import { HeddleError } from '../errors/index.ts';
import { RangeList } from '../expression/index.ts';
import { isLazy } from './iterable.ts';

/** Levels of lists and objects in a value; more is taken for a circle. */
const MAX_DEPTH = 900;
/** A longer range is not written out. */
const MAX_RANGE = 1_000_000;

/**
 * A result as it can be recorded: data, or an iterable at the top. The same value, unless a range in it has to be written
 * out. Scalars and flat objects are told at a glance.
 *
 * @throws HEDDLE_NOT_SERIALISABLE naming the action
 */
export function recordable(value: unknown, action: string): unknown {
  if (value === null || typeof value !== 'object') {
    const found = ofScalar(value);
    if (found !== null) throw refused(action, found);
    return value;
  }
  if (isLazy(value)) return value;
  const survey: Survey = { hasRange: false };
  const found = look(value, 0, survey);
  if (found !== null) throw refused(action, found);
  return survey.hasRange ? writeOut(value) : value;
}

interface Survey {
  hasRange: boolean;
}

function refused(action: string, found: string): HeddleError {
  const message = `action '${action}' returned something that holds ${found}; a run that is recorded takes plain data only`;
  return new HeddleError('HEDDLE_NOT_SERIALISABLE', message);
}

function look(value: object, depth: number, survey: Survey): string | null {
  if (depth > MAX_DEPTH) return 'itself';
  if (Array.isArray(value)) return lookAt(value, depth, survey);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return lookSpecial(value, depth, survey);
  for (const key in value) {
    const found = lookInside((value as Record<string, unknown>)[key], depth, survey);
    if (found !== null) return found;
  }
  return null;
}

function lookInside(value: unknown, depth: number, survey: Survey): string | null {
  return typeof value === 'object' && value !== null ? look(value, depth + 1, survey) : ofScalar(value);
}

function lookAt(values: Iterable<unknown>, depth: number, survey: Survey): string | null {
  for (const element of values) {
    const found = lookInside(element, depth, survey);
    if (found !== null) return found;
  }
  return null;
}

function lookSpecial(value: object, depth: number, survey: Survey): string | null {
  if (value instanceof RangeList) {
    survey.hasRange = true;
    return value.length > MAX_RANGE ? `a range of ${value.length} numbers` : null;
  }
  if (value instanceof Date || value instanceof RegExp || value instanceof Error) return null;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return null;
  if (value instanceof Map) return lookAt([...value.keys(), ...value.values()], depth, survey);
  if (value instanceof Set) return lookAt(value, depth, survey);
  if (value instanceof Promise) return 'a promise';
  if (isLazy(value)) return 'an iterable inside another value';
  return lookAt(Object.values(value), depth, survey);
}

function writeOut(value: unknown): unknown {
  if (value instanceof RangeList) return [...value];
  if (Array.isArray(value)) return value.map(writeOut);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, writeOut(field)]));
}

function ofScalar(value: unknown): string | null {
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : null;
}
