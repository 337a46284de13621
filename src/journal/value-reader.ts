import { HeddleError } from '../errors/index.ts';
import { decode } from './decode.ts';
import type { Encoded } from './encode.ts';
import { unpack } from './packed.ts';

/** Gives the bytes of large values that are stored; those that are not are left out. */
export type FetchValues = (hashes: readonly string[]) => Promise<ReadonlyMap<string, Buffer>>;

/** Times that rows are read again when a value of theirs is gone, as it is when they were removed in between. */
const READS = 3;

/** Reads packed values back, with the large values in them. All who read a large value share it. */
export class ValueReader {
  readonly #fetch: FetchValues;
  readonly #name: string;
  readonly #loaded = new Map<string, WeakRef<object>>();
  readonly #forgotten = new FinalizationRegistry<string>((hash) => {
    if (this.#loaded.get(hash)?.deref() === undefined) this.#loaded.delete(hash);
  });

  /** `name`: of the journal, for its error. */
  constructor(fetch: FetchValues, name: string) {
    this.#fetch = fetch;
    this.#name = name;
  }

  /**
   * Reads rows and decodes what they hold. `packedOf` gives the values of what was read.
   *
   * @throws HEDDLE_JOURNAL_CORRUPT where a large value is missing
   */
  async read<T>(
    rows: () => Promise<T>,
    packedOf: (read: T) => readonly Buffer[],
  ): Promise<{ readonly read: T; readonly values: readonly unknown[] }> {
    for (let reads = 1; ; reads++) {
      const read = await rows();
      const encoded = packedOf(read).map(unpack);
      const loading = new Loading(this.#fetch, (hash) => this.#loaded.get(hash)?.deref());
      const missing = await loading.load(encoded);
      if (missing === null) {
        const load = (hash: string): unknown => this.#decoded(hash, loading, load);
        return { read, values: encoded.map((value) => decode(value, load)) };
      }
      if (reads === READS) {
        throw new HeddleError(
          'HEDDLE_JOURNAL_CORRUPT',
          `The journal ${this.#name} lacks the value ${missing}; run \`heddle journal check\`.`,
        );
      }
    }
  }

  #decoded(hash: string, loading: Loading, load: (hash: string) => unknown): unknown {
    const known = loading.decoded.get(hash);
    if (known !== undefined) return known;
    const encoded = loading.encoded.get(hash);
    if (encoded === undefined) throw new Error(`value ${hash} was not loaded`);
    const value = decode(encoded, load);
    if (typeof value === 'object' && value !== null) {
      loading.decoded.set(hash, value);
      this.#loaded.set(hash, new WeakRef(value));
      this.#forgotten.register(value, hash);
    }
    return value;
  }
}

/** What is fetched for one read, level by level: a value names others. */
class Loading {
  readonly encoded = new Map<string, Encoded>();
  /** Values of earlier reads among them, which must not go before this one is done. */
  readonly decoded = new Map<string, object>();
  readonly #fetch: FetchValues;
  readonly #before: (hash: string) => object | undefined;

  constructor(fetch: FetchValues, before: (hash: string) => object | undefined) {
    this.#fetch = fetch;
    this.#before = before;
  }

  /** Fetches what `values` refer to; the hash of one that is missing, or null. */
  async load(values: readonly Encoded[]): Promise<string | null> {
    for (let level = values; level.length > 0;) {
      const wanted = [...new Set(level.flatMap(({ references }) => (references ?? []).map(([hash]) => hash)))].filter(
        (hash) => !this.#isHere(hash),
      );
      if (wanted.length === 0) return null;
      const found = await this.#fetch(wanted);
      const missing = wanted.find((hash) => !found.has(hash));
      if (missing !== undefined) return missing;
      level = wanted.map((hash) => unpack(found.get(hash) ?? Buffer.alloc(0)));
      level.forEach((value, at) => this.encoded.set(wanted[at] ?? '', value));
    }
    return null;
  }

  #isHere(hash: string): boolean {
    if (this.encoded.has(hash) || this.decoded.has(hash)) return true;
    const before = this.#before(hash);
    if (before === undefined) return false;
    this.decoded.set(hash, before);
    return true;
  }
}
