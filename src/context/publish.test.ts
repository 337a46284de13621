import { applyPatches, enablePatches, type Patch as ImmerPatch } from 'immer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeddleError } from '../errors/index.ts';
import { NameTable } from './names.ts';
import type { Patch } from './patch.ts';
import { publishEntry, publishRecipe } from './publish.ts';
import { Variables } from './variables.ts';

enablePatches();

function variablesOf(values: Record<string, unknown>): Variables {
  let variables = new Variables(new NameTable(Object.keys(values)));
  for (const [name, value] of Object.entries(values)) variables = variables.with(variables.table.slot(name), value);
  return variables;
}

/** Publishes under a dotted name; the patches are there too. */
function publish(variables: Variables, name: string, value: unknown): { after: Variables; patches: Patch[] } {
  const [root, ...path] = name.split('.') as [string, ...string[]];
  const patches: Patch[] = [];
  const after = publishEntry(variables, { slot: variables.table.slot(root), path, value }, patches);
  return { after, patches };
}

const apply = (before: Variables, patches: readonly Patch[]): unknown =>
  applyPatches(before.toObject(), patches as unknown as ImmerPatch[]);

describe('publishing a variable', () => {
  it('adds, then replaces', () => {
    const value = { n: 1 };
    const first = publish(variablesOf({}), 'a', value);
    expect(first.after.get('a')).toBe(value);
    expect(first.patches).toEqual([{ op: 'add', path: ['a'], value }]);
    const second = publish(first.after, 'a', 2);
    expect(second.patches).toEqual([{ op: 'replace', path: ['a'], value: 2 }]);
    expect([first.after.get('a'), second.after.get('a')]).toEqual([value, 2]);
  });

  it('makes null of undefined: a variable that was published is set', () => {
    const { after, patches } = publish(variablesOf({}), 'a', undefined);
    expect(after.toObject()).toEqual({ a: null });
    expect(patches).toEqual([{ op: 'add', path: ['a'], value: null }]);
    expect(publish(variablesOf({ a: {} }), 'a.b', undefined).after.toObject()).toEqual({ a: { b: null } });
  });

  it('needs nobody who listens', () => {
    const before = variablesOf({ a: { b: 1, c: { d: 2 } } });
    const slot = before.table.slot('a');
    expect(publishEntry(before, { slot, path: ['b'], value: 5 }, null).get('a')).toEqual({ b: 5, c: { d: 2 } });
    expect(publishEntry(before, { slot, path: [], value: 5 }, null).get('a')).toBe(5);
  });
});

describe('publishing into a variable', () => {
  const old = { region: 'eu', limits: { cpu: 1, disk: { gb: 5 } }, other: { untouched: true } };

  it('shares what is not on the path', () => {
    const before = variablesOf({ settings: old, neighbour: old });
    const { after, patches } = publish(before, 'settings.limits.cpu', 2);
    const now = after.get('settings') as typeof old;
    expect(now).toEqual({ ...old, limits: { cpu: 2, disk: { gb: 5 } } });
    expect([now === old, now.limits === old.limits]).toEqual([false, false]);
    expect([now.other === old.other, now.limits.disk === old.limits.disk]).toEqual([true, true]);
    expect(after.get('neighbour')).toBe(old);
    expect(before.get('settings')).toBe(old);
    expect(old.limits.cpu).toBe(1);
    expect(patches).toEqual([{ op: 'replace', path: ['settings', 'limits', 'cpu'], value: 2 }]);
  });

  it('puts the very value there', () => {
    const value = { big: [1, 2, 3] };
    const { after } = publish(variablesOf({ a: {} }), 'a.b', value);
    expect((after.get('a') as { b: unknown }).b).toBe(value);
  });

  it('works on values that are frozen', () => {
    const frozen = Object.freeze({ list: Object.freeze([1, 2]) });
    expect(publish(variablesOf({ a: frozen }), 'a.list.1', 5).after.get('a')).toEqual({ list: [1, 5] });
    expect(frozen).toEqual({ list: [1, 2] });
  });

  it('makes the mappings on the way, in place of nulls too', () => {
    const { after, patches } = publish(variablesOf({}), 'a.b.c', 1);
    expect(after.toObject()).toEqual({ a: { b: { c: 1 } } });
    expect(patches).toEqual([{ op: 'add', path: ['a'], value: { b: { c: 1 } } }]);
    expect(publish(variablesOf({ a: { b: null } }), 'a.b.c', 1).after.toObject()).toEqual({ a: { b: { c: 1 } } });
    expect(publish(variablesOf({ a: { b: undefined } }), 'a.b.c', 1).after.toObject()).toEqual({ a: { b: { c: 1 } } });
  });

  it('changes elements of lists', () => {
    const { after, patches } = publish(variablesOf({ a: [{ n: 1 }, { n: 2 }] }), 'a.1.n', 5);
    expect(after.get('a')).toEqual([{ n: 1 }, { n: 5 }]);
    expect(patches).toEqual([{ op: 'replace', path: ['a', 1, 'n'], value: 5 }]);
    expect(publish(variablesOf({ a: [1] }), 'a.1', 2).after.get('a')).toEqual([1, 2]);
    expect(publish(variablesOf({ a: [] }), 'a.0.n', 2).after.get('a')).toEqual([{ n: 2 }]);
  });

  it.each([
    ['a.x', { a: 5 }, "cannot publish 'a.x': 'a' is a number; publish 'a' as a whole instead"],
    ['a.b.c', { a: { b: 'text' } }, "cannot publish 'a.b.c': 'a.b' is a string; publish 'a.b' as a whole instead"],
    ['a.b', { a: null }, null],
    [
      'a.name',
      { a: [1] },
      "cannot publish 'a.name': 'a' is a list, which has numbers for keys; publish 'a' as a whole instead",
    ],
    [
      'a.name.x',
      { a: [1] },
      "cannot publish 'a.name.x': 'a' is a list, which has numbers for keys; publish 'a' as a whole instead",
    ],
    [
      'a.01',
      { a: [1, 2] },
      "cannot publish 'a.01': 'a' is a list, which has numbers for keys; publish 'a' as a whole instead",
    ],
    ['a.999999999', { a: [1, 2] }, "cannot publish 'a.999999999': 'a' is a list of 2; the index of a new element is 2"],
    ['a.b.3', { a: { b: [] } }, "cannot publish 'a.b.3': 'a.b' is a list of 0; the index of a new element is 0"],
    [
      'a.b.c.d',
      { a: { b: { c: true } } },
      "cannot publish 'a.b.c.d': 'a.b.c' is a boolean; publish 'a.b.c' as a whole instead",
    ],
    ['a.x', { a: new Date(0) }, "cannot publish 'a.x': 'a' is a Date; publish 'a' as a whole instead"],
    ['a.b.x', { a: { b: new Map() } }, "cannot publish 'a.b.x': 'a.b' is a Map; publish 'a.b' as a whole instead"],
  ])('%s of %j', (name, values, message) => {
    const variables = variablesOf(values);
    const attempt = (): unknown => publish(variables, name, 1).after.toObject();
    if (message === null) {
      expect(attempt()).toEqual({ a: { b: 1 } });
      return;
    }
    expect(attempt).toThrow(expect.objectContaining({ code: 'HEDDLE_EXPRESSION_TYPE', message }) as HeddleError);
    expect(variables.toObject()).toEqual(values);
  });

  it('changes no instance of a class, which Immer would change in place', () => {
    class Thing {
      inner = 1;
    }
    const thing = new Thing();
    expect(() => publish(variablesOf({ a: { thing } }), 'a.thing.inner', 2)).toThrow("'a.thing' is a Thing");
    expect(thing.inner).toBe(1);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'a.constructor', 'a.constructor.prototype.polluted'])(
    '%s: an own name like any other',
    (name) => {
      const { after, patches } = publish(variablesOf({ a: { n: 1 } }), name, 'mine');
      const value = name.split('.').reduce<unknown>((at, key) => {
        expect(Object.hasOwn(at as object, key)).toBe(true);
        return Object.getOwnPropertyDescriptor(at, key)?.value as unknown;
      }, after.toObject());
      expect(value).toBe('mine');
      expect(patches).toHaveLength(1);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect(Object.getPrototypeOf(after.get('a'))).toBe(Object.prototype);
    },
  );
});

it.each(['a.__proto__', 'a.__proto__.polluted', 'new.__proto__.polluted', 'list.0.__proto__.polluted'])(
  '%s is refused',
  (name) => {
    const before = variablesOf({ a: { n: 1 }, list: [{}] });
    expect(() => publish(before, name, 1)).toThrow(
      `cannot publish '${name}': a key cannot be named '__proto__'; choose another name`,
    );
    expect(before.toObject()).toEqual({ a: { n: 1 }, list: [{}] });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  },
);

it('takes a value that contains itself', () => {
  const circle: { self?: unknown; list: number[] } = { list: [1] };
  circle.self = circle;
  const { after } = publish(variablesOf({ a: { b: 1 } }), 'a.b', circle);
  expect((after.get('a') as { b: unknown }).b).toBe(circle);
  const into = publish(variablesOf({ circle }), 'circle.list.0', 2).after.get('circle') as typeof circle;
  expect([into.list, circle.list]).toEqual([[2], [1]]);
});

describe('publishing by recipe', () => {
  it('shares what the recipe left alone', () => {
    const kept = { deep: { er: 1 } };
    const before = variablesOf({ counter: 1, kept, list: [{ n: 1 }, { n: 2 }], gone: true });
    const patches: Patch[] = [];
    const after = publishRecipe(
      before,
      (draft) => {
        draft['counter'] = (draft['counter'] as number) + 1;
        (draft['list'] as { n: number }[]).push({ n: 3 });
        draft['fresh'] = 'new';
        delete draft['gone'];
      },
      patches,
    );
    expect(after.toObject()).toEqual({ counter: 2, kept, list: [{ n: 1 }, { n: 2 }, { n: 3 }], fresh: 'new' });
    expect(after.get('kept')).toBe(kept);
    expect((after.get('list') as unknown[])[0]).toBe((before.get('list') as unknown[])[0]);
    expect(before.get('counter')).toBe(1);
    expect(before.names()).toEqual(['counter', 'kept', 'list', 'gone']);
    expect(apply(before, patches)).toEqual(after.toObject());
  });

  it('is the same version where it does nothing', () => {
    const before = variablesOf({ a: {} });
    expect(publishRecipe(before, () => undefined, null)).toBe(before);
  });
});

describe('patches', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const leaf = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.boolean());
  const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.dictionary(key, tie('value'), { maxKeys: 3 }),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }));
  const paths = fc.array(fc.oneof(key, fc.constantFrom('0', '1')), { minLength: 1, maxLength: 4 });

  it('applied to the old variables give the new ones, and errors leave everything as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(key, values), paths, values, (start, path, value) => {
        const before = variablesOf(start);
        const copy = structuredClone(start);
        try {
          const { after, patches } = publish(before, path.join('.'), value);
          expect(apply(before, patches)).toEqual(after.toObject());
          const there = path.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], after.toObject());
          expect(there).toEqual(value);
        } catch (error) {
          if (!(error instanceof HeddleError)) throw error;
          expect(error.code).toBe('HEDDLE_EXPRESSION_TYPE');
        }
        expect(before.toObject()).toEqual(copy);
      }),
    );
  });
});
