import { HeddleError } from '../errors/index.ts';
import { decode } from './decode.ts';
import { noteDecoded, type Encoded } from './encode.ts';
import { unpack } from './packed.ts';
import { ValueCache } from './value-cache.ts';

/** Gives the bytes of large values that are stored; those that are not are left out. */
export type FetchValues = (hashes: readonly string[]) => Promise<ReadonlyMap<string, Buffer>>;

/** Times that rows are read again when a value of theirs is gone, as it is when they were removed in between. */
const READS = 3;

/** Reads packed values back, with the large values in them. All who read a large value share it. */
export class ValueReader {
  readonly #fetch: FetchValues;
  readonly #name: string;
  readonly #cache: ValueCache;
  /** What is on its way: those who want it meanwhile wait for the same answer. */
  readonly #coming = new Map<string, Promise<Encoded | null>>();

  /** `name`: of the journal, for its error. `cacheBytes`: of large values kept for the next who reads them. */
  constructor(fetch: FetchValues, name: string, cacheBytes: number) {
    this.#fetch = fetch;
    this.#name = name;
    this.#cache = new ValueCache(cacheBytes);
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
      const loading = new Loading(this.#cache, (hashes) => this.#get(hashes));
      const missing = await loading.load(encoded);
      if (missing === null)
        return { read, values: encoded.map((value) => decode(value, (hash) => loading.value(hash))) };
      if (reads === READS) {
        throw new HeddleError(
          'HEDDLE_JOURNAL_CORRUPT',
          `The journal ${this.#name} lacks the value ${missing}; run \`heddle journal check\`.`,
        );
      }
    }
  }

  /** Fetches values, each of them once however many ask for it at the same time. Null: it is not stored. */
  #get(hashes: readonly string[]): Promise<readonly (Encoded | null)[]> {
    const wanted = hashes.filter((hash) => !this.#coming.has(hash));
    if (wanted.length > 0) {
      const fetched = this.#fetch(wanted);
      for (const hash of wanted) this.#coming.set(hash, this.#arriving(hash, fetched));
    }
    return Promise.all(hashes.map((hash) => this.#coming.get(hash) ?? Promise.resolve(null)));
  }

  async #arriving(hash: string, fetched: Promise<ReadonlyMap<string, Buffer>>): Promise<Encoded | null> {
    try {
      const packed = (await fetched).get(hash);
      return packed === undefined ? null : unpack(packed);
    } finally {
      this.#coming.delete(hash);
    }
  }
}

/** What is fetched for one read, level by level: a value names others. */
class Loading {
  readonly #cache: ValueCache;
  readonly #get: (hashes: readonly string[]) => Promise<readonly (Encoded | null)[]>;
  readonly #encoded = new Map<string, Encoded>();
  /** Values of earlier reads among them, which must not go before this one is done. */
  readonly #decoded = new Map<string, unknown>();

  constructor(cache: ValueCache, get: (hashes: readonly string[]) => Promise<readonly (Encoded | null)[]>) {
    this.#cache = cache;
    this.#get = get;
  }

  /** Fetches what `values` refer to; the hash of one that is missing, or null. */
  async load(values: readonly Encoded[]): Promise<string | null> {
    for (let level = values; level.length > 0;) {
      const wanted = [...new Set(level.flatMap(({ references }) => (references ?? []).map(([hash]) => hash)))].filter(
        (hash) => !this.#isHere(hash),
      );
      if (wanted.length === 0) return null;
      const found = await this.#get(wanted);
      const next: Encoded[] = [];
      for (const [at, hash] of wanted.entries()) {
        const value = found[at];
        if (value == null) return hash;
        this.#encoded.set(hash, value);
        next.push(value);
      }
      level = next;
    }
    return null;
  }

  /** A value that {@link load} found. */
  value(hash: string): unknown {
    // Somebody who waited for the same answer may have decoded it by now.
    const known = this.#decoded.get(hash) ?? this.#cache.get(hash);
    if (known !== undefined) return known;
    const encoded = this.#encoded.get(hash);
    if (encoded === undefined) throw new Error(`value ${hash} was not loaded`);
    const value = decode(encoded, (inner) => this.value(inner));
    this.#decoded.set(hash, value);
    this.#cache.put(hash, value, encoded.data.length);
    if (typeof value === 'object' && value !== null) {
      const inner = (encoded.references ?? []).map(([held]) => [held, this.value(held)] as const);
      noteDecoded(value, hash, inner);
    }
    return value;
  }

  #isHere(hash: string): boolean {
    if (this.#encoded.has(hash) || this.#decoded.has(hash)) return true;
    const known = this.#cache.get(hash);
    if (known === undefined) return false;
    this.#decoded.set(hash, known);
    return true;
  }
}
