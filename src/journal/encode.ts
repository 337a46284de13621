import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import { isImmutable } from './immutable.ts';
import { setField } from './own-field.ts';
import { MAX_DEPTH, notSerialisable, tooDeep } from './serialisable.ts';
import { LARGE_BYTES, Survey } from './survey.ts';

/** An encoded value: text is JSON, bytes are what `v8.serialize` makes where JSON would lose something. */
export type EncodedData = string | Uint8Array;

/** A value that is stored apart, and where it belongs: its hash and the keys that lead there. */
export type Reference = readonly [hash: string, ...path: (string | number)[]];

/** A value ready to be stored. */
export interface Encoded {
  readonly data: EncodedData;
  /** Null: nothing in it is stored apart. */
  readonly references: readonly Reference[] | null;
}

/** What tells which value is stored apart. */
interface Identity {
  readonly hash: string;
  /** Hashes of everything stored apart inside it, at any depth. */
  readonly contains: readonly string[];
}

/** A value that is stored under its hash. */
export interface LargeValue extends Identity {
  /**
   * Its encoding. One that was met before, and has most likely been stored, is encoded only now; what is large inside it
   * is then handed to `large` first.
   */
  encode(large: (value: LargeValue) => void): Encoded;
}

/** Large values that can never change, so that meeting them again costs a look-up. */
const known = new WeakMap<object, Identity>();
/** Large values as they were read, which is what they are still where they have been frozen since. */
const decoded = new WeakMap<object, Identity>();

/** Notes under which hash a value was read, and what is stored apart in it: hashes with their values. */
export function noteDecoded(value: object, hash: string, inner: readonly (readonly [string, unknown])[]): void {
  const contains = new Set<string>();
  for (const [held, part] of inner) {
    contains.add(held);
    if (typeof part !== 'object' || part === null) continue;
    for (const deeper of decoded.get(part)?.contains ?? []) contains.add(deeper);
  }
  decoded.set(value, { hash, contains: [...contains] });
}

/** What a value is stored as, where that is known and it cannot have changed since. */
function identityOf(value: object): Identity | undefined {
  const stored = known.get(value);
  if (stored !== undefined) return stored;
  const read = decoded.get(value);
  return read !== undefined && isImmutable(value) ? read : undefined;
}

/**
 * Encodes a value so that it can be read back exactly. What is larger than 16 KiB inside it, at any depth, is handed to
 * `large` and replaced by a reference; the value as a whole is not.
 *
 * @throws HEDDLE_NOT_SERIALISABLE
 */
export function encode(value: unknown, large: (value: LargeValue) => void): Encoded {
  const survey = new Survey(LARGE_BYTES);
  survey.visit(value, 0);
  if (!survey.isOver) return { data: write(value, survey.isExact), references: null };
  return new Extraction(large).encode(value);
}

/** More than anybody declares, asks or sums up: a value with more goes round in a circle. */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024;

/** Encodes a value as a whole, however large its parts are. @throws HEDDLE_NOT_SERIALISABLE also past 64 MiB */
export function encodeWhole(value: unknown): EncodedData {
  const survey = new Survey(MAX_WHOLE_BYTES);
  survey.visit(value, 0);
  if (survey.isOver) throw notSerialisable(`itself, or more than ${MAX_WHOLE_BYTES} bytes`);
  return write(value, survey.isExact);
}

function write(value: unknown, isJson: boolean): EncodedData {
  if (isJson) return JSON.stringify(value);
  try {
    return serialize(value);
  } catch (error) {
    throw notSerialisable(error);
  }
}

/** What became of a part of a value that is large. */
interface Shrunk {
  /** The value, with null in the place of everything that is stored apart. */
  readonly rest: unknown;
  /** Whether JSON reads the rest back as it is. */
  readonly isExact: boolean;
  readonly references: readonly Reference[];
  readonly contains: Iterable<string>;
}

/** Takes the large parts out of one value. */
class Extraction {
  readonly #large: (value: LargeValue) => void;
  /** Parts met before in this value, so that shared ones do not multiply; null while one is under way: a circle. */
  readonly #parts = new Map<object, Identity | Shrunk | null>();

  constructor(large: (value: LargeValue) => void) {
    this.#large = large;
  }

  encode(value: unknown): Encoded {
    return encodeShrunk(typeof value === 'object' && value !== null ? this.#shrink(value, 0) : whole(value));
  }

  #shrink(value: object, depth: number): Shrunk {
    if (depth > MAX_DEPTH) throw tooDeep();
    const shrunk = new ShrunkCopy(value);
    if (Array.isArray(value)) {
      const list: readonly unknown[] = value;
      for (let index = 0; index < list.length; index++) this.#shrinkPart(shrunk, index, list[index], depth);
    } else if (isPlain(value)) {
      for (const key of Object.keys(value)) {
        this.#shrinkPart(shrunk, key, (value as Record<string, unknown>)[key], depth);
      }
    } else shrunk.isExact = false;
    return shrunk;
  }

  #shrinkPart(shrunk: ShrunkCopy, key: string | number, part: unknown, depth: number): void {
    const survey = surveyOf(part);
    if (survey.isOver) shrunk.replace(key, this.#takeOut(part, depth + 1));
    else if (!survey.isExact) shrunk.isExact = false;
  }

  /** Stores a large part apart, unless it is small without the large parts of its own. */
  #takeOut(part: unknown, depth: number): Identity | Shrunk {
    if (typeof part !== 'object' || part === null) return this.#store(whole(part), null);
    const before = this.#parts.get(part);
    if (before === null) throw notSerialisable('itself');
    if (before !== undefined) return before;
    const stored = identityOf(part);
    if (stored !== undefined) {
      this.#large({ ...stored, encode: (large) => new Extraction(large).encode(part) });
      return stored;
    }
    this.#parts.set(part, null);
    const shrunk = this.#shrink(part, depth);
    const taken = shrunk.references.length > 0 && !surveyOf(shrunk.rest).isOver ? shrunk : this.#store(shrunk, part);
    this.#parts.set(part, taken);
    return taken;
  }

  #store(shrunk: Shrunk, source: object | null): Identity {
    const encoded = encodeShrunk(shrunk);
    const stored = { hash: hashOf(encoded), contains: [...shrunk.contains] };
    if (source !== null && isImmutable(source)) known.set(source, stored);
    this.#large({ ...stored, encode: () => encoded });
    return stored;
  }
}

/** A copy of a list or object, made when its first large part is taken out. */
class ShrunkCopy implements Shrunk {
  rest: object;
  isExact = true;
  readonly references: Reference[] = [];
  readonly contains = new Set<string>();
  readonly #source: object;

  constructor(source: object) {
    this.rest = source;
    this.#source = source;
  }

  replace(key: string | number, taken: Identity | Shrunk): void {
    if (this.rest === this.#source) this.rest = Array.isArray(this.rest) ? this.rest.slice() : cloneFields(this.rest);
    for (const hash of taken.contains) this.contains.add(hash);
    if ('hash' in taken) {
      this.references.push([taken.hash, key]);
      this.contains.add(taken.hash);
      setField(this.rest, key, null);
    } else {
      for (const [hash, ...path] of taken.references) this.references.push([hash, key, ...path]);
      setField(this.rest, key, taken.rest);
      if (!taken.isExact) this.isExact = false;
    }
  }
}

/** A large text or number. */
function whole(value: unknown): Shrunk {
  return { rest: value, isExact: typeof value === 'string', references: [], contains: [] };
}

function encodeShrunk({ rest, references, isExact }: Shrunk): Encoded {
  return { data: write(rest, isExact), references: references.length === 0 ? null : references };
}

function surveyOf(value: unknown): Survey {
  const survey = new Survey(LARGE_BYTES);
  survey.visit(value, 0);
  return survey;
}

/** Lists and objects that are looked into; a Map or an instance of a class is stored as one. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function cloneFields(value: object): object {
  const fields = {};
  for (const key of Object.keys(value)) setField(fields, key, (value as Record<string, unknown>)[key]);
  return fields;
}

/** The content hash of a value: SHA-256 of its encoding, which tells apart what reads back differently. */
export function hashOf({ data, references }: Encoded): string {
  const hash = createHash('sha256')
    .update(typeof data === 'string' ? 'json' : 'v8')
    .update(data);
  if (references !== null) hash.update('\n').update(JSON.stringify(references));
  return hash.digest('hex');
}
