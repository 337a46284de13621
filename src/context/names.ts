/** Names in the order they were first seen, each with a slot that never changes; tables only ever grow. */
export class NameTable {
  readonly names: string[] = [];
  readonly #slots = new Map<string, number>();

  constructor(names: Iterable<string> = []) {
    for (const name of names) this.slot(name);
  }

  /** The slot of a name, or undefined where the table does not have it. */
  find(name: string): number | undefined {
    return this.#slots.get(name);
  }

  /** The slot of a name, which is given one where it has none. */
  slot(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.names.length;
    this.names.push(name);
    this.#slots.set(name, slot);
    return slot;
  }
}
