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

describe('the file of an action', () => {
  const workflow =
    'version: 1.0\ninput:\n  - region\n  - size: 2\n  - token\n  - fixed\n  - other: x << y\ntasks:\n  a:\n';
  const metadata = `name: grow
description: Makes it larger
runner_type: orquesta
entry_point: workflows/grow_it.yaml
parameters:
  region: { type: string, required: true, enum: [eu, us], position: 0, description: Where }
  size: { description: How large, type: integer }
  token: { type: string, secret: true, default: '{{ st2kv.system.token }}' }
  fixed: { type: string, default: same, immutable: true }
  unused: { type: string }
`;
  const expected = `description: Makes it larger

parameters:
  region: { type: string, enum: [eu, us], required: true, description: Where }
  size: { type: integer, default: 2, description: How large }
  # not translated: the default {{ st2kv.system.token }}
  token: { type: string, secret: true }
  fixed: { type: string, const: same, default: same }
  other: { type: string, default: x << y }

tasks:
  - name: a
`;
  const lost = '8:49 error HEDDLE_IMPORT_LOST A default that is computed from the datastore has no counterpart.\n';

  test('says what the parameters are, and where the workflow is', () => {
    const open = (name: string) => (name === 'workflows/grow_it.yaml' ? { text: workflow, file: 'w.yaml' } : undefined);
    const { text, diagnostics } = importOrquesta(metadata, { file: 'actions/grow.yaml', open });
    expect(text).toBe(`name: grow\n${expected}`);
    expect(shown(diagnostics)).toBe(lost);
    expect(checkWorkflow(text).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('is found from the workflow', () => {
    const open = (name: string) => (name === '../grow_it.meta.yaml' ? { text: metadata, file: 'm.yaml' } : undefined);
    const { text, diagnostics } = importOrquesta(workflow, { file: 'actions/workflows/grow_it.yaml', open });
    expect(text).toBe(`name: grow\n${expected}`);
    expect(diagnostics.map(({ file }) => file)).toEqual(['m.yaml']);
  });

  test('is passed over where it runs something else', () => {
    const other = metadata.replace('grow_it', 'shrink_it');
    const open = () => ({ text: other, file: 'm.yaml' });
    expect(importOrquesta(workflow, { file: 'w/grow_it.yaml', open }).text).toContain('  region: {}\n');
    const python = metadata.replace('orquesta', 'python-script');
    expect(importOrquesta(workflow, { file: 'w/grow_it.yaml', open: () => ({ text: python, file: 'm' }) }).text).toContain('region: {}'); // prettier-ignore
  });

  test('whose workflow is not there', () => {
    expect(shown(importOrquesta(metadata, { file: 'grow.yaml' }).diagnostics)).toBe(
      '4:14 error HEDDLE_IMPORT_INVALID The workflow that this action runs is not there.\n',
    );
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
