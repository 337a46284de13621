/** Lists end where a value holds more values than this, and so do mappings with more keys. */
const MAX_VALUES = 10_000;
/** Longer texts are cut. */
const MAX_CHARACTERS = 20_000;
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
  const state: State = { isCut: false, left: MAX_VALUES };
  return { value: cut(value, state, 0), isCut: state.isCut };
}

interface State {
  isCut: boolean;
  /** How many values may still be written. */
  left: number;
}

function cut(value: unknown, state: State, depth: number): unknown {
  state.left--;
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
  if (depth < MAX_DEPTH && Array.isArray(value)) return cutList(value, state, depth);
  if (depth < MAX_DEPTH && isPlain(value)) {
    const entries = Object.entries(value);
    if (entries.length > MAX_VALUES) state.isCut = true;
    return Object.fromEntries(entries.slice(0, MAX_VALUES).map(([key, field]) => [key, cut(field, state, depth + 1)]));
  }
  state.isCut = true;
  return null;
}

/** Lists end where the value has become too large; the mapping it happens in stays whole. */
function cutList(list: readonly unknown[], state: State, depth: number): readonly unknown[] {
  const kept: unknown[] = [];
  for (const element of list) {
    if (state.left <= 0) {
      state.isCut = true;
      break;
    }
    kept.push(cut(element, state, depth + 1));
  }
  return kept;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
