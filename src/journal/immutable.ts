import { MAX_DEPTH } from './serialisable.ts';

const known = new WeakSet();

/**
 * Whether a value can never change: plain objects and lists that are frozen down to their leaves. Dates, Maps and
 * buffers change although they are frozen. Asked again about the same object it answers from memory.
 */
export function isImmutable(value: object): boolean {
  return known.has(value) || check(value, 0);
}

function check(value: object, depth: number): boolean {
  if (known.has(value)) return true;
  if (depth > MAX_DEPTH || !Object.isFrozen(value)) return false;
  if (Array.isArray(value)) {
    for (const element of value as readonly unknown[]) {
      if (!isConstant(element, depth)) return false;
    }
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    for (const key in value) {
      const field = Object.getOwnPropertyDescriptor(value, key);
      if (field !== undefined && (!('value' in field) || !isConstant(field.value, depth))) return false;
    }
  }
  known.add(value);
  return true;
}

function isConstant(value: unknown, depth: number): boolean {
  if (typeof value === 'object') return value === null || check(value, depth + 1);
  return typeof value !== 'function' && typeof value !== 'symbol';
}
