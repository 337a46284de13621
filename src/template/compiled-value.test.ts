import { describe, expect, it } from 'vitest';
import { ExpressionError, STANDALONE_NAMES, StandaloneScope, type Names } from '../expression/index.ts';
import { compileValue } from './compiled-value.ts';
import { render } from './render.ts';

const names: Names = {
  ...STANDALONE_NAMES,
  bindCall: (name, literals) =>
    name === 'result'
      ? { minArguments: 0, maxArguments: 0, call: () => null, code: 's.get("done")' }
      : STANDALONE_NAMES.bindCall(name, literals),
};

function failure(run: () => unknown): ExpressionError {
  try {
    run();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error('did not fail');
}

describe('render', () => {
  it('keeps the type of a lone expression and makes text of the rest', () => {
    const item = { tags: ['a'] };
    const result = render(
      { one: ' << item >> ', text: 'n=<< n >>, x=<< none >>, t={{ item.tags }}', list: ['<< n >>', 5] },
      { item, n: 5, none: null },
    );
    expect(result).toEqual({ one: item, text: 'n=5, x=, t=["a"]', list: [5, 5] });
    expect((result as { one: unknown }).one).toBe(item);
  });

  it('leaves keys and escapes alone', () => {
    const template = JSON.parse(
      '{"<<": "<< n >>", "{{ n }}": "\\\\<< n >>", "__proto__": "<< n >>", "constructor": {"__proto__": 2}}',
    ) as object;
    const result = render(template, { n: 1 }) as Record<string, unknown>;
    expect(JSON.stringify(result)).toBe('{"<<":1,"{{ n }}":"<< n >>","__proto__":1,"constructor":{"__proto__":2}}');
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });

  it('renders literals of every kind', () => {
    const date = new Date(0);
    const value = [1, -0, true, null, 'x'.repeat(1000), date, NaN, undefined];
    expect(render([...value, '<< 1 >>'])).toEqual([...value, 1]);
    expect(render('plain')).toBe('plain');
    expect(render(7)).toBe(7);
  });

  it('throws the first problem with its place', () => {
    const { code, start, end, source, valuePath } = failure(() => render({ a: ['x << 1 = 2 >>'] }));
    expect([code, start, end, source, valuePath]).toEqual([
      'HEDDLE_EXPRESSION_SYNTAX',
      7,
      8,
      'x << 1 = 2 >>',
      ['a', 0],
    ]);
  });

  it('throws what fails with the path of its string', () => {
    const { code, source, start, end, valuePath } = failure(() =>
      render({ ok: '<< n >>', a: [{ b: 'x << n.gone >>' }] }, { n: {} }),
    );
    expect([code, source.slice(start, end), valuePath]).toEqual(['HEDDLE_MISSING', 'n.gone', ['a', 0, 'b']]);
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(failure(() => render('x << c >>', { c: circular })).code).toBe('HEDDLE_NOT_SERIALISABLE');
  });
});

describe('compileValue', () => {
  it('gives a fresh value for every call', () => {
    const large = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`k${index}`, [index, { __proto__x: 1 }]]),
    );
    for (const literal of [{ a: [1, { b: 2 }] }, large, { literal: large, x: '<< 1 >>' }]) {
      const { render: run } = compileValue(literal, names);
      const first = run(new StandaloneScope({})) as Record<string, unknown>;
      const copy = structuredClone(first);
      for (const key of Object.keys(first)) first[key] = 'changed';
      expect(run(new StandaloneScope({}))).toEqual(copy);
    }
    const source = { deep: [{ list: [1] }] };
    const made = compileValue(source, names).render(null) as typeof source;
    made.deep[0]!.list.push(2);
    expect(source).toEqual({ deep: [{ list: [1] }] });
  });

  it('copies a large literal with its own __proto__ keys', () => {
    const text = `{"__proto__": {"a": 1}, "list": [${Array(60).fill('{"b": []}').join(',')}]}`;
    expect(JSON.stringify(compileValue(JSON.parse(text), names).render(null))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('knows constants', () => {
    expect(compileValue({ a: ['\\<< x'] }, names).isConstant).toBe(true);
    expect(compileValue({ a: ['\\<< x', 'y'] }, names).render(null)).toEqual({ a: ['<< x', 'y'] });
    expect(compileValue({ a: ['x'] }, names).isConstant).toBe(true);
    expect(compileValue('<< 1 >>', names).isConstant).toBe(false);
  });

  it('takes raw inputs literally', () => {
    const value = { script: 'cat <<EOF', env: { a: '<< n >>', script: '<< n >>' } };
    const compiled = compileValue(value, names, { raw: ['script'] });
    expect(compiled.problems).toEqual([]);
    expect(compiled.render(new StandaloneScope({ n: 1 }))).toEqual({ script: 'cat <<EOF', env: { a: 1, script: 1 } });
    expect(compileValue(value, names, { raw: true }).render(null)).toEqual(value);
  });

  it('places problems, references and calls', () => {
    const { problems, references, calls } = compileValue(
      { a: ['x << nope( >>', '<< lowr(b.c) >>'], d: '<< upper(e) >>' },
      names,
    );
    expect(problems).toMatchObject([
      { code: 'HEDDLE_EXPRESSION_SYNTAX', path: ['a', 0] },
      { code: 'HEDDLE_UNKNOWN_FUNCTION', path: ['a', 1], start: 3, end: 7, suggestion: 'lower' },
    ]);
    expect(references).toMatchObject([
      { root: 'b', path: ['c'], valuePath: ['a', 1] },
      { root: 'e', valuePath: ['d'] },
    ]);
    expect(calls.map(({ name, valuePath }) => [name, valuePath])).toEqual([
      ['lowr', ['a', 1]],
      ['upper', ['d']],
    ]);
  });

  it('refuses values that nest too deeply', () => {
    let value: unknown = '<< 1 >>';
    for (let depth = 0; depth < 5000; depth += 1) value = [value];
    expect(compileValue(value, names).problems).toMatchObject([{ code: 'HEDDLE_EXPRESSION_LIMIT' }]);
  });

  it.each<[string, boolean, boolean]>([
    ['<< item >>', true, true],
    ['<< server.tags[0] >>', true, true],
    ['<< vars.x >>', true, false],
    ['<< [1, {a: item}] >>', true, true],
    ['<< item ?? vars >>', true, false],
    ["<< item.a ? vars : 'x' >>", true, false],
    ['<< map(item.xs, x => x) >>', true, true],
    ['<< map([1], x => vars) >>', true, false],
    ['<< result() >>', true, false],
    ['<< result().list[0] >>', true, false],
    ['<< index >>', false, true],
    ['<< item.n + 1 >>', false, true],
    ['<< length(vars) >>', false, true],
    ['<< now() >>', false, true],
    ['<< parse_json(vars.x) >>', false, true],
    ['<< not vars >>', false, true],
    ['<< map([1], x => {a: x}) >>', false, true],
    ['x << vars >>', false, true],
  ])('%s is shared: %s, of the item only: %s', (text, isShared, isItemOnly) => {
    const compiled = compileValue({ a: text }, names, { itemNames: ['item', 'server'] });
    expect([compiled.sharedPaths, compiled.itemOnly]).toEqual([isShared ? [['a']] : [], isItemOnly]);
  });

  it('hands shared objects to freeze, and nothing else', () => {
    const item = { n: 1, o: { p: 1 } };
    const frozen: object[] = [];
    const compiled = compileValue(
      { item: '<< item >>', n: '<< item.n >>', own: { k: 1 }, text: 'x << item >>', o: ['<< item.o >>'] },
      names,
    );
    const scope = new StandaloneScope({ item });
    const made = compiled.renderFrozen(scope, (value) => frozen.push(value));
    expect(made).toEqual(compiled.render(scope));
    expect(frozen).toEqual([item, item.o]);
    expect(frozen[0]).toBe(item);
    const owned = compileValue('<< 1 + 1 >>', names);
    expect(owned.renderFrozen).toBe(owned.render);
  });
});
