import { HeddleError } from '../errors/index.ts';
import { RangeList } from './range-list.ts';
import { objectFrom } from './values.ts';

/**
 * A value as it stands in text: null is empty, objects and lists are their JSON, dates ISO 8601. Throws
 * HEDDLE_NOT_SERIALISABLE for circular values.
 */
export function toText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'undefined':
      return '';
    case 'object':
      if (value === null) return '';
      if (value instanceof Date) return dateText(value);
      return toJson(value);
    case 'function':
    case 'symbol':
      throw new HeddleError('HEDDLE_NOT_SERIALISABLE', 'A function cannot be written as text; call it, or use data.');
    default:
      return String(value);
  }
}

/**
 * A value as JSON; ranges and sets are lists, maps are objects, integers of any size their digits as text. `indent` is
 * in spaces, default none. Throws HEDDLE_NOT_SERIALISABLE for circular values.
 */
export function toJson(value: unknown, indent = 0): string {
  try {
    return JSON.stringify(value, replace, indent) ?? 'null';
  } catch (cause) {
    const reason = cause instanceof RangeError ? 'it is nested too deeply or too large' : 'it refers to itself';
    throw new HeddleError('HEDDLE_NOT_SERIALISABLE', `The value cannot be written as JSON: ${reason}.`, { cause });
  }
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : date.toISOString();
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) return objectFrom([...value].map(([key, each]) => [String(key), each]));
  return value instanceof Set ? [...value] : value instanceof RangeList ? value.toJSON() : value;
}
