import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkFile, loadEnvironment, requireWorkflow } from './environment.ts';
import { fakeTerminal } from './testing/fake-terminal.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'heddle-environment-'));
  await mkdir(path.join(cwd, '.git'));
});
afterEach(() => rm(cwd, { recursive: true }));

const put = async (files: Record<string, string>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(cwd, name), text);
};
const workflow = (action: string): string => `name: w\ntasks: [{ name: a, action: ${action} }]\n`;
const load = () => loadEnvironment({}, fakeTerminal({ cwd }).terminal);
const check = async (name: string) => {
  const { workflow, diagnostics } = await checkFile(path.join(cwd, name), await load());
  return { isValid: workflow !== null, codes: diagnostics.map(({ code }) => code) };
};

describe('actions of the configuration', () => {
  test('are loaded where a task calls something else than a built-in action', async () => {
    await put({
      'heddle.config.json': '{"actions": "broken.mjs", "config": {"level": 7}}',
      'broken.mjs': 'throw new Error("loaded");',
      'plain.yaml': workflow('core.noop'),
      'own.yaml': workflow('demo.one'),
      'calls.yaml': workflow('./plain.yaml'),
      'wrong.yaml': 'tasks: [{ nam: a }]',
    });
    expect(await check('plain.yaml')).toEqual({ isValid: true, codes: [] });
    expect((await load()).config).toEqual({ level: 7 });
    for (const name of ['own.yaml', 'calls.yaml', 'wrong.yaml']) await expect(check(name)).rejects.toThrow('loaded');
  });

  test('go before a workflow of the same name, and behind those of --actions', async () => {
    const actions = (value: string): string =>
      `export default ['deploy', 'demo.a'].map((name) => ({ name, description: ${value}, run: () => null }));`;
    await put({
      'heddle.config.json': '{"actions": ["config.mjs"]}',
      'config.mjs': actions('"config"'),
      'given.mjs': actions('"given"').replace("'deploy', ", ''),
      'deploy.yaml': workflow('core.noop'),
      'w.yaml': workflow('deploy'),
    });
    const { plan } = await requireWorkflow(path.join(cwd, 'w.yaml'), await load());
    expect(plan.tasks[0]?.action).toMatchObject({ kind: 'action', action: { name: 'deploy' } });
    const both = await loadEnvironment({ actions: ['given.mjs'] }, fakeTerminal({ cwd }).terminal);
    expect((await both.allActions()).map(({ name, description }) => `${name} ${description}`)).toEqual([
      'deploy config',
      'demo.a given',
    ]);
  });

  test('are known to a text that is no file', async () => {
    await put({
      'heddle.config.json': '{"actions": "one.mjs"}',
      'one.mjs': `export const one = { name: 'demo.one', run: () => 1 };`,
    });
    const { diagnostics } = await checkFile('<stdin>', await load(), workflow('demo.on'));
    expect(diagnostics).toMatchObject([{ code: 'HEDDLE_UNKNOWN_ACTION', file: '<stdin>', suggestion: 'demo.one' }]);
    expect((await checkFile('<stdin>', await load(), workflow('demo.one'))).diagnostics).toEqual([]);
  });
});
