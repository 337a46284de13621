import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTEXT_FUNCTIONS } from '../context-functions.ts';
import { ExpressionError } from '../expression-error.ts';
import type { ExpressionPorts } from '../host-functions.ts';
import { RangeList } from '../range-list.ts';
import { evaluate } from '../standalone.ts';
import { FUNCTION_FAMILIES, FUNCTION_NAMES } from './index.ts';

/** Ranges as arrays, so that they compare by what they hold. */
function plain(value: unknown): unknown {
  return value instanceof RangeList ? value.toJSON() : value;
}

function code(expression: string, names: Record<string, unknown> = {}): string {
  try {
    const value = evaluate(expression, names);
    return `gives ${typeof value === 'boolean' ? value : typeof value}`;
  } catch (error) {
    if (error instanceof ExpressionError) return error.code;
    throw error;
  }
}

const entries = Object.values(FUNCTION_FAMILIES).flat();

describe('the function library', () => {
  it('has every function of the language', () => {
    const wanted =
      'string number int bool type_of length keys values entries abs floor ceil round min max sum avg lower upper trim split join ' +
      'replace starts_with ends_with match capture contains reversed sort sort_by unique flat zip range map filter find any all ' +
      'group_by count_by pick omit merge get default first last slice now format_date parse_date json parse_json base64 unbase64 ' +
      'url_encode sha256 uuid random env';
    const known = [...FUNCTION_NAMES, ...CONTEXT_FUNCTIONS.map(({ name }) => name)];
    expect(wanted.split(' ').filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
  });

  it.each(entries.map((entry) => [entry.example.expression, entry] as const))(
    'example: %s',
    (expression, { name, example }) => {
      expect(expression).toContain(name);
      expect(plain(evaluate(expression))).toEqual(example.result);
    },
  );

  it('fails with a code on any values, and never otherwise', () => {
    const value = fc.oneof(
      { maxDepth: 2 },
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        undefined,
        NaN,
        Infinity,
        new Date(NaN),
        new Map([['a', 1]]),
        new Set([1]),
        10n,
        new Uint8Array(2),
        new RangeList(0, 3, 1),
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...entries),
        fc.array(value, { minLength: 3, maxLength: 3 }),
        fc.nat(2),
        ({ name, min, max }, given, more) => {
          const count = Math.min(max, min + more, 3);
          const names = Object.fromEntries(given.map((each, index) => [`v${index}`, each]));
          const text = `${name}(${Object.keys(names).slice(0, count).join(', ')})`;
          expect(code(text, names)).toMatch(
            /^(gives|HEDDLE_(EXPRESSION_(TYPE|VALUE)|MISSING|NOT_SERIALISABLE|ARGUMENTS)$)/,
          );
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['string(null)', ''],
    ['string([1, {a: null}])', '[1,{"a":null}]'],
    ["number(' -1.5e2 ')", -150],
    ["number('0x1f')", 31],
    ['number(true)', 1],
    ['int(-7.9)', -7],
    ["bool('No')", false],
    ['bool([])', false],
    ['type_of(null)', 'null'],
    ['map([1, "a", true, {}], x => type_of(x))', ['number', 'string', 'bool', 'object']],
    ['length("abc") + length({a: 1})', 4],
    ['round(1.005, 2)', 1.01],
    ['round(-2.5)', -3],
    ['round(1234, -2)', 1200],
    ['round(1e-10, 3)', 0],
    ['min([])', null],
    ["max('b', 'a')", 'b'],
    ['sum(range(1, 101))', 5050],
    ['avg([])', null],
    ["trim('--a-', '-')", 'a'],
    ["split('  a  b ')", ['a', 'b']],
    ["split('')", []],
    ["split('a=b=c', '=', 2)", ['a', 'b=c']],
    ["join([1, null, {a: 1}], ',')", '1,,{"a":1}'],
    ["replace('aaa', 'a', '$&')", '$&$&$&'],
    ["match('ABC', 'b', 'i')", true],
    ["capture('x', 'y')", null],
    ["capture('ab', '(a)(z)?')", ['a', null]],
    ["capture('ab', '(?<one>a)(?<two>z)?')", { one: 'a', two: null }],
    ['contains({a: 1}, "a")', true],
    ["reversed('abc')", 'cba'],
    ["sort(['b', null, 'a'])", ['a', 'b', null]],
    ['sort([true, false])', [false, true]],
    ["map(sort_by([{n: 1}, {n: 3}, {n: 2}], 'n', 'desc'), 'n')", [3, 2, 1]],
    ['unique([{a: 1}, {a: 1}, 1, 1])', [{ a: 1 }, 1]],
    ['flat([1, [2, [3]]], 2)', [1, 2, 3]],
    [
      'zip([1, 2, 3], range(2))',
      [
        [1, 0],
        [2, 1],
      ],
    ],
    ['range(3, 0, -1)', [3, 2, 1]],
    ['range(3, 0)', []],
    ['find([1], x => x > 1)', null],
    ['any([0, 1])', true],
    ['all([])', true],
    ["filter([{ok: true}, {ok: false}], 'ok')", [{ ok: true }]],
    ['first([])', null],
    ["first('abc')", 'a'],
    ['first([1, 2, 3], 2)', [1, 2]],
    ["last('abc', 2)", 'bc'],
    ['last(range(5))', 4],
    ['last([], 0)', []],
    ['last([])', null],
    ["last('')", null],
    ['slice(range(10), 2, -5)', [2, 3, 4]],
    ['slice(range(10), -2)', [8, 9]],
    ["slice('heddle', 1, null)", 'eddle'],
    ["pick({a: 1, b: 2}, ['a', 'zzz'])", { a: 1 }],
    ['merge({a: 1}, null, {b: 2})', { a: 1, b: 2 }],
    ["get({a: null}, 'a.b', 7)", 7],
    ["get([{b: 5}], [0, 'b'])", 5],
    ["get({'a.b': 1}, ['a.b'])", 1],
    ['get([4, 5], -1)', 5],
    ['json([1], 2)', '[\n  1\n]'],
    ["unbase64('8J+YgA')", '😀'],
    ["url_encode('a/b?')", 'a%2Fb%3F'],
    ['group_by([1, null], x => x)', { 1: [1], null: [null] }],
    [
      "format_date(0, '%a %A %b %B %e %j %I%p %y %L %s %Z %z %%')",
      'Thu Thursday Jan January 1 001 12AM 70 000 0 UTC +0000 %',
    ],
    ["format_date('2026-07-01T00:30:00Z', '%F %T %:z', 'America/New_York')", '2026-06-30 20:30:00 -04:00'],
    ["format_date('2026-07-01')", '2026-07-01T00:00:00+00:00'],
    ["parse_date('2026-01-31 12:00:00,5+0130')", Date.UTC(2026, 0, 31, 10, 30, 0, 500)],
    ["parse_date('2026-01')", Date.UTC(2026, 0, 1)],
    ["parse_date('31.1.2026', '%d.%m.%Y')", Date.UTC(2026, 0, 31)],
    ["parse_date('Jan  5 2026 100% -0230', '%b %e %Y 100%% %z')", Date.UTC(2026, 0, 5, 2, 30)],
    ["parse_date('12', '%s')", 12000],
    ["parse_date('2026-01-31T23:59:59', '%FT%T')", Date.UTC(2026, 0, 31, 23, 59, 59)],
  ])('%s', (expression, expected) => {
    expect(plain(evaluate(expression))).toEqual(expected);
  });

  it.each([
    ["number('1,5')", 'HEDDLE_EXPRESSION_VALUE'],
    ["number('')", 'HEDDLE_EXPRESSION_VALUE'],
    ['number([])', 'HEDDLE_EXPRESSION_TYPE'],
    ["bool('maybe')", 'HEDDLE_EXPRESSION_VALUE'],
    ['length(5)', 'HEDDLE_EXPRESSION_TYPE'],
    ['round(1, 0.5)', 'HEDDLE_EXPRESSION_TYPE'],
    ["sum(['1'])", 'HEDDLE_EXPRESSION_TYPE'],
    ["min([1, 'a'])", 'HEDDLE_EXPRESSION_TYPE'],
    ["sort([1, 'a'])", 'HEDDLE_EXPRESSION_TYPE'],
    ["sort_by([1], x => x, 'up')", 'HEDDLE_EXPRESSION_TYPE'],
    ['map([1], 5)', 'HEDDLE_EXPRESSION_TYPE'],
    ["map([{}], 'name')", 'HEDDLE_MISSING'],
    ['map(5, x => x)', 'HEDDLE_EXPRESSION_TYPE'],
    ['keys([1])', 'HEDDLE_EXPRESSION_TYPE'],
    ['upper(5)', 'HEDDLE_EXPRESSION_TYPE'],
    ["split('a', ',', 0)", 'HEDDLE_EXPRESSION_VALUE'],
    ['range(0, 10, 0)', 'HEDDLE_EXPRESSION_VALUE'],
    ['range(0, 1e300)', 'HEDDLE_EXPRESSION_VALUE'],
    ['flat([], 1000)', 'HEDDLE_EXPRESSION_VALUE'],
    ['first([1], -1)', 'HEDDLE_EXPRESSION_VALUE'],
    ['get({}, {})', 'HEDDLE_EXPRESSION_TYPE'],
    ["parse_json('{')", 'HEDDLE_EXPRESSION_VALUE'],
    ["unbase64('*')", 'HEDDLE_EXPRESSION_VALUE'],
    ["match('a', '(')", 'HEDDLE_EXPRESSION_VALUE'],
    ["match('a', 'a', 'g')", 'HEDDLE_EXPRESSION_VALUE'],
    ["match('a', join(map(range(1001), x => 'a'), ''))", 'HEDDLE_EXPRESSION_VALUE'],
    ["match(join(map(range(1000001), x => 'a'), ''), 'a')", 'HEDDLE_EXPRESSION_VALUE'],
    ["format_date('soon')", 'HEDDLE_EXPRESSION_VALUE'],
    ['format_date(1e300)', 'HEDDLE_EXPRESSION_VALUE'],
    ['format_date([])', 'HEDDLE_EXPRESSION_TYPE'],
    ["format_date(0, '%Q')", 'HEDDLE_EXPRESSION_VALUE'],
    ["format_date(0, '%Y', 'Mars/Base')", 'HEDDLE_EXPRESSION_VALUE'],
    ["parse_date('2026-02-31')", 'HEDDLE_EXPRESSION_VALUE'],
    ["parse_date('31.02.2026', '%d.%m.%Y')", 'HEDDLE_EXPRESSION_VALUE'],
    ["parse_date('x', '%d')", 'HEDDLE_EXPRESSION_VALUE'],
    ["parse_date('x', '%Q')", 'HEDDLE_EXPRESSION_VALUE'],
    ['string(x => x)', 'HEDDLE_EXPRESSION_TYPE'],
    ['default(null, x => x)', 'HEDDLE_EXPRESSION_TYPE'],
  ])('%s fails with %s', (expression, expected) => {
    expect(code(expression)).toBe(expected);
  });

  it('refuses patterns that could backtrack for ever, and only those', () => {
    for (const pattern of ['(a+)+$', '(a*)*b', '(\\w+\\s?)*$', '(.*,)*x', '((a+))+b', '(?:a+){2,}', '(x|a+)*']) {
      expect([pattern, code('match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", p)', { p: pattern })]).toEqual([
        pattern,
        'HEDDLE_EXPRESSION_VALUE',
      ]);
    }
    for (const pattern of [
      '^(\\d+\\.)+\\d+$',
      '^(\\S+) (\\S+) \\[([^\\]]+)\\] "(.*)"',
      '(ab)+',
      'b(a+)?',
      '[(b+)+]',
      '\\(a+\\)+',
      '(a{2}){3}',
    ]) {
      expect([pattern, code('match("x", p)', { p: pattern })]).toEqual([pattern, 'gives false']);
    }
  });

  it('does not build a range to iterate over it', () => {
    expect(
      evaluate('[length(range(1e15)), find(range(1e15), x => x > 3), last(range(1e15)), 5e14 in range(1e15)]'),
    ).toEqual([1e15, 4, 1e15 - 1, true]);
    expect(JSON.stringify(evaluate('range(3)'))).toBe('[0,1,2]');
  });
});

describe('functions of the host', () => {
  const ports: ExpressionPorts = {
    now: () => 0,
    random: () => 0.5,
    uuid: () => 'u-1',
    sha256: (text) => `sha:${text}`,
    env: { HOME: '/root', GONE: undefined },
  };

  it('ask the ports', () => {
    expect(
      evaluate("[now(), uuid(), random(), random(10), random(1, 7), sha256('a'), sha256([1]), env('HOME')]", {}, ports),
    ).toEqual(['1970-01-01T00:00:00.000Z', 'u-1', 0.5, 5, 4, 'sha:a', 'sha:[1]', '/root']);
  });

  it('read only variables that were given', () => {
    expect(evaluate("env('PATH') ?? env('GONE') ?? 'none'", {}, ports)).toBe('none');
    expect(() => evaluate("env('HOMES')", {}, ports)).toThrow(
      'pass it with --env HOMES. It was given HOME. Did you mean HOME?',
    );
    const { env: _, ...bare } = ports;
    expect(() => evaluate("env('A')", {}, bare)).toThrow('It was given nothing.');
    expect(() => evaluate('random(3, 3)', {}, ports)).toThrow('3 is not above 3');
    expect(() => evaluate('result()', {}, ports)).toThrow('result() needs a run');
  });
});
