import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { callAction, failureOf } from './testing/action-context.ts';

const NODE = process.execPath;
let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'heddle-shell-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cwd, { recursive: true });
});

const run = (input: Record<string, unknown>, signal = new AbortController().signal) =>
  callAction('shell.run', input, { cwd, signal }) as Promise<Record<string, unknown>>;
const node = (script: string, ...args: readonly (string | number)[]) => [NODE, '-e', script, '--', ...args];

/** Waits until a process has written its id to a file of the directory. */
async function processId(name: string): Promise<number> {
  const changes = watch(cwd);
  try {
    for (;;) {
      const id = Number(await readFile(join(cwd, name), 'utf8').catch(() => ''));
      if (id > 0) return id;
      await once(changes, 'change');
    }
  } finally {
    changes.close();
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

/** A port that a process connects to, so that its end is seen as the end of the connection. */
async function listen(): Promise<{ port: number; connection: Promise<Socket>; close: () => void }> {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = once(server, 'connection').then(([socket]) => (socket as Socket).resume());
  return { port, connection, close: () => server.close() };
}

describe('shell.run', () => {
  test('gives exit code and output', async () => {
    expect(await run({ command: node('console.log("out"); console.error("err")') })).toEqual({
      exit_code: 0,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      stdout_truncated: false,
      stderr_truncated: false,
    });
  });

  test('no shell reads the arguments of a list', async () => {
    const command = node('console.log(JSON.stringify(process.argv.slice(1)))', '$HOME; rm *', 5);
    expect((await run({ command }))['stdout']).toBe('["$HOME; rm *","5"]\n');
  });

  test('a shell reads a string', async () => {
    expect((await run({ command: 'echo $((1 + 1)) | cat', shell: true }))['stdout']).toBe('2\n');
  });

  test('runs in the directory of the workflow, or below it', async () => {
    expect((await run({ command: ['mkdir', 'sub'] }))['exit_code']).toBe(0);
    expect((await run({ command: 'pwd -P', shell: true, directory: 'sub' }))['stdout']).toMatch(/\/sub\n$/);
  });

  test('inherits the environment, with changes', async () => {
    vi.stubEnv('HEDDLE_KEPT', 'kept');
    vi.stubEnv('HEDDLE_GONE', 'gone');
    const command = node('console.log(process.env.HEDDLE_KEPT, process.env.HEDDLE_GONE, process.env.HEDDLE_NEW)');
    expect((await run({ command, env: { HEDDLE_GONE: null, HEDDLE_NEW: 5 } }))['stdout']).toBe('kept undefined 5\n');
  });

  test('gives it its input', async () => {
    expect((await run({ command: ['cat'], stdin: 'größe' }))['stdout']).toBe('größe');
  });

  test('a command need not read its input', async () => {
    expect((await run({ command: ['true'], stdin: 'x'.repeat(1_000_000) }))['exit_code']).toBe(0);
  });

  test('keeps the first of a long output, and says so', async () => {
    const result = await run({
      command: node('process.stdout.write("x".repeat(300000)); console.error("e")'),
      'max-bytes': 10,
    });
    expect(result).toMatchObject({
      stdout: 'x'.repeat(10),
      stdout_truncated: true,
      stderr: 'e\n',
      stderr_truncated: false,
    });
  });

  test('an exit code that is not expected fails with the result', async () => {
    const command = node('console.error("broken"); process.exitCode = 3');
    expect(await failureOf(() => run({ command }))).toMatchObject({
      code: 'HEDDLE_SHELL_EXIT',
      message: 'exit code 3',
      result: { exit_code: 3, stderr: 'broken\n' },
    });
    expect(await run({ command, expect: 3 })).toMatchObject({ exit_code: 3 });
    expect(await run({ command, expect: [0, 3] })).toMatchObject({ exit_code: 3 });
  });

  test('a command that is ended by a signal fails', async () => {
    expect(await failureOf(() => run({ command: 'kill -9 $$', shell: true }))).toMatchObject({
      code: 'HEDDLE_SHELL_EXIT',
      message: 'ended by SIGKILL',
      result: { exit_code: null, signal: 'SIGKILL' },
    });
  });

  test.each<[Record<string, unknown>, string, string]>([
    [
      { command: ['no-such-program-here'] },
      'HEDDLE_SHELL_START',
      'no-such-program-here cannot be started: there is no such program.',
    ],
    [{ command: ['/'] }, 'HEDDLE_SHELL_START', '/ cannot be started: it may not be executed.'],
    [
      { command: ['true'], directory: '/no/where' },
      'HEDDLE_SHELL_START',
      'true cannot be started: there is no directory /no/where.',
    ],
    [{ command: ['echo', 'a\0b'] }, 'HEDDLE_SHELL_START', 'echo cannot be started: '],
    [
      { command: 'ls -l' },
      'HEDDLE_INPUT_INVALID',
      "input 'command' must be a list such as [git, status]; a string needs 'shell: true'",
    ],
    [
      { command: ['ls'], shell: true },
      'HEDDLE_INPUT_INVALID',
      "input 'command' must be a string with 'shell: true', found a list",
    ],
    [{ command: [] }, 'HEDDLE_INPUT_INVALID', "input 'command' must be"],
  ])('refuses %j', async (input, code, message) => {
    expect(await failureOf(() => run(input))).toMatchObject({
      code,
      message: expect.stringContaining(message) as unknown,
    });
  });
});

describe('abort', () => {
  const reason = new Error('timed out');

  test('before the start runs nothing', async () => {
    expect(await failureOf(() => run({ command: ['touch', 'x'] }, AbortSignal.abort(reason)))).toBe(reason);
    await expect(readFile(join(cwd, 'x'))).rejects.toThrow('ENOENT');
  });

  test('ends the whole group', async () => {
    const { port, connection, close } = await listen();
    const controller = new AbortController();
    const command = `"${NODE}" -e 'net.connect(${port}, "127.0.0.1")' & wait`;
    const call = failureOf(() => run({ command, shell: true }, controller.signal));
    const grandchild = await connection;
    const gone = once(grandchild, 'close');
    controller.abort(reason);
    expect(await call).toBe(reason);
    await gone;
    close();
  });

  test('kills a command that ignores SIGTERM', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const controller = new AbortController();
      const script =
        'process.on("SIGTERM", () => fs.writeFileSync("term", "1")); setInterval(() => 0, 1e6);' +
        'fs.writeFileSync("t", String(process.pid)); fs.renameSync("t", "id")';
      const call = failureOf(() => run({ command: node(script) }, controller.signal));
      const id = await processId('id');
      controller.abort(reason);
      expect(await processId('term')).toBe(1);
      expect(isAlive(id)).toBe(true);
      vi.advanceTimersByTime(2000);
      expect(await call).toBe(reason);
      expect(isAlive(id)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test('does not wait for a process that left the group and holds the output open', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let left = 0;
    try {
      const controller = new AbortController();
      const script =
        'const child = require("child_process").spawn("sleep", ["600"], { detached: true, stdio: "inherit" });' +
        'fs.writeFileSync("t", String(child.pid)); fs.renameSync("t", "id"); setInterval(() => 0, 1e6)';
      const call = failureOf(() => run({ command: node(script) }, controller.signal));
      left = await processId('id');
      controller.abort(reason);
      vi.advanceTimersByTime(2000);
      expect(await call).toBe(reason);
    } finally {
      vi.useRealTimers();
      process.kill(left, 'SIGKILL');
    }
  });
});

test('what runs is killed when heddle exits at once', async () => {
  const { port, connection, close } = await listen();
  const module = new URL('./shell/process.ts', import.meta.url).pathname;
  const script = `
    const { createJiti } = await import('jiti');
    const { runProcess } = await createJiti(import.meta.url).import(${JSON.stringify(module)});
    process.on('SIGUSR2', () => process.exit(7));
    const argv = [process.execPath, '-e', 'net.connect(${port}, "127.0.0.1")'];
    await runProcess({ argv, directory: '/', env: process.env, stdin: '', maxBytes: 10, signal: new AbortController().signal });`;
  const heddle = spawn(NODE, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  const gone = once(await connection, 'close');
  const exited = once(heddle, 'exit');
  heddle.kill('SIGUSR2');
  expect((await exited)[0]).toBe(7);
  await gone;
  close();
});
