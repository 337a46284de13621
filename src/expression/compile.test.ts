import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeddleError } from '../errors/index.ts';
import { CodeGenerator } from './code-generator.ts';
import { compileExpression } from './compile.ts';
import { ExpressionError } from './expression-error.ts';
import type { Names } from './names.ts';
import { parseExpression } from './parser.ts';
import { RangeList } from './range-list.ts';
import { evaluate, STANDALONE_NAMES } from './standalone.ts';
import { naiveEvaluate } from './testing/naive-evaluator.ts';
import { randomExpression, randomValues } from './testing/random-expression.ts';

function failure(expression: string, names: Record<string, unknown> = {}): ExpressionError {
  try {
    evaluate(expression, names);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${expression} did not fail`);
}

function outcome(run: () => unknown): unknown {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof HeddleError) return { code: error.code };
    throw error;
  }
}

describe('compiled expressions', () => {
  it('agree with the naive evaluator on values and error codes', () => {
    fc.assert(
      fc.property(randomExpression, randomValues, (text, values) => {
        const { node, problems } = parseExpression(text);
        expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(outcome(() => evaluate(text, values))).toEqual(outcome(() => naiveEvaluate(node!, values)));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['7 % 4', 3],
    ['-a * 2', -4],
    ['!a == b', false],
    ['not a == b', true],
    ['a > 1 and a < 3 or fail', true],
    ["'x' or 'y'", 'x'],
    ['0 and nothing', 0],
    ["a == 2 ? 'two' : 'other'", 'two'],
    ['gone ?? null ?? 5', 5],
    ['[1, 2, 3] | map(x => x * a) | sum', 12],
    ['{a: a, "b c": [a]}', { a: 2, 'b c': [2] }],
    ['xs[-1]', 30],
    ['xs[0] + xs["1"]', 30],
    ["'heddle'[1] + 'ab'.length | string", 'fail'],
    ['"3" == 3', false],
    ['{a: [1, {b: null}]} == {a: [1, {b: null}]}', true],
    ['2 in xs', false],
    ["'b' in {b: 1}", true],
    ["'b' not in 'abc'", false],
    ['range(0, 10, 3)[1]', 3],
    ['range(5).length', 5],
    ['map(xs, (x, i) => x * i)', [0, 20, 60]],
    ['map(xs, x => map([1], y => x + y)[0])', [11, 21, 31]],
  ])('%s gives %j', (expression, expected) => {
    const names = { a: 2, b: 3, xs: [10, 20, 30] };
    if (expected === 'fail') expect(failure(expression, names).code).toBe('HEDDLE_EXPRESSION_TYPE');
    else expect(evaluate(expression, names)).toEqual(expected);
  });

  it('hands out the same object, never a copy', () => {
    const server = { tags: ['a'] };
    expect(evaluate('servers[0].tags', { servers: [server] })).toBe(server.tags);
  });

  it('reads own data only', () => {
    class Server {
      name = 'web';
      get secret(): string {
        return 'x';
      }
      start(): void {}
    }
    const names = {
      server: new Server(),
      fn: { call: () => 1 },
      bare: Object.assign(Object.create(null) as object, { a: 1 }),
      odd: { a: undefined },
    };
    expect(evaluate('server.name', names)).toBe('web');
    expect(evaluate('bare.a', names)).toBe(1);
    expect(evaluate('odd.a', names)).toBeNull();
    for (const hidden of [
      'server.secret',
      'server.start',
      'fn.call',
      'server.constructor',
      'server.__proto__',
      'fn.toString',
      '[].map',
      '"".at',
      'xs.0x',
    ]) {
      expect(() => evaluate(hidden, names)).toThrow(HeddleError);
      if (hidden !== 'xs.0x') expect(failure(hidden, names).code).toBe('HEDDLE_MISSING');
    }
  });

  it('reads maps, sets, dates and ranges as data', () => {
    const names = { m: new Map([['a', 1]]), set: new Set([1, 2]), d: new Date(0), r: new RangeList(0, 3, 1) };
    expect(evaluate('[m.a, keys(m), set[1], length(set), r[2], 2 in r, 1.5 in r]', names)).toEqual([
      1,
      ['a'],
      2,
      2,
      2,
      true,
      false,
    ]);
    expect(evaluate('d == d2', { d: new Date(5), d2: new Date(5) })).toBe(true);
    expect(failure('d.getTime', names).message).toContain('a date');
  });

  it('says what there is where something is missing', () => {
    const { message, start, end, source } = failure('1 + item.prot', { item: { port: 80, name: 'x' } });
    expect(message).toBe('`item` has no field "prot". It has port, name. Did you mean port?');
    expect(source.slice(start, end)).toBe('item.prot');
    expect(failure('xs[3]', { xs: [1, 2] }).message).toBe('`xs` has no element 3: its indexes are 0 to 1.');
    expect(failure('xs[0]', { xs: [] }).message).toContain('it is an empty list');
    expect(failure('xs.name', { xs: [1] }).message).toContain('a list of 1');
    expect(failure('a.b.c', { a: { b: null } }).message).toContain('`a.b` is null');
    expect(failure('a.b', { a: 5 }).message).toContain('a number');
    expect(failure('regoin', { region: 1 }).message).toBe(
      'There is no value named regoin. There is region. Did you mean region?',
    );
    const many = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`k${index}0000`, 1]));
    expect(failure('a.zzz', { a: many }).message).toContain('and 5 more');
  });

  it('ends a chain at ?. and nowhere else', () => {
    expect(evaluate('a?.b.c.d', { a: null })).toBeNull();
    expect(evaluate('a?.b.c.d', { a: {} })).toBeNull();
    expect(evaluate('a?.[0].b', { a: [] })).toBeNull();
    expect(failure('a.b?.c', { a: {} }).code).toBe('HEDDLE_MISSING');
    expect(failure('a?.b.c', { a: { b: null } }).code).toBe('HEDDLE_MISSING');
  });

  it('catches what is missing with ?? and default, and no other error', () => {
    expect(evaluate('a.b.c[d.e].f ?? 1')).toBe(1);
    expect(evaluate('(a.b + 1) ?? 2')).toBe(2);
    expect(evaluate('map([{}], x => x.y) ?? 3')).toBe(3);
    expect(evaluate('a.b | default(4)')).toBe(4);
    expect(evaluate('a ?? b ?? 5', { b: null })).toBe(5);
    expect(evaluate('false ?? 6')).toBe(false);
    expect(evaluate('a.b ?? 7', { a: { b: 0 } })).toBe(0);
    expect(failure('(1 / 0) ?? 1').code).toBe('HEDDLE_EXPRESSION_VALUE');
    expect(failure('a[true] ?? 1', { a: {} }).code).toBe('HEDDLE_EXPRESSION_TYPE');
    expect(failure('lower(5) ?? 1').code).toBe('HEDDLE_EXPRESSION_TYPE');
  });

  it.each([
    ["1 + 'a'", 'HEDDLE_EXPRESSION_TYPE', "1 + 'a'"],
    ['2 * (3 / 0)', 'HEDDLE_EXPRESSION_VALUE', '(3 / 0)'],
    ['5 % 0', 'HEDDLE_EXPRESSION_VALUE', '5 % 0'],
    ["1 < 'a'", 'HEDDLE_EXPRESSION_TYPE', "1 < 'a'"],
    ['[1] - 1', 'HEDDLE_EXPRESSION_TYPE', '[1] - 1'],
    ['[1] + [2]', 'HEDDLE_EXPRESSION_TYPE', '[1] + [2]'],
    ["-'a'", 'HEDDLE_EXPRESSION_TYPE', "-'a'"],
    ['1 in 2', 'HEDDLE_EXPRESSION_TYPE', '1 in 2'],
    ["1 in 'a'", 'HEDDLE_EXPRESSION_TYPE', "1 in 'a'"],
    ['[] in {}', 'HEDDLE_EXPRESSION_TYPE', '[] in {}'],
    ['[1][0.5]', 'HEDDLE_EXPRESSION_TYPE', '[1][0.5]'],
    ['[1][null]', 'HEDDLE_EXPRESSION_TYPE', '[1][null]'],
    ["[3] | map(x => x - 'a')", 'HEDDLE_EXPRESSION_TYPE', "x - 'a'"],
    ["sum(map([1], x => 'a'))", 'HEDDLE_EXPRESSION_TYPE', "sum(map([1], x => 'a'))"],
    ['now()', 'HEDDLE_EXPRESSION_VALUE', 'now()'],
    ['nope()', 'HEDDLE_UNKNOWN_FUNCTION', 'nope'],
    ['lower()', 'HEDDLE_ARGUMENTS', 'lower'],
  ])('%s fails with %s at %s', (expression, code, part) => {
    const error = failure(expression);
    expect([error.code, error.source.slice(error.start, error.end)]).toEqual([code, part]);
  });

  it('does not hang on values that refer to themselves', () => {
    const a: Record<string, unknown> = { n: 1 };
    a['self'] = a;
    const b: Record<string, unknown> = { n: 1 };
    b['self'] = b;
    expect(evaluate('a == b', { a, b })).toBe(true);
    expect(failure('json(a)', { a }).code).toBe('HEDDLE_NOT_SERIALISABLE');
    expect(failure('unique([a, b, 1]) | json', { a, b }).code).toBe('HEDDLE_NOT_SERIALISABLE');
    const list: unknown[] = [];
    list.push(list);
    expect(evaluate('length(flat(list, 50))', { list })).toBe(1);
    let deep: unknown = null;
    let other: unknown = null;
    for (let index = 0; index < 20_000; index += 1) [deep, other] = [{ deep }, { deep: other }];
    expect(failure('deep == other', { deep, other }).code).toBe('HEDDLE_EXPRESSION_VALUE');
  });

  it('never lets text of an author become code', () => {
    const marker = 'globalThis.__heddleBroken = true';
    const attacks = [
      `'"); ${marker}; ("'`,
      `'\\u2028${marker}\\u2029//'`,
      `"\${${marker}}"`,
      `{'"]: (${marker}), ["': 1, "__proto__": {polluted: true}, 'constructor': 2}`,
      `{}["'];${marker};['"] ?? 1`,
      `o["\\"]);${marker};//"] ?? 1`,
      `'*/${marker}/*' + '\\\\'`,
    ];
    for (const attack of attacks) evaluate(attack, { o: {} });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
        expect(evaluate(JSON.stringify(text).replaceAll(/\\u([\da-f]{4})/g, '\\u{$1}'))).toBe(text);
        expect(evaluate(`o[k]`, { o: { [text]: 1 }, k: text })).toBe(1);
      }),
      { numRuns: 40 },
    );
    expect((globalThis as Record<string, unknown>)['__heddleBroken']).toBeUndefined();
    expect((Object.prototype as Record<string, unknown>)['polluted']).toBeUndefined();
    const made = evaluate('{"__proto__": 1, constructor: 2}') as object;
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect(Object.hasOwn(made, '__proto__')).toBe(true);
  });

  it('works at the limits of depth', () => {
    expect(evaluate(Array(500).fill('1').join('+'))).toBe(500);
    expect(evaluate(`${'('.repeat(198)}1${')'.repeat(198)}`)).toBe(1);
    expect(evaluate(`a${'.a'.repeat(490)} ?? 'none'`)).toBe('none');
    expect(evaluate(`${'x'}${' | string'.repeat(490)}`, { x: 1 })).toBe('1');
  });
});

describe('names', () => {
  const names: Names = {
    bind: (root, path) =>
      root === 'task'
        ? {
            code: `s.results[${JSON.stringify(path[0])}]`,
            consumed: 1,
            noun: `result of task '${path[0]}'`,
            candidates: () => ['fetch'],
            selfFields: ['result', 'data'],
          }
        : root === 'bare'
          ? { code: 's.bare', consumed: 0, noun: 'bare' }
          : { problem: 'HEDDLE_UNKNOWN_NAME', message: 'no', at: 0 },
    bindCall: (name, literals) =>
      name === 'status'
        ? { minArguments: 0, maxArguments: 1, call: () => undefined, code: 's.status' }
        : name === 'given'
          ? {
              minArguments: 0,
              maxArguments: 2,
              call: (scope: { status: string }, ...values: unknown[]) => [scope.status, ...values],
            }
          : name === 'bad' && literals.length > 0
            ? { problem: 'HEDDLE_UNKNOWN_TASK', message: 'no task', at: 0 }
            : undefined,
    calls: ['status', 'given', 'bad'],
  };
  const run = (text: string, scope: unknown): unknown =>
    compileExpression(parseExpression(text).node!, text, names)(scope);

  it('reads what a name binds, and says what is missing', () => {
    expect(run('task.fetch.body', { results: { fetch: { body: 1 } } })).toBe(1);
    expect(run('task?.fetch.body', { results: {} })).toBeNull();
    expect(run('task.fetch ?? 1', { results: {} })).toBe(1);
    expect(() => run('task.fetsch', { results: {} })).toThrow(
      "There is no result of task 'fetsch'. There is fetch. Did you mean fetch?",
    );
    expect(() => run('bare', {})).toThrow('There is no bare.');
  });

  it('takes .result and .data of a result for the result itself, unless it has them', () => {
    expect(run('task.a.result.n + task.a.data.n', { results: { a: { n: 2 } } })).toBe(4);
    expect(run('task.a.result', { results: { a: { result: 7 } } })).toBe(7);
    expect(run('task.a.data ?? 1', { results: {} })).toBe(1);
    expect(run('task.a?.result', { results: { a: [1] } })).toEqual([1]);
  });

  it('calls functions of the scope', () => {
    expect(run('status()', { status: 'ok' })).toBe('ok');
    expect(run('status()', {})).toBeNull();
    expect(run("given(1 + 1, 'x')", { status: 'ok' })).toEqual(['ok', 2, 'x']);
  });

  it('refuses to compile what was not checked', () => {
    for (const text of ['nope', "bad('x')", 'nope()']) expect(() => run(text, {})).toThrow(ExpressionError);
  });

  it('wraps errors that are not ours, with their cause', () => {
    const cause = new TypeError('boom');
    const thrower: Names = {
      ...STANDALONE_NAMES,
      bindCall: () => ({
        minArguments: 0,
        maxArguments: 0,
        call: () => {
          throw cause;
        },
      }),
    };
    const compiled = new CodeGenerator(thrower);
    const text = 'go()';
    const execute = compiled.function(compiled.expression(parseExpression(text).node!, text, ['a', 0]));
    expect(() => execute({})).toThrow(
      expect.objectContaining({ code: 'HEDDLE_EXPRESSION_VALUE', message: 'boom', cause, valuePath: ['a', 0] }),
    );
  });
});
