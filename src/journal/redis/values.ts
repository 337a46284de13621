import type { LargeValue } from '../encode.ts';
import { ValueReader } from '../value-reader.ts';
import type { Call, Calls, Line } from './calls.ts';
import { Outgoing, type Definition } from './outgoing.ts';
import { nameOf, readStored } from './stored-value.ts';

/** Names remembered at most of values that are known to be stored: 100 bytes each. */
const MAX_KNOWN = 20_000;

/** Values that are stored once, on their way to the server and back. */
export class Values {
  readonly #calls: Calls;
  readonly #line: Line;
  readonly #known = new Set<string>();
  readonly #reader: ValueReader;

  /** `cacheBytes`: of large values kept for the next who reads them. */
  constructor(calls: Calls, line: Line, cacheBytes: number) {
    this.#calls = calls;
    this.#line = line;
    this.#reader = new ValueReader((hashes) => this.#fetch(hashes), line.name, cacheBytes);
  }

  /** Values to be sent: the bytes of those that this client has not seen in the store. */
  outgoing(large: readonly LargeValue[], definition?: Definition): Outgoing {
    return new Outgoing(large, definition, this.#known, this.#line);
  }

  /** Values that were sent are stored now. */
  stored({ names }: Outgoing): void {
    for (const name of names) this.#remember(name);
  }

  /** Reads packed values with the large values in them. */
  read<T>(
    call: Call<T>,
    packedOf: (read: T) => readonly Buffer[],
  ): Promise<{ readonly read: T; readonly values: readonly unknown[] }> {
    return this.#reader.read(() => this.#calls.add(call), packedOf);
  }

  async #fetch(hashes: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    const found = new Map<string, Buffer>();
    const fetchOne = async (hash: string): Promise<void> => {
      const name = nameOf(hash);
      const packed = await readStored((call) => this.#calls.add(call), this.#line.tag, name);
      if (packed === null) return;
      found.set(hash, packed);
      this.#remember(name);
    };
    await Promise.all(hashes.map(fetchOne));
    return found;
  }

  #remember(name: string): void {
    this.#known.delete(name);
    this.#known.add(name);
    const [oldest] = this.#known;
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}
