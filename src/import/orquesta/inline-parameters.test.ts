import { expect, test } from 'vitest';
import { parseInlineParameters } from './inline-parameters.ts';

test.each<[string, Record<string, unknown>, string[]]>([
  ['a=1 b=2.5, c=-3; d=.5', { a: 1, b: 2.5, c: -3, d: '.5' }, []],
  ['a=true b=FALSE c=null', { a: true, b: false, c: null }, []],
  [`a="one two" b='three' c=""`, { a: 'one two', b: 'three', c: '' }, []],
  ['a=<% ctx(x) + 1 %> b={{ ctx().y }}', { a: '<% ctx(x) + 1 %>', b: '{{ ctx().y }}' }, []],
  ['a=[1, "two"]', { a: [1, 'two'] }, []],
  [`a='{"b": 1}' c='[1]'`, { a: { b: 1 }, c: '[1]' }, []],
  ['a=word b=1', { b: 1 }, ['a=word']],
  ['a=1 b=two words, c=3 tail', { a: 1, c: 3 }, ['b=two words', 'tail']],
  ['', {}, []],
])('%s', (line, expected, rest) => {
  const read = parseInlineParameters(line);
  expect(Object.fromEntries(read.parameters.map(({ name, value }) => [name, value]))).toEqual(expected);
  expect(read.rest.map(({ text }) => text)).toEqual(rest);
  for (const { text, start } of read.rest) expect(line.slice(start, start + text.length)).toBe(text);
});

test('says where values begin, behind a name and a quotation mark', () => {
  const line = 'core.echo message="<% ctx(x) %>" n=<% ctx(y) %>';
  const { parameters } = parseInlineParameters(line, 9);
  expect(parameters.map(({ offset }) => line.slice(offset, offset + 9))).toEqual(['<% ctx(x)', '<% ctx(y)']);
});
