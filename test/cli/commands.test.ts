import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { heddle, project, type Ended } from './heddle.ts';

const files = project({
  'good.yaml': 'name: good\ntasks: [{ name: a }, { name: b }]\n',
  'bad.yaml': 'name: bad\ntasks:\n  - name: a\n    action: core.ech\n    input: { x: << itm >> }\n',
  'warns.yaml': 'name: warns\ntasks:\n  - { name: a, next: [{ do: b }] }\n  - { name: b, next: [{ do: a }] }\n',
  'binary.yaml': 'name: \u0000\u0001',
  'empty.yaml': '',
  'context.json': '{"task": {"fetch": {"items": [1, 2, 3]}}, "parameters": {"a": 1}}',
  'list.yaml': '- 1\n',
  'actions.ts': `import { defineAction } from 'heddle';
export const greet = defineAction({
  name: 'demo.greet',
  description: 'Greets somebody',
  input: { type: 'object', properties: { name: { type: 'string', description: 'Whom' }, loud: { type: 'boolean', default: false } }, required: ['name'] },
  run: ({ name }) => name as string,
});
`,
});
const call = (args: string[], options: Parameters<typeof heddle>[1] = {}): Promise<Ended> =>
  heddle(args, { cwd: files.directory, ...options });

describe('the program', () => {
  test('help: every command, examples, exit codes', async () => {
    const { code, stdout } = await call(['--help']);
    expect(code).toBe(0);
    for (const name of ['run', 'validate', 'graph', 'test', 'eval', 'actions', 'init', 'schema']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
      const help = await call([name, '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain('Examples:');
    }
    expect(stdout).toContain('Exit codes:');
    expect((await call(['help', 'graph'])).stdout).toContain('heddle graph [options]');
  }, 60_000);

  test('version', async () => {
    expect((await call(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    [['rnu', 'x.yaml'], 'Did you mean run?'],
    [['run', 'good.yaml', '--jsn'], 'Did you mean --json?'],
    [['good.yaml'], 'Did you mean heddle run good.yaml?'],
    [['run'], "missing required argument 'FILE'"],
    [['graph', 'good.yaml', '--format', 'svg'], 'Allowed choices are boxes, mermaid, dot'],
    [['eval', '1', '2'], 'too many arguments'],
  ])('%j: exit code 2 and a suggestion', async (args, message) => {
    const { code, stdout, stderr } = await call(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error {2}HEDDLE_USAGE {2}/);
    expect(stderr).toContain(message);
  });

  test('nothing at all shows the help', async () => {
    expect(await call([])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage: heddle') as string,
    });
  });
});

describe('validate', () => {
  test('a good file', async () => {
    const { code, stdout } = await call(['validate', 'good.yaml']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ good\.yaml\n\n1 file · no errors · /);
  });

  test('everything wrong in all files, with places', async () => {
    const { code, stdout } = await call(['validate', '*.yaml']);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^bad\.yaml:4:13 {2}error {2}HEDDLE_UNKNOWN_ACTION/m);
    expect(stdout).toContain('  4 |     action: core.ech\n    |             ^^^^^^^^');
    expect(stdout).toContain('did you mean core.echo');
    expect(stdout).toMatch(/^binary\.yaml:?.* {2}error {2}HEDDLE_/m);
    expect(stdout).toMatch(/^empty\.yaml:?.* {2}error {2}HEDDLE_/m);
    expect(stdout).toMatch(/^✓ good\.yaml$/m);
    expect(stdout).toMatch(/^⚠ warns\.yaml$/m);
    expect(stdout).toMatch(/6 files · \d+ errors · 1 warning/);
  });

  test('warnings alone are no failure', async () => {
    const { code, stdout } = await call(['validate', 'warns.yaml']);
    expect(code).toBe(0);
    expect(stdout).toContain('HEDDLE_ENDLESS_CYCLE');
  });

  test('JSON', async () => {
    const { code, stdout } = await call(['validate', 'bad.yaml', 'good.yaml', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      valid: false,
      errors: 2,
      warnings: 0,
      files: [
        {
          file: 'bad.yaml',
          valid: false,
          diagnostics: [{ code: 'HEDDLE_UNKNOWN_ACTION', line: 4, column: 13 }, { line: 5 }],
        },
        { file: 'good.yaml', valid: true, diagnostics: [] },
      ],
    });
  });

  test('GitHub', async () => {
    const { code, stdout } = await call(['validate', 'bad.yaml', '--format', 'github']);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^::error file=bad\.yaml,line=4,col=13,/);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('standard input', async () => {
    const { code, stdout } = await call(['validate', '-'], { input: 'tasks: [{ nam: a }]' });
    expect(code).toBe(2);
    expect(stdout).toMatch(/^<stdin>:1:/);
  });

  test('files that are not there', async () => {
    expect((await call(['validate', 'none.yaml'])).stdout).toContain('HEDDLE_FILE_NOT_FOUND');
    const { code, stderr } = await call(['validate', 'none/*.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain("no file matches 'none/*.yaml'");
  });

  test('actions of a project are known', async () => {
    await writeFile(
      path.join(files.directory, 'own.yaml'),
      'tasks: [{ name: a, action: demo.greet, input: { nam: x } }]',
    );
    const { stdout } = await call(['validate', 'own.yaml', '--actions', 'actions.ts']);
    expect(stdout).toContain('HEDDLE_UNKNOWN_INPUT');
    expect(stdout).toContain('HEDDLE_MISSING_INPUT');
  });
});

describe('graph', () => {
  test('boxes, Mermaid, DOT', async () => {
    expect((await call(['graph', 'good.yaml'])).stdout).toContain(
      '│ core.noop │\n╰─────┬─────╯\n      ▼\n╭───────────╮\n│     b     │',
    );
    expect((await call(['graph', 'good.yaml', '--ascii'])).stdout).toContain('+-----------+\n|     b     |');
    expect((await call(['graph', 'good.yaml'], { env: { LANG: 'C' } })).stdout).toContain('+-----------+');
    expect((await call(['graph', 'good.yaml', '-f', 'mermaid'])).stdout).toMatch(/^flowchart TD\n/);
    expect((await call(['graph', 'good.yaml', '-f', 'dot'])).stdout).toMatch(/^digraph "good" \{\n/);
  });

  test('unknown actions do not matter, other errors do', async () => {
    expect((await call(['graph', 'bad.yaml'])).code).toBe(2);
  });
});

describe('eval', () => {
  test.each([
    [['[3, 1, 2] | sort'], '[\n  1,\n  2,\n  3\n]\n'],
    [['"a" + "b"'], '"ab"\n'],
    [['Hello << parameters.who >>', '-p', 'who=Ada'], '"Hello Ada"\n'],
    [['task.fetch.items | sum', '--context', 'context.json'], '6\n'],
    [['parameters', '--context', 'context.json', '-p', 'b=[1]'], '{\n  "a": 1,\n  "b": [\n    1\n  ]\n}\n'],
    [["env('DEMO')", '--env', 'DEMO'], '"demo"\n'],
    [['range(0, 3)'], '[\n  0,\n  1,\n  2\n]\n'],
  ])('%j', async (args, stdout) => {
    expect(await call(['eval', ...args], { env: { DEMO: 'demo' } })).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('standard input is the expression, or the context', async () => {
    expect((await call(['eval'], { input: '1 +\n 1\n' })).stdout).toBe('2\n');
    expect((await call(['eval', 'a.b', '-c', '-'], { input: 'a: { b: 5 }' })).stdout).toBe('5\n');
    expect((await call(['eval', '-c', '-'], { input: 'a: 1' })).code).toBe(2);
  });

  test('errors stand under their column', async () => {
    const { code, stderr } = await call(['eval', '1 + task.fetch.nothing', '-c', 'context.json']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/error {2}HEDDLE_MISSING/);
    expect(stderr).toMatch(/ {2}1 \| 1 \+ task\.fetch\.nothing\n {4}\| {5}\^/);
    expect((await call(['eval', '1 +'])).stderr).toContain('HEDDLE_EXPRESSION_SYNTAX');
    expect((await call(['eval', `${'('.repeat(5000)}1`])).stderr).toMatch(/HEDDLE_EXPRESSION/);
    expect((await call(['eval', '1', '-c', 'list.yaml'])).stderr).toContain('it holds a list');
  });
});

describe('actions', () => {
  test('all, one, a namespace', async () => {
    expect((await call(['actions'])).stdout).toMatch(/^core\n {2}core\.assert /m);
    const { stdout } = await call(['actions', 'demo.greet', '--actions', 'actions.ts']);
    expect(stdout).toBe(
      [
        'demo.greet',
        'Greets somebody',
        '',
        'Input',
        '  name  string   required       Whom',
        '  loud  boolean  default false',
        '',
        'Example',
        '  - name: my_greet',
        '    action: demo.greet',
        '    input:',
        '      name: …',
        '',
      ].join('\n'),
    );
    expect((await call(['actions', 'json'])).stdout).toMatch(/^json\n {2}json\.parse/);
  });

  test('JSON', async () => {
    const all = JSON.parse((await call(['actions', '--json'])).stdout) as { name: string }[];
    expect(all.map((action) => action.name)).toContain('http.get');
    expect(JSON.parse((await call(['actions', 'core.echo', '--json'])).stdout)).toMatchObject({ name: 'core.echo' });
  });

  test('did you mean', async () => {
    const { code, stderr } = await call(['actions', 'htp.get']);
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean 'http.get'?");
  });
});

describe('init', () => {
  test('writes an example that is valid, runs and passes its rehearsal, and never overwrites', async () => {
    const first = await call(['init', 'my project']);
    expect(first.code).toBe(0);
    expect(first.stderr).toContain('✓ workflows/hello.yaml');
    expect(first.stderr).toContain("cd 'my project'");
    const cwd = path.join(files.directory, 'my project');
    expect((await readdir(cwd)).sort()).toEqual([
      '.gitignore',
      'actions',
      'heddle.config.ts',
      'rehearsals',
      'schemas',
      'workflows',
    ]);
    const text = await readFile(path.join(cwd, 'workflows/hello.yaml'), 'utf8');
    const schema = /\$schema=(\S+)/.exec(text)?.[1] ?? '';
    expect(JSON.parse(await readFile(path.join(cwd, 'workflows', schema), 'utf8'))).toHaveProperty('$schema');

    expect((await heddle(['validate', 'workflows/hello.yaml'], { cwd })).code).toBe(0);
    expect(await heddle(['run', 'workflows/hello.yaml', '-p', 'names=Edsger', '-q'], { cwd })).toMatchObject({
      code: 0,
      stdout: 'greetings:\n  - Hello, Edsger!\n',
    });
    expect((await heddle(['test'], { cwd })).code).toBe(0);

    await writeFile(path.join(cwd, 'heddle.config.ts'), 'mine');
    const second = await heddle(['init'], { cwd });
    expect(second.stderr).toContain('heddle.config.ts exists, left as it is');
    expect(await readFile(path.join(cwd, 'heddle.config.ts'), 'utf8')).toBe('mine');
    await heddle(['init', '--force'], { cwd });
    expect(await readFile(path.join(cwd, 'heddle.config.ts'), 'utf8')).toContain('export default');
  }, 60_000);

  test('where nothing can be written', async () => {
    const { code, stderr } = await call(['init', 'good.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('HEDDLE_FILE_FAILED');
  });
});

test('schema', async () => {
  expect(JSON.parse((await call(['schema'])).stdout)).toHaveProperty('properties');
  expect(JSON.parse((await call(['schema', 'rehearsal'])).stdout)).toHaveProperty('properties');
});
