import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineAction } from '../../actions/define-action.ts';
import { formatYaml } from '../../format/index.ts';
import { checkWorkflow } from '../../node/load-workflow.ts';
import type { Diagnostic } from '../../workflow/index.ts';
import { importOrquesta } from './index.ts';

const fixtures = path.join(import.meta.dirname, 'fixtures');
const names = readdirSync(fixtures)
  .filter((file) => /^\w+\.yaml$/.test(file))
  .map((file) => file.replace('.yaml', ''));

function read(name: string): string {
  return readFileSync(path.join(fixtures, `${name}.yaml`), 'utf8');
}

/** An action that takes anything for every name that a workflow calls. */
function stubs(text: string) {
  const called = [...text.matchAll(/^ +action: (\w+\.\w+)$/gm)].map((match) => match[1] ?? '');
  const unknown = [...new Set(called)].filter((name) => !name.startsWith('core.'));
  return unknown.map((name) => defineAction({ name, description: 'A stub.', run: () => null }));
}

function shown(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map(({ line, column, severity, code, message }) => `${line}:${column} ${severity} ${code} ${message}\n`)
    .join('');
}

describe.each(names)('%s.yaml', (name) => {
  const source = read(name);
  const { text, diagnostics, sources } = importOrquesta(source, { file: `${name}.yaml` });

  test('reads as a person would have written it', async () => {
    await expect(text).toMatchFileSnapshot(path.join(fixtures, `${name}.heddle.yaml`));
  });

  test('what is lost or changed is reported at its line', async () => {
    await expect(shown(diagnostics)).toMatchFileSnapshot(path.join(fixtures, `${name}.diagnostics.txt`));
  });

  test('what came out is valid, where nothing was lost', () => {
    if (diagnostics.some(({ severity }) => severity === 'error')) return;
    const found = checkWorkflow(text, { actions: stubs(text), file: `${name}.yaml` });
    expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('heddle fmt has nothing to do', () => {
    expect(formatYaml(text, { file: 'x.yaml' }).text).toBe(text);
  });

  test('every comment is still there', () => {
    const comments = source.split('\n').flatMap((line) => /(?:^|\s)(#(?![!]).*)$/.exec(line)?.[1] ?? []);
    expect(comments.length).toBeGreaterThanOrEqual(name === 'release' ? 9 : 0);
    for (const comment of comments.filter((each) => !each.includes('comment'))) expect(text).toContain(comment);
  });

  test('every line of a task leads back to that task', () => {
    const lines = source.split('\n');
    const written = text.split('\n');
    expect(sources).toHaveLength(written.length - 1);
    for (const [at, line] of written.entries()) {
      const task = /^ {2}- name: (\w+)/.exec(line)?.[1];
      if (task !== undefined) expect(lines[(sources[at] ?? 0) - 1]?.trim()).toBe(`${task}:`);
    }
  });
});

describe('importOrquesta', () => {
  test.each([
    ['', '1:1 error HEDDLE_IMPORT_INVALID The file is empty.\n'],
    ['- a\n', '1:1 error HEDDLE_IMPORT_INVALID A workflow is a mapping.\n'],
    ['version: 1.0\n', '1:1 error HEDDLE_IMPORT_INVALID A workflow of Orquesta has `tasks`.\n'],
    ['version: 2.0\ntasks: {a: }\n', '1:10 error HEDDLE_IMPORT_INVALID Only version 1.0 of Orquesta is known.\n'],
    [
      'version: 1.0\ntasks: {a: 5, b: {next: {do: a}, retry: 3, with: 5, action: [x]}}\n',
      '2:12 error HEDDLE_IMPORT_INVALID A task is a mapping.\n' +
        '2:25 error HEDDLE_IMPORT_INVALID `next` is a list of transitions.\n' +
        '2:41 error HEDDLE_IMPORT_INVALID `retry` is a mapping of `when`, `count` and `delay`.\n' +
        '2:41 warning HEDDLE_IMPORT_CHANGED Orquesta tries the whole task again, with all its items; heddle tries each item that failed again.\n' +
        '2:50 error HEDDLE_IMPORT_INVALID `with` is one expression that gives a list, or `name in` such an expression.\n' +
        '2:61 error HEDDLE_IMPORT_INVALID `action` is the name of an action.\n',
    ],
    [
      'version: 1.0\ninput: [[a]]\nvars: x\ntasks:\n  a:\n    next: [do, {publish: [x], when: [], doo: 1}]\n    with: {itms: x}\n',
      '2:9 error HEDDLE_IMPORT_INVALID An entry of `input` is a name, or `name: value`.\n' +
        '3:7 error HEDDLE_IMPORT_INVALID `vars` is a list of names and of `name: value`.\n' +
        '6:12 error HEDDLE_IMPORT_INVALID A transition is a mapping of `when`, `publish` and `do`.\n' +
        '6:27 error HEDDLE_IMPORT_INVALID An entry of `publish` is `name: value`.\n' +
        '6:37 error HEDDLE_IMPORT_INVALID `when` is an expression.\n' +
        "6:41 error HEDDLE_IMPORT_INVALID There is no key 'doo' in a transition.\n" +
        '7:11 error HEDDLE_IMPORT_INVALID `with` lacks `items`.\n' +
        "7:12 error HEDDLE_IMPORT_INVALID There is no key 'itms' in `with`.\n",
    ],
    ['tasks: [', '1:8 error HEDDLE_YAML_SYNTAX The bracket [ is never closed.\n'],
  ])('says what is wrong with %j', (text, expected) => {
    expect(shown(importOrquesta(text).diagnostics)).toContain(expected);
  });

  test('never throws, whatever it is given', () => {
    const lines = names.map(read).join('\n').split('\n');
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 40 }), (some) => {
        const { text, diagnostics } = importOrquesta(some.join('\n'));
        expect(typeof text).toBe('string');
        if (text === '') expect(diagnostics.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
