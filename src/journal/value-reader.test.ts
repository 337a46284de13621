import { expect, test } from 'vitest';
import { encode, type Encoded } from './encode.ts';
import { pack } from './packed.ts';
import { noise } from './testing/conformance.ts';
import { ValueReader } from './value-reader.ts';

/** A store of large values that counts what is fetched from it. */
class Store {
  readonly values = new Map<string, Buffer>();
  readonly fetched: string[] = [];
  /** Called with each fetch, before it is answered. */
  onFetch: () => Promise<void> = () => Promise.resolve();

  /** Stores what is large in a value; the rest of it, packed. */
  put(value: unknown): Buffer {
    return pack(this.#encode(value));
  }

  reader(cacheBytes: number): ValueReader {
    const fetch = async (hashes: readonly string[]): Promise<ReadonlyMap<string, Buffer>> => {
      this.fetched.push(...hashes);
      await this.onFetch();
      return new Map(hashes.flatMap((hash) => [[hash, this.values.get(hash)] as const]).filter(isStored));
    };
    return new ValueReader(fetch, 'test', cacheBytes);
  }

  #encode(value: unknown): Encoded {
    return encode(value, (large) => {
      const encoded = large.encode((inner) => this.values.set(inner.hash, pack(inner.encode(() => {}))));
      this.values.set(large.hash, pack(encoded));
    });
  }
}

function isStored(entry: readonly [string, Buffer | undefined]): entry is readonly [string, Buffer] {
  return entry[1] !== undefined;
}

const valueOf = async (reader: ValueReader, packed: Buffer): Promise<unknown> =>
  (
    await reader.read(
      () => Promise.resolve(packed),
      (one) => [one],
    )
  ).values[0];

const MEGABYTE = 1024 * 1024;

test('a value is fetched once, however many refer to it', async () => {
  const store = new Store();
  const context = { rows: [noise(20_000)], text: noise(30_000, 2) };
  const chunks = [1, 2, 3].map((from) => store.put({ from, context }));
  const reader = store.reader(MEGABYTE);
  for (const [at, packed] of chunks.entries()) {
    expect(await valueOf(reader, packed)).toEqual({ from: at + 1, context });
  }
  expect(store.fetched).toHaveLength(2);
  expect(new Set(store.fetched).size).toBe(2);
});

test('those who want a value at the same time wait for one answer, and share it', async () => {
  const store = new Store();
  const list = Array.from({ length: 3000 }, (_, n) => n);
  const packed = [store.put([1, list]), store.put([2, list])];
  let answer = (): void => {};
  store.onFetch = () => new Promise((resolve) => (answer = resolve));
  const reader = store.reader(MEGABYTE);
  const both = Promise.all(packed.map((one) => valueOf(reader, one)));
  await new Promise(setImmediate);
  answer();
  const [[, first], [, second]] = (await both) as [[number, unknown], [number, unknown]];
  expect(first).toEqual(list);
  expect(second).toBe(first);
  expect(store.fetched).toHaveLength(1);
});

test('what does not fit is fetched again', async () => {
  const store = new Store();
  const [one, two] = [store.put([noise(20_000)]), store.put([noise(20_000, 2)])];
  const reader = store.reader(30_000);
  for (const packed of [one, two, two, one]) await valueOf(reader, packed);
  expect(store.fetched).toHaveLength(3);
});

test('a value that is gone is looked for again with its row, and then an error', async () => {
  const store = new Store();
  const packed = store.put([noise(20_000)]);
  const [hash = ''] = store.values.keys();
  const kept = store.values.get(hash) as Buffer;
  store.values.clear();
  let reads = 0;
  const reader = store.reader(MEGABYTE);
  const rows = (): Promise<Buffer> => {
    if (++reads === 2) store.values.set(hash, kept);
    return Promise.resolve(packed);
  };
  expect((await reader.read(rows, (one) => [one])).values).toEqual([[noise(20_000)]]);
  store.values.clear();
  const missing = valueOf(store.reader(MEGABYTE), packed);
  await expect(missing).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_CORRUPT' });
  await expect(missing).rejects.toThrow(hash);
});

test('what was read is known again once it is frozen', async () => {
  const store = new Store();
  const numbers = Array.from({ length: 5000 }, (_, n) => n);
  const packed = store.put([[noise(20_000), ...numbers]]);
  const [value] = (await valueOf(store.reader(MEGABYTE), packed)) as [object];
  const met = (): string[][] => {
    const found: string[][] = [];
    encode([value], ({ hash, contains }) => found.push([hash, ...contains]));
    return found;
  };
  // The text inside, and the list around it.
  const looked = met();
  expect(looked.map(({ length }) => length)).toEqual([1, 2]);
  Object.freeze(value);
  expect(met()).toEqual([looked[1]]);
});
