import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodeHost } from '../../node/host.ts';
import { graphOf } from '../../plan/graph.ts';
import { readWorkflow } from '../../workflow/index.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { createDryRun, type DryRun } from './dry-run.ts';
import { formatDryRun } from './format.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'heddle-dry-run-'));
  await writeFile(path.join(directory, 'lines.txt'), 'first\nsecond\n');
  await writeFile(path.join(directory, 'rows.ndjson'), '{"id":1}\n{"id":2}\n{"id":3}\n');
});
afterAll(() => rm(directory, { recursive: true }));

async function dryRun(text: string, parameters: Record<string, unknown> = {}): Promise<DryRun> {
  const { definition, diagnostics } = readWorkflow(text);
  if (definition === null) throw new Error(JSON.stringify(diagnostics));
  const host = { ...createNodeHost(), uuid: () => 'made-up' };
  return createDryRun({
    definition,
    graph: graphOf(definition),
    parameters,
    config: { region: 'eu' },
    directory,
    host,
    env: { HOME: '/root' },
  });
}

async function inputOf(input: string, rest = ''): Promise<unknown> {
  const { tasks } = await dryRun(
    `name: w\nvars: { known: 5, later: 6 }\ntasks:\n  - name: a\n    input: ${input}\n${rest}`,
    { p: 7 },
  );
  return tasks[0]?.input;
}

describe('inputs', () => {
  test.each([
    ['{ x: << parameters.p + 1 >> }', { x: 8 }],
    ['{ x: "<< parameters.p >> and << config.region >>" }', { x: '7 and eu' }],
    ['{ x: [1, { y: << vars.known >> }, << known >>] }', { x: [1, { y: 5 }, 5] }],
    ["{ x: << env('HOME') >> }", { x: '/root' }],
    ['{ x: << uuid() >> }', { x: 'made-up' }],
    ['{ x: << task.b.rows >> }', { x: '‹result of task b›' }],
    ['{ x: << task.b?.rows ?? 1 >> }', { x: '‹result of task b›' }],
    ['{ x: "before << task.b.n >> after" }', { x: 'before ‹result of task b› after' }],
    ["{ x: << stats('b').total >> }", { x: '‹stats of task b›' }],
    ['{ x: << keystore.token >> }', { x: '‹keystore.token›' }],
    ['{ x: << system.run_id >> }', { x: '‹system.run_id›' }],
    ['{ x: "{{#each parameters.list}}{{this}}{{/each}}" }', { x: '{{#each parameters.list}}{{this}}{{/each}}' }],
    ['{ x: "\\\\<< text" }', { x: '<< text' }],
    ['{ x: null, y: true }', { x: null, y: true }],
  ])('%s', async (input, expected) => {
    expect(await inputOf(input, '  - name: b\n')).toEqual(expected);
  });

  test('a variable that a task publishes is not known', async () => {
    const publishing = '  - name: b\n    next: [{ publish: { later: 1 } }]\n';
    expect(await inputOf('{ x: << later >>, y: << workflow.later >>, z: << known >> }', publishing)).toEqual({
      x: '‹variable later›',
      y: '‹variable later›',
      z: 5,
    });
  });

  test('raw inputs stay as they are', async () => {
    expect(await inputOf('{ x: << known >>, y: << known >> }', '    raw: [x]\n')).toEqual({ x: '<< known >>', y: 5 });
    expect(await inputOf('{ x: << known >> }', '    raw: true\n')).toEqual({ x: '<< known >>' });
  });
});

describe('items', () => {
  const itemsOf = async (withItems: string, rest = ''): Promise<unknown> => {
    const text = `name: w\nparameters: { n: { type: integer } }\ntasks:\n  - name: a\n    with-items: ${withItems}\n    input: { it: << item >>, at: << index >> }\n${rest}`;
    const { tasks } = await dryRun(text, { n: 3, list: ['x', 'y'], object: { k: 1 } });
    return { items: tasks[0]?.items, input: tasks[0]?.input };
  };
  const one = { concurrency: 1 };

  test.each([
    ['[4, 5]', { items: { count: 2, ...one }, input: { it: 4, at: 0 } }],
    ['<< parameters.list >>', { items: { count: 2, ...one }, input: { it: 'x', at: 0 } }],
    ['<< parameters.object >>', { items: { count: 1, ...one }, input: { it: { key: 'k', value: 1 }, at: 0 } }],
    ['<< range(0, 1000000) >>', { items: { count: 1_000_000, ...one }, input: { it: 0, at: 0 } }],
    ['[]', { items: { count: 0, ...one }, input: { it: '‹item›', at: '‹index›' } }],
    [
      '<< task.b >>',
      { items: { count: null, source: '‹result of task b›', ...one }, input: { it: '‹item›', at: '‹index›' } },
    ],
    [
      '{ from: file, path: lines.txt }',
      { items: { count: null, source: 'read from lines.txt', ...one }, input: { it: 'first', at: 0 } },
    ],
    [
      '{ from: file, path: none.txt }',
      { items: { count: null, source: 'read from none.txt', ...one }, input: { it: '‹item›', at: '‹index›' } },
    ],
    [
      '{ from: file, path: << task.b >> }',
      {
        items: { count: null, source: 'read from ‹result of task b›', ...one },
        input: { it: '‹item›', at: '‹index›' },
      },
    ],
  ])('%s', async (source, expected) => {
    expect(await itemsOf(source)).toEqual(expected);
  });

  test('batches', async () => {
    expect(await itemsOf('[1, 2, 3]', '    batch-size: 2\n    concurrency: << parameters.n >>\n')).toEqual({
      items: { count: 2, concurrency: 3, batchSize: 2 },
      input: { it: [1, 2], at: 0 },
    });
    expect(await itemsOf('{ from: file, path: rows.ndjson }', '    batch-size: 2\n')).toEqual({
      items: { count: null, source: 'read from rows.ndjson', concurrency: 1, batchSize: 2 },
      input: { it: [{ id: 1 }, { id: 2 }], at: 0 },
    });
  });
});

test('tasks stand in the order in which they could start, with what they follow', async () => {
  const { tasks } = await dryRun(`
name: w
tasks:
  - { name: end, join: all }
  - { name: left, next: [{ do: end }] }
  - { name: right, next: [{ when: failed(), do: [end] }] }
  - { name: start, next: [{ do: [left, right] }] }
  - { name: after, needs: [left, end] }
`);
  expect(tasks.map(({ name }) => name)).toEqual(['start', 'left', 'right', 'end', 'after']);
  expect(tasks[3]).toMatchObject({ after: [{ task: 'left' }, { task: 'right', when: 'failed()' }], join: 'all' });
});

test('conditions', async () => {
  const { tasks } = await dryRun(
    'name: w\ntasks:\n  - { name: a, when: parameters.on }\n  - { name: b, when: "<< not parameters.on >>" }\n  - { name: c, when: task.a.ok }\n',
    { on: true },
  );
  expect(tasks.map((task) => task.when?.holds)).toEqual([true, false, null]);
});

test('secret parameters are not shown', async () => {
  const text =
    'name: w\nparameters: { token: { type: string, secret: true } }\ntasks: [{ name: a, input: { t: << parameters.token >> } }]';
  const shown = JSON.stringify(await dryRun(text, { token: 'hunter2' }));
  expect(shown).not.toContain('hunter2');
  expect(shown).toContain('"token":"***"');
});

test('for people', async () => {
  const text = `
name: demo
parameters: { count: { type: integer } }
tasks:
  - name: fetch
    action: http.get
    input: { url: "http://x/<< parameters.count >>" }
    next: [{ when: succeeded(), do: check }]
  - name: check
    when: parameters.count > 5
    with-items: << task.fetch.body >>
    concurrency: 10
    input: { id: << item.id >> }
  - name: note
    needs: [fetch]
    with-items: [1, 2, 3]
    batch-size: 2
`;
  const { out } = fakeTerminal().terminal;
  expect(formatDryRun(await dryRun(text, { count: 3 }), out)).toBe(
    [
      'demo dry run: no action is run',
      '',
      'parameters',
      '  count: 3',
      '',
      '1. fetch  http.get',
      '   input',
      '     url: http://x/3',
      '',
      '2. check  core.noop',
      '   after  fetch when succeeded()',
      '   when   parameters.count > 5 (does not hold: skipped)',
      '   items  ‹result of task fetch› (concurrency 10)',
      '   input  of the first item',
      '     id: ‹item.id›',
      '',
      '3. note  core.noop',
      '   after  fetch',
      '   items  2 batches (concurrency 1, batches of 2)',
    ].join('\n'),
  );
  const long = await dryRun(
    `name: w\ntasks: [{ name: a, input: { x: [${Array.from({ length: 30 }, (_, i) => i).join(', ')}] } }]`,
  );
  expect(formatDryRun(long, out)).toContain('     … 11 more lines');
});
