import { execFile } from 'node:child_process';
import { chmod, mkdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLI, heddle, project, type Ended } from '../cli/heddle.ts';

const GOOD = 'name: good\ntasks: [{ name: a }]\n';
const nested = (template: (expression: string) => string): string =>
  template(`${'('.repeat(1000)}1${')'.repeat(1000)}`);
const echo = (expression: string): string =>
  `tasks:\n  - name: a\n    action: core.echo\n    input: { message: '<< ${expression} >>' }\n`;
/** Each level holds the one before it ten times. */
const bomb = (level: (number: number, before: string) => string, first: string): string => {
  const levels = Array.from({ length: 11 }, (_, index) =>
    level(
      index + 1,
      Array(10)
        .fill(`*a${String(index)}`)
        .join(', '),
    ),
  );
  return `a0: &a0 ${first}\n${levels.join('\n')}\ntasks: [{ name: a, input: { x: *a11 } }]\n`;
};

const files = project({
  'empty.yaml': '',
  'blank.yaml': '\n \n# nothing\n',
  'null.yaml': 'null\n',
  'scalar.yaml': 'hello\n',
  'list.yaml': '- 1\n',
  'second.yaml': `${GOOD}---\n${GOOD}`,
  'deep-flow.yaml': `tasks: ${'['.repeat(100_000)}${']'.repeat(100_000)}\n`,
  'deep-open.yaml': `tasks: ${'{ a: '.repeat(50_000)}\n`,
  'deep-block.yaml': Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  'bomb.yaml': bomb((number, before) => `a${String(number)}: &a${String(number)} [${before}]`, '[x]'),
  'merge-bomb.yaml': bomb(
    (number, before) => `a${String(number)}: &a${String(number)} { <<: [${before}], k: 1 }`,
    '{ k: v }',
  ),
  'circle.yaml': 'tasks: &t [{ name: a, input: { x: *t } }]\n',
  'no-anchor.yaml': 'tasks: [{ name: *a }]\n',
  'duplicates.yaml': 'name: a\nname: b\ntasks: [{ name: a, name: b }]\n',
  'many-duplicates.yaml': `tasks: [{ name: a }]\n${'x: 1\n'.repeat(20_000)}`,
  'tabs.yaml': 'tasks:\n\t- name: a\n\t  when: true\n',
  'merge.yaml': 'tasks:\n  - &first { name: a, timeout: 5s }\n  - { <<: *first, name: b }\noutput: { n: << 1 >> }\n',
  'merge-template.yaml': 'tasks:\n  - <<: << parameters.x >>\n    name: a\n',
  'control.yaml': 'name: "a\u0007b"\ntasks: [{ name: a }]\n',
  'nul.yaml': 'name: "a\0b"\ntasks: [{ name: a }]\n',
  'bom.yaml': `\ufeff${GOOD}`,
  'crlf.yaml': GOOD.replaceAll('\n', '\r\n'),
  'long-line.yaml': `${GOOD}description: ${'x'.repeat(3_000_000)}\n`,
  'opens.yaml': `tasks: [{ name: a, action: core.echo, input: { message: "${'<<'.repeat(50_000)}" } }]\n`,
  'nested.yaml': nested(echo),
  'nested-when.yaml': nested((expression) => `tasks: [{ name: a, when: "${expression}" }]\n`),
  'nested-lists.yaml': echo(`${'['.repeat(1000)}${']'.repeat(1000)}`),
  'nested-nots.yaml': echo(`${'not '.repeat(20_000)}true`),
  'nested-lambdas.yaml': echo(`${'map([], x => '.repeat(1000)}1${')'.repeat(1000)}`),
  'long.yaml': echo(`1${' + 1'.repeat(25_000)}`),
  'long-dots.yaml': echo(`task${'.a'.repeat(50_000)}`),
  'long-text.yaml': echo(`"${'x'.repeat(100_000)}"`),
  'long-handlebars.yaml': `tasks: [{ name: a, action: core.echo, input: { message: '${'{{#if 1}}'.repeat(5000)}' } }]\n`,
  'names.yaml': `tasks:
  - name: __proto__
  - { name: constructor, action: core.echo, input: { constructor: x }, needs: [hasOwnProperty] }
vars: { __proto__: 1, constructor: 2, toString: 3 }
parameters: { __proto__: { type: string } }
output: { a: << __proto__ >>, b: << constructor >>, c: << valueOf >>, d: << toString() >>, e: << task.valueOf >> }
constructor: 1
`,
  'own.yaml': `vars: { constructor: 1, toString: [2] }
parameters: { valueOf: { type: string, default: d } }
tasks:
  - name: constructor
    action: core.set
    with-items: { from: file, path: items.ndjson }
    input: { prototype: << item >>, toString: << index >> }
    next: [{ publish: { hasOwnProperty.x: 1, toString.0: 5 } }]
  - name: polluted
    when: "({}?.polluted ?? true) == true"
output:
  constructor: << task.constructor >>
  vars: << vars >>
  valueOf: << parameters.valueOf >>
  counts: << count_by(task.constructor, e => e.prototype?.constructor ?? 'none') >>
`,
  'items.ndjson': '{"__proto__": {"polluted": true}, "a": 1}\n{"constructor": "own"}\n{}\n',
  'typed.yaml': `parameters:
  n: { type: integer, minimum: 1 }
  on: { type: boolean }
  list: { type: array, items: { type: integer } }
  object: { type: object }
  choice: { enum: [a, b] }
  when: { type: string, format: date-time }
tasks: [{ name: a }]
output: { all: << parameters >> }
`,
  'wrong.yaml': 'name: [1]\ntasks: 5\nparameters: x\nvars: 3\noutput: 1\ntags: {}\ntimeout: []\nlimits: 3\n',
  'wrong-tasks.yaml':
    'tasks: [1, null, [], x, { name: 5 }, { name: {} }, { name: a b }, { name: a, next: 5, needs: {}, retry: x, join: -1 }]\n',
  'parent.yaml':
    'tasks: [{ name: a, action: ./folder.yaml }, { name: b, action: binary.yaml }, { name: c, action: ./none.yaml }, { name: d, action: tabs.yaml }]\n',
  'myself.yaml': 'name: myself\ntasks: [{ name: a, action: ./myself.yaml }]\n',
  'good.yaml': GOOD,
  'many.yaml':
    'tasks: [{ name: a, with-items: << range(0, 3000) >>, action: core.echo, input: { n: << item >> } }]\noutput: { all: << task.a >> }\n',
  'not-mapping.json': '[1]',
  'broken.json': '{"a": ',
});

beforeAll(async () => {
  const at = (name: string): string => path.join(files.directory, name);
  await writeFile(at('binary.yaml'), Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256)));
  await writeFile(at('latin1.yaml'), Buffer.from('name: first\ntasks: [{ name: caf\xe9 }]\n', 'latin1'));
  await writeFile(at('utf16.yaml'), Buffer.from(`\ufeff${GOOD}`, 'utf16le'));
  await writeFile(at('huge.yaml'), GOOD);
  await truncate(at('huge.yaml'), 100 * 1024 * 1024);
  await mkdir(at('folder.yaml'));
  await writeFile(at('secret.yaml'), GOOD);
  await chmod(at('secret.yaml'), 0);
});

const call = (args: string[], options: Parameters<typeof heddle>[1] = {}): Promise<Ended> =>
  heddle(args, { cwd: files.directory, ...options });

/** What every end has in common: no stack, no accident. */
function expectGentle({ stdout, stderr }: Ended): void {
  for (const text of [stdout, stderr]) {
    expect(text).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
    expect(text).not.toContain('HEDDLE_INTERNAL');
    expect(text).not.toMatch(/(Type|Range|Syntax|Reference)Error/);
    expect(text).not.toContain('node:internal');
  }
}

/** `LINE:COLUMN CODE` of what `heddle validate` says. */
async function diagnosed(file: string): Promise<string[]> {
  const ended = await call(['validate', file, '--json']);
  expectGentle(ended);
  expect(ended.code).toBe(2);
  const { files: checked } = JSON.parse(ended.stdout) as {
    files: { diagnostics: { line: number; column: number; code: string; severity: string }[] }[];
  };
  return (checked[0]?.diagnostics ?? []).map(
    ({ line, column, code }) => `${String(line)}:${String(column)} ${code.slice(7)}`,
  );
}

describe('files', () => {
  test.each([
    ['none.yaml', ['0:0 FILE_NOT_FOUND']],
    ['good.yaml/none.yaml', ['0:0 FILE_NOT_FOUND']],
    ['folder.yaml', ['0:0 FILE_UNREADABLE']],
    ['huge.yaml', ['0:0 FILE_UNREADABLE']],
    ['binary.yaml', ['2:1 FILE_UNREADABLE']],
    ['latin1.yaml', ['2:1 FILE_UNREADABLE']],
    ['utf16.yaml', ['1:1 FILE_UNREADABLE']],
    ['empty.yaml', ['1:1 SCHEMA']],
    ['blank.yaml', ['1:1 SCHEMA']],
    ['null.yaml', ['1:1 SCHEMA']],
    ['scalar.yaml', ['1:1 SCHEMA']],
    ['list.yaml', ['1:1 SCHEMA']],
    ['second.yaml', ['3:1 YAML_SYNTAX']],
    ['deep-flow.yaml', ['1:107 YAML_LIMIT']],
    ['deep-open.yaml', ['1:500 YAML_LIMIT']],
    ['deep-block.yaml', ['100:100 YAML_LIMIT']],
    ['circle.yaml', ['1:35 YAML_SYNTAX']],
    ['no-anchor.yaml', ['1:17 YAML_SYNTAX']],
    ['duplicates.yaml', ['2:1 YAML_SYNTAX', '3:20 YAML_SYNTAX']],
    ['tabs.yaml', ['2:1 YAML_SYNTAX']],
    ['merge-template.yaml', ['2:5 YAML_SYNTAX']],
    ['control.yaml', ['1:9 YAML_SYNTAX']],
    ['nul.yaml', ['1:9 YAML_SYNTAX']],
    ['parent.yaml', ['1:28 FILE_UNREADABLE', '1:64 FILE_UNREADABLE', '1:98 UNKNOWN_ACTION', '2:1 YAML_SYNTAX']],
  ])('%s', async (file, expected) => {
    expect(await diagnosed(file)).toEqual(expected);
    const ended = await call(['run', file]);
    expectGentle(ended);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toContain(`HEDDLE_${expected[0]?.split(' ')[1] ?? ''}`);
  });

  test.each([
    ['bomb.yaml', 'YAML_LIMIT'],
    ['merge-bomb.yaml', 'YAML_LIMIT'],
    ['wrong.yaml', 'SCHEMA'],
    ['wrong-tasks.yaml', 'SCHEMA'],
  ])('%s', async (file, code) => {
    const found = await diagnosed(file);
    expect(found.some((each) => each.endsWith(` ${code}`))).toBe(true);
    expect(found.length).toBeLessThan(30);
  });

  test('many-duplicates.yaml: all of them, soon', async () => {
    expect(await diagnosed('many-duplicates.yaml')).toHaveLength(20_000);
  });

  // A superuser may read everything.
  test.skipIf(process.getuid?.() === 0)('secret.yaml', async () => {
    expect(await diagnosed('secret.yaml')).toEqual(['0:0 FILE_UNREADABLE']);
  });

  test.each(['bom.yaml', 'crlf.yaml', 'merge.yaml', 'long-line.yaml', 'long-text.yaml'])(
    '%s simply works',
    async (file) => {
      const ended = await call(['run', file]);
      expectGentle(ended);
      if (file === 'opens.yaml' || file === 'long-line.yaml') expect([0, 2]).toContain(ended.code);
      else expect(ended.code).toBe(0);
    },
  );

  test('a workflow that calls itself fails with its depth', async () => {
    const ended = await call(['run', 'myself.yaml']);
    expectGentle(ended);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('sub-workflows call each other more than 50 levels deep');
  });

  test.each([
    ['--params', 'broken.json'],
    ['--params', 'not-mapping.json'],
    ['--params', 'binary.yaml'],
    ['--params', 'none.json'],
    ['--secrets', 'not-mapping.json'],
    ['--config', 'broken.json'],
    ['--config', 'folder.yaml'],
    ['--actions', 'none.js'],
    ['--actions', 'broken.json'],
  ])('%s %s', async (option, file) => {
    const ended = await call(['run', 'good.yaml', option, file]);
    expectGentle(ended);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/^(\S+ {2})?error {2}HEDDLE_(FILE_\w+|USAGE|ACTION_INVALID) {2}/);
    expect(ended.stderr).toContain(file);
  });
});

describe('expressions', () => {
  test.each([
    ['nested.yaml', 'EXPRESSION_LIMIT'],
    ['nested-when.yaml', 'EXPRESSION_LIMIT'],
    ['nested-lists.yaml', 'EXPRESSION_LIMIT'],
    ['nested-nots.yaml', 'EXPRESSION_LIMIT'],
    ['nested-lambdas.yaml', 'EXPRESSION_LIMIT'],
    ['long.yaml', 'EXPRESSION_LIMIT'],
    ['long-dots.yaml', 'EXPRESSION_LIMIT'],
    ['opens.yaml', 'TEMPLATE_UNCLOSED'],
    ['long-handlebars.yaml', 'EXPRESSION_'],
  ])('%s', async (file, code) => {
    const found = await diagnosed(file);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(` ${code}`);
  });

  test.each([
    '('.repeat(1000),
    `${'('.repeat(1000)}1${')'.repeat(1000)}`,
    '1 +',
    '',
    '__proto__',
    '{}.constructor',
    '"',
  ])('heddle eval %.20s', async (expression) => {
    const ended = await call(['eval', '--', expression]);
    expectGentle(ended);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/HEDDLE_(EXPRESSION_LIMIT|EXPRESSION_SYNTAX|MISSING|UNKNOWN_NAME|USAGE)/);
  });
});

describe('__proto__ and constructor', () => {
  test('are names of nothing', async () => {
    expect(await diagnosed('names.yaml')).toEqual([
      '2:11 SCHEMA',
      '3:80 UNKNOWN_TASK',
      '4:9 SCHEMA',
      '5:15 SCHEMA',
      '6:17 UNKNOWN_NAME',
      '6:59 UNKNOWN_NAME',
      '6:77 UNKNOWN_FUNCTION',
      '6:103 UNKNOWN_TASK',
      '7:1 UNKNOWN_KEY',
    ]);
  });

  test('are own names where an author or the data says so', async () => {
    const ended = await call(['run', 'own.yaml', '--json']);
    expectGentle(ended);
    expect(ended.code).toBe(0);
    const { output } = JSON.parse(ended.stdout) as { output: Record<string, unknown> };
    expect(JSON.stringify(output)).toBe(
      JSON.stringify({
        constructor: [
          { prototype: JSON.parse('{"__proto__":{"polluted":true},"a":1}') as unknown, toString: 0 },
          { prototype: { constructor: 'own' }, toString: 1 },
          { prototype: {}, toString: 2 },
        ],
        vars: { constructor: 1, toString: [5], hasOwnProperty: { x: 1 } },
        valueOf: 'd',
        counts: { none: 2, own: 1 },
      }),
    );
  });

  test.each(['__proto__=1', 'constructor=1', '__proto__.polluted=1', 'toString='])('-p %s', async (parameter) => {
    const ended = await call(['run', 'typed.yaml', '-p', parameter]);
    expectGentle(ended);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/error {2}HEDDLE_(PARAMETERS|USAGE) {2}/);
  });
});

describe('parameters of the wrong type', () => {
  test.each([
    ['n=x', 'n'],
    ['n=1.5', 'n'],
    ['n=', 'n'],
    ['n=0', 'n'],
    ['n=1e999', 'n'],
    ['on=maybe', 'on'],
    ['list={}', 'list'],
    ['list=[1, x]', 'list'],
    ['list=[', 'list'],
    ['object=[]', 'object'],
    ['object={', 'object'],
    ['choice=c', 'choice'],
    ['when=yesterday', 'when'],
    ['nn=1', 'nn'],
    ['=1', '='],
    ['n', 'n'],
  ])('-p %s', async (parameter, name) => {
    const ended = await call(['run', 'typed.yaml', '-p', parameter]);
    expectGentle(ended);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/^error {2}HEDDLE_(PARAMETERS|USAGE) {2}/);
    expect(ended.stderr).toContain(name);
  });
});

describe('a closed pipe', () => {
  test.each([
    'run many.yaml',
    'run many.yaml --json',
    'run many.yaml --events',
    'validate many-duplicates.yaml',
    'graph many.yaml',
  ])('heddle %s', async (args) => {
    const command = `set -o pipefail; '${process.execPath}' '${CLI}' ${args} 2>stderr.txt | true; cat stderr.txt`;
    const { stdout } = await promisify(execFile)('bash', ['-c', `${command}; true`], { cwd: files.directory });
    expectGentle({ code: 0, stdout, stderr: '' });
    expect(stdout).not.toContain('EPIPE');
  });
});
