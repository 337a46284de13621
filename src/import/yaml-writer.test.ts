import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYaml } from '../workflow/index.ts';
import { placeComments } from './comments.ts';
import { mapping, scalar, words, type OutputNode } from './output-node.ts';
import { ImportSource } from './source.ts';
import { writeYaml } from './yaml-writer.ts';

const NO_COMMENTS = { header: [], lines: new Map(), footer: [] };

function written(value: OutputNode, column = ''): string {
  return writeYaml([{ key: `a${column}`, value }], NO_COMMENTS).text;
}

type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

function nodeOf(value: Plain, flow: boolean): OutputNode {
  if (Array.isArray(value))
    return { kind: 'sequence', flow, items: value.map((each) => ({ value: nodeOf(each, flow) })) };
  if (typeof value !== 'object' || value === null) return scalar(value);
  return mapping(
    Object.entries(value).map(([key, each]) => ({ key, value: nodeOf(each, flow) })),
    { flow },
  );
}

describe('writeYaml', () => {
  test.each<[string, string]>([
    ['plain text', 'plain text'],
    ['<< workflow.x >>', '<< workflow.x >>'],
    ['<< a ? 1 : 2 >>', "'<< a ? 1 : 2 >>'"],
    ["<< a == 'b: c' >>", `"<< a == 'b: c' >>"`],
    [`it's "both": x`, `'it''s "both": x'`],
    ['a # b', "'a # b'"],
    ['a#b', 'a#b'],
    ['', "''"],
    [' padded', "' padded'"],
    ['5', "'5'"],
    ['0x1f', "'0x1f'"],
    ['null', "'null'"],
    ['yes', "'yes'"],
    ['- a', "'- a'"],
    ['-a', '-a'],
    ['@x', "'@x'"],
    ['---', "'---'"],
    ['a:', "'a:'"],
    ['a\tb', '"a\\tb"'],
    ['a\u0007b\n', '"a\\u0007b\\n"'],
    ['two\nlines', '|-\n  two\n  lines'],
    ['two\nlines\n', '|\n  two\n  lines'],
    ['two\nlines\n\n', '|+\n  two\n  lines\n'],
    [' two\nlines', '|2-\n   two\n  lines'],
  ])('writes %j', (text, expected) => {
    expect(written(scalar(text))).toBe(`a: ${expected}\n`);
    expect(parseYaml(written(scalar(text))).value).toEqual({ a: text });
  });

  test('breaks long text between words, and never inside a template that fits on a line', () => {
    const text = `${'word '.repeat(19)}<< a template of some length >> ${'word '.repeat(10)}end`;
    const lines = written(scalar(text)).split('\n');
    expect(lines[0]).toBe('a: >-');
    expect(lines.filter((line) => line.includes('<< a template of some length >>'))).toHaveLength(1);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
    expect(parseYaml(lines.join('\n')).value).toEqual({ a: text });
  });

  test('lists and mappings on one line only where they fit and have no lines', () => {
    expect(written(words(['a', 'b, c']))).toBe("a: [a, 'b, c']\n");
    expect(written(words(Array.from({ length: 30 }, () => 'word')))).toContain('a:\n  - word\n');
    expect(written(mapping([{ key: 'k', value: scalar('1\n2') }], { flow: true }))).toBe('a:\n  k: |-\n    1\n    2\n');
    expect(written({ kind: 'sequence', items: [{ value: words(['x']) }, { value: { kind: 'sequence', items: [{ value: scalar(1) }] } }] })).toBe('a:\n  - [x]\n  -\n    - 1\n'); // prettier-ignore
    expect(written(mapping([]))).toBe('a: {}\n');
    expect(written(words([]))).toBe('a: []\n');
  });

  test('what is written is read as what it was', () => {
    const { value } = fc.letrec<{ value: Plain }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string({ unit: fc.constantFrom('a', ' ', '\n', '#', ':', "'", '"', '-', '{', ']', '<<', '>>', ',', '1', '\t', '\\', '|', '&', 'é', 'null') }), // prettier-ignore
        fc.lorem({ maxCount: 40 }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string({ unit: fc.constantFrom('a', 'b', ' ', ':', '#', '1'), minLength: 1 }), tie('value'), { maxKeys: 4 }), // prettier-ignore
      ),
    }));
    fc.assert(
      fc.property(value, fc.boolean(), (plain, flow) => {
        const document = parseYaml(written(nodeOf(plain, flow)));
        // Words such as << are traps of templates, which are not what is tested here.
        fc.pre(!document.errors.some(({ code }) => code === 'HEDDLE_YAML_TEMPLATE_QUOTES'));
        expect(document.errors).toEqual([]);
        expect(document.value).toEqual({ a: plain });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('placeComments', () => {
  function placed(text: string, lines: readonly number[]) {
    const { header, lines: byLine, footer } = placeComments(text, new ImportSource(text, undefined).tree, lines);
    return { header, footer, lines: Object.fromEntries(byLine) };
  }

  test('a comment goes with the line it is on, or the next one that is left', () => {
    const text = '# top\n# more\n\nversion: 1 # gone\n# above b\nb: 2 # behind b\nc: "# none" #  spaces\n# end\n';
    expect(placed(text, [6, 7])).toEqual({
      header: ['# top', '# more', ''],
      lines: {
        6: { before: ['# gone', '# above b'], behind: '# behind b' },
        7: { before: [], behind: '#  spaces' },
      },
      footer: ['# end'],
    });
  });

  test('what looks like a comment in a text is none', () => {
    expect(placed('a: |\n  # text\n  b # text\nb: x#y\nc: [a, "b # c"] # yes\n', [1, 4, 5])).toEqual({
      header: [],
      lines: { 5: { before: [], behind: '# yes' } },
      footer: [],
    });
  });

  test('a file of nothing but comments', () => {
    expect(placed('# only\n', [])).toEqual({ header: ['# only'], lines: {}, footer: [] });
  });
});
