import { describe, expect, it } from 'vitest';
import type { Mock } from './definition.ts';
import { fitsPattern, MockTable, type Call } from './mocks.ts';

function mock(fields: Partial<Mock>): Mock {
  return { path: [], status: 'succeeded', result: null, delayMs: 0, isOptional: false, ...fields };
}

function call(fields: Partial<Call> = {}): Call {
  const place = { workflow: 'deploy', callers: [], task: 'build', action: 'shell.run' };
  return { ...place, execution: 1, index: null, attempt: 1, input: {}, ...fields };
}

describe('MockTable', () => {
  it('takes the first mock that fits', () => {
    const other = mock({ task: 'test' });
    const first = mock({ task: 'build' });
    const second = mock({});
    const table = new MockTable([other, first, second]);
    expect(table.take(call())).toBe(first);
    expect(table.take(call({ task: 'deploy' }))).toBe(second);
    expect([table.servedBy(other), table.servedBy(first), table.servedBy(second)]).toEqual([0, 1, 1]);
  });

  it('lets the next have its turn when one is used up', () => {
    const twice = mock({ task: 'build', times: 2 });
    const rest = mock({ task: 'build', times: 1 });
    const table = new MockTable([twice, rest]);
    expect([1, 2, 3, 4].map(() => table.take(call()))).toEqual([twice, twice, rest, undefined]);
  });

  it.each([
    ['task', { task: 'build' }, { task: 'built' }],
    ['action', { action: 'shell.*' }, { action: 'http.get' }],
    ['item', { items: [0, 2] }, { index: 1 }],
    ['item of a task without items', { items: [0] }, { index: null }],
    ['execution', { executions: [1] }, { execution: 2 }],
    ['attempt', { attempts: [1, 3] }, { attempt: 2 }],
    ['input', { input: { region: 'eu' } }, { input: { region: 'us', size: 1 } }],
  ])('does not fit another %s', (_, criteria, different) => {
    expect(new MockTable([mock(criteria)]).take(call(different))).toBeUndefined();
  });

  it('tells tasks of sub-workflows apart by what leads to them', () => {
    const inner = call({ workflow: 'region', callers: ['eu', 'deploy'] });
    const fitting = (fields: Partial<Mock>, made: Call): boolean => {
      const names = new Map([
        ['region', new Set(['region'])],
        ['../region.yaml', new Set(['region'])],
      ]);
      return new MockTable([mock(fields)], names).take(made) !== undefined;
    };
    expect(fitting({ task: 'build' }, inner)).toBe(true);
    expect(fitting({ task: 'eu/deploy/build' }, inner)).toBe(true);
    expect(fitting({ task: 'us/deploy/build' }, inner)).toBe(false);
    expect(fitting({ task: 'deploy/build' }, inner)).toBe(false);
    expect(fitting({ workflow: 'region' }, inner)).toBe(true);
    expect(fitting({ workflow: '../region.yaml' }, inner)).toBe(true);
    expect(fitting({ workflow: 'region' }, call())).toBe(false);
  });

  it('goes on counting when other mocks are put before its own', () => {
    const once = mock({ task: 'build', times: 1 });
    const rest = mock({ task: 'build' });
    const before = mock({ task: 'build', executions: [2] });
    const table = new MockTable([once, rest]);
    table.take(call());
    const next = table.preceded([before]);
    expect([next.take(call({ execution: 2 })), next.take(call())]).toEqual([before, rest]);
    expect([table.servedBy(once), table.servedBy(rest), table.servedBy(before)]).toEqual([1, 1, 1]);
  });

  it('fits when every criterion does', () => {
    const all = mock({ task: 'build', action: '*', items: [3], executions: [2], attempts: [2], input: { a: 1 } });
    const taken = new MockTable([all]).take(call({ index: 3, execution: 2, attempt: 2, input: { a: 1, b: 2 } }));
    expect(taken).toBe(all);
  });
});

describe('fitsPattern', () => {
  it.each([
    ['http.get', 'http.get', true],
    ['http.get', 'http.gets', false],
    ['http.*', 'http.get', true],
    ['http.*', 'https.get', false],
    ['*', 'anything', true],
    ['*.run', 'shell.run', true],
    ['a*b*c', 'a.x.b.y.c', true],
    ['a*b*c', 'a.c', false],
    ['ab*ba', 'aba', false],
    ['a.b*', 'axb', false],
  ])('%s and %s: %s', (pattern, name, fits) => {
    expect(fitsPattern(pattern, name)).toBe(fits);
  });
});
