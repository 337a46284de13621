import { MAX_DEPTH, notSerialisable, tooDeep } from './serialisable.ts';

/** A value whose encoding is larger than this is stored apart, under its hash. */
export const LARGE_BYTES = 16 * 1024;

/** Text shorter than this is taken for ASCII: what it can be wrong by is little. */
const SHORT_TEXT = 512;

/** A look over a value: about how many bytes its JSON has, and whether JSON reads back as the same value. */
export class Survey {
  #bytes = 0;
  readonly #limit: number;
  /** False where JSON would lose something: -0, NaN, undefined, bigint, Date, holes in lists. */
  isExact = true;

  /** `limitBytes`: past so many the look ends, and `isExact` is true only as far as it went. */
  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Whether the limit was passed. */
  get isOver(): boolean {
    return this.#bytes > this.#limit;
  }

  /** @throws HEDDLE_NOT_SERIALISABLE for what no encoding can write. */
  visit(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.#bytes += 2 + (value.length < SHORT_TEXT ? value.length : Buffer.byteLength(value));
        return;
      case 'number':
        this.#bytes += 8;
        // -0 is the one number below which JSON writes another: NaN and infinities become null.
        if (value === 0 ? Object.is(value, -0) : value - value !== 0) this.isExact = false;
        return;
      case 'boolean':
        this.#bytes += 5;
        return;
      case 'object':
        if (value === null) this.#bytes += 4;
        else this.#visitObject(value, depth);
        return;
      case 'undefined':
        this.isExact = false;
        return;
      case 'bigint':
        this.isExact = false;
        this.#bytes += value.toString(16).length / 2;
        return;
      case 'function':
      case 'symbol':
        throw notSerialisable(`a ${typeof value}`);
    }
  }

  #visitObject(value: object, depth: number): void {
    if (depth > MAX_DEPTH) throw tooDeep();
    if (Array.isArray(value)) {
      this.#bytes += 2 + value.length;
      const list: readonly unknown[] = value;
      for (let index = 0; index < list.length && this.#bytes <= this.#limit; index++)
        this.visit(list[index], depth + 1);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      this.isExact = false;
      this.#visitSpecial(value, depth);
      return;
    }
    this.#bytes += 2;
    for (const key in value) {
      if (this.#bytes > this.#limit) return;
      this.#bytes += key.length + 4;
      // A method called toJSON would speak for the object.
      this.visit((value as Record<string, unknown>)[key], depth + 1);
    }
  }

  #visitSpecial(value: object, depth: number): void {
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      this.#bytes += value.byteLength;
    } else if (value instanceof Map) {
      for (const [key, element] of value) {
        if (this.#bytes > this.#limit) return;
        this.visit(key, depth + 1);
        this.visit(element, depth + 1);
      }
    } else if (value instanceof Set) {
      for (const element of value) {
        if (this.#bytes > this.#limit) return;
        this.visit(element, depth + 1);
      }
    } else {
      this.#bytes += 16;
      for (const key of Object.keys(value)) {
        if (this.#bytes > this.#limit) return;
        this.visit((value as Record<string, unknown>)[key], depth + 1);
      }
    }
  }
}
