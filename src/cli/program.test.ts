import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommandLine } from './program.ts';
import { fakeTerminal } from './testing/fake-terminal.ts';

let cwd = '';
const write = (name: string, text: string): Promise<void> => writeFile(path.join(cwd, name), text);
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'heddle-program-'));
  await write(
    'hello.yaml',
    'name: hello\nparameters: { n: { type: integer, default: 2 } }\ntasks: [{ name: a, action: core.echo, input: { message: << parameters.n >> } }]\noutput: { r: << task.a >> }\n',
  );
  await write('fails.yaml', 'name: fails\ntasks: [{ name: a, action: core.fail, input: { message: broken } }]\n');
  await write('bad.yaml', 'name: bad\ntasks: [{ name: a, action: core.ech }]\n');
  await write('child.yaml', 'name: child\ntasks: [{ name: a, action: core.ech }]\n');
  await write('parent.yaml', 'name: parent\ntasks: [{ name: a, action: child.yaml }]\n');
  await write(
    'actions.mjs',
    "export const one = { name: 'my.one', run: () => 1 };\nexport const two = { name: 'my.two', run: () => 2 };\n",
  );
  await write('other.mjs', "export const one = { name: 'my.one', run: () => 'other' };\n");
  await write(
    'own.yaml',
    'name: own\ntasks: [{ name: a, action: my.one }]\noutput: { r: << task.a >>, level: << config.level ?? 0 >>, key: << keystore.key ?? 0 >> }\n',
  );
  await write(
    'project.json',
    '{"actions": ["./actions.mjs"], "config": {"level": 3}, "keystore": {"key": "from-config"}}',
  );
  await write('level.yaml', 'level: 4\n');
  await write('broken.yaml', 'a: [\n');
});
afterAll(() => rm(cwd, { recursive: true }));

/** Runs in process; workflow files are named absolutely, since loading starts at the working directory of the process. */
async function call(args: readonly string[], options: { tty?: boolean; input?: string } = {}) {
  const fake = fakeTerminal({
    cwd,
    ...(options.tty === undefined ? {} : { tty: options.tty }),
    env: { NO_COLOR: '1' },
  });
  fake.stdin.end(options.input ?? '');
  const code = await runCommandLine(args, fake.terminal);
  return { code, stdout: fake.stdout(), stderr: fake.stderr() };
}
const at = (name: string): string => path.join(cwd, name);

describe('exit codes', () => {
  test.each([
    [['run', 'hello.yaml', '-q'], 0],
    [['run', 'fails.yaml', '-q'], 1],
    [['run', 'bad.yaml'], 2],
    [['run', 'hello.yaml', '--nonsense'], 2],
    [['validate', 'hello.yaml'], 0],
    [['validate', 'bad.yaml'], 2],
    [['graph', 'hello.yaml'], 0],
  ])('%j: %i', async ([command = '', file = '', ...rest], code) => {
    expect((await call([command, at(file), ...rest])).code).toBe(code);
  });

  test('what a command throws that is no error of heddle is internal', async () => {
    const fake = fakeTerminal({ cwd });
    const terminal = {
      ...fake.terminal,
      get cwd(): string {
        throw new Error('no directory');
      },
    };
    expect(await runCommandLine(['init'], terminal)).toBe(3);
    expect(fake.stderr()).toContain('error  HEDDLE_INTERNAL  no directory');
    expect(fake.stderr()).not.toContain('program.test');
    await runCommandLine(['--debug', 'init'], terminal);
    expect(fake.stderr()).toContain('program.test');
  });
});

describe('help', () => {
  test('for a command, also where the file cannot be read', async () => {
    expect((await call(['run', at('hello.yaml'), '--help'])).stdout).toMatch(
      /Parameters of hello:\n {2}n {2}integer {2}default 2/,
    );
    expect((await call(['run', at('fails.yaml'), '-h'])).stdout).toContain('Parameters of fails:\n  none');
    expect((await call(['run', at('none.yaml'), '--help'])).code).toBe(0);
    expect((await call(['help', 'run'])).stdout).toContain('Usage: heddle run');
  });

  test('a flag behind -- is no flag', async () => {
    expect((await call(['eval', '--', '--json'])).stdout).toBe('');
  });
});

describe('the project', () => {
  const run = async (...args: string[]): Promise<unknown> => {
    const { stdout, stderr } = await call(['run', at('own.yaml'), '--json', ...args]);
    return stdout === '' ? stderr : (JSON.parse(stdout) as { output?: unknown; error?: unknown }).output;
  };

  test('configuration, its actions, keystore and values', async () => {
    expect(await run('--config', 'project.json')).toEqual({ r: 1, level: 3, key: '***' });
    expect(await run('--actions', 'actions.mjs', '--config', 'level.yaml')).toEqual({ r: 1, level: 4, key: 0 });
  });

  test('--actions go before those of the configuration', async () => {
    expect(await run('--config', 'project.json', '--actions', 'other.mjs')).toEqual({
      r: 'other',
      level: 3,
      key: '***',
    });
  });

  test.each(['none.json', 'broken.yaml'])('%s cannot be used', async (config) => {
    const { code, stderr } = await call(['run', at('own.yaml'), '--config', config]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/HEDDLE_FILE_(NOT_FOUND|INVALID)/);
  });
});

describe('diagnostics', () => {
  test('of a sub-workflow show its own lines', async () => {
    const { stderr } = await call(['run', at('parent.yaml')]);
    expect(stderr).toMatch(/child\.yaml:2:28 {2}error {2}HEDDLE_UNKNOWN_ACTION/);
    expect(stderr).toContain('  2 | tasks: [{ name: a, action: core.ech }]');
    expect(stderr).toMatch(/\n1 error\n$/);
  });

  test('--json gives them as data too', async () => {
    const { stdout } = await call(['run', at('bad.yaml'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'HEDDLE_UNKNOWN_ACTION', diagnostics: [{ line: 2, column: 28 }] },
    });
  });

  test('with --debug a stack comes along', async () => {
    expect((await call(['run', at('bad.yaml'), '--debug'])).stderr).toContain('WorkflowError');
  });
});

test('on a terminal the output stands apart from the progress', async () => {
  const { stdout } = await call(['run', at('hello.yaml')], { tty: true });
  expect(stdout).toBe('\nr: 2\n');
});
