import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRehearsals } from './read.ts';

function problems(text: string): unknown[] {
  const { rehearsals, diagnostics } = readRehearsals(text, { file: 'x.rehearsal.yaml' });
  expect(rehearsals).toEqual([]);
  return diagnostics.map(({ code, line, column, message, suggestion }) => [
    code,
    `${String(line)}:${String(column)}`,
    message + (suggestion === undefined ? '' : ` (${suggestion}?)`),
  ]);
}

describe('readRehearsals', () => {
  it('reads a single rehearsal at the top of a file', () => {
    const { rehearsals, diagnostics } = readRehearsals('name: works\nworkflow: a.yaml\n');
    expect(diagnostics).toEqual([]);
    expect(rehearsals).toEqual([
      {
        name: 'works',
        path: [],
        namePath: ['name'],
        workflow: 'a.yaml',
        workflowPath: ['workflow'],
        parameters: {},
        config: {},
        secrets: {},
        env: {},
        nowMs: Date.parse('2026-01-01T00:00:00Z'),
        mocks: [],
        allow: [],
        expect: { path: ['expect'], status: 'succeeded' },
        reruns: [],
      },
    ]);
  });

  it('reads one rerun or several, and when a run is cancelled', () => {
    const { rehearsals, diagnostics } = readRehearsals(`
workflow: a.yaml
cancel: 5m
rerun: { from: a }
rehearsals:
  - { name: one }
  - name: two
    cancel: 10
    rerun:
      - { from: [a, b], mocks: [{ task: a, result: 1 }], expect: { tasks_unordered: [a] } }
      - {}
`);
    expect(diagnostics).toEqual([]);
    const nothing = { path: ['rerun', 'expect'], status: 'succeeded' };
    const path = ['rehearsals', 1, 'rerun'];
    expect(rehearsals.map(({ cancelAfterMs, reruns }) => ({ cancelAfterMs, reruns }))).toEqual([
      { cancelAfterMs: 300_000, reruns: [{ path: ['rerun'], from: ['a'], mocks: [], expect: nothing }] },
      {
        cancelAfterMs: 10_000,
        reruns: [
          {
            path: [...path, 0],
            from: ['a', 'b'],
            mocks: [expect.objectContaining({ path: [...path, 0, 'mocks', 0], task: 'a', result: 1 })],
            expect: { path: [...path, 0, 'expect'], status: 'succeeded', tasksUnordered: ['a'] },
          },
          {
            path: [...path, 1],
            mocks: [],
            expect: { path: [...path, 1, 'expect'], status: 'succeeded' },
          },
        ],
      },
    ]);
  });

  it('merges what the file says into each rehearsal, which goes first', () => {
    const { rehearsals } = readRehearsals(`
workflow: a.yaml
now: 2027-02-03T04:05:06Z
parameters: { a: 1, b: 2 }
secrets: { token: t }
mocks: [{ task: shared }]
allow: [file.read_json]
expect: { status: failed }
rehearsals:
  - name: one
    workflow: b.yaml
    parameters: { b: 3 }
    mocks: [{ task: own }]
    allow: [file.glob]
    expect: { output: {} }
  - name: two
`);
    expect(rehearsals).toMatchObject([
      {
        name: 'one',
        path: ['rehearsals', 0],
        workflow: 'b.yaml',
        workflowPath: ['rehearsals', 0, 'workflow'],
        nowMs: Date.parse('2027-02-03T04:05:06Z'),
        parameters: { a: 1, b: 3 },
        secrets: { token: 't' },
        mocks: [
          { task: 'own', path: ['rehearsals', 0, 'mocks', 0] },
          { task: 'shared', path: ['mocks', 0] },
        ],
        allow: ['file.read_json', 'file.glob'],
        expect: { path: ['rehearsals', 0, 'expect'], status: 'succeeded', output: {} },
      },
      { name: 'two', workflow: 'a.yaml', workflowPath: ['workflow'], expect: { path: ['expect'], status: 'failed' } },
    ]);
  });

  it('reads every field of a mock', () => {
    const { rehearsals } = readRehearsals(`
name: n
workflow: w.yaml
mocks:
  - { task: t, action: a.*, item: 1, execution: [1, 2], attempt: 3, input: { x: 1 }, times: 2, delay: 2s, optional: true }
  - { error: down }
  - { status: timed_out, error: { message: m, code: C, retryable: false }, result: { status: 503 } }
`);
    expect(rehearsals[0]?.mocks).toEqual([
      {
        path: ['mocks', 0],
        task: 't',
        action: 'a.*',
        items: [1],
        executions: [1, 2],
        attempts: [3],
        input: { x: 1 },
        times: 2,
        status: 'succeeded',
        result: null,
        delayMs: 2000,
        isOptional: true,
      },
      { path: ['mocks', 1], status: 'failed', result: null, error: { message: 'down' }, delayMs: 0, isOptional: false },
      {
        path: ['mocks', 2],
        status: 'timed_out',
        result: { status: 503 },
        error: { message: 'm', code: 'C', retryable: false },
        delayMs: 0,
        isOptional: false,
      },
    ]);
  });

  it('reads every field of an expectation, in both spellings', () => {
    const text = (keys: readonly [string, string, string]): string => `
name: n
workflow: w.yaml
expect:
  ${keys[0]}: [a, b]
  ${keys[1]}: { output_contains: 1 }
  errors: [{ task: null, ${keys[2]}: gone, index: 1 }]
  holds: [output.x > 1]
`;
    const expected = {
      path: ['expect'],
      status: 'succeeded',
      tasksUnordered: ['a', 'b'],
      outputContains: { output_contains: 1 },
      errors: [{ path: ['expect', 'errors', 0], task: null, messageContains: 'gone', index: 1 }],
      holds: ['output.x > 1'],
    };
    for (const keys of [
      ['tasks-unordered', 'output-contains', 'message-contains'],
      ['tasks_unordered', 'output_contains', 'message_contains'],
    ] as const) {
      expect(readRehearsals(text(keys)).rehearsals[0]?.expect).toEqual(expected);
    }
  });

  it('reports every mistake in one pass, each at its place', () => {
    const found = problems(`workflow: a.yaml
mock: []
rehearsals:
  - name: one
    mocks:
      - { task: a, status: faild, item: [0, x] }
      - error: { message: x, cod: 1 }
        delay: abc
    expect:
      statuses: { a: bad }
      errors: [{ message_contains: 1 }]
      items: { a: { totl: 1 } }
  - 5
  - rehearsals: []
`);
    expect(found).toEqual([
      ['HEDDLE_UNKNOWN_KEY', '2:1', "The key 'mock' is not known in a rehearsal. (mocks?)"],
      [
        'HEDDLE_SCHEMA',
        '6:28',
        "'status' should be one of succeeded, failed, timed_out, never, but is 'faild'. (failed?)",
      ],
      ['HEDDLE_SCHEMA', '6:45', "The entry should be a whole number of at least 0, but is 'x'."],
      ['HEDDLE_UNKNOWN_KEY', '7:30', "The key 'cod' is not known in 'error'. (code?)"],
      ['HEDDLE_DURATION', '8:16', expect.stringContaining("'delay' should be a duration")],
      ['HEDDLE_SCHEMA', '10:22', expect.stringContaining("'a' should be one of pending")],
      ['HEDDLE_SCHEMA', '11:36', "'message-contains' should be text, but is 1."],
      ['HEDDLE_UNKNOWN_KEY', '12:21', "The key 'totl' is not known in 'a'. (total?)"],
      ['HEDDLE_REHEARSAL', '13:5', 'A rehearsal should be a mapping such as { name: …, mocks: …, expect: … }.'],
      ['HEDDLE_REHEARSAL', '14:5', "The key 'name' is missing in a rehearsal."],
      ['HEDDLE_REHEARSAL', '14:17', 'Rehearsals cannot hold rehearsals of their own.'],
    ]);
  });

  it.each([
    ['', '1:1', 'A rehearsal file is a mapping'],
    ['- a', '1:1', 'A rehearsal file is a mapping'],
    ['workflow: a.yaml', '1:1', "The key 'name' is missing"],
    ['name: a\ntasks: []', '2:8', 'This is a workflow, not a rehearsal'],
    ['name: a', '1:1', "No workflow is named: add 'workflow: PATH' to the file."],
    [
      'rehearsals: [{ name: a }]',
      '1:14',
      "No workflow is named: add 'workflow: PATH' to the file or to this rehearsal.",
    ],
    ['workflow: a.yaml\nrehearsals: []', '2:13', "'rehearsals' should be a list"],
    ['name: a\nworkflow: b\nnow: yesterday', '3:6', "'now' should be a time"],
    ['workflow: b\nrehearsals:\n  - name: a\n    now: soon', '4:10', "'now' should be a time"],
    ['name: a\nworkflow: b\nmocks: [{ status: never, error: x }]', '3:33', "A mock with 'error' fails"],
  ])('refuses %j', (text, place, message) => {
    expect(problems(text)).toEqual([['HEDDLE_REHEARSAL', place, expect.stringContaining(message)]]);
  });

  it('reports YAML that cannot be read', () => {
    expect(problems('name: "a')).toEqual([['HEDDLE_YAML_SYNTAX', expect.any(String), expect.any(String)]]);
  });

  it('never throws, whatever the file holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify({ name: value, mocks: value, expect: value, rehearsals: [value] });
        const { rehearsals, diagnostics } = readRehearsals(text);
        expect(rehearsals.length === 0 ? diagnostics.length : 1).toBeGreaterThan(0);
      }),
    );
  });
});

describe('schemas/rehearsal.schema.json', () => {
  it('accepts both spellings of keys', () => {
    const url = new URL('../../schemas/rehearsal.schema.json', import.meta.url);
    const schema = JSON.parse(readFileSync(url, 'utf8')) as { properties: { expect: { properties: object } } };
    expect(Object.keys(schema.properties.expect.properties)).toEqual(
      expect.arrayContaining(['output-contains', 'output_contains', 'tasks-unordered', 'tasks_unordered']),
    );
  });
});
