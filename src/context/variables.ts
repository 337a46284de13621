import type { NameTable } from './names.ts';

const BITS = 5;
const WIDTH = 1 << BITS;

const NO_BLOCK: readonly unknown[] = [];

/** A copy of at least `length` elements that takes no more room than it needs: a list that is pushed to takes 17. */
function copied<T>(list: readonly T[], length: number, missing: T): T[] {
  if (list.length >= length) return list.slice();
  const copy = new Array<T>(length);
  for (let at = 0; at < length; at++) copy[at] = at < list.length ? (list[at] as T) : missing;
  return copy;
}

/**
 * Persistent variables by slot: a version once made never changes, and a write copies one block of 32 values and the
 * list of blocks, whatever else is stored. Compiled expressions read `blocks[slot >> 5][slot & 31]` themselves.
 */
export class Variables {
  readonly table: NameTable;
  readonly blocks: readonly (readonly unknown[])[];

  constructor(table: NameTable, blocks: readonly (readonly unknown[])[] = []) {
    this.table = table;
    this.blocks = blocks;
  }

  /** JavaScript that reads a slot of the variables that `variables` evaluates to; undefined where it is not set. */
  static codeOf(variables: string, slot: number): string {
    return `${variables}.blocks[${slot >> BITS}]?.[${slot & (WIDTH - 1)}]`;
  }

  /** The value of a slot, or undefined where it is not set. */
  at(slot: number): unknown {
    return this.blocks[slot >> BITS]?.[slot & (WIDTH - 1)];
  }

  /** The value of a name, or undefined where it is not set. */
  get(name: string): unknown {
    const slot = this.table.find(name);
    return slot === undefined ? undefined : this.at(slot);
  }

  /** A version in which a slot holds `value`; undefined unsets it. Shares every other block. */
  with(slot: number, value: unknown): Variables {
    const number = slot >> BITS;
    const place = slot & (WIDTH - 1);
    const blocks = copied(this.blocks, number + 1, NO_BLOCK);
    const block = copied<unknown>(blocks[number] as readonly unknown[], place + 1, undefined);
    block[place] = value;
    blocks[number] = block;
    return new Variables(this.table, blocks);
  }

  /** Names that are set, in the order of their slots. */
  names(): string[] {
    return this.table.names.filter((_, slot) => this.at(slot) !== undefined);
  }

  /** A fresh object of all variables; the values are shared. */
  toObject(): Record<string, unknown> {
    return Object.fromEntries(this.names().map((name) => [name, this.get(name)]));
  }
}
