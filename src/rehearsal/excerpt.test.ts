import { describe, expect, it } from 'vitest';
import { excerptOf } from './excerpt.ts';

describe('excerptOf', () => {
  it('leaves plain data as it is', () => {
    const value = { a: [1, 'two', null, true, { b: 2 }] };
    expect(excerptOf(value)).toEqual({ value, isCut: false });
  });

  it('turns what has a text into it', () => {
    const value = { at: new Date(0), big: 12n, none: undefined };
    expect(excerptOf(value)).toEqual({
      value: { at: '1970-01-01T00:00:00.000Z', big: '12', none: null },
      isCut: false,
    });
  });

  it.each([
    ['a long text', 'x'.repeat(20_001), 'x'.repeat(20_000)],
    ['a long list', Array.from({ length: 10_001 }, () => 0), Array.from({ length: 9_999 }, () => 0)],
    ['a function', () => 1, null],
    ['a map', { m: new Map() }, { m: null }],
    ['a symbol', [Symbol('s')], [null]],
  ])('cuts %s', (_, value, expected) => {
    expect(excerptOf(value)).toEqual({ value: expected, isCut: true });
  });

  it('leaves the mapping whole in which a list ends', () => {
    const value = Array.from({ length: 8000 }, (_, index) => ({ index, name: 'n' }));
    const { value: kept, isCut } = excerptOf(value);
    expect(isCut).toBe(true);
    expect(kept).toEqual(value.slice(0, 3333));
  });

  it('cuts a mapping with very many keys', () => {
    const value = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`k${String(index)}`, 1]));
    expect(Object.keys(excerptOf(value).value as object)).toHaveLength(10_000);
    expect(excerptOf(value).isCut).toBe(true);
  });

  it('ends where a value refers to itself', () => {
    const value: Record<string, unknown> = {};
    value.self = value;
    expect(excerptOf(value).isCut).toBe(true);
  });
});
