import { failType, MissingError } from './expression-error.ts';
import { RangeList } from './range-list.ts';
import { nearest } from '../errors/nearest.ts';
import { describe, keysOf, typeOf } from './values.ts';

/** How many names an error about a missing one lists. */
const MAX_LISTED = 10;

/** `value.name` on own data only; undefined where it is missing. Never throws. */
export function readField(value: unknown, name: string): unknown {
  if (typeof value === 'string') return name === 'length' ? value.length : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof Map) return own(value.get(name), value.has(name));
  if (name === 'length' && value instanceof RangeList) return value.length;
  if (value instanceof RangeList || value instanceof Set || value instanceof Date) return undefined;
  return Object.hasOwn(value, name) ? own((value as Record<string, unknown>)[name], true) : undefined;
}

/** `value[index]` on own data only; undefined where it (or the index) is missing. Throws HEDDLE_EXPRESSION_TYPE for a wrong index. */
export function readIndex(value: unknown, index: unknown): unknown {
  if (index === undefined || value === null || value === undefined) return undefined;
  if (typeof index === 'number') {
    if (!Number.isInteger(index)) return failType(`An index must be a whole number, not ${index}.`);
    if (Array.isArray(value)) return own(value[index < 0 ? value.length + index : index], inside(index, value.length));
    if (typeof value === 'string') return value[index < 0 ? value.length + index : index];
    if (value instanceof RangeList) return value.at(index < 0 ? value.length + index : index);
    if (value instanceof Set) return readIndex([...(value as Set<unknown>)], index);
    return readField(value, String(index));
  }
  if (typeof index === 'string') return readField(value, index);
  return failType(`An index must be a number or a string, not ${describe(index)}.`);
}

/** `value.name`; throws HEDDLE_MISSING with what there is instead. */
export function getField(value: unknown, name: string): unknown {
  const found = readField(value, name);
  return found === undefined ? missing(value, name) : found;
}

/** `value[index]`; throws HEDDLE_MISSING with what there is instead. */
export function getIndex(value: unknown, index: unknown): unknown {
  const found = readIndex(value, index);
  return found === undefined ? missing(value, index as string | number) : found;
}

/** A field that stands for the value itself where the value has none of that name: `.result` of a task's result. */
export function getSelf(value: unknown, name: string): unknown {
  const found = readField(value, name);
  return found === undefined ? value : found;
}

function inside(index: number, length: number): boolean {
  return index < length && index >= -length;
}

function own(value: unknown, exists: boolean): unknown {
  if (!exists || typeof value === 'function') return undefined;
  return value === undefined ? null : value;
}

function missing(value: unknown, name: string | number): never {
  throw new MissingError((subject) => missingMessage(subject, value, name));
}

function missingMessage(subject: string, value: unknown, name: string | number): string {
  const what = typeof name === 'number' ? `element ${name}` : `field ${JSON.stringify(name)}`;
  switch (typeOf(value)) {
    case 'null':
      return `\`${subject}\` is null and has no ${what}. Use ?. or ?? where that may happen.`;
    case 'list': {
      const { length } = value instanceof Set ? { length: value.size } : (value as readonly unknown[]);
      if (typeof name !== 'number')
        return `\`${subject}\` is a list of ${length} and has no ${what}; take an element by its index, or use map().`;
      return `\`${subject}\` has no ${what}: ${length === 0 ? 'it is an empty list' : `its indexes are 0 to ${length - 1}`}.`;
    }
    case 'object': {
      const keys = keysOf(value as object);
      const near = typeof name === 'string' ? nearest(name, keys) : undefined;
      return `\`${subject}\` has no ${what}. ${listed('It has', keys)}${near === undefined ? '' : ` Did you mean ${near}?`}`;
    }
    default:
      return `\`${subject}\` is ${describe(value)} and has no ${what}.`;
  }
}

/** "It has a, b and 3 more." */
export function listed(intro: string, names: readonly string[]): string {
  if (names.length === 0) return `${intro} nothing.`;
  const more = names.length - MAX_LISTED;
  return `${intro} ${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}
