import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CLI, heddle, project, start } from './heddle.ts';

const files = project({
  'long.yaml':
    'name: long\ntasks: [{ name: wait, action: core.sleep, input: { duration: 10m } }, { name: after }]\noutput: { ended: true }\n',
  'deaf.yaml': 'name: deaf\ntasks: [{ name: wait, action: demo.deaf }]\n',
  'many.yaml':
    'name: many\ntasks: [{ name: each, with-items: "<< range(0, 5000) >>", action: core.echo, input: { n: << item >> } }]\noutput: { n: << length(task.each) >> }\n',
  'actions.mjs': `export const deaf = { name: 'demo.deaf', run: ({}, { signal }) => (signal, new Promise((resolve) => setTimeout(resolve, 600_000))) };`,
});

describe('signals', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'the first %s cancels: the run ends as cancelled, exit code 130',
    async (signal) => {
      const { child, ended, seen } = start(['run', 'long.yaml', '--events'], { cwd: files.directory });
      await seen('"task.started"');
      child.kill(signal);
      const { code, stdout, stderr } = await ended;
      expect(code).toBe(130);
      expect(stderr).toContain('cancelling; once more exits at once');
      const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as unknown;
      expect(last).toMatchObject({ type: 'run.completed', status: 'cancelled', output: { ended: true } });
      expect(stdout).not.toContain('"task":"after"');
    },
  );

  test('the second one exits at once, whatever the action does', async () => {
    const { child, ended, seen } = start(['run', 'deaf.yaml', '--actions', 'actions.mjs', '--events'], {
      cwd: files.directory,
    });
    await seen('"task.started"');
    child.kill('SIGINT');
    await seen('once more exits at once');
    const sentAtMs = performance.now();
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).not.toContain('run.completed');
    // Long before the five seconds that an action has for ending by itself.
    expect(performance.now() - sentAtMs).toBeLessThan(3000);
  });

  test('plain lines say it too', async () => {
    const { child, ended, seen } = start(['run', 'many.yaml', '--dry-run'], { cwd: files.directory });
    await expect(seen('never written')).rejects.toThrow('It ended without');
    expect(child.exitCode ?? (await ended).code).toBe(0);
  });
});

describe('a reader that has seen enough', () => {
  const shell = async (command: string): Promise<{ code: number; stdout: string; stderr: string }> => {
    const text = `set -o pipefail; ${command}`;
    try {
      const { stdout, stderr } = await promisify(execFile)('bash', ['-c', text], { cwd: files.directory });
      return { code: 0, stdout, stderr };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  };
  const node = `'${process.execPath}' '${CLI}'`;

  test('ends the writing, not the run, and nobody hears of it', async () => {
    const { code, stdout, stderr } = await shell(`${node} run many.yaml --events | head -1`);
    expect(code).toBe(0);
    expect(stdout).toContain('run.started');
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toBe('');
  });

  test('other commands likewise', async () => {
    expect(await shell(`${node} schema | head -c 1`)).toEqual({ code: 0, stdout: '{', stderr: '' });
    expect((await shell(`${node} actions | true`)).code).toBe(0);
  });

  test('a closed stderr does not hinder either', async () => {
    expect(await shell(`${node} run many.yaml 2>&-`)).toMatchObject({ code: 0, stdout: 'n: 5000\n' });
  });
});

test('what an action leaves open does not keep the process', async () => {
  const { code } = await heddle(['run', 'many.yaml', '-q'], { cwd: files.directory });
  expect(code).toBe(0);
});
