import { describe, expect, it } from 'vitest';
import { suggest } from './suggestion.ts';

describe('suggest', () => {
  it.each([
    ['acton', ['action', 'as'], 'action'],
    ['taks', ['tags', 'tasks'], 'tasks'],
    ['WITH_ITMES', ['with-items', 'when'], 'with-items'],
    ['publsih', ['publish'], 'publish'],
    ['a', ['b', 'as'], 'as'],
  ])('%s', (name, candidates, meant) => {
    expect(suggest(name, candidates)).toBe(meant);
  });

  it('gives nothing where nothing is near', () => {
    expect(suggest('kubernetes', ['action', 'name'])).toBeUndefined();
    expect(suggest('x', [])).toBeUndefined();
    expect(suggest('a'.repeat(101), ['a'.repeat(100)])).toBeUndefined();
  });
});
