import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node } from './ast.ts';
import { MAX_EXPRESSION_LENGTH } from './lexer.ts';
import { parseExpression } from './parser.ts';

/** A tree as text with every bracket. */
function shape(node: Node | null): string {
  switch (node?.type) {
    case undefined:
      return 'nothing';
    case 'literal':
      return JSON.stringify(node.value);
    case 'name':
      return node.name;
    case 'member':
      return `${shape(node.object)}${node.optional ? '?.' : '.'}${node.name}`;
    case 'index':
      return `${shape(node.object)}${node.optional ? '?.' : ''}[${shape(node.index)}]`;
    case 'call':
      return `${node.name}(${node.arguments.map(shape).join(', ')})`;
    case 'unary':
      return `(${node.operator} ${shape(node.operand)})`;
    case 'binary':
    case 'logical':
      return `(${shape(node.left)} ${node.operator} ${shape(node.right)})`;
    case 'conditional':
      return `(${shape(node.test)} ? ${shape(node.then)} : ${shape(node.otherwise)})`;
    case 'list':
      return `[${node.items.map(shape).join(', ')}]`;
    case 'object':
      return `{${node.entries.map(({ key, value }) => `${key}: ${shape(value)}`).join(', ')}}`;
    case 'lambda':
      return `(${node.parameters.map(({ name }) => name).join(', ')}) => ${shape(node.body)}`;
  }
}

const problem = (text: string): string => {
  const [first] = parseExpression(text).problems;
  return first === undefined ? 'none' : `${first.code} ${first.start}-${first.end} ${first.message}`;
};

describe('parseExpression', () => {
  it.each([
    ['a + b * c - d', '((a + (b * c)) - d)'],
    ['a or b and not c == d', '(a or (b and (not (c == d))))'],
    ['a || b && !c', '(a or (b and (not c)))'],
    ['a ?? b or c ? d : e ? f : g', '((a ?? (b or c)) ? d : (e ? f : g))'],
    ['-a.b[0] + -1', '((- a.b[0]) + (- 1))'],
    ['a not in b', '(a not in b)'],
    ['a?.b?.[c].in', 'a?.b?.[c].in'],
    ['a | f(1) | g', 'g(f(a, 1))'],
    ['f(x => x | g, (a, b) => a + b, ())', 'nothing'],
    ['f(x => x | g, (a, b) => a + b, (c),)', 'f((x) => g(x), (a, b) => (a + b), c)'],
    ['f(() => 1)', 'f(() => 1)'],
    ["{a: 1, 'b c': [1, 2,], 3: null, in: true,}", '{a: 1, b c: [1, 2], 3: null, in: true}'],
    ["'it\\'s \\u00e9\\x41\\u{1F600}\\n'", '"it\'s éA😀\\n"'],
    ['1e3 + 0.5', '(1000 + 0.5)'],
    ['größe.naïve', 'größe.naïve'],
    ['(a < b) == c', '((a < b) == c)'],
  ])('%s is read as %s', (text, expected) => {
    expect(shape(parseExpression(text).node)).toBe(expected);
  });

  it('keeps the spans of nodes', () => {
    const { node } = parseExpression('  a.bc + f( x )', 2);
    expect(node).toMatchObject({
      start: 2,
      end: 15,
      left: { start: 2, end: 6, nameSpan: { start: 4, end: 6 } },
      right: { start: 9, end: 15 },
    });
  });

  it.each([
    ['', 'There is no expression here'],
    ['a = 1', 'write =='],
    ['a === 1', 'write =='],
    ['a !== 1', 'write !='],
    ['a & b', 'write `and`'],
    ['a < b < c', 'cannot be chained'],
    ['a == b in c', 'cannot be chained'],
    ['a b', 'an operator is missing'],
    ['a +', 'ends too early'],
    ['(a', 'This ( is never closed'],
    ['(a]', 'expected ) to close the ('],
    ['[1, 2', 'This [ is never closed'],
    ['{a: 1', 'This { is never closed'],
    ['{a}', 'expected : behind the key a'],
    ['{+: 1}', 'expected a key'],
    ['{a: 1, a: 2}', 'stands here twice'],
    ['a ? b', 'This ? has no :'],
    ['a.0', 'write [0]'],
    ['a.', 'Expected the name of a field'],
    ['a.+', 'write ["name"]'],
    ['a.map(x)', 'Values have no methods; write map(value'],
    ['f(1)(2)', 'Values have no methods'],
    ['x => x', 'A lambda'],
    ['(a, b) => a', 'A lambda'],
    ['(a) => a', 'A lambda'],
    ['f((a, a) => a)', 'stands here twice'],
    ['f(null => 1)', 'cannot name a parameter'],
    ['a | 5', 'name of a function behind |'],
    ['a | not', 'name of a function behind |'],
    ['a if b else c', 'There is no `if`'],
    ["'abc", "not closed with '"],
    ['"a\nb"', 'write \\n for a line break'],
    ["'\\q'", 'Unknown escape'],
    ["'\\u{FFFFFF}'", 'Unknown escape'],
    ['12ab', 'is not a number'],
    ['a @ b', '"@" is nothing'],
    ['`a`', 'Strings are written'],
    ['a # b', '" #" must be quoted'],
    ['a ^ b', 'no operator ^'],
    ['a >> b', 'was not expected'],
    ['and', 'expected a value'],
  ])('%j is an error: %s', (text, message) => {
    const found = parseExpression(text).problems.find(({ severity }) => severity === 'error');
    expect(found?.code).toBe('HEDDLE_EXPRESSION_SYNTAX');
    expect(
      parseExpression(text)
        .problems.map((each) => each.message)
        .join(' '),
    ).toContain(message);
  });

  it('reports several problems at their places', () => {
    expect(parseExpression('a = 1 and b & c = 2').problems.map(({ start }) => start)).toEqual([2, 12, 14]);
  });

  it('warns of an operator left of a pipe', () => {
    const { node, problems } = parseExpression('a + b | f');
    expect(shape(node)).toBe('f((a + b))');
    expect(problems).toMatchObject([{ code: 'HEDDLE_EXPRESSION_PIPE', severity: 'warning', start: 0, end: 7 }]);
    for (const fine of ['(a + b) | f', 'a | f', 'f(a) | g', 'a ?? (b | f)']) expect(problem(fine)).toBe('none');
    for (const vague of ['-1 | abs', 'not a | f', 'a ?? b | f', 'a ? b : c | f'])
      expect(problem(vague)).toContain('PIPE');
  });

  it('finds the closing delimiter as a token', () => {
    const end = (text: string, until: '>>' | '}}'): [number, string] => {
      const parsed = parseExpression(text, 2, { until });
      return [parsed.end, shape(parsed.node)];
    };
    expect(end('<< "a >> b" >> c', '>>')).toEqual([14, '"a >> b"']);
    expect(end('<< a > b >> c', '>>')).toEqual([11, '(a > b)']);
    expect(end('<< a >= b>>', '>>')).toEqual([11, '(a >= b)']);
    expect(end('{{ {a: {b: 1}} }}', '}}')).toEqual([17, '{a: {b: 1}}']);
    expect(end('{{ "}}" }}', '}}')).toEqual([10, '"}}"']);
    expect(end('<< f(a >> b) >>', '>>')).toEqual([9, 'nothing']);
    expect(parseExpression('<< f(a >> b) >>', 2, { until: '>>' }).problems).toMatchObject([
      { message: 'This ( is not closed before >>.', start: 4 },
    ]);
    expect(parseExpression('<< "a >> b', 2, { until: '>>' })).toMatchObject({ end: 8, problems: [{ start: 3 }] });
    expect(parseExpression('{{ a', 2, { until: '}}' }).problems).toMatchObject([
      { code: 'HEDDLE_TEMPLATE_UNCLOSED', start: 0, end: 2 },
    ]);
    expect(parseExpression('<< a << b >>', 2, { until: '>>' })).toMatchObject({
      end: 5,
      problems: [{ code: 'HEDDLE_TEMPLATE_UNCLOSED' }],
    });
  });

  it.each([
    ['('.repeat(1000) + ')'.repeat(1000)],
    ['-'.repeat(1000) + '1'],
    ['not '.repeat(1000) + '1'],
    ['['.repeat(50_000)],
    ['f('.repeat(1000)],
    ['a ? b : '.repeat(1000) + 'c'],
    ['1+'.repeat(50_000) + '1'],
    ['a' + '.a'.repeat(40_000)],
    ['x' + ' | f'.repeat(20_000)],
    ['a'.repeat(MAX_EXPRESSION_LENGTH) + ' + 1'],
    ['{a:'.repeat(1000)],
  ])('ends %.20s… with a limit', (text) => {
    expect(parseExpression(text)).toMatchObject({ node: null, problems: [{ code: 'HEDDLE_EXPRESSION_LIMIT' }] });
  });

  it('never throws, and keeps its spans inside the text', () => {
    const token = fc.constantFrom(
      'a',
      '1',
      "'",
      '"',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '.',
      '?.',
      '?',
      ':',
      ',',
      '|',
      '+',
      '=>',
      '=',
      'not',
      'in',
      '>>',
      '<<',
      '}}',
      '\\',
      ' ',
      '\n',
      '😀',
    );
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 25 }),
        fc.constantFrom('>>' as const, '}}' as const, undefined),
        (tokens, until) => {
          const text = tokens.join('');
          const { problems, end } = parseExpression(text, 0, until === undefined ? {} : { until });
          expect(end).toBeLessThanOrEqual(text.length);
          for (const each of problems)
            expect(each.start >= 0 && each.start <= each.end && each.end <= text.length).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
