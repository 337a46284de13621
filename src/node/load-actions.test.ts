import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actionContext } from '../actions/testing/action-context.ts';
import { ActionError } from '../errors/index.ts';
import { loadActions } from './load-actions.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heddle-actions-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Files of their own names: a module is loaded once in a process. */
async function load(name: string, code: string) {
  await writeFile(join(directory, name), code);
  return loadActions(join(directory, name));
}

async function failureOf(name: string, code: string) {
  try {
    await load(name, code);
  } catch (error) {
    const { code: errorCode, message } = error as { code: string; message: string };
    return `${errorCode}: ${message.replaceAll(join(directory, name), 'FILE')}`;
  }
  return 'none';
}

const ACTION = (name: string) => `defineAction({ name: '${name}', run: () => '${name}' })`;

describe('loadActions', () => {
  test.each<[string, string, string[]]>([
    ['one.ts', `import { defineAction } from 'heddle'; export const one: unknown = ${ACTION('a.one')};`, ['a.one']],
    [
      'several.mts',
      `import { defineAction, type Action } from 'heddle';
       export const helper = (n: number): number => n; export const VERSION = '1'; export const nothing = null;
       export const one: Action = ${ACTION('b.one')}; export const two = ${ACTION('b.two')};`,
      ['b.one', 'b.two'],
    ],
    [
      'list.js',
      `import { defineAction } from 'heddle'; export default [${ACTION('c.one')}, ${ACTION('c.two')}];`,
      ['c.one', 'c.two'],
    ],
    ['mapping.mjs', `import { defineAction } from 'heddle'; export default { x: ${ACTION('d.one')} };`, ['d.one']],
    ['single.ts', `import { defineAction } from 'heddle'; export default ${ACTION('e.one')};`, ['e.one']],
    [
      'twice.ts',
      `import { defineAction } from 'heddle'; export const one = ${ACTION('f.one')}; export default [one];`,
      ['f.one'],
    ],
    [
      'common.cjs',
      `const { defineAction } = require('heddle'); module.exports = { x: ${ACTION('g.one')} };`,
      ['g.one'],
    ],
    ['common.cts', `import { defineAction } from 'heddle'; export const one = ${ACTION('h.one')};`, ['h.one']],
    ['plain.js', `export const one = { name: 'i.one', run: () => 1 };`, ['i.one']],
  ])('%s', async (name, code, expected) => {
    expect((await load(name, code)).map((action) => action.name)).toEqual(expected);
  });

  test('knows typebox in a directory that does not', async () => {
    const code = `import { defineAction } from 'heddle'; import { Type } from 'typebox';
      export const one = defineAction({ name: 'j.one', input: Type.Object({ who: Type.String() }), run: ({ who }) => who });`;
    const [action] = await load('typebox.ts', code);
    expect(action?.input).toMatchObject({ type: 'object', properties: { who: { type: 'string' } }, required: ['who'] });
  });

  test('prefers the typebox of the directory', async () => {
    const project = await mkdtemp(join(directory, 'project-'));
    const installed = join(project, 'node_modules/typebox');
    await mkdir(installed, { recursive: true });
    await writeFile(
      join(installed, 'package.json'),
      '{ "name": "typebox", "type": "module", "exports": "./index.js" }',
    );
    await writeFile(join(installed, 'index.js'), "export const Type = { Object: () => ({ title: 'its own' }) };");
    await writeFile(
      join(project, 'own.ts'),
      `import { Type } from 'typebox';
       export const one = { name: 'l.one', input: Type.Object({}), run: () => null };`,
    );
    const [action] = await loadActions(join(project, 'own.ts'));
    expect(action?.input).toEqual({ title: 'its own' });
  });

  test('gives actions the errors of this process', async () => {
    const code = `import { ActionError, defineAction } from 'heddle';
      export const one = defineAction({ name: 'k.one', run: () => { throw new ActionError('no', { result: 5 }); } });`;
    const [action] = await load('error.ts', code);
    const run = action?.run as (input: object, context: unknown) => unknown;
    expect(() => run({}, actionContext())).toThrow(ActionError);
  });

  test.each<[string, string, RegExp]>([
    [
      'syntax.ts',
      'export const x = {\n  a: 1,,\n};',
      /^HEDDLE_FILE_INVALID: FILE cannot be loaded: .*Unexpected token FILE:2:7$/,
    ],
    ['throws.ts', 'throw new Error("boom");', /^HEDDLE_FILE_INVALID: FILE cannot be loaded: boom$/],
    ['odd.ts', 'throw 5;', /^HEDDLE_FILE_INVALID: FILE cannot be loaded: 5$/],
    [
      'import.mjs',
      "import x from 'no-such-package'; export default x;",
      /^HEDDLE_FILE_INVALID: FILE cannot be loaded: Cannot find \S+ 'no-such-package'.*\. Install it where the file is: npm install no-such-package$/s,
    ],
    [
      'deep-import.ts',
      "import x from '@no-such/package/part'; export default x;",
      /Cannot find \S+ '@no-such\/package\/part'.*\. Install it where the file is: npm install @no-such\/package$/s,
    ],
    ['relative-import.ts', "import x from './no-such-file.js'; export default x;", /Cannot find (?!.*npm install)/s],
    [
      'none.ts',
      'export const x = 1;',
      /^HEDDLE_ACTION_INVALID: FILE exports no action\. Write export const greet = defineAction/,
    ],
    ['empty.ts', '', /^HEDDLE_ACTION_INVALID: FILE exports no action\./],
    [
      'invalid.ts',
      "export const x = { name: 'a b', run: () => 1 };",
      /^HEDDLE_ACTION_INVALID: FILE: 'a b' cannot be the name/,
    ],
    [
      'element.ts',
      'export default [1];',
      /^HEDDLE_ACTION_INVALID: FILE: An action is a mapping with name and run, not number\.$/,
    ],
    [
      'duplicate.ts',
      "export const x = { name: 'a.b', run: () => 1 }; export const y = { name: 'a.b', run: () => 2 };",
      /^HEDDLE_ACTION_INVALID: FILE exports two actions called 'a\.b'\. Rename one of them\.$/,
    ],
  ])('%s: %s', async (name, code, message) => {
    expect(await failureOf(name, code)).toMatch(message);
  });

  test('a file that is not there', async () => {
    await writeFile(join(directory, 'actions.ts'), '');
    await expect(loadActions(join(directory, 'action.ts'))).rejects.toMatchObject({
      code: 'HEDDLE_FILE_NOT_FOUND',
      message: `There is no file ${join(directory, 'action.ts')}; did you mean 'actions.ts'?`,
    });
  });
});
