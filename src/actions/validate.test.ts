import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { inputValidator, schemaProblems } from './validate.ts';

const request = {
  type: 'object',
  properties: {
    url: { type: 'string', minLength: 1 },
    'max-bytes': { type: 'integer', minimum: 1, maximum: 100, default: 10 },
    method: { enum: ['GET', 'POST'] },
    retry: { type: 'object', properties: { count: { type: 'integer', default: 3 } }, additionalProperties: false },
    expect: { anyOf: [{ type: 'integer' }, { type: 'string' }, { const: true }, { enum: ['a', 'b'] }] },
    tags: { type: 'array', items: { type: 'string' }, minItems: 1 },
  },
  required: ['url'],
  additionalProperties: false,
} as const;

function message(input: Record<string, unknown>): string | null {
  return inputValidator(request)(input)?.message ?? null;
}

describe('inputValidator', () => {
  test('passes what fits, and fills in defaults in place', () => {
    const input = { url: 'x', retry: {} };
    expect(inputValidator(request)(input)).toBeNull();
    expect(input).toEqual({ url: 'x', 'max-bytes': 10, retry: { count: 3 } });
  });

  test('fills in defaults of a frozen value in a copy', () => {
    const shared = Object.freeze({});
    const input: Record<string, unknown> = { url: 'x', retry: shared };
    expect(inputValidator(request)(input)).toBeNull();
    expect(input['retry']).toEqual({ count: 3 });
    expect(shared).toEqual({});
  });

  test('is one function for a schema', () => {
    expect(inputValidator(request)).toBe(inputValidator(request));
    expect(inputValidator({ ...request })).not.toBe(inputValidator(request));
  });

  test.each<[Record<string, unknown>, string]>([
    [{ url: 5 }, "input 'url' must be a string, found 5 (number)"],
    [{}, "input 'url' is missing"],
    [{ url: '' }, "input 'url' must not be empty, found '' (string)"],
    [{ url: 'x', 'max-bytes': '5' }, "input 'max-bytes' must be an integer, found '5' (string)"],
    [{ url: 'x', 'max-bytes': 0 }, "input 'max-bytes' must be at least 1, found 0 (number)"],
    [{ url: 'x', 'max-bytes': 101 }, "input 'max-bytes' must be at most 100, found 101 (number)"],
    [{ url: 'x', method: 'PUT' }, "input 'method' must be 'GET' or 'POST', found 'PUT' (string)"],
    [{ url: 'x', 'max-byte': 1 }, "there is no input 'max-byte'; did you mean 'max-bytes'?"],
    [{ url: 'x', zzzzzzzz: 1 }, "there is no input 'zzzzzzzz'; there is url, max-bytes, method, retry, expect, tags"],
    [{ url: 'x', retry: { cout: 1 } }, "input 'retry' has no field 'cout'; did you mean 'count'?"],
    [{ url: 'x', retry: { count: null } }, "input 'retry.count' must be an integer, found null"],
    [{ url: 'x', expect: [] }, "input 'expect' must be an integer, a string, true or 'a' or 'b', found an empty list"],
    [{ url: 'x', tags: [1] }, "input 'tags[0]' must be a string, found 1 (number)"],
    [{ url: 'x', tags: [] }, "input 'tags' must not be empty, found an empty list"],
    [{ url: 'x', retry: [1] }, "input 'retry' must be a mapping, found a list of 1"],
    [{ url: { host: 1 } }, "input 'url' must be a string, found a mapping with host"],
    [{ url: {} }, "input 'url' must be a string, found an empty mapping"],
    [{ url: new Date(0) }, "input 'url' must be a string, found a Date"],
    [{ url: 5n }, "input 'url' must be a string, found 5 (bigint)"],
    [{ url: () => 1 }, "input 'url' must be a string, found a function"],
    [
      { url: 'x', method: 'y'.repeat(99) },
      `input 'method' must be 'GET' or 'POST', found '${'y'.repeat(59)}…' (string)`,
    ],
    [
      { method: 1, tags: 'a' },
      "input 'url' is missing; input 'method' must be 'GET' or 'POST', found 1 (number); input 'tags' must be a list, found 'a' (string)",
    ],
  ])('%o: %s', (input, expected) => {
    expect(message(input)).toBe(expected);
  });

  test('has the code HEDDLE_INPUT_INVALID', () => {
    expect(inputValidator(request)({})?.code).toBe('HEDDLE_INPUT_INVALID');
  });

  test('takes TypeBox schemas', () => {
    const validate = inputValidator(Type.Object({ pair: Type.Tuple([Type.String(), Type.Number()]) }));
    expect(validate({ pair: ['a', 1] })).toBeNull();
    expect(validate({ pair: ['a', 'b'] })?.message).toBe("input 'pair[1]' must be a number, found 'b' (string)");
  });

  test('finds the same after very many calls', () => {
    const validate = inputValidator({ type: 'object', properties: { a: { type: 'integer', default: 1 } } });
    const outcome = () => {
      const input: Record<string, unknown> = {};
      return [validate(input), input, validate({ a: 'x' })?.message];
    };
    const before = outcome();
    for (let n = 0; n < 50_000; n += 1) validate({ a: n });
    expect(outcome()).toEqual(before);
    expect(before).toEqual([null, { a: 1 }, "input 'a' must be an integer, found 'x' (string)"]);
  });

  test('a schema that is not valid is the fault of the action', () => {
    const validate = inputValidator({ type: 'object', properties: { a: { type: 'strin' } } });
    expect(() => validate({})).toThrow(expect.objectContaining({ code: 'HEDDLE_ACTION_INVALID' }));
  });

  test('does not take defaults or properties from prototypes', () => {
    const validate = inputValidator({ type: 'object', properties: {}, additionalProperties: false });
    expect(validate(JSON.parse('{"__proto__": 1}') as Record<string, unknown>)?.message).toBe(
      "there is no input '__proto__'",
    );
    expect(validate(JSON.parse('{"constructor": 1}') as Record<string, unknown>)?.message).toBe(
      "there is no input 'constructor'",
    );
  });
});

describe('schemaProblems', () => {
  test.each<[object, unknown, readonly string[]]>([
    [{ type: 'integer' }, 5, []],
    [{ type: 'integer' }, 'x', ["the parameter must be an integer, found 'x' (string)"]],
    [{ type: ['integer', 'null'] }, 'x', ["the parameter must be an integer or null, found 'x' (string)"]],
    [{ const: 3 }, 4, ['the parameter must be 3, found 4 (number)']],
    [{ exclusiveMinimum: 3 }, 3, ['the parameter must be more than 3, found 3 (number)']],
    [{ exclusiveMaximum: 3 }, 3, ['the parameter must be less than 3, found 3 (number)']],
    [{ minLength: 3 }, 'a', ["the parameter must have at least 3 characters, found 'a' (string)"]],
    [{ maxLength: 1 }, 'ab', ["the parameter must have at most 1 characters, found 'ab' (string)"]],
    [{ minItems: 2 }, [1], ['the parameter must have at least 2 elements, found a list of 1']],
    [{ maxItems: 1 }, [1, 2], ['the parameter must have at most 1 elements, found a list of 2']],
    [{ pattern: '^a' }, 'b', ["the parameter must match /^a/, found 'b' (string)"]],
    [{ format: 'email' }, 'b', ["the parameter must be of the format 'email', found 'b' (string)"]],
    [{ multipleOf: 2 }, 3, ['the parameter must be multiple of 2, found 3 (number)']],
    [
      { anyOf: [{ type: ['integer', 'null'] }, { not: {} }] },
      'b',
      ["the parameter must be an integer or null or something else, found 'b' (string)"],
    ],
    [
      { required: ['a/b'], properties: { 'c~d': { type: 'null' } } },
      { 'c~d': 1 },
      ["parameter 'a/b' is missing", "parameter 'c~d' must be null, found 1 (number)"],
    ],
  ])('%j %j: %j', (schema, value, expected) => {
    expect(schemaProblems(schema, value, 'parameter')).toEqual(expected);
  });
});
