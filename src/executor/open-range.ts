import type { ItemsEntry } from './entries.ts';
import type { Contributions } from './folding.ts';

/** An entry of plainly succeeded iterations that more can be added to until it is written. */
export class OpenRange {
  readonly entry: { -readonly [K in keyof ItemsEntry]: ItemsEntry[K] };
  readonly #results: unknown[] | null;
  readonly #contributions: unknown[] | null;
  #indexes: number[] | null = null;

  constructor(execution: number, from: number, keeps: boolean, contributes: boolean) {
    this.entry = { type: 'items', execution, from, count: 0 };
    this.#results = keeps ? [] : null;
    this.#contributions = contributes ? [] : null;
    if (this.#results !== null) this.entry.results = this.#results;
    if (this.#contributions !== null) this.entry.contributions = this.#contributions;
  }

  /** Adds those that follow; false: they do not follow. */
  take(from: number, end: number, results: readonly unknown[] | null): boolean {
    if (this.#indexes !== null || this.entry.from + this.entry.count !== from) return false;
    if (this.#results !== null)
      for (let index = from; index < end; index++) this.#results.push(results?.[index] ?? null);
    this.entry.count += end - from;
    return true;
  }

  add(index: number, result: unknown, contributions: Contributions | undefined): void {
    const { entry } = this;
    if (this.#indexes === null && entry.from + entry.count !== index) {
      this.#indexes = Array.from({ length: entry.count }, (_, at) => entry.from + at);
      entry.indexes = this.#indexes;
    }
    this.#indexes?.push(index);
    this.#results?.push(result);
    this.#contributions?.push(contributions ?? null);
    entry.count++;
  }
}
