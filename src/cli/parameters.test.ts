import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ParameterDefinition } from '../workflow/index.ts';
import { coerceParameter, gatherParameters, missingParameters, parseAssignments } from './parameters.ts';

function parameter(schema: Record<string, unknown>, rest: Partial<ParameterDefinition> = {}): ParameterDefinition {
  return { name: 'p', path: [], schema, required: false, secret: false, ...rest };
}
const problemOf = (schema: Record<string, unknown>, text: string, rest?: Partial<ParameterDefinition>): string => {
  const coerced = coerceParameter(parameter(schema, rest), text, '/here');
  return 'problem' in coerced ? coerced.problem : `no problem: ${JSON.stringify(coerced.value)}`;
};

describe('coercion', () => {
  test.each([
    [{ type: 'string' }, '5', '5'],
    [{ type: 'string' }, ' a=b ', ' a=b '],
    [{ type: 'string' }, '', ''],
    [{ type: 'integer' }, '-42', -42],
    [{ type: 'integer' }, ' 7 ', 7],
    [{ type: 'number' }, '1.5e3', 1500],
    [{ type: 'number' }, '.5', 0.5],
    [{ type: 'boolean' }, 'Yes', true],
    [{ type: 'boolean' }, '0', false],
    [{ type: 'array' }, 'a, b,c', ['a', 'b', 'c']],
    [{ type: 'array' }, '[1, "x"]', [1, 'x']],
    [{ type: 'array' }, '', []],
    [{ type: 'array', items: { type: 'integer' } }, '1,2', [1, 2]],
    [{ type: 'object' }, '{"a": [1]}', { a: [1] }],
    [{ type: ['integer', 'string'] }, '5', 5],
    [{ type: ['integer', 'string'] }, 'five', 'five'],
    [{ type: ['string', 'null'] }, 'null', null],
    [{}, '{"a":1}', { a: 1 }],
    [{}, '12', 12],
    [{}, 'plain', 'plain'],
    [{ type: 'string', format: 'path' }, 'data/a.json', '/here/data/a.json'],
    [{ type: 'string', format: 'path' }, '/abs/a.json', '/abs/a.json'],
    [{ type: 'string', format: 'path' }, '', ''],
  ])('%j of %j', (schema, text, value) => {
    expect(coerceParameter(parameter(schema), text, '/here')).toEqual({ value });
  });

  test.each([
    [{ type: 'integer' }, '1.5', "Parameter 'p' must be an integer, but got '1.5'."],
    [{ type: 'integer' }, '99999999999999999999', "Parameter 'p' must be an integer, but got '99999999999999999999'."],
    [{ type: 'number' }, '0x10', "Parameter 'p' must be a number, but got '0x10'."],
    [{ type: 'number' }, '', "Parameter 'p' must be a number, but got ''."],
    [{ type: 'boolean' }, 'maybe', "Parameter 'p' must be true or false, but got 'maybe'."],
    [{ type: 'object' }, '[1]', "Parameter 'p' must be a JSON object such as {\"a\":1}, but got '[1]'."],
    [{ type: 'array' }, '[1', "Parameter 'p' must be a list: JSON, or values with commas between them, but got '[1'."],
    [
      { type: 'array', items: { type: 'integer' } },
      '1,x',
      "Parameter 'p' must be a list: JSON, or values with commas between them (each an integer), but got '1,x'.",
    ],
    [{ type: ['integer', 'boolean'] }, 'x', "Parameter 'p' must be an integer or true or false, but got 'x'."],
  ])('%j refuses %j', (schema, text, message) => {
    expect(problemOf(schema, text)).toBe(message);
  });

  test('a secret is not repeated in the message', () => {
    expect(problemOf({ type: 'integer' }, 'hunter2', { secret: true })).toBe(
      "Parameter 'p' must be an integer, but the value given is none.",
    );
  });

  test('every JSON value survives where no type is declared or its own is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const expected = JSON.parse(text) as unknown;
        expect(coerceParameter(parameter({}), text, '/')).toEqual({ value: expected });
        if (Array.isArray(expected))
          expect(coerceParameter(parameter({ type: 'array' }), text, '/')).toEqual({ value: expected });
      }),
    );
  });
});

describe('gathering', () => {
  const definitions = [
    parameter({ type: 'string' }, { name: 'region', required: true }),
    parameter({ type: 'integer' }, { name: 'parallel', default: 5 }),
  ];
  const gather = (assignments: string[], file = {}) =>
    gatherParameters(definitions, { assignments, file, cwd: '/here' });

  test('the command line wins over the file, the last of a name over the first', () => {
    expect(gather(['region=us', 'region=eu'], { region: 'cn', parallel: 9 })).toEqual({ region: 'eu', parallel: 9 });
  });

  test('all problems are told at once', () => {
    expect(() => gather(['regoin=eu', 'parallel=x', 'zzz=1'])).toThrow(
      expect.objectContaining({
        code: 'HEDDLE_PARAMETERS',
        message: [
          "The workflow has no parameter 'regoin'. Did you mean 'region'?",
          "Parameter 'parallel' must be an integer, but got 'x'.",
          "The workflow has no parameter 'zzz'. Its parameters are region, parallel.",
        ].join('\n'),
      }) as Error,
    );
  });

  test('names of the file are checked too', () => {
    expect(() => gather([], { constructor: 1 })).toThrow("no parameter 'constructor'");
    expect(() => gatherParameters([], { assignments: ['a=1'], file: {}, cwd: '/' })).toThrow('the workflow has none');
  });

  test('what is required and has neither value nor default is missing', () => {
    expect(missingParameters(definitions, {}).map((definition) => definition.name)).toEqual(['region']);
    expect(missingParameters(definitions, { region: null })).toEqual([]);
  });

  test('an assignment needs a name and =', () => {
    expect(parseAssignments(['a=b=c', 'd='])).toEqual(
      new Map([
        ['a', 'b=c'],
        ['d', ''],
      ]),
    );
    expect(() => parseAssignments(['novalue'])).toThrow(expect.objectContaining({ code: 'HEDDLE_USAGE' }) as Error);
    expect(() => parseAssignments(['=x'])).toThrow("-p takes name=value, but got '=x'");
  });
});
