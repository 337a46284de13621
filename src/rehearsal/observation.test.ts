import { describe, expect, it } from 'vitest';
import type { RunEvent, RunResult } from '../executor/events.ts';
import { Observer } from './observation.ts';

const base = { run: 'r', seq: 1, atMs: 0 };
const stats = { total: 2, succeeded: 1, failed: 1, skipped: 0 };

function started(task: string, execution: number): RunEvent {
  return { ...base, type: 'task.started', task, execution, action: 'a.b', route: 0 };
}

function completed(
  task: string,
  execution: number,
  fields: Partial<Extract<RunEvent, { type: 'task.completed' }>>,
): RunEvent {
  return {
    ...base,
    type: 'task.completed',
    task,
    execution,
    status: 'succeeded',
    result: null,
    error: null,
    handled: false,
    terminal: false,
    attempts: 1,
    durationMs: 1,
    ...fields,
  };
}

function call(task: string, fields: object): Parameters<Observer['onCall']>[0] {
  return {
    workflow: 'w',
    callers: [],
    task,
    action: 'a.b',
    execution: 1,
    index: null,
    attempt: 1,
    input: null,
    ...fields,
  };
}

const result: RunResult = {
  id: 'r',
  workflow: 'w',
  status: 'succeeded',
  output: { x: 1 },
  error: null,
  errors: [],
  tasks: {
    loop: { status: 'succeeded', executions: 2, attempts: 3, stats },
    late: { status: 'pending', executions: 0, attempts: 0 },
  },
  startedAtMs: 0,
  durationMs: 5,
};

describe('Observer', () => {
  it('sees starts, results, variables and output of a run that ended', () => {
    const observer = new Observer();
    observer.onEvent(started('loop', 1));
    observer.onEvent(completed('loop', 1, { result: 'one', attempts: 2 }));
    observer.onEvent({ ...base, type: 'values', task: 'loop', execution: 1, variables: { a: 1 }, results: {} });
    observer.onEvent(started('loop', 2));
    observer.onEvent(completed('loop', 2, { result: 'two', stats }));
    const seen = observer.observe(result, 70);
    expect(seen).toMatchObject({
      status: 'succeeded',
      starts: ['loop', 'loop'],
      output: { x: 1 },
      variables: { a: 1 },
      durationMs: 70,
    });
    expect([...seen.tasks]).toEqual([
      ['loop', { status: 'succeeded', executions: 2, attempts: 3, stats, result: 'two' }],
    ]);
  });

  it('says of a run that did not end what is known so far', () => {
    const observer = new Observer();
    observer.onEvent(started('a', 1));
    observer.onEvent(completed('a', 1, { status: 'failed', attempts: 2, stats }));
    observer.onEvent(started('b', 2));
    const seen = observer.observe(undefined, 0);
    observer.onEvent(completed('b', 2, { status: 'cancelled' }));
    observer.onEvent(started('c', 3));
    expect(seen.starts).toEqual(['a', 'b']);
    expect(seen).toMatchObject({ status: 'running', output: {}, errors: [] });
    expect([...seen.tasks]).toEqual([
      ['a', { status: 'failed', executions: 1, attempts: 2, stats, result: null }],
      ['b', { status: 'running', executions: 1, attempts: 0, result: null }],
    ]);
  });

  it('does not look into sub-workflows', () => {
    const observer = new Observer();
    observer.onEvent({ ...started('inner', 1), parent: { run: 'r', task: 'outer' } });
    expect(observer.observe(undefined, 0).starts).toEqual([]);
  });

  it('lists inputs in the order of executions and items, of each the first attempt', () => {
    const observer = new Observer();
    observer.onCall(call('t', { execution: 2, index: 0, input: '2/0' }));
    observer.onCall(call('t', { index: 1, input: '1/1' }));
    observer.onCall(call('t', { index: 0, input: '1/0' }));
    observer.onCall(call('t', { index: 0, attempt: 2, input: 'again' }));
    observer.onCall(call('u', { input: 'only' }));
    expect(Object.fromEntries(observer.observe(undefined, 0).inputs)).toEqual({
      t: ['1/0', '1/1', '2/0'],
      u: ['only'],
    });
  });
});
