import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findConfig, loadConfig } from './config.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heddle-config-'));
  // The root of a repository: nothing above it is looked at.
  await mkdir(join(directory, '.git'));
});
afterEach(() => rm(directory, { recursive: true }));

const put = async (name: string, text: string): Promise<string> => {
  await writeFile(join(directory, name), text);
  return join(directory, name);
};

describe('findConfig', () => {
  test.each(['heddle.config.ts', 'heddle.config.js', 'heddle.config.mjs', 'heddle.config.json'])(
    'finds %s',
    async (name) => {
      const file = await put(name, '');
      await mkdir(join(directory, 'workflows/deep'), { recursive: true });
      expect(findConfig(directory)).toBe(file);
      expect(findConfig(join(directory, 'workflows/deep'))).toBe(file);
    },
  );

  test('TypeScript comes first, and the nearest', async () => {
    await put('heddle.config.json', '{}');
    const file = await put('heddle.config.ts', '');
    expect(findConfig(directory)).toBe(file);
    await mkdir(join(directory, 'sub'));
    const nearer = await put('sub/heddle.config.json', '{}');
    expect(findConfig(join(directory, 'sub'))).toBe(nearer);
  });

  test('looks no further than the repository', async () => {
    await put('heddle.config.json', '{}');
    await mkdir(join(directory, 'sub/.git'), { recursive: true });
    expect(findConfig(join(directory, 'sub'))).toBeUndefined();
  });

  test('there may be none up to the root', () => {
    expect(findConfig('/')).toBeUndefined();
  });
});

describe('loadConfig', () => {
  test('loads what it names, from its own directory', async () => {
    await put(
      'actions.ts',
      `import { defineAction } from 'heddle'; export const a = defineAction({ name: 'a.one', run: () => 1 });`,
    );
    const file = await put(
      'heddle.config.ts',
      `import { defineAction } from 'heddle';
       export default {
         actions: ['./actions.ts', defineAction({ name: 'a.two', run: () => 2 })],
         config: { region: 'eu' }, keystore: { token: 't' }, env: ['HOME'], lint: { 'retry-delay': 'off' },
       };`,
    );
    const loaded = await loadConfig(file);
    expect({ ...loaded, actions: (await loaded.actions()).map(({ name }) => name) }).toEqual({
      file,
      actions: ['a.one', 'a.two'],
      config: { region: 'eu' },
      keystore: { token: 't' },
      env: ['HOME'],
      lint: { 'retry-delay': 'off' },
    });
  });

  test('may be JSON, and empty', async () => {
    const file = await put('heddle.config.json', '{}');
    const loaded = await loadConfig(file);
    expect(await loaded.actions()).toEqual([]);
    expect(loaded).toMatchObject({ file, config: {}, keystore: {}, env: [] });
  });

  test('may name one file of actions', async () => {
    await put('single.js', `export const a = { name: 'a.one', run: () => 1 };`);
    const file = await put('heddle.config.json', '{"actions": "single.js"}');
    const loaded = await loadConfig(file);
    expect((await loaded.actions()).map(({ name }) => name)).toEqual(['a.one']);
  });

  test.each<[string, string, string, string]>([
    ['a.json', '{"keystore": {"token": "hunter2"', 'HEDDLE_FILE_INVALID', 'FILE is not JSON.'],
    ['b.json', '[]', 'HEDDLE_FILE_INVALID', 'FILE must hold a mapping.'],
    [
      'c.json',
      '{"action": []}',
      'HEDDLE_FILE_INVALID',
      "FILE has an unknown key 'action'; did you mean 'actions'? There is actions, config, keystore, env, lint.",
    ],
    [
      'd.json',
      '{"zzzzzz": []}',
      'HEDDLE_FILE_INVALID',
      "FILE has an unknown key 'zzzzzz'; there is actions, config, keystore, env, lint.",
    ],
    ['e.json', '{"keystore": "hunter2"}', 'HEDDLE_FILE_INVALID', "FILE must hold a mapping under 'keystore'."],
    [
      'f.json',
      '{"env": ["A", 1]}',
      'HEDDLE_FILE_INVALID',
      "FILE must hold a list of names under 'env', found a list of 2.",
    ],
    [
      'g.json',
      '{"actions": [5]}',
      'HEDDLE_ACTION_INVALID',
      'FILE: An action is a mapping with name and run, not number.',
    ],
    ['h.js', 'export const config = {};', 'HEDDLE_FILE_INVALID', 'FILE must export by default a mapping.'],
    ['i.js', 'export default {', 'HEDDLE_FILE_INVALID', 'FILE cannot be loaded: '],
  ])('%s with %s', async (name, text, code, message) => {
    const file = await put(name, text);
    await expect(loadConfig(file)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message.replaceAll('FILE', file)) as unknown,
    });
    await expect(loadConfig(file)).rejects.not.toMatchObject({
      message: expect.stringContaining('hunter2') as unknown,
    });
  });

  test.each([['missing.json'], ['missing.ts']])('%s is not there', async (name) => {
    await expect(loadConfig(join(directory, name))).rejects.toMatchObject({ code: 'HEDDLE_FILE_NOT_FOUND' });
  });
});
