import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from './yaml.ts';

/** For every character of the decoded value: the character of the source that its offset points at. */
function pointed(text: string, path: (string | number)[] = ['a']): [value: string, source: string] {
  const document = parseYaml(text);
  expect(document.errors).toEqual([]);
  const value = document.spellingOf(path) ?? '';
  const source = Array.from({ length: value.length }, (_, i) => text[document.offsetInScalar(path, i)] ?? '∅');
  return [value, source.join('')];
}

describe('offsetInScalar', () => {
  it('points into a plain scalar, folded lines and all', () => {
    expect(pointed('a: one\n  two\n\n  three\nb: 1\n')).toEqual(['one two\nthree', 'one\ntwo\nthree']);
  });

  it('points into single quotes with doubled quotes', () => {
    expect(pointed("a: 'it''s\n  here '\n")).toEqual(["it's here ", "it's\nhere "]);
  });

  it('points at the backslash of an escape', () => {
    const text = 'a: "x\\ty\\u00e9z\\U0001F600w\\\n   v\\"!"\n';
    expect(pointed(text)).toEqual(['x\tyéz😀wv"!', 'x\\y\\z\\\\wv\\!']);
  });

  it('points into a literal block with its indentation taken off', () => {
    expect(pointed('a: |\n  one\n\n    two\n  three\n\nb: 1\n')).toEqual([
      'one\n\n  two\nthree\n',
      'one\n\n  two\nthree\n',
    ]);
  });

  it('points into a folded block, more indented lines kept', () => {
    const text = 'a: >\n  one\n  two\n\n  three\n    more\n  four\n';
    expect(pointed(text)).toEqual(['one two\nthree\n  more\nfour\n', 'one\ntwo\nthree\n  more\nfour\n']);
  });

  it.each(['|-', '|+', '>-', '>+', '|2', '>2-'])('handles chomping and indentation indicators: %s', (header) => {
    const text = `a: ${header}\n  x << y >>\n  z\n\n\nb: 1\n`;
    const document = parseYaml(text);
    const value = String((document.value as { a: string }).a);
    expect(text.slice(document.offsetInScalar(['a'], value.indexOf('y'))).startsWith('y >>')).toBe(true);
    expect(text.slice(document.offsetInScalar(['a'], value.indexOf('z'))).startsWith('z\n')).toBe(true);
  });

  it('counts CRLF as one line break', () => {
    expect(pointed('a: |\r\n  one\r\n  two\r\n')).toEqual(['one\ntwo\n', 'one\rtwo\r']);
    expect(pointed('a: "one\r\n  two"\r\n')).toEqual(['one two', 'one\rtwo']);
  });

  it('gives the end of the scalar for an index at or after its end', () => {
    const text = "a: 'abc'  # no\nb: xyz # no\n";
    const document = parseYaml(text);
    expect(document.offsetInScalar(['a'], 3)).toBe(text.indexOf("' "));
    expect(document.offsetInScalar(['a'], 99)).toBe(text.indexOf("' "));
    expect(document.offsetInScalar(['b'], 3)).toBe(text.indexOf(' # no', 10));
  });

  it('follows an alias to the text of its anchor', () => {
    const text = "x: &x 'abc'\na: *x\n";
    expect(parseYaml(text).offsetInScalar(['a'], 1)).toBe(text.indexOf('bc'));
  });

  it('gives the start of what is not a string', () => {
    const text = 'a: [1]\n';
    expect(parseYaml(text).offsetInScalar(['a'], 5)).toBe(3);
  });
});

const character = fc.constantFrom(...('abc<>{}:#\'"\\ \n,.[]é漢😀'.match(/./gsu) ?? []));
const content = fc.array(character, { minLength: 1, maxLength: 40 }).map((list) => list.join(''));
const oneLine = content.map((text) => text.replaceAll('\n', ' '));

/** How a string is written in each style, and which strings can be written in it. */
const styles: readonly (readonly [style: string, texts: fc.Arbitrary<string>, render: (text: string) => string])[] = [
  ['double quotes', content, (text) => JSON.stringify(text).replaceAll('😀', '\\U0001F600')],
  ['single quotes', oneLine, (text) => `'${text.replaceAll("'", "''")}'`],
  ['a literal block', content.filter((text) => !/\n$/.test(text)), (text) => block('|2-', text)],
  [
    'a literal block with CRLF',
    content.filter((text) => !/\n$/.test(text)),
    (text) => block('|2-', text).replaceAll('\n', '\r\n'),
  ],
  [
    'a folded block',
    content.filter((text) => !/\n(\n| |$)|^[ \n]/.test(text)),
    (text) => block('>2-', text.replaceAll('\n', '\n\n')),
  ],
  ['plain text', fc.stringMatching(/^[a-cé漢][a-c é漢<>.'"]{0,30}[a-cé漢]$/), (text) => text],
  [
    'folded plain text',
    fc.stringMatching(/^[a-c]{1,9}( [a-c<>]{1,9}){0,9} [a-c]{1,9}$/),
    (text) => text.replaceAll(' ', '  \n    '),
  ],
];

function block(header: string, text: string): string {
  return `${header}\n${text.replace(/^(?=.)/gm, '    ')}`;
}

describe.each(styles)('any string in %s', (style, texts, render) => {
  it('has every character where offsetInScalar says', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const source = `x:\n  a: ${render(text)}`;
        const document = parseYaml(source);
        const path = ['x', 'a'];
        expect(document.errors).toEqual([]);
        expect(document.spellingOf(path)).toBe(text);
        let last = -1;
        for (let i = 0; i < text.length; i++) {
          const offset = document.offsetInScalar(path, i);
          expect(offset).toBeGreaterThanOrEqual(last);
          last = offset;
          const escaped = style === 'double quotes' && source[offset] === '\\';
          // A folded space stands where its line break does.
          const here = style.startsWith('folded plain') || style.endsWith('CRLF') ? /[ \r\n]/ : /^$/;
          if (!escaped && !(/\s/.test(text[i] ?? '') && here.test(source[offset] ?? '')))
            expect(source[offset]).toBe(text[i]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
