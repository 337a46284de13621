/**
 * The numbers from `start` (included) to `end` (excluded) by `step`, as a list that is never built: it has a length,
 * elements by index, iteration, and is an array in JSON.
 */
export class RangeList implements Iterable<number> {
  readonly start: number;
  readonly step: number;
  readonly length: number;

  constructor(start: number, end: number, step: number) {
    this.start = start;
    this.step = step;
    this.length = Math.max(0, Math.ceil((end - start) / step));
  }

  /** The element at `index`, or undefined outside the range. */
  at(index: number): number | undefined {
    return index >= 0 && index < this.length ? this.start + index * this.step : undefined;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let index = 0; index < this.length; index += 1) yield this.start + index * this.step;
  }

  toJSON(): number[] {
    return Array.from(this);
  }
}
