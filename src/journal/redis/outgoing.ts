import type { LargeValue } from '../encode.ts';
import { packSmaller, PARTS_AT_ONCE, split } from '../packed.ts';
import { valueBytes } from '../stored-values.ts';
import type { Line, Send } from './calls.ts';
import type { Argument } from './connection.ts';
import { BEGIN_UPLOAD } from './scripts/upload.ts';
import { nameOf } from './stored-value.ts';

/** How long parts that were sent ahead stay without the call that holds them, in milliseconds. */
const UPLOAD_MS = 3_600_000;

/** A definition, stored as values are, under the hash that it was given. */
export interface Definition {
  readonly hash: string;
  /** Packs it: only for a server that may not have it. */
  pack(): Buffer;
}

/** What a script is given of a value. */
interface Parcel {
  /** All of it, or the head of one that was split; '': it is thought to be stored. */
  readonly bytes: Buffer | '';
  /** Name of the key with its parts; '' where it was not split, or they come along. */
  readonly upload: string;
  /** Those that come along. */
  readonly parts: readonly Buffer[];
}

let uploads = 0;

/** Values on their way to the server. */
export class Outgoing {
  readonly #large: readonly LargeValue[];
  readonly #definition: Definition | undefined;
  readonly #line: Line;
  /** By name; null: thought to be stored. */
  readonly #bytes: ReadonlyMap<string, Buffer | null>;
  /** What was prepared. */
  readonly #parcels = new Map<string, Parcel>();

  /** `known`: names of values that are thought to be stored. */
  constructor(
    large: readonly LargeValue[],
    definition: Definition | undefined,
    known: ReadonlySet<string>,
    line: Line,
  ) {
    this.#large = large;
    this.#definition = definition;
    this.#line = line;
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

  /** Whether {@link prepare} has something to do. */
  get hasLarge(): boolean {
    return this.#large.length > 0 && [...this.#bytes.values()].some((bytes) => bytes !== null);
  }

  /**
   * Makes the bytes smaller where that pays, and sends those that are still too many for one piece ahead, part by part:
   * a script that is given 50 MB keeps everybody else waiting.
   */
  async prepare(send: Send): Promise<void> {
    for (const [name, bytes] of this.#bytes) {
      if (bytes === null || name === this.#definitionName) continue;
      const smaller = await packSmaller(bytes);
      const apart = split(smaller);
      if (apart === null) this.#parcels.set(name, { bytes: smaller, upload: '', parts: [] });
      else {
        const upload = await this.#upload(apart.parts, send);
        this.#parcels.set(name, { bytes: apart.head, upload, parts: [] });
      }
    }
  }

  /** As a script takes them: how many, then name, bytes, upload and parts of each. */
  args(isComplete: boolean): readonly Argument[] {
    const all = isComplete ? this.#bytesWithout(new Set()) : this.#bytes;
    const args: Argument[] = [all.size];
    for (const [name, whole] of all) {
      const prepared = isComplete ? undefined : this.#parcels.get(name);
      const { bytes, upload, parts } = prepared ?? parcelOf(whole, name !== this.#definitionName);
      args.push(name, bytes, upload, parts.length, ...parts);
    }
    return args;
  }

  async #upload(parts: readonly Buffer[], send: Send): Promise<string> {
    const upload = `upload:${this.#line.client}:${++uploads}`;
    const key = this.#line.tag + upload;
    const nothing = (): void => {};
    await send({ command: BEGIN_UPLOAD, args: () => [upload, UPLOAD_MS], read: nothing });
    for (let start = 0; start < parts.length; start += PARTS_AT_ONCE) {
      const page = parts.slice(start, start + PARTS_AT_ONCE);
      await Promise.all(
        page.map((part, at) => send({ command: 'HSET', args: () => [key, start + at + 1, part], read: nothing })),
      );
    }
    return upload;
  }

  get #definitionName(): string | null {
    return this.#definition === undefined ? null : `definition:${this.#definition.hash}`;
  }

  #bytesWithout(known: ReadonlySet<string>): ReadonlyMap<string, Buffer | null> {
    const bytes = new Map<string, Buffer | null>();
    for (const [hash, packed] of valueBytes(this.#large, (one) => known.has(nameOf(one)))) {
      bytes.set(nameOf(hash), packed);
    }
    const name = this.#definitionName;
    if (name !== null) bytes.set(name, known.has(name) ? null : (this.#definition?.pack() ?? null));
    return bytes;
  }
}

/** All of a value at once. */
function parcelOf(packed: Buffer | null, mayBeSplit: boolean): Parcel {
  const apart = packed === null || !mayBeSplit ? null : split(packed);
  if (apart === null) return { bytes: packed ?? '', upload: '', parts: [] };
  return { bytes: apart.head, upload: '', parts: apart.parts };
}
