import { Type } from 'typebox';
import { describe, expectTypeOf, test } from 'vitest';
import type { InputOf, StaticOf } from './static.ts';

/** Only the types of what these give matter: a schema is handed in as `defineAction` takes it. */
function valueOf<const S extends object>(schema: S): StaticOf<S> {
  return schema as StaticOf<S>;
}
function inputOf<const S extends object>(schema: S): InputOf<S> {
  return schema as InputOf<S>;
}

describe('the type of a plain schema', () => {
  test('scalars, by one name or several', () => {
    expectTypeOf(valueOf({ type: 'string', minLength: 1 })).toEqualTypeOf<string>();
    expectTypeOf(valueOf({ type: 'integer' })).toEqualTypeOf<number>();
    expectTypeOf(valueOf({ type: 'number' })).toEqualTypeOf<number>();
    expectTypeOf(valueOf({ type: 'boolean' })).toEqualTypeOf<boolean>();
    expectTypeOf(valueOf({ type: 'null' })).toEqualTypeOf<null>();
    expectTypeOf(valueOf({ type: ['string', 'null'] })).toEqualTypeOf<string | null>();
  });

  test('values that are listed', () => {
    expectTypeOf(valueOf({ enum: ['GET', 5, null, true] })).toEqualTypeOf<'GET' | 5 | null | true>();
    expectTypeOf(valueOf({ type: 'string', enum: ['a', 'b'] })).toEqualTypeOf<'a' | 'b'>();
    expectTypeOf(valueOf({ const: 'file' })).toEqualTypeOf<'file'>();
    expectTypeOf(valueOf({ type: 'number', const: 5 })).toEqualTypeOf<5>();
  });

  test('alternatives and conjunctions', () => {
    expectTypeOf(valueOf({ anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'number' } }] })).toEqualTypeOf<
      string | number[]
    >();
    expectTypeOf(valueOf({ oneOf: [{ const: 'a' }, { type: 'null' }] })).toEqualTypeOf<'a' | null>();
    expectTypeOf(
      valueOf({
        allOf: [
          { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
          { properties: { b: { type: 'number' } } },
        ],
      }),
    ).toEqualTypeOf<{ a: string } & { b?: number }>();
    expectTypeOf(
      valueOf({
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'number' } },
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
      }),
    ).toEqualTypeOf<{ a?: string; b?: number } & ({ a: unknown } | { b: unknown })>();
  });

  test('lists and tuples', () => {
    expectTypeOf(valueOf({ type: 'array' })).toEqualTypeOf<unknown[]>();
    expectTypeOf(valueOf({ items: { type: 'string' } })).toEqualTypeOf<string[]>();
    expectTypeOf(valueOf({ type: 'array', items: { type: 'array', items: { enum: [1, 2] } } })).toEqualTypeOf<
      (1 | 2)[][]
    >();
    const pair = { type: 'array', items: [{ type: 'string' }, { type: 'number' }] } as const;
    expectTypeOf(valueOf(pair)).toEqualTypeOf<[string?, number?, ...unknown[]]>();
    expectTypeOf(valueOf({ ...pair, minItems: 2 })).toEqualTypeOf<[string, number, ...unknown[]]>();
    expectTypeOf(valueOf({ ...pair, minItems: 2, additionalItems: false })).toEqualTypeOf<[string, number]>();
  });

  test('mappings in mappings', () => {
    expectTypeOf(
      valueOf({
        type: 'object',
        properties: {
          server: {
            type: 'object',
            properties: {
              host: { type: 'string', description: 'Name' },
              ports: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer' } } } },
            },
            required: ['host'],
          },
          anything: {},
        },
        required: ['server', 'unlisted'],
      }),
    ).toEqualTypeOf<{
      server: { host: string; ports?: { n?: number }[] };
      anything?: unknown;
      unlisted: unknown;
    }>();
  });

  test('other names', () => {
    expectTypeOf(valueOf({ type: 'object' })).toEqualTypeOf<Record<string, unknown>>();
    expectTypeOf(valueOf({ type: 'object', additionalProperties: { type: 'number' } })).toEqualTypeOf<
      Record<string, number>
    >();
    expectTypeOf(valueOf({ type: 'object', patternProperties: { '^x-': { type: 'null' } } })).toEqualTypeOf<
      Record<string, null>
    >();
    const open = valueOf({
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
      additionalProperties: { type: 'number' },
    });
    expectTypeOf(open.name).toEqualTypeOf<string>();
    expectTypeOf(open['other']).toEqualTypeOf<string | number | undefined>();
    expectTypeOf(
      valueOf({ type: 'object', properties: { name: { type: 'string' } }, additionalProperties: false }),
    ).toEqualTypeOf<{ name?: string }>();
  });

  test('what is not read is unknown', () => {
    expectTypeOf(valueOf({})).toEqualTypeOf<unknown>();
    expectTypeOf(valueOf({ $ref: '#/$defs/x', title: 'X' })).toEqualTypeOf<unknown>();
    expectTypeOf(valueOf({ type: 'date' })).toEqualTypeOf<unknown>();
    expectTypeOf<StaticOf<object>>().toEqualTypeOf<unknown>();
  });

  test('a schema that was not written `as const` tells its properties, not which are required', () => {
    const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
    expectTypeOf(valueOf(schema)).toEqualTypeOf<{ n?: unknown }>();
  });
});

describe('the type of a TypeBox schema', () => {
  test('mappings, with optional properties', () => {
    const server = Type.Object({
      name: Type.String({ minLength: 1 }),
      state: Type.Optional(Type.Union([Type.Literal('on'), Type.Literal('off'), Type.Null()])),
      tags: Type.Record(Type.String(), Type.Array(Type.Integer())),
      any: Type.Unknown(),
    });
    expectTypeOf(valueOf(Type.Object({ server, zone: Type.Optional(server) }))).toEqualTypeOf<{
      server: { name: string; state?: 'on' | 'off' | null; tags: Record<string, number[]>; any: unknown };
      zone?: { name: string; state?: 'on' | 'off' | null; tags: Record<string, number[]>; any: unknown };
    }>();
    expectTypeOf(valueOf(Type.Partial(Type.Object({ a: Type.String() })))).toEqualTypeOf<{ a?: string }>();
    expectTypeOf(valueOf(Type.Object({}))).toEqualTypeOf<Record<never, never>>();
  });

  test('the rest', () => {
    expectTypeOf(valueOf(Type.Enum(['a', 'b']))).toEqualTypeOf<'a' | 'b'>();
    expectTypeOf(valueOf(Type.Tuple([Type.String(), Type.Boolean()]))).toEqualTypeOf<[string, boolean]>();
    expectTypeOf(valueOf(Type.Unsafe<Date>({}))).toEqualTypeOf<Date>();
    expectTypeOf(valueOf(Type.Never())).toEqualTypeOf<never>();
    expectTypeOf(
      valueOf(Type.Intersect([Type.Object({ a: Type.String() }), Type.Object({ b: Type.Number() })])),
    ).toEqualTypeOf<{ a: string } & { b: number }>();
    expectTypeOf(valueOf(Type.Refine(Type.String(), (text) => text !== ''))).toEqualTypeOf<string>();
  });

  test('within a plain schema', () => {
    expectTypeOf(
      valueOf({ type: 'object', properties: { a: Type.Optional(Type.String()), b: Type.Number() }, required: ['b'] }),
    ).toEqualTypeOf<{ a?: string; b: number }>();
  });
});

describe('the type of an input', () => {
  test('has what defaults fill in, in inner mappings too, but not in alternatives', () => {
    const schema = {
      type: 'object',
      properties: {
        url: { type: 'string' },
        retries: { type: 'integer', default: 3 },
        proxy: { type: 'object', properties: { port: { type: 'integer', default: 80 }, host: { type: 'string' } } },
        body: { anyOf: [{ type: 'object', properties: { n: { type: 'number', default: 1 } } }, { type: 'null' }] },
      },
      required: ['url'],
    } as const;
    expectTypeOf(inputOf(schema)).toEqualTypeOf<{
      url: string;
      retries: number;
      proxy?: { port: number; host?: string };
      body?: { n?: number } | null;
    }>();
    expectTypeOf(valueOf(schema)).toEqualTypeOf<{
      url: string;
      retries?: number;
      proxy?: { port?: number; host?: string };
      body?: { n?: number } | null;
    }>();
  });

  test('is a mapping of unknown values, where the schema says nothing', () => {
    expectTypeOf<InputOf<object>>().toEqualTypeOf<Readonly<Record<string, unknown>>>();
    expectTypeOf(inputOf({ type: 'object' })).toEqualTypeOf<Record<string, unknown>>();
  });
});
