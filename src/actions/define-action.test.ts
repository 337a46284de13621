import { Type } from 'typebox';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { HeddleError } from '../errors/index.ts';
import type { Action } from './action.ts';
import { checkAction, defineAction } from './define-action.ts';
import { actionContext } from './testing/action-context.ts';

function problemOf(definition: unknown): string {
  try {
    checkAction(definition);
  } catch (error) {
    if (error instanceof HeddleError) return `${error.code}: ${error.message}`;
  }
  return 'none';
}

describe('defineAction', () => {
  test('gives an action that cannot be changed', () => {
    const action = defineAction({ name: 'demo.one', description: 'One', run: () => 1 });
    expect(action.run({}, actionContext())).toBe(1);
    expect({ name: action.name, description: action.description }).toEqual({ name: 'demo.one', description: 'One' });
    expect(Object.isFrozen(action)).toBe(true);
    expectTypeOf(action).toExtend<Action>();
  });

  test('the input of run has the type of a plain schema, defaults always there', () => {
    defineAction({
      name: 'demo.plain',
      input: {
        type: 'object',
        properties: {
          url: { type: 'string' },
          retries: { type: 'integer', default: 3 },
          method: { enum: ['GET', 'POST'] },
          tags: { type: 'array', items: { type: 'string' } },
          extra: {},
        },
        required: ['url'],
        additionalProperties: false,
      },
      run: (input, context) => {
        expectTypeOf(input.url).toEqualTypeOf<string>();
        expectTypeOf(input.retries).toEqualTypeOf<number>();
        expectTypeOf(input.method).toEqualTypeOf<'GET' | 'POST' | undefined>();
        expectTypeOf(input.tags).toEqualTypeOf<string[] | undefined>();
        expectTypeOf(input.extra).toEqualTypeOf<unknown>();
        expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
        // @ts-expect-error there is no such input
        void input.other;
      },
    });
  });

  test('the input and the result of run have the types of TypeBox schemas', () => {
    const action = defineAction({
      name: 'cloud.list_servers',
      input: Type.Object({ region: Type.String(), limit: Type.Optional(Type.Number()) }),
      output: Type.Object({ servers: Type.Array(Type.String()) }),
      run: async (input) => {
        expectTypeOf(input).toEqualTypeOf<{ region: string; limit?: number }>();
        return { servers: [input.region] };
      },
    });
    expectTypeOf(action.run).returns.toEqualTypeOf<{ servers: string[] } | Promise<{ servers: string[] }>>();
    // @ts-expect-error the result must fit the output schema
    defineAction({
      name: 'demo.wrong',
      output: Type.Object({ servers: Type.Array(Type.String()) }),
      run: () => ({ servers: [1] }),
    });
  });

  test('without a schema `run` says which type it takes', () => {
    const action = defineAction({ name: 'demo.typed', run: (input: { x: number }) => input.x + 1 });
    expectTypeOf(action.run).returns.toEqualTypeOf<number | Promise<number>>();
  });

  test('without a schema the input is a mapping of unknown values', () => {
    defineAction({
      name: 'demo.any',
      run: (input) => {
        expectTypeOf(input).toEqualTypeOf<Readonly<Record<string, unknown>>>();
        return input['x'];
      },
    });
  });

  test.each([
    ['single', 'none'],
    ['ns.verb', 'none'],
    ['my-org.team_a.deploy2', 'none'],
    [
      '',
      "HEDDLE_ACTION_INVALID: '' cannot be the name of an action: write namespace.verb, such as 'cloud.list_servers'.",
    ],
    ['a..b', "HEDDLE_ACTION_INVALID: 'a..b' cannot be"],
    ['./x.yaml', "HEDDLE_ACTION_INVALID: './x.yaml' cannot be"],
    ['a b', "HEDDLE_ACTION_INVALID: 'a b' cannot be"],
  ])('name %j: %s', (name, expected) => {
    expect(problemOf({ name, run: () => null }).startsWith(expected)).toBe(true);
  });

  test.each<[unknown, string]>([
    [null, 'An action is a mapping with name and run, not null.'],
    [5, 'An action is a mapping with name and run, not number.'],
    [{ run: () => null }, "An action needs a 'name', such as 'cloud.list_servers'."],
    [{ name: 'a.b' }, "Action 'a.b' needs 'run', a function of (input, context)."],
    [{ name: 'a.b', run: 'x' }, "Action 'a.b' needs 'run', a function of (input, context)."],
    [{ name: 'a.b', run: () => 1, description: 5 }, "The description of action 'a.b' must be a string."],
    [{ name: 'a.b', run: () => 1, input: 'x' }, "The input of action 'a.b' must be a JSON Schema."],
    [{ name: 'a.b', run: () => 1, output: null }, "The output of action 'a.b' must be a JSON Schema."],
    [
      { name: 'a.b', run: () => 1, input: { type: 'string' } },
      "The input schema of action 'a.b' must be of type 'object', since an input is a mapping.",
    ],
    [{ name: 'a.b', run: () => 1, io: 'yes' }, "The field 'io' of action 'a.b' must be true or false."],
    [{ name: 'a.b', run: () => 1, cpu: 2 }, "The field 'cpu' of action 'a.b' must be true or false."],
    [
      { name: 'a.b', run: () => 1, cpu: true, module: new URL('file:///a.ts') },
      "The field 'module' of action 'a.b' must be import.meta.url of the file that exports it.",
    ],
    [{ name: 'a.b', run: () => 1, inputs: {} }, "Action 'a.b' has an unknown key 'inputs'; did you mean 'input'?"],
    [{ name: 'a.b', run: () => 1, xyzzy: {} }, "Action 'a.b' has an unknown key 'xyzzy'"],
  ])('%j: %s', (definition, message) => {
    expect(problemOf(definition)).toBe(`HEDDLE_ACTION_INVALID: ${message}`);
  });
});
