import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RunJournal } from '../executor/run-journal.ts';
import { decode, decodeWhole, readReferences, writeReferences } from './decode.ts';
import { encode, encodeWhole, hashOf, type Encoded, type LargeValue } from './encode.ts';
import { isImmutable } from './immutable.ts';
import type { Journal } from './journal.ts';
import { noise } from './testing/conformance.ts';

afterEach(() => vi.restoreAllMocks());

function encoded(value: unknown): { main: Encoded; large: Map<string, Encoded>; hashes: string[] } {
  const large = new Map<string, Encoded>();
  const hashes: string[] = [];
  const keep = (part: LargeValue): void => {
    hashes.push(part.hash);
    large.set(part.hash, part.encode(keep));
  };
  const main = encode(value, keep);
  return { main, large, hashes };
}

function decoded({ main, large }: { main: Encoded; large: Map<string, Encoded> }): unknown {
  const load = (hash: string): unknown => {
    const part = large.get(hash);
    if (part === undefined) throw new Error(`no value ${hash}`);
    return decode(part, load);
  };
  return decode({ ...main, references: readReferences(writeReferences(main.references)) }, load);
}

describe('encode', () => {
  test.each<[string, unknown, 'string' | 'object']>([
    ['plain data', { a: [1, 'x', null, true, 1.5] }, 'string'],
    ['awkward text', ['\u0000', '\ud800'], 'string'],
    ['an own __proto__', JSON.parse('{"__proto__":1}'), 'string'],
    ['-0', [-0], 'object'],
    ['NaN', { a: NaN }, 'object'],
    ['undefined', [undefined], 'object'],
    ['a hole', Array(2), 'object'],
    ['a bigint', 1n, 'object'],
    ['a Date', { at: new Date(1) }, 'object'],
  ])('%s is JSON only where JSON is exact', (_, value, type) => {
    const result = encoded(value);
    expect(typeof result.main.data).toBe(type);
    expect(decoded(result)).toStrictEqual(value);
    expect(decodeWhole(encodeWhole(value))).toStrictEqual(value);
  });

  test.each<[string, unknown, number]>([
    ['16 KiB of text', ['x'.repeat(16_380)], 0],
    ['more', ['x'.repeat(16_390)], 1],
    ['text that takes three bytes a character', ['中'.repeat(6000)], 1],
    ['a large whole', 'x'.repeat(100_000), 0],
    ['a large list in a field', { list: Array.from({ length: 5000 }, (_, n) => n) }, 1],
    ['large bytes', [new Uint8Array(20_000)], 1],
    ['a large Map', [new Map([[1, noise(20_000)]])], 1],
    ['a large Set', [new Set([noise(10_000), noise(10_000, 2)])], 1],
    ['a large bigint', [2n ** 200_000n], 1],
    [
      'a Map that ends the look',
      [
        [
          new Map([
            [noise(17_000), 1],
            [noise(17_000, 2), 2],
          ]),
        ],
      ],
      1,
    ],
    ['elements on their own', { results: [noise(20_000), 1, noise(20_000, 2)] }, 2],
    ['what stays large without them too', { list: [noise(20_000), ...Array.from({ length: 5000 }, (_, n) => n)] }, 2],
    ['an inexact rest around them', { list: [noise(20_000), -0, { deep: [noise(20_000, 2), NaN] }] }, 2],
  ])('%s: %# is stored apart where it is large', (_, value, count) => {
    const result = encoded(value);
    expect(result.large.size).toBe(count);
    expect(decoded(result)).toStrictEqual(value);
  });

  test('instances of classes keep their fields', () => {
    class Server {
      readonly name = 'a';
      readonly log = noise(20_000);
    }
    expect(decoded(encoded([new Server()]))).toEqual([{ name: 'a', log: noise(20_000) }]);
  });

  test('the same content has the same hash, another order of keys another', () => {
    const hash = (value: unknown): string => hashOf({ data: encodeWhole(value), references: null });
    expect(hash({ a: 1, b: 2 })).toBe(hash({ a: 1, b: 2 }));
    expect(hash({ a: 1, b: 2 })).not.toBe(hash({ b: 2, a: 1 }));
    const refers = (to: string): string => hashOf({ data: 'null', references: [[to, 'a']] });
    expect(refers('x')).not.toBe(refers('y'));
  });

  test('what can never change is encoded once', () => {
    const value = Object.freeze({ list: Object.freeze([noise(9000), noise(9000, 2)]) });
    const first = encoded([value, value]);
    expect(first.large.size).toBe(1);
    const stringify = vi.spyOn(JSON, 'stringify');
    let asked = 0;
    for (let time = 0; time < 10; time++) encode([value], () => asked++);
    expect(asked).toBe(10);
    // Only the list around it.
    expect(stringify.mock.calls.every(([given]) => given !== value.list)).toBe(true);
  });

  test('a whole that never ends is refused', () => {
    const wide = Array.from({ length: 5 }, () => 'x'.repeat(15_000_000));
    expect(() => encodeWhole(wide)).toThrow(expect.objectContaining({ code: 'HEDDLE_NOT_SERIALISABLE' }));
  });
});

test.each<[string, object, boolean]>([
  ['frozen through and through', Object.freeze({ a: Object.freeze([1, Object.freeze({})]) }), true],
  ['frozen on the outside', Object.freeze({ a: [] }), false],
  ['a list with a loose object', Object.freeze([{}]), false],
  ['with a Date', Object.freeze([Object.freeze(new Date())]), false],
  ['with a function', Object.freeze([() => 1]), false],
  ['with a getter', Object.freeze(Object.defineProperty({}, 'a', { get: Math.random, enumerable: true })), false],
])('what is %s: %#', (_, value, expected) => {
  expect(isImmutable(value)).toBe(expected);
  expect(isImmutable(value)).toBe(expected);
});

test('a journal is what the executor asks for', () => {
  const port = (journal: Journal): RunJournal => journal;
  expect(port).toBeTypeOf('function');
});
