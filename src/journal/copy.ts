import { deserialize, serialize } from 'node:v8';
import { isImmutable } from './immutable.ts';
import { setField } from './own-field.ts';
import { MAX_DEPTH, notSerialisable, tooDeep } from './serialisable.ts';

/** Past so many objects a copy remembers what it has copied: objects that are shared level upon level multiply. */
const MANY_OBJECTS = 1000;

/** Objects copied so far, and from {@link MANY_OBJECTS} on their copies. */
interface Progress {
  objects: number;
  copies: Map<object, unknown> | null;
}

/**
 * A copy that nobody else holds, equal to what an encoded value is read back as: plain objects and lists, their
 * functions refused, the fields of class instances. What can never change is shared.
 *
 * @throws HEDDLE_NOT_SERIALISABLE
 */
export function copy(value: unknown): unknown {
  // Before anything is set up: much of what small runs record is made once, and frozen.
  if (typeof value === 'object' && value !== null && Object.isFrozen(value) && isImmutable(value)) return value;
  return copyAt(value, 0, { objects: 0, copies: null });
}

/**
 * The same plain object, with copies in the place of what lies inside it and could change; a copy where it is frozen.
 *
 * @throws HEDDLE_NOT_SERIALISABLE
 */
export function copyInside<T extends object>(object: T): T {
  const fields = object as Record<string, unknown>;
  for (const key in fields) {
    const field = fields[key];
    if (!isCopied(field)) continue;
    const copied = copy(field);
    if (copied === field) continue;
    if (Object.isFrozen(fields)) return copy(object) as T;
    setField(fields, key, copied);
  }
  return object;
}

function copyAt(value: unknown, depth: number, progress: Progress): unknown {
  switch (typeof value) {
    case 'object':
      return value === null ? null : copyObject(value, depth, progress);
    case 'function':
    case 'symbol':
      throw notSerialisable(`a ${typeof value}`);
    default:
      return value;
  }
}

function copyObject(value: object, depth: number, progress: Progress): unknown {
  if (depth > MAX_DEPTH) throw tooDeep();
  if (Object.isFrozen(value) && isImmutable(value)) return value;
  if (++progress.objects > MANY_OBJECTS) progress.copies ??= new Map();
  const before = progress.copies?.get(value);
  if (before !== undefined) return before;
  const copied = Array.isArray(value) ? copyList(value, depth, progress) : copyFields(value, depth, progress);
  progress.copies?.set(value, copied);
  return copied;
}

function copyList(value: readonly unknown[], depth: number, progress: Progress): unknown[] {
  const list = value.slice();
  for (let index = 0; index < list.length; index++) {
    const element = list[index];
    if (isCopied(element)) list[index] = copyAt(element, depth + 1, progress);
  }
  return list;
}

function copyFields(value: object, depth: number, progress: Progress): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return copySpecial(value);
  // A spread is the quickest copy there is, and right about `__proto__` too; most fields are no objects.
  const fields: Record<string, unknown> = { ...value };
  for (const key in fields) {
    const field = fields[key];
    if (isCopied(field)) setField(fields, key, copyAt(field, depth + 1, progress));
  }
  return fields;
}

/** Whether a value is not its own copy: objects are copied, functions and symbols refused. */
function isCopied(value: unknown): boolean {
  return typeof value === 'object' ? value !== null : typeof value === 'function' || typeof value === 'symbol';
}

/** Dates, Maps, buffers, instances of classes. */
function copySpecial(value: object): unknown {
  try {
    return deserialize(serialize(value));
  } catch (error) {
    throw notSerialisable(error);
  }
}
