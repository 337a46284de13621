import type { FilePlace } from './chunk-terms.ts';
import type { ItemSource } from './item-source.ts';

/** Elements of a source that only this process can read, in the order they have, for others to work on. */
export class ItemsFeed {
  readonly #open: (first: number) => ItemSource;
  /** Where others can read an element by themselves; null: they cannot. */
  readonly placeOf: ((element: number) => FilePlace | null) | null;
  #source: ItemSource | null = null;
  /** Index of the next element of `#source`. */
  #next = 0;

  /** `open`: gives the source from element `first` on. */
  constructor(open: (first: number) => ItemSource, placeOf: ItemsFeed['placeOf']) {
    this.#open = open;
    this.placeOf = placeOf;
  }

  /** Elements from `from` on, `count` of them unless the source ends before. @throws what reading throws */
  async take(from: number, count: number): Promise<readonly unknown[]> {
    if (this.#source === null || this.#next !== from) {
      this.close();
      this.#source = this.#open(from);
      this.#next = from;
    }
    const source = this.#source;
    const elements: unknown[] = [];
    while (elements.length < count) {
      if (source.ready) elements.push(source.take());
      else if (source.ended) break;
      else await source.load();
    }
    this.#next += elements.length;
    return elements;
  }

  /** Lets go of what it reads from. */
  close(): void {
    this.#source?.close();
    this.#source = null;
  }
}
