import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWorkflow } from '../node/load-workflow.ts';

const complete = (parameters: string, given: Record<string, unknown>): Record<string, unknown> =>
  parseWorkflow(`parameters: ${parameters}\ntasks: [{ name: a }]\n`).plan.parameters.complete(given);

function problemOf(parameters: string, given: Record<string, unknown>): string {
  try {
    complete(parameters, given);
  } catch (error) {
    expect(error).toMatchObject({ code: 'HEDDLE_PARAMETERS' });
    return (error as Error).message;
  }
  throw new Error('nothing was wrong');
}

describe('values', () => {
  it('are filled in: defaults, and null for what has none', () => {
    const parameters = '{ a: { default: 1 }, b: { type: string }, c: { type: boolean, default: false } }';
    expect(complete(parameters, {})).toEqual({ a: 1, b: null, c: false });
    expect(complete(parameters, { a: null, b: 'x', c: true })).toEqual({ a: null, b: 'x', c: true });
    expect(complete(parameters, { b: undefined })).toEqual({ a: 1, b: null, c: false });
  });

  it('of defaults are not shared between runs', () => {
    const { parameters } = parseWorkflow('parameters: { list: { default: [1] } }\ntasks: [{ name: a }]').plan;
    (parameters.complete({})['list'] as number[]).push(2);
    expect(parameters.complete({})).toEqual({ list: [1] });
  });

  it('may be any where none is declared, and are not the object that was given', () => {
    const given = { x: 1 };
    const all = complete('{}', given);
    expect(all).toEqual({ x: 1 });
    expect(all).not.toBe(given);
  });

  it.each([
    ['string', 'x', 5],
    ['number', 1.5, 'x'],
    ['integer', 5, 1.5],
    ['boolean', false, 'false'],
    ['array', [1], { length: 1 }],
    ['object', { a: 1 }, [1]],
    ['number', 0, null],
    ['object', {}, null],
  ])('of type %s', (type, right, wrong) => {
    expect(complete(`{ p: { type: ${type} } }`, { p: right })).toEqual({ p: right });
    expect(problemOf(`{ p: { type: ${type} } }`, { p: wrong })).toBe(
      `parameter 'p' must be of type ${type}, found ${JSON.stringify(wrong)}`,
    );
  });

  it.each([NaN, Infinity])('%d is no number', (value) => {
    expect(problemOf('{ p: { type: number } }', { p: value })).toContain("parameter 'p' must be of type number");
  });

  it('of several types', () => {
    expect(complete('{ p: { type: [string, integer] } }', { p: 5 })).toEqual({ p: 5 });
    expect(problemOf('{ p: { type: [string, integer] } }', { p: true })).toBe(
      "parameter 'p' must be of type string or integer, found true",
    );
  });

  it('within bounds and among choices', () => {
    const parameters = '{ n: { type: integer, minimum: 1, maximum: 9 }, e: { enum: [a, 2, null] } }';
    expect(complete(parameters, { n: 1, e: null })).toEqual({ n: 1, e: null });
    expect(complete(parameters, { n: 9, e: 2 })).toEqual({ n: 9, e: 2 });
    expect(problemOf(parameters, { n: 0, e: 'b' })).toBe(
      'parameter \'n\' must be at least 1, found 0; parameter \'e\' must be one of "a",2,null, found "b"',
    );
    expect(problemOf(parameters, { n: 10 })).toBe("parameter 'n' must be at most 9, found 10");
  });

  it('that need a schema compiler: formats, items, nested properties, choices of objects', () => {
    const nested = '{ p: { type: object, properties: { n: { type: integer, default: 5 } }, required: [id] } }';
    expect(complete(nested, { p: { id: 1 } })).toMatchObject({ p: { id: 1 } });
    expect(problemOf(nested, { p: {} })).toContain('id');
    expect(problemOf('{ p: { type: array, items: { type: string } } }', { p: ['a', 1] })).toMatch(/^parameter 'p'.*1/);
    expect(complete('{ p: { enum: [{ a: 1 }] } }', { p: { a: 1 } })).toEqual({ p: { a: 1 } });
    expect(problemOf('{ p: { enum: [{ a: 1 }] } }', { p: { a: 2 } })).toContain("parameter 'p'");
    expect(problemOf('{ p: { type: string, pattern: "^a" } }', { p: 'b' })).toContain("parameter 'p'");
  });
});

describe('all problems at once', () => {
  it('required, unknown and wrong', () => {
    const parameters = '{ region: { type: string, required: true }, count: { type: integer }, on: { type: boolean } }';
    expect(problemOf(parameters, { regoin: 'eu', count: 'x', zzzzzz: 1 })).toBe(
      [
        "there is no parameter 'regoin'; did you mean 'region'?",
        "there is no parameter 'zzzzzz'; there are: region, count, on",
        "parameter 'region' is required",
        'parameter \'count\' must be of type integer, found "x"',
      ].join('; '),
    );
  });

  it('a required one with a default is not required', () => {
    expect(complete('{ p: { type: string, required: true, default: x } }', {})).toEqual({ p: 'x' });
  });

  it.each(['__proto__', 'constructor', 'toString'])('%s is a parameter only where it is declared', (name) => {
    const given = JSON.parse(`{"${name}": {"polluted": true}}`) as Record<string, unknown>;
    expect(problemOf('{ p: { type: string } }', given)).toContain(`there is no parameter '${name}'`);
    const open = complete('{}', given);
    expect([Object.keys(open), Object.getPrototypeOf(open)]).toEqual([[name], Object.prototype]);
    if (name === '__proto__') return;
    expect(complete(`{ ${name}: { type: string } }`, {})).toEqual({ [name]: null });
  });
});

describe('secrets', () => {
  it('are named', () => {
    const { parameters } = parseWorkflow('parameters: { token: { secret: true }, p: {} }\ntasks: [{ name: a }]').plan;
    expect(parameters.secret).toEqual(['token']);
  });

  it('are never shown, whatever is wrong with them', () => {
    const schema = fc.constantFrom(
      '{ type: integer, secret: true }',
      '{ type: boolean, secret: true }',
      '{ enum: [a], secret: true }',
      '{ type: string, pattern: "^a$", secret: true }',
      '{ type: string, maxLength: 1, secret: true }',
      '{ type: array, items: { type: integer }, secret: true }',
      '{ type: object, additionalProperties: false, secret: true }',
      '{ const: a, secret: true }',
    );
    const value = fc.constantFrom<unknown>(
      'hunter2, found',
      ['hunter2'],
      { hunter2: 'hunter2' },
      { a: ['hunter2; x'] },
      '\nhunter2\n, found hunter2',
    );
    fc.assert(
      fc.property(schema, value, (text, secret) => {
        const message = problemOf(`{ token: ${text} }`, { token: secret });
        expect(message).toMatch(/^secret parameter 'token' /);
        expect(message).not.toContain('hunter2');
      }),
    );
  });
});
