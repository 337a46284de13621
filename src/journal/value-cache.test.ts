import { expect, test } from 'vitest';
import { ValueCache } from './value-cache.ts';

test('what was used last stays, as long as it fits', () => {
  const cache = new ValueCache(100);
  cache.put('a', 'A', 40);
  cache.put('b', 'B', 40);
  expect(cache.get('a')).toBe('A');
  cache.put('c', 'C', 30);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['A', undefined, 'C']);
  expect(cache.bytes).toBe(70);
});

test('what is larger than all the room drives nothing out', () => {
  const cache = new ValueCache(100);
  cache.put('a', 'A', 100);
  cache.put('b', 'B', 101);
  expect([cache.get('a'), cache.get('b')]).toEqual(['A', undefined]);
});

test('one that is put again counts once', () => {
  const cache = new ValueCache(100);
  cache.put('a', 'A', 60);
  cache.put('a', 'A', 60);
  cache.put('b', 'B', 40);
  expect(cache.bytes).toBe(100);
  expect([cache.get('a'), cache.get('b')]).toEqual(['A', 'B']);
});

test('without room it gives what somebody else still has', () => {
  const cache = new ValueCache(0);
  const value = { list: [1] };
  cache.put('a', value, 20);
  expect(cache.bytes).toBe(0);
  expect(cache.get('a')).toBe(value);
});
