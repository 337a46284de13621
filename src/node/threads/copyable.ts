import { HeddleError } from '../../errors/index.ts';
import { RangeList } from '../../expression/index.ts';

/** Levels of lists and objects that are looked through; what is deeper is left to the copy, which knows circles. */
const MAX_DEPTH = 900;
/** A longer range is not written out. */
const MAX_RANGE = 1_000_000;

/**
 * The same value, with ranges in it written out as lists: a copy of one would be an object without elements.
 *
 * @throws HEDDLE_NOT_SERIALISABLE for a range of more than a million numbers
 */
export function writeOutRanges(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value;
  if (value instanceof RangeList) {
    if (value.length <= MAX_RANGE) return [...value];
    const message = `a range of ${value.length} numbers is too long to be copied to another thread; pass its bounds`;
    throw new HeddleError('HEDDLE_NOT_SERIALISABLE', message);
  }
  if (Array.isArray(value)) return writeOutInList(value, depth);
  return isPlainObject(value) ? writeOutInObject(value, depth) : value;
}

function writeOutInList(list: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (let index = 0; index < list.length; index++) {
    const element = list[index];
    const written = writeOutRanges(element, depth + 1);
    if (written === element) continue;
    copy ??= [...list];
    copy[index] = written;
  }
  return copy ?? list;
}

function writeOutInObject(object: Readonly<Record<string, unknown>>, depth: number): object {
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(object)) {
    const field = object[key];
    const written = writeOutRanges(field, depth + 1);
    if (written === field) continue;
    copy ??= { ...object };
    copy[key] = written;
  }
  return copy ?? object;
}

/** Whether a value is surely copied whole: lists, plain objects, scalars. */
export function isPlainData(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol';
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((element) => isPlainData(element, depth + 1));
  return isPlainObject(value) && Object.keys(value).every((key) => isPlainData(value[key], depth + 1));
}

function isPlainObject(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
