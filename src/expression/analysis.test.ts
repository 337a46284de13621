import { describe, expect, it } from 'vitest';
import { analyse } from './analysis.ts';
import type { Names } from './names.ts';
import { parseExpression } from './parser.ts';

const names: Names = {
  bind(root, path) {
    if (root === 'task') {
      const at = path[0] === 'fetch' ? undefined : 1;
      return at === undefined
        ? { code: 's.x', consumed: 1, noun: 'result' }
        : { problem: 'HEDDLE_UNKNOWN_TASK', message: 'no such task', at, suggestion: 'fetch' };
    }
    if (root === 'item') return { code: 's.item', consumed: 0, noun: 'item' };
    return { problem: 'HEDDLE_UNKNOWN_NAME', message: `no ${root}`, at: 0 };
  },
  bindCall: (name, literals) =>
    name !== 'status'
      ? undefined
      : literals[0] === 'fetch' || literals.length !== 1
        ? { minArguments: 1, maxArguments: 1, call: () => 'succeeded' }
        : { problem: 'HEDDLE_UNKNOWN_TASK', message: 'no task', at: 0, suggestion: 'fetch' },
  calls: ['status'],
};
const check = (text: string): ReturnType<typeof analyse> => analyse(parseExpression(text).node!, names);
const problems = (text: string): unknown[] =>
  check(text).problems.map(({ code, start, end, suggestion }) => [code, text.slice(start, end), suggestion]);

describe('analyse', () => {
  it('reports names, functions and arguments at their places, all in one pass', () => {
    expect(problems("task.fetsch.x + nope + uper('a') + lower() + status('x') + status() + True + result()")).toEqual([
      ['HEDDLE_UNKNOWN_TASK', 'fetsch', 'fetch'],
      ['HEDDLE_UNKNOWN_NAME', 'nope', undefined],
      ['HEDDLE_UNKNOWN_FUNCTION', 'uper', 'upper'],
      ['HEDDLE_ARGUMENTS', 'lower', undefined],
      ['HEDDLE_UNKNOWN_TASK', "'x'", 'fetch'],
      ['HEDDLE_ARGUMENTS', 'status', undefined],
      ['HEDDLE_UNKNOWN_NAME', 'True', 'true'],
      ['HEDDLE_UNKNOWN_FUNCTION', 'result', undefined],
    ]);
    expect(problems("replace('a') + zip([])")).toEqual([
      ['HEDDLE_ARGUMENTS', 'replace', undefined],
      ['HEDDLE_ARGUMENTS', 'zip', undefined],
    ]);
  });

  it('lists references with their static paths', () => {
    const text = "task.fetch['body'].items[item.i].name + {a: [item]}.a";
    expect(
      check(text).references.map(({ root, path, pathSpans, start, end }) => [
        root,
        path,
        pathSpans.map((each) => text.slice(each.start, each.end)),
        text.slice(start, end),
      ]),
    ).toEqual([
      ['task', ['fetch', 'body', 'items'], ['fetch', "'body'", 'items'], "task.fetch['body'].items"],
      ['item', ['i'], ['i'], 'item.i'],
      ['item', [], [], 'item'],
    ]);
  });

  it('knows where a missing value is caught', () => {
    const guarded = (text: string): boolean[] => check(text).references.map((each) => each.guarded);
    expect(guarded('item.a ?? item.b')).toEqual([true, false]);
    expect(guarded('task.fetch.a | default(item)')).toEqual([true, false]);
    expect(guarded('lower(item.a) ?? 1')).toEqual([true]);
    expect(guarded('task?.fetch.a + task.fetch?.a')).toEqual([true, false]);
    expect(guarded('nope?.a')).toEqual([true]);
  });

  it('lets parameters of lambdas shadow names', () => {
    const { references, problems: found } = check('map([1], (nope, i) => nope + i + item) + nope');
    expect(references.map(({ root }) => root)).toEqual(['item', 'nope']);
    expect(found.map(({ code }) => code)).toEqual(['HEDDLE_UNKNOWN_NAME']);
  });

  it('lists calls with literal arguments, and refuses lambdas where none may stand', () => {
    expect(check("status('fetch') + join([], ',', )").calls).toMatchObject([
      { name: 'status', literals: ['fetch'], start: 0, end: 15 },
      { name: 'join', literals: [undefined, ','] },
    ]);
    expect(problems('join(x => 1, lower(y => 2))')).toEqual([
      ['HEDDLE_EXPRESSION_TYPE', 'y => 2', undefined],
      ['HEDDLE_EXPRESSION_TYPE', 'x => 1', undefined],
    ]);
  });
});
