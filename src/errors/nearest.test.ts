import { describe, expect, test } from 'vitest';
import { nearest } from './nearest.ts';

describe('nearest', () => {
  test.each<[string, string[], string | undefined]>([
    ['acton', ['action', 'as'], 'action'],
    ['taks', ['tags', 'tasks'], 'tasks'],
    ['WITH_ITMES', ['with-items', 'when'], 'with-items'],
    ['publsih', ['publish'], 'publish'],
    ['a', ['b', 'as'], 'as'],
    ['prot', ['port', 'host'], 'port'],
    ['health-url', ['health_url'], 'health_url'],
    ['Name', ['name'], 'name'],
    ['regoin', ['region', 'reason'], 'region'],
    ['abc', ['xyz'], undefined],
    ['a', ['b'], undefined],
    ['name', ['name'], undefined],
    ['kubernetes', ['action', 'name'], undefined],
    ['x', [], undefined],
    ['a'.repeat(101), ['a'.repeat(100)], undefined],
  ])('of %s in %j is %s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });

  test('gives up on very many', () => {
    expect(nearest('word', [...Array.from({ length: 2000 }, () => 'other'), 'wrod'])).toBeUndefined();
  });
});
