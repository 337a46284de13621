import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, differences } from './difference.ts';

describe('differences', () => {
  it.each([
    ['another value', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: ['a', 'b'], kind: 'different', expected: 1, got: 2 }]],
    ['another type', { a: 1 }, { a: '1' }, [{ path: ['a'], kind: 'different', expected: 1, got: '1' }]],
    ['a list for an object', { a: [] }, { a: {} }, [{ path: ['a'], kind: 'different', expected: [], got: {} }]],
    ['a missing key', { a: 1, b: 2 }, { a: 1 }, [{ path: ['b'], kind: 'missing', expected: 2 }]],
    ['an unexpected key', { a: 1 }, { a: 1, b: 2 }, [{ path: ['b'], kind: 'unexpected', got: 2 }]],
    ['a missing element', [1, 2], [1], [{ path: [1], kind: 'missing', expected: 2 }]],
    ['an unexpected element', [{ a: 1 }], [{ a: 1 }, null], [{ path: [1], kind: 'unexpected', got: null }]],
  ])('finds %s', (_, expected, got, found) => {
    expect(differences(expected, got, 'exact')).toEqual(found);
  });

  it('takes only own keys of what it got', () => {
    expect(differences({ constructor: 1 }, {}, 'subset')).toEqual([
      { path: ['constructor'], kind: 'missing', expected: 1 },
    ]);
  });

  it('as a subset, lets objects have more at every depth, but not lists', () => {
    expect(contains({ a: { b: 1, c: 2 }, d: [{ e: 1, f: 2 }] }, { a: { b: 1 }, d: [{ e: 1 }] })).toBe(true);
    expect(contains([1, 2], [1])).toBe(false);
    expect(contains({ a: 1 }, { a: 1, b: 2 })).toBe(false);
  });

  it('takes undefined for null and 0 for -0', () => {
    expect(differences({ a: null, b: 0 }, { a: undefined, b: -0 }, 'exact')).toEqual([]);
  });

  it('finds none between equal values, and some between different ones', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const isEqual = isDeepStrictEqualJson(a, b);
        expect(differences(a, structuredClone(a), 'exact')).toEqual([]);
        expect(differences(a, b, 'exact').length === 0).toBe(isEqual);
      }),
    );
  });
});

/** Equality of JSON values that does not depend on the order of keys. */
function isDeepStrictEqualJson(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
