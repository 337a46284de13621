import { HeddleError } from '../errors/index.ts';
import { describe, RangeList } from '../expression/index.ts';
import { isIterable } from './iterable.ts';

/**
 * Where the elements of a with-items task come from. Elements are taken in runs: `load` makes some ready, `take` gives
 * them one by one. Nothing of a lazy source is held but the run that is being taken from.
 */
export interface ItemSource {
  /** Null: not known before the end. */
  readonly total: number | null;
  /** Whether {@link take} has an element. */
  readonly ready: boolean;
  /** Whether there are no more elements. Only meaningful where `ready` is false. */
  readonly ended: boolean;
  /** Elements that are at hand as a list, from {@link position} on; null: they come one by one. */
  readonly list: readonly unknown[] | null;
  readonly position: number;
  /** Takes elements of `list` unseen. */
  skip(count: number): void;
  /** The next element; only where `ready`. */
  take(): unknown;
  /** Makes elements ready, or finds the end. A promise where that takes time. */
  load(): void | Promise<void>;
  /** Lets go of what the source holds open. */
  close(): void;
}

/** The source a value gives. @throws HEDDLE_WITH_ITEMS_SOURCE where it cannot be iterated over. */
export function sourceOf(value: unknown): ItemSource {
  if (Array.isArray(value)) return new ListSource(value);
  if (value instanceof RangeList) return new RangeSource(value);
  if (typeof value === 'object' && value !== null) {
    if (isAsyncIterable(value)) return new AsyncSource(singles(value));
    if (value instanceof Map)
      return new ListSource([...value].map(([key, each]: [unknown, unknown]) => ({ key, value: each })));
    if (isIterable(value)) return new IterableSource(value, value instanceof Set ? value.size : null);
    return new ListSource(Object.entries(value).map(([key, each]: [string, unknown]) => ({ key, value: each })));
  }
  const found = value === undefined ? 'null' : describe(value);
  throw new HeddleError(
    'HEDDLE_WITH_ITEMS_SOURCE',
    `with-items needs a list, an object, range(), an iterable or { from: file }, and found ${found}`,
  );
}

/** Elements `from` up to `from + count` of what can be had anywhere by its index. */
export function partOf(source: ListSource | RangeSource, from: number, count: number): ItemSource {
  return source instanceof ListSource
    ? new ListSource(source.list.slice(from, from + count))
    : new RangeSource(source.range, from, Math.min(source.total, from + count));
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return typeof (value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator] === 'function';
}

async function* singles(values: AsyncIterable<unknown>): AsyncGenerator<readonly unknown[]> {
  for await (const value of values) yield [value];
}

/** A list in memory: never copied. */
export class ListSource implements ItemSource {
  readonly list: readonly unknown[];
  position = 0;

  constructor(list: readonly unknown[]) {
    this.list = list;
  }

  get total(): number {
    return this.list.length;
  }

  get ready(): boolean {
    return this.position < this.list.length;
  }

  readonly ended = true;

  take(): unknown {
    return this.list[this.position++];
  }

  skip(count: number): void {
    this.position += count;
  }

  load(): void {}

  close(): void {}
}

/** Numbers of a range at hand at once: many enough for the loops over them to be fast, few enough to be nothing. */
const RANGE_RUN = 1024;

/** A range, a run of numbers at a time. */
export class RangeSource implements ItemSource {
  readonly range: RangeList;
  readonly #end: number;
  #taken: number;
  list: readonly number[] = [];
  position = 0;

  /** From number `from` on up to `end`. Default: all. */
  constructor(range: RangeList, from = 0, end = range.length) {
    this.range = range;
    this.#taken = from;
    this.#end = end;
  }

  get total(): number {
    return this.range.length;
  }

  get ready(): boolean {
    if (this.position === this.list.length) this.load();
    return this.position < this.list.length;
  }

  get ended(): boolean {
    return this.#taken === this.#end;
  }

  take(): unknown {
    return this.list[this.position++];
  }

  skip(count: number): void {
    this.position += count;
  }

  load(): void {
    const { start, step } = this.range;
    const from = this.#taken;
    this.#taken = Math.min(this.#end, from + RANGE_RUN);
    this.list = Array.from({ length: this.#taken - from }, (_, at) => start + (from + at) * step);
    this.position = 0;
  }

  close(): void {}
}

/** An iterable, an element at a time. */
class IterableSource implements ItemSource {
  readonly list = null;
  readonly position = 0;
  readonly total: number | null;
  readonly #iterator: Iterator<unknown>;
  #current: IteratorResult<unknown> | null = null;

  constructor(values: Iterable<unknown>, total: number | null) {
    this.#iterator = values[Symbol.iterator]();
    this.total = total;
  }

  get ready(): boolean {
    this.load();
    return this.#current?.done !== true;
  }

  get ended(): boolean {
    return this.#current?.done === true;
  }

  take(): unknown {
    this.load();
    const current = this.#current as IteratorResult<unknown, unknown>;
    this.#current = null;
    return current.value;
  }

  skip(): void {}

  load(): void {
    this.#current ??= this.#iterator.next();
  }

  close(): void {
    if (!this.ended) this.#iterator.return?.();
  }
}

/** An asynchronous iterable of runs of elements. */
export class AsyncSource implements ItemSource {
  readonly total = null;
  readonly #iterator: AsyncIterator<readonly unknown[]>;
  list: readonly unknown[] = [];
  position = 0;
  ended = false;

  constructor(runs: AsyncIterable<readonly unknown[]>) {
    this.#iterator = runs[Symbol.asyncIterator]();
  }

  get ready(): boolean {
    return this.position < this.list.length;
  }

  take(): unknown {
    return this.list[this.position++];
  }

  skip(count: number): void {
    this.position += count;
  }

  async load(): Promise<void> {
    const result = await this.#iterator.next();
    this.position = 0;
    this.list = result.done === true ? [] : result.value;
    this.ended = result.done === true;
  }

  close(): void {
    // An iterator that fails while it is closed has nothing left to tell: its elements are no longer wanted.
    if (!this.ended) this.#iterator.return?.().catch(() => undefined);
    this.ended = true;
  }
}

/** Slices of another source, each a list of `size` elements; the last may be shorter. */
export class BatchSource implements ItemSource {
  readonly list = null;
  readonly position = 0;
  readonly #source: ItemSource;
  readonly #size: number;
  #batch: unknown[] = [];

  constructor(source: ItemSource, size: number) {
    this.#source = source;
    this.#size = size;
  }

  get total(): number | null {
    const { total } = this.#source;
    return total === null ? null : Math.ceil(total / this.#size);
  }

  get ready(): boolean {
    while (this.#batch.length < this.#size && this.#source.ready) this.#batch.push(this.#source.take());
    return this.#batch.length === this.#size || (this.#batch.length > 0 && this.#source.ended && !this.#source.ready);
  }

  get ended(): boolean {
    return this.#source.ended && !this.#source.ready && this.#batch.length === 0;
  }

  take(): unknown {
    const batch = this.#batch;
    this.#batch = [];
    return batch;
  }

  skip(): void {}

  load(): void | Promise<void> {
    return this.#source.load();
  }

  close(): void {
    this.#source.close();
  }
}
