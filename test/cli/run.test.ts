import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { heddle, project, type Ended } from './heddle.ts';

const ACTIONS = `
export default [
  { name: 'demo.double', description: 'Twice', input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }, run: ({ n }) => n * 2 },
  { name: 'demo.late', run: () => new Promise(() => setTimeout(() => { throw new Error('thrown late'); }, 1)) },
  { name: 'demo.never', run: () => new Promise(() => {}) },
  { name: 'demo.shapes', run: () => ({ map: new Map([['a', 1]]), date: new Date(0), big: 12345678901234567890n }) },
];
`;

const files = project({
  'hello.yaml': `
name: hello
parameters:
  who: { type: string, default: world, description: Whom to greet }
  count: { type: integer, default: 3, minimum: 1 }
  tags: { type: array, items: { type: string }, default: [] }
tasks:
  - name: greet
    action: core.echo
    input: { message: Hello << parameters.who >> }
  - name: each
    with-items: << range(0, parameters.count) >>
    action: core.echo
    input: { n: << item >>, with: << parameters.tags >> }
output:
  greeting: << task.greet >>
  numbers: << task.each | map(r => r.n) >>
`,
  'report.yaml': 'name: report\ntasks: [{ name: a }]\noutput: { report: "# Title\\n\\n- one\\n" }\n',
  'fails.yaml': `
name: fails
tasks:
  - name: broken
    action: core.fail
    input: { message: it is broken }
output: { fine: 1, not: << task.broken.x >> }
`,
  'items.yaml': `
name: items
tasks:
  - name: check
    with-items: << range(0, 20) >>
    on-item-failure: continue
    key: "'server-' + string(item)"
    action: core.assert
    input: { that: << item % 5 != 0 >>, message: no answer }
`,
  'needed.yaml': `
name: needed
parameters: { region: { type: string, required: true } }
tasks: [{ name: a }]
output: { region: << parameters.region >> }
`,
  'secret.yaml': `
name: secret
parameters: { token: { type: string, secret: true } }
tasks:
  - { name: tell, action: core.log, input: { message: "token << parameters.token >>, key << keystore.key >>" } }
  - { name: give, action: core.echo, input: { message: << parameters.token >> } }
output: { token: << task.give >>, key: << keystore.key >>, home: "<< env('DEMO_HOME') >>" }
`,
  'path.yaml': `
name: path
parameters: { file: { type: string, format: path } }
tasks: [{ name: a }]
output: { file: << parameters.file >> }
`,
  'own.yaml':
    'name: own\ntasks: [{ name: a, action: demo.double, input: { n: 21 } }]\noutput: { r: << task.a >>, c: << config.level >> }\n',
  'late.yaml': 'name: late\ntasks: [{ name: a, action: demo.late }]\n',
  'never.yaml': 'name: never\ntasks: [{ name: a, action: demo.never }]\n',
  'shapes.yaml': 'name: shapes\ntasks: [{ name: a, action: demo.shapes }]\noutput: { r: << task.a >> }\n',
  'wrong.yaml': 'name: wrong\ntasks: [{ name: a, action: core.ech, input: { x: << itm >> } }]\n',
  'actions.mjs': ACTIONS,
  'parameters.json': '{"who": "file", "count": 1}',
  'secrets.yaml': 'key: very-secret-key\n',
  'values.yaml': 'level: 9\n',
  'nested/heddle.config.json': '{"actions": ["../actions.mjs"], "config": {"level": 7}}',
  'nested/own.yaml':
    'name: own\ntasks: [{ name: a, action: demo.double, input: { n: 21 } }]\noutput: { r: << task.a >>, c: << config.level >> }\n',
});

const run = (args: string[], options: Parameters<typeof heddle>[1] = {}): Promise<Ended> =>
  heddle(['run', ...args], { cwd: files.directory, ...options });

describe('output', () => {
  test('plain lines on stderr, YAML on stdout', async () => {
    const { code, stdout, stderr } = await run(['hello.yaml', '-p', 'who=Ada', '-p', 'count=2']);
    expect(code).toBe(0);
    expect(stdout).toBe('greeting: Hello Ada\nnumbers:\n  - 0\n  - 1\n');
    expect(stderr.replace(/ +[\d.]+m?s/g, ' T')).toBe(
      '✓ greet T\n✓ each T  2 items\n✓ hello succeeded in T · 2 tasks\n',
    );
  });

  test('a single string stands as it is', async () => {
    expect((await run(['report.yaml'])).stdout).toBe('# Title\n\n- one\n');
  });

  test('--quiet: nothing but the output', async () => {
    expect(await run(['hello.yaml', '-q'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Hello world') as string,
    });
  });

  test('--json: one object', async () => {
    const { code, stdout, stderr } = await run(['hello.yaml', '--json', '-p', 'tags=a,b']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      workflow: 'hello',
      status: 'succeeded',
      output: { greeting: 'Hello world', numbers: [0, 1, 2] },
      errors: [],
      tasks: { each: { status: 'succeeded', stats: { total: 3, succeeded: 3 } } },
    });
  });

  test('--events: one JSON object a line', async () => {
    const { stdout } = await run(['hello.yaml', '--events']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; seq: number });
    expect(events[0]?.type).toBe('run.started');
    expect(events.at(-1)?.type).toBe('run.completed');
    expect(events.filter((event) => event.type === 'item.completed')).toHaveLength(3);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  });

  test('colour only where it is asked for', async () => {
    const escape = String.fromCharCode(27);
    expect((await run(['hello.yaml'])).stderr).not.toContain(escape);
    expect((await run(['hello.yaml'], { env: { FORCE_COLOR: '1' } })).stderr).toContain(`${escape}[32m✓`);
    expect((await run(['hello.yaml'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stderr).not.toContain(escape);
  });

  test('ASCII where the locale is', async () => {
    const { stderr } = await run(['hello.yaml'], { env: { LANG: 'C' } });
    expect(stderr).toMatch(/^\+ greet/);
    expect(stderr).not.toMatch(/[^\x20-\x7e\n]/);
  });

  test('values beyond JSON', async () => {
    const { code, stdout } = await run(['shapes.yaml', '--actions', 'actions.mjs', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ output: { r: { date: '1970-01-01T00:00:00.000Z' } } });
  });
});

describe('failure', () => {
  test('exit code 1, the error, and what output there is', async () => {
    const { code, stdout, stderr } = await run(['fails.yaml']);
    expect(code).toBe(1);
    expect(stdout).toBe('fine: 1\n');
    expect(stderr).toContain('it is broken');
    expect(stderr).toContain('✗ fails failed in');
    expect(stderr).not.toMatch(/^\s+at .*\.js/m);
  });

  test('failures of items are grouped', async () => {
    const { code, stderr } = await run(['items.yaml']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/✗ check .* 20 items · 16 succeeded · 4 failed/);
    expect(stderr).toMatch(/ {4}4 × .*no answer.* server-0, server-5, server-10, …/);
    expect(stderr.match(/HEDDLE_ITEMS_FAILED/g)).toHaveLength(1);
  });

  test('a workflow that is not valid: 2, all that is wrong with it', async () => {
    const { code, stdout, stderr } = await run(['wrong.yaml']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('wrong.yaml:2:28  error  HEDDLE_UNKNOWN_ACTION');
    expect(stderr).toContain('HEDDLE_UNKNOWN_NAME');
    expect(stderr).toContain('2 errors');
    const asJson = JSON.parse((await run(['wrong.yaml', '--json'])).stdout) as { error: { diagnostics: unknown[] } };
    expect(asJson.error.diagnostics).toHaveLength(2);
  });

  test('an exception that nobody can catch: 3, without a stack unless --debug', async () => {
    const { code, stderr } = await run(['late.yaml', '--actions', 'actions.mjs']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/HEDDLE_INTERNAL .*thrown late/);
    expect(stderr).not.toContain('actions.mjs:');
    expect((await run(['late.yaml', '--actions', 'actions.mjs', '--debug'])).stderr).toMatch(/at .*actions\.mjs/);
  });

  test('a promise that never settles ends the run instead of the process without a word', async () => {
    const { code, stderr } = await run(['never.yaml', '--actions', 'actions.mjs']);
    expect(code).toBe(1);
    expect(stderr).toContain('a promise that never settles');
  });
});

describe('parameters', () => {
  test('from a file, from stdin, and over both from the command line', async () => {
    expect((await run(['hello.yaml', '-q', '--params', 'parameters.json'])).stdout).toContain('Hello file');
    expect((await run(['hello.yaml', '-q', '--params', '-'], { input: 'who: stdin' })).stdout).toContain('Hello stdin');
    expect((await run(['hello.yaml', '-q', '--params', 'parameters.json', '-p', 'who=line'])).stdout).toContain(
      'Hello line',
    );
  });

  test.each([
    [['-p', 'count=x'], "Parameter 'count' must be an integer, but got 'x'."],
    [['-p', 'coun=1'], "Did you mean 'count'?"],
    [['-p', 'count=0'], 'count'],
    [['-p', 'count'], "-p takes name=value, but got 'count'"],
    [['--params', 'none.json'], 'none.json'],
    [['--params', 'actions.mjs'], 'parameters file'],
    [['--concurrency', '0'], 'whole number of at least 1'],
  ])('%j: exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await run(['hello.yaml', ...args]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  test('a missing one is an error where nobody can be asked', async () => {
    const { code, stderr } = await run(['needed.yaml']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/HEDDLE_PARAMETERS .*'region' is required/);
  });

  test('paths start at the working directory', async () => {
    expect((await run(['path.yaml', '-q', '-p', 'file=data/a.json'])).stdout.trim()).toMatch(/^\/.*\/data\/a\.json$/);
  });

  test('--help lists them, also without running into errors', async () => {
    const { code, stdout } = await run(['hello.yaml', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /Parameters of hello:\n {2}who +string +default "world" +Whom to greet\n {2}count +integer +default 3/,
    );
    expect((await run(['--help'])).stdout).not.toContain('Parameters of');
  });
});

describe('what is given to a run', () => {
  test('actions, configuration', async () => {
    expect((await run(['own.yaml'])).stderr).toContain('HEDDLE_UNKNOWN_ACTION');
    expect((await run(['own.yaml', '-q', '--actions', 'actions.mjs', '--config', 'values.yaml'])).stdout).toBe(
      'r: 42\nc: 9\n',
    );
    expect((await run(['nested/own.yaml', '-q'])).stdout).toBe('r: 42\nc: 7\n');
    expect((await run(['own.yaml', '-q', '--config', 'nested/heddle.config.json'])).stdout).toBe('r: 42\nc: 7\n');
    expect((await run(['nested/own.yaml', '-q', '--config', 'values.yaml'])).stdout).toBe('r: 42\nc: 9\n');
    expect((await run(['own.yaml', '--actions', 'none.mjs'])).code).toBe(2);
  });

  test('secrets and secret parameters are masked everywhere', async () => {
    const args = ['secret.yaml', '--secrets', 'secrets.yaml', '-p', 'token=very-secret-token', '--env', 'DEMO_HOME'];
    const options = { env: { DEMO_HOME: 'home' } };
    for (const extra of [[], ['--json'], ['--events']]) {
      const { code, stdout, stderr } = await run([...args, ...extra], options);
      expect(code).toBe(0);
      expect(stdout + stderr).not.toContain('very-secret');
      expect(stdout).toContain('***');
      expect(stdout).toContain('home');
    }
  });

  test('--record writes a rehearsal that holds', async () => {
    const { code, stderr } = await run(['hello.yaml', '-q', '--record', 'hello.rehearsal.yaml']);
    expect(code).toBe(0);
    expect(stderr).toContain('rehearsal written to hello.rehearsal.yaml');
    expect(await readFile(path.join(files.directory, 'hello.rehearsal.yaml'), 'utf8')).toContain(
      'workflow: hello.yaml',
    );
    expect((await heddle(['test', 'hello.rehearsal.yaml'], { cwd: files.directory })).code).toBe(0);
  });
});

test('--cost shows what iterations share and own', async () => {
  const { code, stdout, stderr } = await run(['hello.yaml', '--cost']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/task +iterations +shared +owned each[^\n]*\neach +3 +[\d.]+ K?i?B/);
  expect(stdout).not.toContain('owned');
  const asJson = JSON.parse((await run(['hello.yaml', '--cost', '--json'])).stdout) as unknown;
  expect(asJson).toMatchObject({ tasks: { each: { cost: { iterations: 3 } } } });
});

describe('--dry-run', () => {
  test('runs nothing', async () => {
    const { code, stdout, stderr } = await run(['late.yaml', '--actions', 'actions.mjs', '--dry-run']);
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toContain('1. a  demo.late');
  });

  test('as JSON', async () => {
    const { stdout } = await run(['hello.yaml', '--dry-run', '--json', '-p', 'who=Ada']);
    expect(JSON.parse(stdout)).toMatchObject({
      parameters: { who: 'Ada', count: 3 },
      tasks: [
        { name: 'greet', input: { message: 'Hello Ada' } },
        { name: 'each', items: { count: 3 }, input: { n: 0 } },
      ],
    });
  });
});
