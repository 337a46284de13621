import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGGREGATIONS } from './aggregation.ts';
import type { Evaluate, Scope } from './plan.ts';

const field =
  (name: string): Evaluate =>
  (scope) =>
    (scope.item as Record<string, unknown>)[name];

/** Folds rows with an aggregation whose arguments are fields of a row. */
function fold(name: string, fields: readonly string[], rows: readonly unknown[], count = 0): unknown {
  const aggregation = AGGREGATIONS[name]?.create(fields.map(field), count);
  if (aggregation === undefined) throw new Error(name);
  let state = aggregation.start();
  for (const item of rows) {
    const contribution = aggregation.take({ item } as Scope, state);
    if (contribution !== undefined) state = aggregation.fold(state, contribution);
  }
  return aggregation.finish(state);
}

const ROWS = [
  { k: 'a', n: 3, t: 'y', z: null },
  { k: 'b', n: 1, t: 'x', z: null },
  { k: 'a', n: null, t: null, z: null },
  { k: null, n: 5, t: 'x', z: null },
];

describe('aggregations', () => {
  it.each<[string, string[], unknown, unknown, number?]>([
    ['count', [], 4, 0],
    ['count', ['n'], 3, 0],
    ['count_by', ['k'], { a: 2, b: 1 }, {}],
    ['sum', ['n'], 9, 0],
    ['sum_by', ['k', 'n'], { a: 3, b: 1 }, {}],
    ['min', ['n'], 1, null],
    ['max', ['n'], 5, null],
    ['min', ['t'], 'x', null],
    ['max', ['t'], 'y', null],
    ['max', ['z'], null, null],
    ['avg', ['n'], 3, null],
    ['avg', ['z'], null, null],
    ['first', ['t'], ['y', 'x'], [], 2],
    ['top', ['n', 'k'], [null, 'a'], [], 2],
    ['top', ['t', 'n'], [3, 1, 5], [], 9],
    ['unique', ['t'], ['y', 'x'], []],
  ])('%s(%j) of rows, and of none', (name, fields, ofRows, ofNone, count = 0) => {
    expect(fold(name, fields, ROWS, count)).toEqual(ofRows);
    expect(fold(name, fields, [], count)).toEqual(ofNone);
  });

  it('start anew every time', () => {
    for (const [name, kind] of Object.entries(AGGREGATIONS)) {
      const fields = ['n', 'n'].slice(0, kind.counted ? kind.min - 1 : kind.min);
      expect(fold(name, fields, ROWS, 2)).toEqual(fold(name, fields, ROWS, 2));
    }
  });

  it.each(['__proto__', 'constructor'])('group by %s like by anything', (key) => {
    expect(Object.entries(fold('count_by', ['k'], [{ k: key }, { k: key }]) as object)).toEqual([[key, 2]]);
    expect(Object.entries(fold('sum_by', ['k', 'n'], [{ k: key, n: 2 }]) as object)).toEqual([[key, 2]]);
  });

  it('group numbers, booleans and objects by their text', () => {
    expect(fold('count_by', ['k'], [{ k: 200 }, { k: '200' }, { k: true }, { k: { a: 1 } }])).toEqual({
      200: 2,
      true: 1,
      '{"a":1}': 1,
    });
    expect(fold('unique', ['k'], [{ k: 1 }, { k: '1' }, { k: 1 }, { k: [1] }, { k: [1] }])).toEqual([1, '1', [1]]);
  });

  it.each([
    ['sum', ['t'], ROWS, 'sum() takes numbers, found '],
    ['sum_by', ['k', 't'], ROWS, 'sum_by() takes numbers'],
    ['avg', ['t'], ROWS, 'avg() takes numbers'],
    ['min', ['v'], [{ v: true }], 'min() takes numbers or strings'],
    ['max', ['v'], [{ v: 1 }, { v: 'a' }], 'max() cannot compare'],
    ['top', ['v', 'v'], [{ v: {} }], 'top() takes numbers or strings'],
  ])('%s(%j) says what it cannot take', (name, fields, rows, message) => {
    expect(() => fold(name, fields, rows, 1)).toThrow(
      expect.objectContaining({
        code: 'HEDDLE_EXPRESSION_TYPE',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });

  it('sum the same in any order', () => {
    const numbers = fc.array(fc.constantFrom(1e16, -1e16, 1, 0.1, 3, -0.3), { maxLength: 40 });
    fc.assert(
      fc.property(numbers, (values) => {
        const rows = values.map((n) => ({ n }));
        const exact = Number(values.reduce((sum, value) => sum + BigInt(Math.round(value * 10)), 0n)) / 10;
        const nearest = Math.abs(exact) * 2 ** -52 + 1e-6;
        for (const order of [rows, rows.toReversed()]) {
          expect(Math.abs((fold('sum', ['n'], order) as number) - exact)).toBeLessThanOrEqual(nearest);
        }
      }),
    );
  });

  it('give the top of what sorting gives', () => {
    const rows = fc.array(fc.record({ by: fc.integer({ min: 0, max: 5 }), v: fc.nat() }), { maxLength: 30 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 6 }), (list, count) => {
        const sorted = list.map((row, index) => ({ ...row, index })).sort((a, b) => b.by - a.by || a.index - b.index);
        expect(fold('top', ['by', 'v'], list, count)).toEqual(sorted.slice(0, count).map((row) => row.v));
        expect(fold('first', ['v'], list, count)).toEqual(list.slice(0, count).map((row) => row.v));
      }),
    );
  });
});
