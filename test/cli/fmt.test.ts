import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { heddle, project, type Ended } from './heddle.ts';

const TIDY = 'name: tidy\ntasks:\n  - name: a\n';
const UNTIDY = 'tasks:\n- on_success: b # then\n  name: a\n- name: b\nname: untidy\n';
const FORMATTED = 'name: untidy\ntasks:\n  - name: a\n    on-success: b # then\n  - name: b\n';

const files = project({
  'tidy.yaml': TIDY,
  'untidy.yaml': UNTIDY,
  'broken.yaml': 'tasks:\n\t- a\n',
  'explicit.yaml': '? tasks\n: []\n',
  'deep/a.rehearsal.yaml': 'workflow:   ../tidy.yaml\n',
  'deep/compose.yml': 'services:   {}\n',
  'deep/notes.txt': 'tasks:   \n',
});
const call = (args: string[], input = ''): Promise<Ended> => heddle(args, { cwd: files.directory, input });
const text = (name: string): Promise<string> => readFile(path.join(files.directory, name), 'utf8');

describe('fmt', () => {
  test('--check changes nothing, lists what is not formatted, and ends with 1', async () => {
    const { code, stdout, stderr } = await call(['fmt', '--check', 'tidy.yaml', 'untidy.yaml']);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: 'untidy.yaml\n',
      stderr: '2 files · 1 not formatted\n',
    });
    expect(await text('untidy.yaml')).toBe(UNTIDY);
    expect(await call(['fmt', '--check', 'tidy.yaml'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '1 file · all formatted\n',
    });
  });

  test('writes what it changes, and says which files these are', async () => {
    expect(await call(['fmt', 'untidy.yaml', 'tidy.yaml'])).toEqual({
      code: 0,
      stdout: 'untidy.yaml\n',
      stderr: '2 files · 1 formatted\n',
    });
    expect(await text('untidy.yaml')).toBe(FORMATTED);
    await writeFile(path.join(files.directory, 'untidy.yaml'), UNTIDY);
  });

  test('a directory and a pattern: workflows and rehearsals only; a named file: whatever it is', async () => {
    expect((await call(['fmt', '--check', 'deep'])).stdout).toBe('deep/a.rehearsal.yaml\n');
    expect((await call(['fmt', '--check', 'deep/**'])).stdout).toBe('deep/a.rehearsal.yaml\n');
    expect((await call(['fmt', '--check', 'deep/compose.yml'])).stdout).toBe('deep/compose.yml\n');
    const named = await call(['fmt', '--check', 'deep/notes.txt', 'tidy.yaml']);
    expect(named).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('deep/notes.txt is no YAML file') as string,
    });
  });

  test('standard input to standard output', async () => {
    expect(await call(['fmt', '-'], UNTIDY)).toMatchObject({ code: 0, stdout: FORMATTED });
    expect(await call(['fmt', '--check', '-'], UNTIDY)).toMatchObject({ code: 1, stdout: '<stdin>\n' });
    const { code, stdout, stderr } = await call(['fmt', '-'], 'a: b: c\n');
    expect({ code, stdout }).toEqual({ code: 2, stdout: 'a: b: c\n' });
    expect(stderr).toMatch(/^<stdin>:1:\d+ {2}error {2}HEDDLE_YAML_SYNTAX/);
  });

  test('what cannot be formatted is told with its place and left as it is', async () => {
    const { code, stderr } = await call(['fmt', 'broken.yaml', 'explicit.yaml']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^broken\.yaml:2:1 {2}error {2}HEDDLE_YAML_SYNTAX/m);
    expect(stderr).toMatch(
      /^explicit\.yaml:1:1 {2}warning {2}HEDDLE_FORMAT_SKIPPED {2}Not formatted: a key is written with '\?'/m,
    );
    expect(await text('explicit.yaml')).toBe('? tasks\n: []\n');
    expect(await call(['fmt', 'explicit.yaml'])).toMatchObject({ code: 0 });
    expect(await call(['fmt', 'no.yaml'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('HEDDLE_FILE_NOT_FOUND') as string,
    });
    expect(await call(['fmt', 'no*.yaml'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no file matches 'no*.yaml'") as string,
    });
  });

  test('--json', async () => {
    const { code, stdout } = await call(['fmt', '--check', '--json', 'untidy.yaml', 'tidy.yaml']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      changed: 1,
      files: [
        { file: 'untidy.yaml', changed: true, diagnostics: [] },
        { file: 'tidy.yaml', changed: false, diagnostics: [] },
      ],
    });
  });
});
