import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILTIN_ACTIONS } from './builtins.ts';
import { compileFit } from './schema-fit.ts';

const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, logger: false });

const name = fc.constantFrom('a', 'b', 'c');
const scalar = fc.constantFrom<unknown>(0, 1, 2.5, -1, '', 'x', 'xyz', '𝄞𝄞', true, false, null);

/** Values and schemas of a few levels, of a few keywords each: with all of them nothing would ever fit. */
function valueOf(levels: number): fc.Arbitrary<unknown> {
  if (levels === 0) return scalar;
  const inner = valueOf(levels - 1);
  return fc.oneof(
    scalar,
    fc.dictionary(name, inner, { maxKeys: 3, noNullPrototype: true }),
    fc.array(inner, { maxLength: 2 }),
  );
}

function schemaOf(levels: number): fc.Arbitrary<Record<string, unknown>> {
  const keywords: Record<string, fc.Arbitrary<unknown>> = {
    type: fc.constantFrom<unknown>('string', 'number', 'integer', 'object', 'array', 'null', 'boolean', [
      'string',
      'object',
    ]),
    enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 3 }),
    const: scalar,
    minimum: fc.constantFrom(0, 1),
    maximum: fc.constantFrom(1, 2),
    minLength: fc.constantFrom(0, 1, 2, 3),
    maxLength: fc.constantFrom(1, 2),
    minItems: fc.constantFrom(0, 1, 2),
    maxItems: fc.constantFrom(0, 1),
    pattern: fc.constantFrom('^x', 'y'),
    default: scalar,
    description: fc.constant('text'),
    required: fc.uniqueArray(name, { maxLength: 2 }),
  };
  if (levels > 0) {
    const inner = schemaOf(levels - 1);
    keywords['items'] = inner;
    keywords['anyOf'] = fc.array(inner, { minLength: 1, maxLength: 2 });
    keywords['properties'] = fc.dictionary(name, inner, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
    keywords['additionalProperties'] = fc.oneof(fc.boolean(), inner);
  }
  const chosen = fc.subarray(Object.keys(keywords), { minLength: 0, maxLength: 3 });
  return chosen.chain((some) =>
    fc.record(Object.fromEntries(some.map((each) => [each, keywords[each] ?? scalar])), { noNullPrototype: true }),
  );
}

describe('compileFit', () => {
  test('what fits also fits for Ajv, with the same defaults', () => {
    let fitted = 0;
    fc.assert(
      fc.property(schemaOf(2), valueOf(2), (aSchema, aValue) => {
        const [quick, thorough] = [structuredClone(aValue), structuredClone(aValue)];
        if (compileFit(aSchema)?.(quick) !== true) return;
        fitted += 1;
        expect(ajv.validate(aSchema, thorough)).toBe(true);
        ajv.removeSchema(aSchema);
        expect(quick).toEqual(thorough);
      }),
      { numRuns: 200 },
    );
    expect(fitted).toBeGreaterThan(20);
  });

  test.each([
    [{ format: 'email' }],
    [{ $ref: '#/x' }],
    [{ items: [{}] }],
    [{ anyOf: [{ not: {} }] }],
    [{ properties: { a: { oneOf: [] } } }],
    [{ properties: [] }],
    [{ properties: 1, additionalProperties: false }],
    [{ additionalProperties: { format: 'x' } }],
    [{ type: 'strin' }],
    [{ minimum: '1' }],
    [{ pattern: '(' }],
    [{ pattern: 1 }],
    [{ enum: [{}] }],
    [{ enum: 'a' }],
    [{ const: [] }],
    [{ required: true }],
    [{ anyOf: {} }],
    [{ constructor: 1 }],
    [5],
    [null],
    [false],
  ])('%j needs Ajv', (beyond) => {
    expect(compileFit(beyond)).toBeNull();
  });

  test('a default is made anew for every value', () => {
    const check = compileFit({ properties: { list: { default: [] } } });
    const [one, two] = [{}, {}] as { list?: unknown[] }[];
    expect([check?.(one), check?.(two)]).toEqual([true, true]);
    expect(one?.list).toEqual([]);
    expect(one?.list).not.toBe(two?.list);
  });

  test('names of every object are not taken for properties', () => {
    const check = compileFit({ properties: { constructor: { type: 'string' } }, required: ['toString'] });
    expect(check?.({})).toBe(false);
    expect(compileFit({ properties: {}, additionalProperties: false })?.({ constructor: 1 })).toBe(false);
  });
});

test('every built-in action is within the plain part', () => {
  const beyond = BUILTIN_ACTIONS.filter(({ input }) => input !== undefined && compileFit(input) === null);
  expect(beyond.map((action) => action.name)).toEqual([]);
});

test('an input that fits does not load Ajv', async () => {
  const script = `
    const { createJiti } = await import('jiti');
    const { inputValidator } = await createJiti(import.meta.url).import(${JSON.stringify(new URL('./validate.ts', import.meta.url).pathname)});
    const loaded = () => Object.keys(process.getBuiltinModule('node:module')._cache).some((file) => file.includes('/ajv/'));
    const validate = inputValidator({ type: 'object', properties: { a: { type: 'integer', default: 1 } } });
    console.log(validate({ a: 5 }), loaded(), validate({ a: 'x' }).message, loaded());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 20_000,
  });
  expect(stdout).toBe("null false input 'a' must be an integer, found 'x' (string) true\n");
});
