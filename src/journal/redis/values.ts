import type { LargeValue } from '../encode.ts';
import { valueBytes } from '../stored-values.ts';
import { ValueReader } from '../value-reader.ts';
import type { Call, Calls, Line } from './calls.ts';
import type { Argument } from './connection.ts';

/** Names remembered at most of values that are known to be stored: 100 bytes each. */
const MAX_KNOWN = 20_000;

/** Values that are stored once, on their way to the server and back. */
export class Values {
  readonly #calls: Calls;
  readonly #tag: string;
  readonly #known = new Set<string>();
  readonly #reader: ValueReader;

  constructor(calls: Calls, { tag, name }: Line) {
    this.#calls = calls;
    this.#tag = tag;
    this.#reader = new ValueReader((hashes) => this.#fetch(hashes), name);
  }

  /** Values to be sent: the bytes of those that this client has not seen in the store. */
  outgoing(large: readonly LargeValue[], definition?: Definition): Outgoing {
    return new Outgoing(large, definition, this.#known);
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
      const packed = await this.#calls.add({
        command: 'GET',
        args: () => [this.#tag + name],
        read: (reply) => reply as Buffer | null,
      });
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

/** A definition, stored as values are, under the hash that it was given. */
export interface Definition {
  readonly hash: string;
  readonly packed: Buffer;
}

/** Values on their way to the server. */
export class Outgoing {
  readonly #large: readonly LargeValue[];
  readonly #definition: Definition | undefined;
  readonly #bytes: ReadonlyMap<string, Buffer | null>;

  constructor(large: readonly LargeValue[], definition: Definition | undefined, known: ReadonlySet<string>) {
    this.#large = large;
    this.#definition = definition;
    this.#bytes = this.#bytesWithout(known);
  }

  /** Names of all, those inside them too. */
  get names(): Iterable<string> {
    return this.#bytes.keys();
  }

  /** Whether some are taken to be stored already: the server may answer that they are not. */
  get omitsSome(): boolean {
    return [...this.#bytes.values()].includes(null);
  }

  /** As a script takes them: how many, then name and bytes of each. */
  args(isComplete: boolean): readonly Argument[] {
    const bytes = isComplete ? this.#bytesWithout(new Set()) : this.#bytes;
    const args: Argument[] = [bytes.size];
    for (const [name, packed] of bytes) args.push(name, packed ?? '');
    return args;
  }

  #bytesWithout(known: ReadonlySet<string>): ReadonlyMap<string, Buffer | null> {
    const bytes = new Map<string, Buffer | null>();
    for (const [hash, packed] of valueBytes(this.#large, (one) => known.has(nameOf(one)))) {
      bytes.set(nameOf(hash), packed);
    }
    if (this.#definition !== undefined) {
      const name = `definition:${this.#definition.hash}`;
      bytes.set(name, known.has(name) ? null : this.#definition.packed);
    }
    return bytes;
  }
}

function nameOf(hash: string): string {
  return `value:${hash}`;
}
