import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { callAction, failureOf } from './testing/action-context.ts';

describe('json.parse', () => {
  test('gives the value', () => {
    expect(callAction('json.parse', { text: '{"a": [1, null]}' })).toEqual({ a: [1, null] });
  });

  test('keeps __proto__ a key like any other', () => {
    const value = callAction('json.parse', { text: '{"__proto__": {"x": 1}}' }) as object;
    expect([Object.keys(value), Object.getPrototypeOf(value)]).toEqual([['__proto__'], Object.prototype]);
  });

  test('says where the mistake is', async () => {
    expect(await failureOf(() => callAction('json.parse', { text: '{\n"a": 1 "b"}' }))).toMatchObject({
      code: 'HEDDLE_PARSE',
      message: "The text is not JSON at line 2, column 8: Expected ',' or '}' after property value.",
    });
  });
});

describe('csv.parse', () => {
  test.each<[Record<string, unknown>, unknown]>([
    [
      { text: 'a,b\n1,2\r\n"x ""y""","z\n"\n' },
      [
        { a: '1', b: '2' },
        { a: 'x "y"', b: 'z\n' },
      ],
    ],
    [{ text: '\ufeffa;b\n\n1;2', delimiter: ';' }, [{ a: '1', b: '2' }]],
    [
      { text: '1,2\n3,4', header: false },
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    [{ text: '1,2', header: ['x', 'y'] }, [{ x: '1', y: '2' }]],
    [{ text: '' }, []],
    [{ text: 'a,b' }, []],
  ])('%j', async (input, expected) => {
    expect(await callAction('csv.parse', input)).toEqual(expected);
  });

  test('says which line has too few values', async () => {
    expect(await failureOf(() => callAction('csv.parse', { text: 'a,b\n1,2\n3' }))).toMatchObject({
      code: 'HEDDLE_PARSE',
      message: expect.stringMatching(/^The text is not CSV as asked for: .* line 3$/) as unknown,
    });
  });
});

describe('template.render', () => {
  test.each<[Record<string, unknown>, string]>([
    [{ template: 'Hello {{name}}!', data: { name: '<Ada>' } }, 'Hello <Ada>!'],
    [{ template: 'Hello {{name}}!', data: { name: '<Ada>' }, escape: 'html' }, 'Hello &lt;Ada&gt;!'],
    [{ template: '{{#each list}}{{upper this}} {{/each}}', data: { list: ['a', 'b'] } }, 'A B '],
    [{ template: 'plain' }, 'plain'],
  ])('%j', async (input, expected) => {
    expect(await callAction('template.render', input)).toBe(expected);
  });

  test('reads the document from a file', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'heddle-template-'));
    await writeFile(join(cwd, 'x.hbs'), '{{a}}\n');
    expect(await callAction('template.render', { path: 'x.hbs', data: { a: 1 } }, { cwd })).toBe('1\n');
    await rm(cwd, { recursive: true });
  });

  test.each([[{}], [{ template: 'x', path: 'y' }]])('%j: one of template and path', async (input) => {
    expect(await failureOf(() => callAction('template.render', input))).toMatchObject({
      code: 'HEDDLE_INPUT_INVALID',
      message: "give one of the inputs 'template' and 'path'",
    });
  });
});
