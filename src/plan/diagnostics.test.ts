import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkWorkflow } from '../node/load-workflow.ts';
import { annotate, checked, plain } from './testing/annotate.ts';

/** The cases of a file: each a title and an annotated text. */
function casesOf(name: string): { title: string; text: string }[] {
  const file = path.join(import.meta.dirname, 'testing/mistakes', `${name}.txt`);
  return readFileSync(file, 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { title: part.slice(0, end), text: part.slice(end + 1) };
    });
}

describe.each(['graph', 'reads', 'input', 'names', 'texts', 'schedule'])('mistakes: %s', (name) => {
  it.each(casesOf(name))('$title', ({ text }) => {
    expect(checked(text)).toBe(text);
  });
});

describe('hints', () => {
  const hints = (text: string): (string | undefined)[] => checkWorkflow(text).map((each) => each.hint);

  it('lists the tasks, at most twenty', () => {
    expect(hints('tasks: [{ name: a }, { name: b, needs: zzz }]')).toEqual(['The tasks are: a, b.']);
    const many = Array.from({ length: 25 }, (_, index) => `t${String(index + 1)}: { needs: zzz }`).join(', ');
    expect(hints(`tasks: { ${many} }`)[0]).toMatch(/^The tasks are: t1, .*, t20, …\.$/);
  });

  it.each([
    ['action: zzzzzzz', 'Run `heddle actions` for the list; load your own with --actions FILE.'],
    ['action: ./none.yaml', "A path starts at the directory of this workflow's file."],
    ['join: all', "Name it in a 'do', or remove 'join'."],
  ])('{ %s }', (keys, hint) => {
    expect(hints(`order: graph\ntasks: [{ name: a, ${keys} }, { name: b }]`)).toEqual([hint]);
  });

  it('says which inputs there are', () => {
    expect(hints('tasks: [{ name: a, action: core.sleep, input: { zzz: 1, duration: 1 } }]')).toEqual([
      'It takes: duration.',
    ]);
  });

  it('says what to do about a cycle without a way out, and a result that is not there yet', () => {
    expect(hints('tasks: [{ name: a, next: { do: a } }]')).toEqual([
      'Give one of its transitions a condition, such as `when: << succeeded() and count < 10 >>`.',
    ]);
    const text = 'tasks: [{ name: a, when: task.b }, { name: b, when: task.b }]';
    expect(hints(text)).toEqual(["Let 'b' come first, or read it with `??`.", 'Only its transitions can read it.']);
  });
});

describe('the spellings that DESIGN 3 lists, end to end', () => {
  const QUOTE = "quote the whole value ('<< … >>') or write it as a >- block.";
  it.each<[line: string, carets: string, message: string, suggestion: string]>([
    [
      'a: << x ? 1 : 2 >>',
      '   ^^^^^^^^^^^^^^^',
      `YAML takes the ': ' in this value for a key; ${QUOTE}`,
      "'<< x ? 1 : 2 >>'",
    ],
    [
      "a: << join(xs, ' #') >>",
      '   ^^^^^^^^^^^^^^^^^^^^',
      `YAML cuts this value at ' #', where it sees a comment; ${QUOTE}`,
      `"<< join(xs, ' #') >>"`,
    ],
    [
      'a: { p: << f(x, y) >> }',
      '        ^^^^^^^^^^^^^',
      `YAML splits this value at ',', because it stands in {} or []; ${QUOTE}`,
      "'<< f(x, y) >>'",
    ],
    [
      'a: { p: << xs[0] >> }',
      '        ^^^^^^^^^^^',
      `YAML stumbles over '[' in this value, because it stands in {} or []; ${QUOTE}`,
      "'<< xs[0] >>'",
    ],
    ['a: "<< item["n"] >>"', '   ^^^^^^^^^^^^^^^^^', `YAML ends this value too early; ${QUOTE}`, `'<< item["n"] >>'`],
    [
      'a: "\\<< x"',
      '    ^^^',
      "YAML takes '\\<' for an escape in double quotes; quote the whole value ('\\<< …', in single quotes) or write it as a >- block.",
      "'\\<< x'",
    ],
    ['a: {{ x }}', '   ^^^^^^^', `YAML takes {{ }} for a mapping; ${QUOTE}`, "'{{ x }}'"],
    [
      'when: !item.ok',
      '      ^^^^^^^^',
      "YAML takes '!item.ok' for a tag; write 'not item.ok', or quote the whole value ('!item.ok').",
      'not item.ok',
    ],
  ])('%s', (line, carets, message, suggestion) => {
    const keys = line.startsWith('when') ? [`    ${line}`] : ['    action: core.echo', '    input:', `      ${line}`];
    const text = ['tasks:', '  - name: first', ...keys, '  - { name: last, needs: frist }', ''].join('\n');
    const indent = ' '.repeat(line.startsWith('when') ? 4 : 6);
    expect(checked(text)).toBe(
      [
        'tasks:',
        '  - name: first',
        ...keys,
        `${indent}${carets} HEDDLE_YAML_TEMPLATE_QUOTES ${message} => ${suggestion}`,
        '  - { name: last, needs: frist }',
        "                         ^^^^^ HEDDLE_UNKNOWN_TASK there is no task 'frist' => first",
        '',
      ].join('\n'),
    );
  });
});

describe('a file with ten different mistakes', () => {
  const TEXT = `name: ten
parametrs: { region: { type: string } }
^^^^^^^^^ HEDDLE_UNKNOWN_KEY The key 'parametrs' is not known in a workflow. => parameters
tasks:
  - name: fetch
    action: http.gte
            ^^^^^^^^ HEDDLE_UNKNOWN_ACTION there is no action or workflow 'http.gte' => http.get
    timeout: 5 parsecs
             ^^^^^^^^^ HEDDLE_DURATION 'timeout' should be a duration: a number of seconds, or text such as 250ms, 5s, 2m, 1h, 1d, but is '5 parsecs'.
    input: { url: << x ? 1 : 2 >> }
                  ^^^^^^^^^^^^^^^ HEDDLE_YAML_TEMPLATE_QUOTES YAML takes the ': ' in this value for a key; quote the whole value ('<< … >>') or write it as a >- block. => '<< x ? 1 : 2 >>'
    next: [{ do: prase }]
                 ^^^^^ HEDDLE_UNKNOWN_TASK there is no task 'prase' => parse
  - name: parse
    action: core.log
    with-items: << task.fetch >>
    when: task.fetch = 1
                     ^ HEDDLE_EXPRESSION_SYNTAX There is no operator =; write == to compare. => ==
    input:
      levle: info
      ^^^^^ HEDDLE_UNKNOWN_INPUT action 'core.log' takes no input 'levle' => level
      message: |
        Hello << itm.name >>,
                 ^^^ HEDDLE_UNKNOWN_NAME 'itm' is no variable and no other name that is known here => item
        << uper(item.name) >>
           ^^^^ HEDDLE_UNKNOWN_FUNCTION There is no function uper. => upper
  - name: fetch
          ^^^^^ HEDDLE_DUPLICATE_TASK Two tasks are called 'fetch', first in line 4.
`;

  it('gives ten diagnostics, each at its line and column, in one run', () => {
    const diagnostics = checkWorkflow(plain(TEXT), { file: 'ten.yaml' });
    expect(annotate(plain(TEXT), diagnostics)).toBe(TEXT);
    expect([diagnostics.length, new Set(diagnostics.map((each) => each.code)).size]).toEqual([10, 10]);
    expect(diagnostics.every((each) => each.file === 'ten.yaml')).toBe(true);
  });
});
