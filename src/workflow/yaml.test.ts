import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TEXT_LENGTH, parseYaml } from './yaml.ts';
import type { YamlDocument } from './yaml-document.ts';

const at = (document: YamlDocument, path: (string | number)[], what?: 'key' | 'value'): string => {
  const { start, end } = document.locate(path, what);
  return document.text.slice(start, end);
};
const brief = (document: YamlDocument): string[] =>
  document.errors.map(({ line, column, code, message }) => `${String(line)}:${String(column)} ${code} ${message}`);

describe('parseYaml', () => {
  it('reads the core schema and nothing more', () => {
    const { value, errors } = parseYaml(
      'a: 1\nb: 0x1F\nc: 1.5\nd: true\ne: yes\nf: ~\ng: 2024-01-01\nh: "1"\ni: .inf\nj: 1_000\nk: !!str 5\nl: !!int "6"\nm: !!str\n',
    );
    expect(errors).toEqual([]);
    expect(value).toEqual({
      a: 1, b: 31, c: 1.5, d: true, e: 'yes', f: null, g: '2024-01-01', h: '1', i: Infinity, j: '1_000', k: '5', l: 6, m: '',
    }); // prettier-ignore
  });

  it('merges with <<, what stands in the mapping itself first, earlier merges before later ones', () => {
    const document = parseYaml(
      'x: &x { a: 1, b: 2 }\ny: &y { b: 3, c: 4 }\none: { <<: *x, b: 5 }\ntwo: { b: 6, <<: [*x, *y] }\nthree:\n  <<: *x\n  <<: *y\n',
    );
    expect(document.errors).toEqual([]);
    expect(document.value).toMatchObject({
      one: { a: 1, b: 5 },
      two: { a: 1, b: 6, c: 4 },
      three: { a: 1, b: 2, c: 4 },
    });
  });

  it('takes a quoted << for a key like any other, and << in text for text', () => {
    expect(parseYaml('"<<": 1\na: << x >>\n').value).toEqual({ '<<': 1, a: '<< x >>' });
  });

  it('says so when << merges something that is no mapping', () => {
    expect(brief(parseYaml('a: 1\n<<: [1]\n'))).toEqual([
      '2:1 HEDDLE_YAML_SYNTAX The key << merges mappings into this one, but its value is a single value.',
    ]);
    expect(parseYaml('<<: [[1]]\n').errors[0]?.message).toContain('is a list');
  });

  it('gives an alias the same object as its anchor', () => {
    const value = parseYaml('a: &a { x: 1 }\nb: *a\n').value as { a: unknown; b: unknown };
    expect(value.b).toBe(value.a);
  });

  it('keeps keys as text however they look', () => {
    expect(parseYaml('1.0: a\ntrue: b\nconstructor: c\ntoString: d\n').value).toEqual({
      '1.0': 'a', true: 'b', constructor: 'c', toString: 'd',
    }); // prettier-ignore
  });

  it('refuses __proto__ in any spelling and pollutes nothing', () => {
    for (const text of ['__proto__: { polluted: 1 }', '{ "__proto__": { polluted: 1 } }', 'a: &p __proto__\n*p : 1']) {
      const document = parseYaml(text);
      expect(brief(document)[0]).toMatch(/HEDDLE_SCHEMA The key '__proto__' cannot be used\./);
      expect(Object.getPrototypeOf(document.value)).toBe(Object.prototype);
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('locate', () => {
  const document = parseYaml(
    'base: &base\n  retry: { count: 3 }\n  key: "quo ted"\nlist:\n  - one\n  - <<: *base\n    own: 1\n  - *base\nempty:\nnext: x\n',
  );

  it('finds keys and values', () => {
    expect(at(document, ['base', 'retry'], 'key')).toBe('retry');
    expect(at(document, ['base', 'retry', 'count'])).toBe('3');
    expect(at(document, ['base', 'key'])).toBe('"quo ted"');
    expect(at(document, ['list', 0])).toBe('one');
    expect(at(document, ['list', 1, 'own'], 'key')).toBe('own');
  });

  it('gives the alias itself, and what is inside it or merged at the anchor', () => {
    expect(at(document, ['list', 2])).toBe('*base');
    expect(at(document, ['list', 2, 'retry', 'count'])).toBe('3');
    expect(at(document, ['list', 1, 'retry'], 'key')).toBe('retry');
    expect(document.positionAt(document.locate(['list', 1, 'key']).start)).toEqual({ line: 3, column: 8 });
  });

  it('places an empty value behind its colon', () => {
    expect(document.positionAt(document.locate(['empty']).start)).toEqual({ line: 9, column: 7 });
  });

  it('falls back to the nearest thing that exists', () => {
    expect(at(document, ['base', 'retry', 'nothing', 'at', 'all'])).toBe('retry');
    expect(at(document, ['list', 9])).toBe('list');
    expect(at(document, ['nothing'])).toBe(document.text.trimEnd());
    expect(document.has(['nothing'])).toBe(false);
    expect(document.has(['empty'])).toBe(true);
  });

  it('spans the elements of a collection', () => {
    expect(at(document, ['list'])).toBe('- one\n  - <<: *base\n    own: 1\n  - *base');
  });
});

describe('positionAt', () => {
  it('counts from 1 in UTF-16, over LF, CRLF and CR, a byte order mark not counted', () => {
    const document = parseYaml('\ufeffa: 😀x\r\nb: 1\rc: 2\n');
    expect(document.value).toEqual({ a: '😀x', b: 1, c: 2 });
    expect(document.positionAt(document.locate(['a'], 'key').start)).toEqual({ line: 1, column: 1 });
    expect(document.positionAt(document.offsetInScalar(['a'], 2))).toEqual({ line: 1, column: 6 });
    expect(document.positionAt(document.locate(['b']).start)).toEqual({ line: 2, column: 4 });
    expect(document.positionAt(document.locate(['c']).start)).toEqual({ line: 3, column: 4 });
    expect(document.positionAt(-5)).toEqual({ line: 1, column: 1 });
    expect(document.positionAt(999)).toEqual({ line: 4, column: 1 });
  });
});

describe('what is wrong as YAML', () => {
  it.each<[what: string, text: string, errors: string[]]>([
    ['duplicate keys, all of them', 'a: 1\nb: 1\na: 2\n"b": 3\n', [
      "3:1 HEDDLE_YAML_SYNTAX The key 'a' stands twice in one mapping, first in line 1.",
      "4:1 HEDDLE_YAML_SYNTAX The key 'b' stands twice in one mapping, first in line 2.",
    ]],
    ['a tab', 'a:\n\tb: 1\n\tc: 2\n', ['2:1 HEDDLE_YAML_SYNTAX A tab stands in the indentation; YAML allows spaces only.']],
    ['a tab at the start', '\ta: 1\n', ['1:1 HEDDLE_YAML_SYNTAX A tab stands in the indentation; YAML allows spaces only.']],
    ['a second document', 'a: 1\n---\nb: 2\n', ['2:1 HEDDLE_YAML_SYNTAX A second YAML document starts here; a file holds one.']],
    ['NUL', 'a: \0\n', ['1:4 HEDDLE_YAML_SYNTAX The file holds a NUL character: it is not a text file.']],
    ['a control character', 'a: x\u0007y\n', ['1:5 HEDDLE_YAML_SYNTAX The file holds a control character, which YAML does not allow.']],
    ['a second colon', 'a: b: c\nd: 1\n', ["1:5 HEDDLE_YAML_SYNTAX A second ': ' stands in this line."]],
    ['wrong indentation', 'a:\n  b: 1\n c: 2\nd: 1\n', ['3:2 HEDDLE_YAML_SYNTAX This line does not fit the indentation around it.']],
    ['no colon', 'a: 1\nb\nc: 2\n', ["2:1 HEDDLE_YAML_SYNTAX This line is not 'key: value'."]],
    ['an unclosed quote', 'a: "x\nb: 1\n', ['1:4 HEDDLE_YAML_SYNTAX The quote " is never closed.']],
    ['an unclosed quote at the end', "b: 1\na: 'x\n", ["2:4 HEDDLE_YAML_SYNTAX The quote ' is never closed."]],
    ['an unclosed bracket', 'a: [1, 2\nb: 1\n', ['1:4 HEDDLE_YAML_SYNTAX The bracket [ is never closed.']],
    ['an unclosed brace', 'a: { x: "}"\nb: 1\n', ['1:4 HEDDLE_YAML_SYNTAX The bracket { is never closed.']],
    ['text behind a quote', "a: 'it's'\n", ['1:8 HEDDLE_YAML_SYNTAX The value goes on behind its closing quote.']],
    ['an escape that does not exist', 'a: "\\d+"\n', ['1:5 HEDDLE_YAML_SYNTAX This escape does not exist in double quotes.']],
    ['half an escape', 'a: "\\x4"\n', ['1:5 HEDDLE_YAML_SYNTAX Hexadecimal digits are missing in this escape.']],
    ['an indicator', 'a: @x\nb: 1\n', ['1:4 HEDDLE_YAML_SYNTAX A value cannot start with @ in YAML.']],
    ['a list behind a key', 'a: - b\n', ['1:4 HEDDLE_YAML_SYNTAX A list cannot start behind its key.']],
    ['an unknown alias', 'a: *b\n', ['1:4 HEDDLE_YAML_SYNTAX The alias *b refers to no anchor &b above it.']],
    ['an alias inside its anchor', 'a: &a [*a]\n', ['1:8 HEDDLE_YAML_SYNTAX The alias *a stands inside the anchor it refers to.']],
    ['a list as a key', '? [a]\n: 1\n', ['1:3 HEDDLE_YAML_SYNTAX A key must be a name, but here it is a list.']],
    ['a missing key', 'a: 1\n: 2\n', ['2:1 HEDDLE_YAML_SYNTAX A key is missing before the colon.']],
    ['an unknown tag', 'a: !!binary x\n', ['1:4 HEDDLE_YAML_SYNTAX The tag !!binary means nothing in a workflow file.']],
    ['a tag on a mapping', 'a: !thing\n  b: 1\n', ['1:4 HEDDLE_YAML_SYNTAX The tag !thing means nothing in a workflow file.']],
    ['a shallow bracket', 'a: {\n  b: 1\n}\nc: d: e\n', [
      '3:1 HEDDLE_YAML_SYNTAX The closing } must be indented further than the key it belongs to.',
      "4:5 HEDDLE_YAML_SYNTAX A second ': ' stands in this line.",
    ]],
    ['a shallow bracket behind a comment', 'a: [\n  1 # one\n]\n', ['3:1 HEDDLE_YAML_SYNTAX The closing ] must be indented further than the key it belongs to.']],
    ['a block that is none', 'a: > 5\n', ['1:6 HEDDLE_YAML_SYNTAX A value that starts with > or | is a block, whose text starts in the next line.']],
    ['a missing space', 'a: 1\n"b":2\n', ["2:5 HEDDLE_YAML_SYNTAX A space is missing after the ':' of a key."]],
  ])('reports %s', (_what, text, errors) => {
    expect(brief(parseYaml(text))).toEqual(errors);
  }); // prettier-ignore

  it('reads on after a value it cannot read', () => {
    const document = parseYaml('a: "x\nb: [1\nc: d: e\nf: 1\n');
    expect(brief(document)).toHaveLength(3);
    expect(document.value).toEqual({ a: '<< null >>', b: '<< null >>', c: '<< null >>', f: 1 });
    expect(document.isReplaced(['c'])).toBe(true);
    expect(document.isReplaced(['f'])).toBe(false);
    expect(document.damaged).toBe(false);
  });

  it('reads on after a line it cannot read, and says that lines are missing', () => {
    const document = parseYaml('a:\n  b: 1\n c:\n   d: 2\ne: 3\n');
    expect(document.value).toEqual({ a: { b: 1 }, e: 3 });
    expect(document.damaged).toBe(true);
  });

  it('takes an empty file for nothing', () => {
    for (const text of ['', '\n\n', '# only a comment\n', '\ufeff', '---\n']) {
      expect(parseYaml(text)).toMatchObject({ value: null, errors: [] });
    }
  });
});

describe('limits', () => {
  it('refuses more than 10 MB at once', () => {
    const document = parseYaml('a'.repeat(MAX_TEXT_LENGTH + 1));
    expect(brief(document)).toEqual(['1:1 HEDDLE_YAML_LIMIT The file is larger than 10 MB.']);
  });

  it.each(['['.repeat(5000), '{a: '.repeat(5000), '- '.repeat(5000), '[' + '[1],'.repeat(3) + '['.repeat(200)])(
    'refuses deep nesting',
    (text) => {
      const document = parseYaml(text);
      expect(document.errors.map((error) => error.code)).toContain('HEDDLE_YAML_LIMIT');
      expect(document.value).toBeNull();
    },
  );

  it('refuses depth that only aliases make', () => {
    const lines = Array.from(
      { length: 120 },
      (_, i) => `a${String(i)}: &a${String(i)} [${i === 0 ? '1' : `*a${String(i - 1)}`}]`,
    );
    const document = parseYaml(lines.join('\n'));
    expect(document.errors.map((error) => error.code)).toEqual(['HEDDLE_YAML_LIMIT']);
    expect(document.value).toBeNull();
  });

  it.each([
    '[*x, *x, *x, *x, *x, *x, *x, *x, *x, *x]',
    '{ a: *x, b: *x, c: *x, d: *x, e: *x, f: *x, g: *x, h: *x, i: *x, j: *x }',
  ])('refuses aliases that expand to too much: %s', (level) => {
    const lines = ['a0: &a0 1'];
    for (let i = 1; i < 30; i++)
      lines.push(`a${String(i)}: &a${String(i)} ${level.replaceAll('*x', `*a${String(i - 1)}`)}`);
    const document = parseYaml(lines.join('\n'));
    expect(brief(document)).toEqual([
      expect.stringMatching(/^7:\d+ HEDDLE_YAML_LIMIT The file holds more than 1,000,000/),
    ]);
    expect(document.value).toBeNull();
  });

  it.each([
    `a: ${'<< '.repeat(100_000)}: y`,
    `a: ${'{{ "x'.repeat(60_000)}`,
    `a: [${'<< x, '.repeat(40_000)}]`,
    `a: [${'<< f(x, y) >>, '.repeat(10_000)}]`,
    `a${' '.repeat(300_000)}b\nc: d`,
    `a: "${'\\" '.repeat(100_000)}`,
    `when: ${'(['.repeat(150_000)} #`,
    `a:\n${'  b: << x ? 1 : 2 >>\n'.repeat(10_000)}`,
  ])(
    'takes no longer than its length for a hostile line',
    (text) => {
      // A quadratic walk over any of these takes minutes, so that the time limit of the test is the assertion.
      expect(parseYaml(text).text).toBe(text);
    },
    20_000,
  );

  it('reads a large honest file', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `k${String(i)}: { v: ${String(i)} }`).join('\n');
    const document = parseYaml(text);
    expect(document.errors).toEqual([]);
    expect(document.positionAt(document.locate(['k19999', 'v']).start).line).toBe(20_000);
  }, 30_000);
});

describe('any text', () => {
  const token = fc.constantFrom(
    'a', 'b: ', ': ', '- ', '\n', '\n  ', '\n    ', '\t', '"', "'", '<<', '>>', '{{', '}}', '{', '}', '[', ']', ', ', ' #', '|', '>-',
    '&x ', '*x', '!', '!t ', '? ', '---\n', '...\n', '\\', '%', '@', '\r\n', 'when: ', '<<: ', '\u0007', '\ufeff', 'é', '😀', '0',
  ); // prettier-ignore
  const soup = fc.array(token, { maxLength: 40 }).map((parts) => parts.join(''));

  it('never throws and places every error inside the text', () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
        const document = parseYaml(text);
        for (const error of document.errors) {
          expect(error.line).toBeGreaterThanOrEqual(1);
          expect(error.column).toBeGreaterThanOrEqual(1);
          expect(error.line).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length);
          expect(error.endLine).toBeGreaterThanOrEqual(error.line);
        }
      }),
      { numRuns: 1000 },
    );
  }, 30_000);

  it('reads JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
        fc.pre(!JSON.stringify(json).includes('__proto__'));
        const text = JSON.stringify(json);
        const document = parseYaml(text.replaceAll('\u007f', ' '));
        expect(document.errors).toEqual([]);
        expect(document.value).toEqual(JSON.parse(text.replaceAll('\u007f', ' ')));
      }),
    );
  });
});
