import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { heddle, project } from './heddle.ts';

const GREET = `version: 1.0
description: Greets everybody
input:
  - names
vars:
  - greetings: []
tasks:
  greet:
    with: name in <% ctx(names) %> # all at once
    action: core.echo message="Hello <% item(name) %>"
    next:
      - when: <% succeeded() %>
        publish: greetings=<% result() %>
output:
  - greetings: <% ctx(greetings) %>
`;
const GREET_HERE = `name: greet
description: Greets everybody

parameters:
  names: {}

vars:
  greetings: []

tasks:
  - name: greet
    action: core.echo
    with-items: << parameters.names >> # all at once
    as: name
    concurrency: 1000
    input: { message: Hello << name >> }
    next:
      - when: succeeded()
        publish:
          greetings: << result() >>

output:
  greetings: << workflow.greetings >>
`;
const LOST = `version: 1.0
tasks:
  a:
    action: core.echo message=<% md5('x') %>
    next:
      - do: b
  b:
    action: core.ehco
`;
const NATIVE = "version: '1.0'\nname: native\ntasks:\n  a: { action: core.echo, input: { message: hi } }\n";

const files = project({
  'greet.yaml': GREET,
  'lost.yaml': LOST,
  'native.yaml': NATIVE,
  'wrong.yaml': '- a list\n',
  'there.yaml': 'kept\n',
});
const cwd = () => ({ cwd: files.directory });

describe('heddle import', () => {
  test('one file to standard output', async () => {
    const { code, stdout, stderr } = await heddle(['import', 'orquesta', 'greet.yaml'], cwd());
    expect([code, stdout, stderr]).toEqual([0, GREET_HERE, '✓ greet.yaml\n']);
  });

  test('standard input', async () => {
    const { code, stdout } = await heddle(['import', 'orquesta', '-'], { ...cwd(), input: GREET });
    expect([code, stdout]).toEqual([0, GREET_HERE.replace('name: greet\n', '')]);
  });

  test('several files to a directory; what is lost is told with its place', async () => {
    const { code, stdout, stderr } = await heddle(
      ['import', 'orquesta', 'greet.yaml', 'lost.yaml', '-o', 'out'],
      cwd(),
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('lost.yaml:4:34  error  HEDDLE_IMPORT_LOST  There is no counterpart for md5().');
    expect(stderr).toContain('✓ greet.yaml -> out/greet.yaml\n');
    expect(stderr).toContain('⚠ lost.yaml -> out/lost.yaml · 1 place not translated\n');
    expect(await readFile(path.join(files.directory, 'out/greet.yaml'), 'utf8')).toBe(GREET_HERE);
    expect(await readFile(path.join(files.directory, 'out/lost.yaml'), 'utf8')).toContain(
      "      # not translated: there is no counterpart for md5()\n      message: <% md5('x') %>\n",
    );
  });

  test('as JSON', async () => {
    const { code, stdout } = await heddle(['import', 'orquesta', 'greet.yaml', 'lost.yaml', '--json'], cwd());
    expect(code).toBe(1);
    const { files: imported } = JSON.parse(stdout) as {
      files: { file: string; text: string; diagnostics: object[] }[];
    };
    expect(imported.map(({ file, text, diagnostics }) => [file, text === GREET_HERE, diagnostics.length])).toEqual([
      ['greet.yaml', true, 0],
      ['lost.yaml', false, 1],
    ]);
  });

  test('calls that cannot be done change nothing', async () => {
    const several = await heddle(['import', 'orquesta', 'greet.yaml', 'lost.yaml'], cwd());
    expect([several.code, several.stderr]).toEqual([2, expect.stringContaining('several files need a directory')]);
    const taken = await heddle(['import', 'orquesta', 'greet.yaml', '-o', 'there.yaml'], cwd());
    expect([taken.code, taken.stderr]).toEqual([
      2,
      expect.stringContaining('there.yaml exists; --force overwrites it'),
    ]);
    expect(await readFile(path.join(files.directory, 'there.yaml'), 'utf8')).toBe('kept\n');
    const engine = await heddle(['import', 'mistral', 'greet.yaml'], cwd());
    expect([engine.code, engine.stderr]).toEqual([2, expect.stringContaining("'mistral'")]);
    const wrong = await heddle(['import', 'orquesta', 'wrong.yaml'], cwd());
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toContain('✗ wrong.yaml · is no valid workflow of StackStorm Orquesta\n');
    const absent = await heddle(['import', 'orquesta', 'absent.yaml'], cwd());
    expect([absent.code, absent.stderr]).toEqual([2, expect.stringContaining('HEDDLE_FILE_NOT_FOUND')]);
  });
});

describe('a workflow of Orquesta as it is', () => {
  const NOTICE = 'greet.yaml is a workflow of StackStorm Orquesta and was translated\n';

  test('runs, with a notice', async () => {
    const { code, stdout, stderr } = await heddle(['run', 'greet.yaml', '-p', 'names=["Ada","Bob"]'], cwd());
    expect([code, stdout]).toEqual([0, 'greetings:\n  - Hello Ada\n  - Hello Bob\n']);
    expect(stderr).toContain(NOTICE);
  });

  test('is validated, and drawn', async () => {
    const valid = await heddle(['validate', 'greet.yaml'], cwd());
    expect([valid.code, valid.stderr]).toEqual([0, NOTICE]);
    const drawn = await heddle(['graph', 'greet.yaml', '--format', 'mermaid'], cwd());
    expect([drawn.code, drawn.stdout]).toEqual([0, expect.stringContaining('greet')]);
  });

  test('errors have the lines of the file, those of the translation too; it does not run', async () => {
    const { code, stdout } = await heddle(['validate', '--json', 'lost.yaml'], cwd());
    expect(code).toBe(2);
    const { files: checked } = JSON.parse(stdout) as {
      files: { diagnostics: { code: string; line: number; column: number }[] }[];
    };
    expect(checked[0]?.diagnostics.map((each) => [each.code, each.line, each.column])).toEqual([
      ['HEDDLE_IMPORT_LOST', 4, 34],
      ['HEDDLE_UNKNOWN_ACTION', 8, 5],
    ]);
    const ran = await heddle(['run', 'lost.yaml'], cwd());
    expect([ran.code, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain('HEDDLE_IMPORT_LOST');
  });

  test('a workflow of heddle with that version stays one', async () => {
    const { code, stderr, stdout } = await heddle(['run', 'native.yaml', '--quiet'], cwd());
    expect([code, stderr, stdout]).toEqual([0, '', '']);
  });
});
