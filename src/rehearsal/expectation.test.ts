import { describe, expect, it } from 'vitest';
import type { RunError } from '../executor/events.ts';
import type { Expectation } from './definition.ts';
import { mismatches } from './expectation.ts';
import type { Observation, ObservedTask } from './observation.ts';

const failure: RunError = {
  task: 'deploy',
  execution: 1,
  index: 2,
  key: 'eu',
  code: 'HEDDLE_ACTION_FAILED',
  message: 'region eu is down',
  handled: true,
};

function observed(fields: Partial<ObservedTask> = {}): ObservedTask {
  return { status: 'succeeded', executions: 1, attempts: 1, result: null, ...fields };
}

const seen: Observation = {
  status: 'succeeded',
  starts: ['build', 'test', 'lint', 'deploy'],
  terminal: ['test', 'deploy', 'deploy'],
  routes: 2,
  tasks: new Map([
    ['build', observed({ result: { image: 'a:1', size: 3 } })],
    [
      'deploy',
      observed({
        status: 'failed',
        executions: 2,
        attempts: 5,
        stats: { total: 3, succeeded: 2, failed: 1, skipped: 0 },
      }),
    ],
  ]),
  inputs: new Map([
    ['build', [{ ref: 'main', depth: 1 }]],
    ['deploy', [{ region: 'eu' }, { region: 'us' }]],
  ]),
  output: { version: 1, rows: [1, 2] },
  variables: { version: 1, other: true },
  errors: [failure],
  durationMs: 3000,
};

function unmet(fields: Partial<Expectation>, evaluate: (expression: string) => unknown = () => true): unknown {
  return mismatches({ path: ['expect'], status: 'succeeded', ...fields }, seen, evaluate);
}

describe('mismatches', () => {
  it('finds none where everything came out', () => {
    const found = unmet({
      tasks: ['build', 'test', 'lint', 'deploy'],
      tasksUnordered: ['deploy', 'build', 'lint', 'test'],
      terminal: ['deploy', 'test', 'deploy'],
      routes: 2,
      statuses: { build: 'succeeded', deploy: 'failed', cleanup: 'pending' },
      executions: { deploy: 2, cleanup: 0 },
      attempts: { deploy: 5 },
      inputs: { build: { ref: 'main' }, deploy: [{ region: 'eu' }, {}] },
      results: { build: { image: 'a:1' }, cleanup: null },
      items: { deploy: { total: 3, failed: 1 } },
      output: { version: 1, rows: [1, 2] },
      outputContains: { version: 1 },
      variables: { version: 1 },
      errors: [{ path: [], task: 'deploy', messageContains: 'eu', handled: true, index: 2 }],
      holds: ['true'],
    });
    expect(found).toEqual([]);
  });

  it('says which start came instead of the expected one', () => {
    const tasks = ['build', 'lint', 'deploy'];
    expect(unmet({ tasks })).toEqual([
      {
        path: ['expect', 'tasks', 1],
        subject: 'tasks',
        expected: tasks,
        got: seen.starts,
        note: 'start 2 should be lint, but was test',
      },
    ]);
  });

  it('says what started after the last, and what did not start', () => {
    const less = ['build', 'test', 'lint'];
    const more = [...seen.starts, 'cleanup'];
    expect(unmet({ tasks: less })).toEqual([
      {
        path: ['expect', 'tasks'],
        subject: 'tasks',
        expected: less,
        got: seen.starts,
        note: 'after the last, deploy started',
      },
    ]);
    expect(unmet({ tasks: more })).toMatchObject([
      { path: ['expect', 'tasks', 4], note: 'start 5 should be cleanup, but nothing more started' },
    ]);
  });

  it('compares unordered starts by how often each happens', () => {
    expect(unmet({ tasksUnordered: ['build', 'build', 'lint', 'deploy'] })).toMatchObject([
      { path: ['expect', 'tasks-unordered'], note: 'did not start: build; started besides: test' },
    ]);
  });

  it('compares where the run ended by how often it did', () => {
    expect(unmet({ terminal: ['deploy', 'build'], routes: 1 })).toMatchObject([
      { path: ['expect', 'terminal'], note: 'the run did not end at: build; it ended besides at: test, deploy' },
      { path: ['expect', 'routes'], expected: 1, got: 2 },
    ]);
  });

  it.each([
    ['statuses', { statuses: { deploy: 'succeeded' } }, 'statuses.deploy', 'succeeded', 'failed'],
    ['executions', { executions: { build: 2 } }, 'executions.build', 2, 1],
    ['attempts', { attempts: { build: 2 } }, 'attempts.build', 2, 1],
    ['results', { results: { build: { size: 4 } } }, 'results.build.size', 4, 3],
    ['items', { items: { deploy: { failed: 0 } } }, 'items.deploy.failed', 0, 1],
    ['output', { outputContains: { rows: [1, 3] } }, 'output.rows[1]', 3, 2],
    ['variables', { variables: { version: 2 } }, 'variables.version', 2, 1],
    ['one of several inputs', { inputs: { deploy: { region: 'eu' } } }, 'inputs.deploy[1].region', 'eu', 'us'],
    ['the only input', { inputs: { build: { ref: 'x' } } }, 'inputs.build.ref', 'x', 'main'],
  ])('finds %s that differ', (_, fields, subject, expected, got) => {
    expect(unmet(fields)).toMatchObject([{ subject, expected, got }]);
  });

  it('tells missing from unexpected, and gives an odd key in brackets', () => {
    expect(unmet({ output: { version: 1, 'a b': 2 } })).toEqual([
      { path: ['expect', 'output', 'a b'], subject: 'output["a b"]', expected: 2 },
      { path: ['expect', 'output', 'rows'], subject: 'output.rows', got: [1, 2] },
    ]);
  });

  it('says that a task called no action', () => {
    expect(unmet({ inputs: { cleanup: {} } })).toEqual([
      {
        path: ['expect', 'inputs', 'cleanup'],
        subject: 'inputs.cleanup',
        expected: {},
        note: 'the task called no action',
      },
    ]);
  });

  it('takes one error for each that is expected', () => {
    const expected = { path: ['expect', 'errors', 0], task: 'deploy' };
    const again = { path: ['expect', 'errors', 1], task: 'deploy' };
    expect(unmet({ errors: [expected, again] })).toEqual([
      {
        path: ['expect', 'errors', 1],
        subject: 'errors',
        expected: { task: 'deploy' },
        got: ['deploy[2]: HEDDLE_ACTION_FAILED: region eu is down'],
        note: 'no error that is left fits',
      },
    ]);
  });

  it.each([
    { code: 'HEDDLE_TIMEOUT' },
    { task: null },
    { message: 'region' },
    { messageContains: 'us' },
    { index: 1 },
    { handled: false },
  ])('does not take an error for one with %j', (fields) => {
    expect(unmet({ errors: [{ path: [], ...fields }] })).toMatchObject([{ subject: 'errors', expected: fields }]);
  });

  it('takes an empty list of errors to mean none', () => {
    expect(unmet({ errors: [] })).toMatchObject([{ path: ['expect', 'errors'], expected: [] }]);
  });

  it('names the error of a run that failed, and says what a running one waits for', () => {
    const failed: Observation = {
      ...seen,
      status: 'failed',
      errors: [failure, { ...failure, task: null, index: null, handled: false }],
    };
    expect(mismatches({ path: [], status: 'succeeded' }, failed, () => true)).toEqual([
      {
        path: ['status'],
        subject: 'status',
        expected: 'succeeded',
        got: 'failed',
        note: 'run: HEDDLE_ACTION_FAILED: region eu is down',
      },
    ]);
    expect(mismatches({ path: [], status: 'failed' }, { ...seen, status: 'running' }, () => true)).toMatchObject([
      {
        got: 'running',
        note: 'the run waits for something that never comes: a mock with `status: never`, or a barrier',
      },
    ]);
    expect(unmet({ status: 'failed' })).toEqual([
      { path: ['expect', 'status'], subject: 'status', expected: 'failed', got: 'succeeded' },
    ]);
  });

  it('hands the names to an expression, and reports what is not true or cannot be evaluated', () => {
    let names: unknown;
    mismatches({ path: [], status: 'succeeded', holds: ['x'] }, seen, (_, given) => (names = given));
    expect(names).toMatchObject({
      status: 'succeeded',
      output: seen.output,
      duration: 3,
      statuses: { deploy: 'failed' },
      results: { build: { image: 'a:1' }, deploy: null },
      inputs: { build: [{ ref: 'main' }] },
    });
    expect(unmet({ holds: ['a', 'b'] }, (expression) => expression === 'a')).toEqual([
      { path: ['expect', 'holds', 1], subject: 'holds: b', expected: true, got: false },
    ]);
    const fail = (): never => {
      throw new Error('no such name');
    };
    expect(unmet({ holds: ['a'] }, fail)).toMatchObject([{ subject: 'holds: a', note: 'no such name' }]);
  });
});
