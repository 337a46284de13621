/** Longer lists are cut. */
const MAX_ELEMENTS = 100;
/** Longer texts are cut. */
const MAX_CHARACTERS = 4000;
/** Deeper values are cut. */
const MAX_DEPTH = 60;

/** A value fit to be written into a rehearsal. */
export interface Excerpt {
  readonly value: unknown;
  /** Whether something was left out. */
  readonly isCut: boolean;
}

/** Plain data of a value, without what is too long to be read by people, and null for what is no data. */
export function excerptOf(value: unknown): Excerpt {
  const state = { isCut: false };
  return { value: cut(value, state, 0), isCut: state.isCut };
}

function cut(value: unknown, state: { isCut: boolean }, depth: number): unknown {
  if (typeof value === 'string' && value.length > MAX_CHARACTERS) {
    state.isCut = true;
    return value.slice(0, MAX_CHARACTERS);
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  if (value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return value.toString();
  if (depth < MAX_DEPTH && Array.isArray(value)) {
    if (value.length > MAX_ELEMENTS) state.isCut = true;
    return value.slice(0, MAX_ELEMENTS).map((element) => cut(element, state, depth + 1));
  }
  if (depth < MAX_DEPTH && isPlain(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, cut(field, state, depth + 1)]));
  }
  state.isCut = true;
  return null;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
