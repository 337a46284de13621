/** A set of indexes that fills up from 0, nearly in order: one number for all below the first hole, and the rest. */
export class IndexSet {
  readonly #beyond = new Set<number>();
  /** Every index below is in the set, this one is not. */
  firstHole = 0;

  has(index: number): boolean {
    return index < this.firstHole || this.#beyond.has(index);
  }

  add(index: number): void {
    if (index < this.firstHole) return;
    if (index > this.firstHole) this.#beyond.add(index);
    else this.#close(index + 1);
  }

  /** Adds those from `from` up to `end`, which is not added. */
  addRange(from: number, end: number): void {
    if (from > this.firstHole) for (let index = from; index < end; index++) this.#beyond.add(index);
    else if (end > this.firstHole) {
      for (const index of this.#beyond) if (index < end) this.#beyond.delete(index);
      this.#close(end);
    }
  }

  /** One past the highest index. */
  get end(): number {
    let end = this.firstHole;
    for (const index of this.#beyond) end = Math.max(end, index + 1);
    return end;
  }

  /** As data: all below the first number, and the rest. */
  save(): number[] {
    return [this.firstHole, ...this.#beyond];
  }

  /** Adds what was saved. */
  restore([below = 0, ...rest]: readonly number[]): void {
    this.addRange(0, below);
    for (const index of rest) this.add(index);
  }

  /** The first hole is `at` or later. */
  #close(at: number): void {
    this.firstHole = at;
    if (this.#beyond.size > 0) for (; this.#beyond.delete(this.firstHole);) this.firstHole++;
  }
}
