import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGGREGATIONS } from './aggregation.ts';
import type { Aggregation, Evaluate, Scope } from './plan.ts';

const field =
  (name: string): Evaluate =>
  (scope) =>
    (scope.item as Record<string, unknown>)[name];

type Fold = Omit<Aggregation, 'name' | 'everyStatus'>;

function aggregationOf(name: string, fields: readonly string[], count: number): Fold {
  const aggregation = AGGREGATIONS[name]?.create(fields.map(field), count);
  if (aggregation === undefined) throw new Error(name);
  return aggregation;
}

function stateOf(aggregation: Fold, rows: readonly unknown[]): unknown {
  let state = aggregation.start();
  for (const item of rows) {
    const contribution = aggregation.take({ item } as Scope, state);
    if (contribution !== undefined) state = aggregation.fold(state, contribution);
  }
  return state;
}

/** Folds rows with an aggregation whose arguments are fields of a row. */
function fold(name: string, fields: readonly string[], rows: readonly unknown[], count = 0): unknown {
  const aggregation = aggregationOf(name, fields, count);
  return aggregation.finish(stateOf(aggregation, rows));
}

/** The same in parts that are merged with their neighbours; each of `places` says which two are next. */
function foldInParts(
  name: string,
  fields: readonly string[],
  parts: readonly (readonly unknown[])[],
  places: readonly number[],
  count: number,
): unknown {
  const aggregation = aggregationOf(name, fields, count);
  const states = parts.map((rows) => deserialize(serialize(stateOf(aggregation, rows))) as unknown);
  for (const place of places) {
    if (states.length < 2) break;
    const left = place % (states.length - 1);
    states.splice(left, 2, aggregation.merge(states[left], states[left + 1]));
  }
  const merged = states.reduce((state, later) => aggregation.merge(state, later), aggregation.start());
  return aggregation.finish(merged);
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
    ['top', ['v', 'v'], [{ v: 7 }, { v: '5' }], 'top() cannot compare'],
    ['top', ['v', 'v'], [{ v: {} }], 'top() takes numbers or strings'],
  ])('%s(%j) says what it cannot take', (name, fields, rows, message) => {
    expect(() => fold(name, fields, rows, 1)).toThrow(
      expect.objectContaining({
        code: 'HEDDLE_EXPRESSION_TYPE',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });

  it('know what is no number', () => {
    const rows = [{ n: 2 }, { n: NaN }, { n: 1 }, { n: 3 }];
    for (const list of [rows, rows.toReversed()]) {
      expect([fold('min', ['n'], list), fold('max', ['n'], list), fold('sum', ['n'], list)]).toEqual([NaN, NaN, NaN]);
      expect(fold('top', ['n', 'n'], list, 2)).toEqual([3, 2]);
    }
  });

  describe('give the same to the bit, wherever the iterations are divided', () => {
    const numbers = fc.oneof(
      fc.double({ noNaN: true }),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom(1e308, -1e308, 1e-308, -1e-308, 0.1, -0),
    );
    const value = fc.oneof(
      { weight: 60, arbitrary: numbers },
      { weight: 6, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constant(NaN) },
    );
    const text = fc.option(fc.constantFrom('', 'a', 'b', 'constructor', '7'));
    const row = fc.record({ k: fc.oneof(text, fc.integer({ min: 0, max: 9 })), n: value, t: text });
    const parts = fc.array(fc.array(row, { maxLength: 8 }), { maxLength: 8 });
    const places = fc.array(fc.nat({ max: 20 }), { maxLength: 8 });

    it.each<[string, string[]]>([
      ['count', []],
      ['count', ['n']],
      ['count_by', ['k']],
      ['sum', ['n']],
      ['sum_by', ['k', 'n']],
      ['min', ['n']],
      ['max', ['n']],
      ['min', ['t']],
      ['max', ['t']],
      ['avg', ['n']],
      ['first', ['n']],
      ['top', ['n', 'k']],
      ['top', ['t', 'n']],
      ['unique', ['k']],
      ['unique', ['n']],
    ])('%s(%j)', (name, fields) => {
      fc.assert(
        fc.property(parts, places, fc.integer({ min: 1, max: 6 }), (lists, order, count) => {
          const whole = fold(name, fields, lists.flat(), count);
          const merged = foldInParts(name, fields, lists, order, count);
          expect(merged).toEqual(whole);
          // What toEqual does not look at.
          expect(JSON.stringify(merged)).toBe(JSON.stringify(whole));
        }),
        { numRuns: 300 },
      );
    });

    it.each<[string, string[]]>([
      ['min', ['k']],
      ['max', ['k']],
      ['top', ['k', 'n']],
    ])('%s(%j) of numbers and strings is an error then too', (name, fields) => {
      const outcome = (give: () => unknown): unknown => {
        try {
          return give();
        } catch (error) {
          return (error as { code: string }).code;
        }
      };
      fc.assert(
        fc.property(parts, places, fc.integer({ min: 1, max: 3 }), (lists, order, count) => {
          const whole = outcome(() => fold(name, fields, lists.flat(), count));
          expect(outcome(() => foldInParts(name, fields, lists, order, count))).toEqual(whole);
        }),
      );
    });
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
