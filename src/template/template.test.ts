import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCondition } from './condition.ts';
import { parseTemplate } from './template.ts';

const kindOf = (text: string): string => parseTemplate(text).kind;
const partsOf = (text: string): string[] =>
  parseTemplate(text).parts.map((part) => (part.type === 'text' ? part.text : text.slice(part.start, part.end)));

describe('parseTemplate', () => {
  it('tells what a string is', () => {
    expect(kindOf('plain > text < here')).toBe('literal');
    expect(kindOf('  << a >>\n')).toBe('expression');
    expect(kindOf('{{ {a: {b: 1}} }}')).toBe('expression');
    expect(kindOf('<< a >><< b >>')).toBe('text');
    expect(kindOf('x << a >>')).toBe('text');
    expect(kindOf('{{ !a }}')).toBe('expression');
    for (const tag of ['{{#each xs}}{{/each}}', '{{> row}}', '{{else}}', '{{^a}}', '{{!-- c --}}', '{{~#if a}}'])
      expect(kindOf(tag)).toBe('handlebars');
    expect(kindOf("<< replace(x, '{{#', '') >>")).toBe('expression');
    expect(kindOf('\\{{#if')).toBe('literal');
  });

  it('finds expressions and resolves escapes', () => {
    expect(partsOf('a << "x >> y" >> b {{ c }}')).toEqual(['a ', '<< "x >> y" >>', ' b ', '{{ c }}']);
    expect(partsOf('\\<< a >> \\{{ b }}')).toEqual(['<<', ' a >> ', '{{', ' b }}']);
    expect(partsOf('\\\\<< a >>')).toEqual(['\\', '<< a >>']);
    expect(partsOf('\\\\\\<< a')).toEqual(['\\<<', ' a']);
    expect(partsOf('c:\\dir << a >> \\n')).toEqual(['c:\\dir ', '<< a >>', ' \\n']);
  });

  it('advises on delimiters that nothing closes, and goes on behind them', () => {
    const { problems, parts } = parseTemplate('cat <<EOF\n<< item.n >>\nEOF');
    expect(problems).toMatchObject([{ code: 'HEDDLE_TEMPLATE_UNCLOSED', start: 4, end: 6 }]);
    expect(problems[0]!.message).toMatch(/\\<<.*`raw`/);
    expect(parts.some((part) => part.type === 'expression' && part.node !== null)).toBe(true);
    expect(parseTemplate('a {{ b').problems[0]!.message).toContain('\\{{');
  });

  it('never throws, and its parts cover the text', () => {
    const token = fc.constantFrom('<<', '>>', '{{', '}}', '\\', ' ', 'a', '"', '(', '#each', '\n', '😀', '!--', '~');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 20 }), (tokens) => {
        const text = tokens.join('');
        const { parts } = parseTemplate(text);
        expect(parts.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
      }),
    );
  });
});

describe('parseCondition', () => {
  it.each(['a == 1', '<< a == 1 >>', ' {{ a == 1 }} '])('takes %j', (text) => {
    const { node, problems } = parseCondition(text);
    expect([problems, node?.type]).toEqual([[], 'binary']);
  });

  it.each(['<< a >> == << b >>', 'a == << b >>', '<< a >> and b', '{{ a }} or {{ b }}'])('refuses %j', (text) => {
    const { node, problems } = parseCondition(text);
    expect(node).toBeNull();
    expect(problems).toMatchObject([{ code: 'HEDDLE_EXPRESSION_SYNTAX', start: 0, end: text.length }]);
    expect(problems[0]!.message).toContain('around the whole');
  });

  it('suggests the bare expression', () => {
    expect(parseCondition('<< a >> == << b >>').problems[0]!.suggestion).toBe('a == b');
  });

  it('reports ordinary errors as they are', () => {
    expect(parseCondition('<< a').problems).toMatchObject([{ code: 'HEDDLE_TEMPLATE_UNCLOSED' }]);
    expect(parseCondition('a = 1').problems).toMatchObject([{ start: 2, suggestion: '==' }]);
    expect(parseCondition('').problems).toMatchObject([{ code: 'HEDDLE_EXPRESSION_SYNTAX' }]);
    expect(parseCondition("a == '<<'").problems).toEqual([]);
  });
});
