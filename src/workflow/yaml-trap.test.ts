import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from './yaml.ts';

const CODE = 'HEDDLE_YAML_TEMPLATE_QUOTES';
const QUOTE = "quote the whole value ('<< … >>') or write it as a >- block.";

describe('spellings that DESIGN lists', () => {
  it.each<[text: string, column: number, endColumn: number, message: string, suggestion: string]>([
    ['a: << x ? 1 : 2 >>', 4, 19, `YAML takes the ': ' in this value for a key; ${QUOTE}`, "'<< x ? 1 : 2 >>'"],
    [
      "a: << join(xs, ' #') >>",
      4,
      24,
      `YAML cuts this value at ' #', where it sees a comment; ${QUOTE}`,
      `"<< join(xs, ' #') >>"`,
    ],
    [
      'a: { p: << f(x, y) >> }',
      9,
      22,
      `YAML splits this value at ',', because it stands in {} or []; ${QUOTE}`,
      "'<< f(x, y) >>'",
    ],
    [
      'a: { p: << xs[0] >> }',
      9,
      20,
      `YAML stumbles over '[' in this value, because it stands in {} or []; ${QUOTE}`,
      "'<< xs[0] >>'",
    ],
    ['a: "<< item["n"] >>"', 4, 21, `YAML ends this value too early; ${QUOTE}`, `'<< item["n"] >>'`],
    [
      'when: !item.ok',
      7,
      15,
      "YAML takes '!item.ok' for a tag; write 'not item.ok', or quote the whole value ('!item.ok').",
      'not item.ok',
    ],
    [
      'a: "\\<< x"',
      5,
      8,
      "YAML takes '\\<' for an escape in double quotes; quote the whole value ('\\<< …', in single quotes) or write it as a >- block.",
      "'\\<< x'",
    ],
    ['a: {{ x }}', 4, 11, `YAML takes {{ }} for a mapping; ${QUOTE}`, "'{{ x }}'"],
  ])('%s', (text, column, endColumn, message, suggestion) => {
    const { errors, value } = parseYaml(`# first\n${text}\nlast: 1\n`);
    expect(errors).toEqual([
      { code: CODE, severity: 'error', message, line: 2, column, endLine: 2, endColumn, suggestion },
    ]);
    expect(value).toMatchObject({ last: 1 });
  });
});

describe('their relatives', () => {
  it.each([
    ['- << x ? 1 : 2 >>', 3],
    ['a:\n  << x ? 1 : 2 >>', 3],
    ['a: << {x: 1} >>', 4],
    ['a: [<< x ? 1 : 2 >>]', 5],
    ['a: { p: << x ? 1 : 2 >> }', 9],
    ['a: [1, << f(x, y) >>, 2]', 8],
    ['a: { p: "<< f("x") >>", q: 1 }', 9],
    ["a: '<< x['n'] >>'", 4],
    ['a: http://<< host ? "a" : "b" >>/x', 4],
    ['a: {{ xs[0] }}', 4],
    ['a: {{ x }} and more', 4],
    ['a: {{ x }}/b: c', 4],
    ['a: {{ x }}: b', 4],
    ["- {{ x | default('a') }}", 3],
    ['a: { p: {{ x }} }', 9],
    ['a: [{{ x }}, 1]', 5],
    ['a: "\\{{ x }}"', 5],
    ['when: !xs[0]', 7],
    ['when: !item.ok and item.up', 7],
    ['- { when: !item.ok, do: x }', 11],
    ['when: a ? b : c', 7],
    ["when: x == ' #'", 7],
    ["when: 'prod' == parameters.env", 7],
    ['key: item["a: b"]', 6],
    ['- { when: f(a, b), do: x }', 11],
    ['- { when: xs[0], do: x }', 11],
    ['aggregate: { n: sum(xs[0]), m: count() }', 17],
    ['aggregate: { m: count(), n: sum_by(a, b) }', 29],
    ['- { name: x, aggregate: { n: first(2, xs) } }', 30],
    ["aggregate:\n  n: count_by(item == ' #')", 6],
  ])('%s', (text, column) => {
    const { errors } = parseYaml(`${text}\n`);
    expect(errors.map((error) => [error.code, error.column])).toEqual([[CODE, column]]);
  });

  it('spans a template over two lines', () => {
    const { errors } = parseYaml('a: << x ?\n  1 : 2 >>\nb: 1\n');
    expect(errors).toMatchObject([{ code: CODE, line: 1, column: 4, endLine: 2, endColumn: 11 }]);
  });

  it('finds them in a flow collection over several lines', () => {
    const text = 'a: {\n  p: << xs[0] >>,\n  q: {{ x }},\n  r: << f(a, b) >>,\n  s: 1 }\n';
    const { errors, value } = parseYaml(text);
    expect(errors.map(({ code, line, column }) => [code, line, column])).toEqual([
      [CODE, 2, 6],
      [CODE, 3, 6],
      [CODE, 4, 6],
    ]);
    expect(value).toEqual({ a: { p: '<< null >>', q: '<< null >>', r: '<< null >>', s: 1 } });
  });

  it('reports all of them in one pass, and reads the rest', () => {
    const lines = [
      'a: << x ? 1 : 2 >>', "b: << join(xs, ' #') >>", 'c: { p: << f(x, y) >> }', 'd: { p: << xs[0] >> }',
      'e: "<< item["n"] >>"', 'when: !item.ok', 'f: "\\<< x"', 'g: {{ x }}', 'h: fine', 'i: << y ? 1 : 2 >>',
    ]; // prettier-ignore
    const { errors, value, damaged } = parseYaml(lines.join('\n'));
    expect(errors.map((error) => error.line).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10]);
    expect(new Set(errors.map((error) => error.code))).toEqual(new Set([CODE]));
    expect(value).toMatchObject({ h: 'fine', c: { p: '<< null >>' } });
    expect(damaged).toBe(false);
  });
});

describe('legal files', () => {
  it.each([
    'a: << x >>',
    'a: << x >>  # a comment with << and >>',
    'a: << x # not closed at all',
    'a: text << x >> more << y >> end',
    "a: '<< x ? 1 : 2 >>'",
    'a: "<< join(xs, \' #\') >>"',
    `a: "<< item['n'] >>"`,
    'a: >-\n  << x ? 1 : 2 >>',
    'a: |\n  cat <<EOF\n  # >> not a comment\n  a: b\n  EOF',
    'a: { p: << x >>, q: << y.z >> }',
    'a: [<< x >>, << y >>]',
    "a: { p: '<< f(x, y) >>' }",
    'a: << xs[0] >>',
    'a: << f(x, y) >>',
    'a: << x ?? {} >>',
    'a: << [1, 2] >>',
    "a: '{{ x }}'",
    'a: text {{ x }} text',
    'a: << url >>:<< port >>',
    'a: http://<< host >>:8080/#top',
    'a: 1 << 2',
    'a: cat <<EOF > file # comment',
    'a: { run: cat <<EOF, other: 1 }',
    "a: '\\<< x'",
    'a: \\<< x',
    'a: "a\\\\<< x >>"',
    'a: !!str 5',
    'a: not item.ok',
    'a: << !item.ok >>',
    'when: item.ok and xs[0] > 1',
    'aggregate: { n: count(), m: sum(item) }\nb: { c: f(a, b) }',
    'aggregate:\n  n: sum_by(xs[0], b) # why',
    'when: item.name == "a" # comment',
    "when: item.name == 'it is' # isn't it",
    'when: "!item.ok"',
    '- { when: succeeded(), do: x }',
    '- { when: "f(a, b)", do: x }',
    'base: &b { x: 1 }\na: { <<: *b, y: 2 }\nc:\n  <<: *b # >> merged',
    '"<< key >>": 1',
    'a: { }\nb: {}\nc: [[], [{}], {a: {}}]',
    'a: {\n  p: 1,\n  q: [1,\n    2]\n  }',
    "a: it's << x >> and it's fine",
  ])('%s', (text) => {
    expect(parseYaml(`${text}\n`).errors).toEqual([]);
  });

  it('has no trap in anything that is quoted or in a block', () => {
    const part = fc.constantFrom('<<', '>>', '{{', '}}', ' #', ': ', ', ', '[', ']', '!', 'x', '"', ' ');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
        const text = `x${parts.join('')}x`;
        const source = `a: '${text}'\nb: >-\n  ${text}\nc: { p: '${text}' }\nd: ${JSON.stringify(text)}\n`;
        const { errors, value } = parseYaml(source);
        expect(errors).toEqual([]);
        expect(value).toEqual({ a: text, b: text, c: { p: text }, d: text });
      }),
    );
  });
});
