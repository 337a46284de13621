import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze, isDeepFrozen } from './freeze.ts';

/** Every plain object and list that is reached from a value. */
function parts(root: unknown): object[] {
  const seen = new Set<object>();
  const work: unknown[] = [root];
  while (work.length > 0) {
    const value = work.pop();
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    work.push(...(Object.values(value) as unknown[]));
  }
  return [...seen];
}

describe('deepFreeze', () => {
  it('freezes objects and lists at every depth', () => {
    const value = { list: [{ deep: [1, { deeper: true }] }], none: null, text: 'x' };
    deepFreeze(value);
    expect(parts(value).every((part) => Object.isFrozen(part))).toBe(true);
    expect(isDeepFrozen(value)).toBe(true);
    expect(() => {
      (value.list[0] as { deep: unknown }).deep = 1;
    }).toThrow(TypeError);
  });

  it('ends on circles, and freezes all of them', () => {
    const circle: { self?: unknown; list: unknown[] } = { list: [] };
    circle.self = circle;
    circle.list.push(circle, { back: circle.list });
    deepFreeze(circle);
    expect(parts(circle).every((part) => Object.isFrozen(part))).toBe(true);
  });

  it('ends on circles that somebody froze already', () => {
    const circle: { self?: unknown; open: { n: number } } = { open: { n: 1 } };
    circle.self = circle;
    Object.freeze(circle);
    deepFreeze(circle);
    expect(Object.isFrozen(circle.open)).toBe(true);
  });

  it('goes through what is frozen at its surface only', () => {
    const inner = { n: 1 };
    const value = Object.freeze({ a: Object.freeze([inner]) });
    deepFreeze(value);
    expect(Object.isFrozen(inner)).toBe(true);
  });

  it('leaves what freezing does not protect', () => {
    class Thing {
      inner = { n: 1 };
    }
    const value = {
      date: new Date(0),
      map: new Map([['k', { n: 1 }]]),
      set: new Set([1]),
      bytes: new Uint8Array(2),
      buffer: Buffer.from('x'),
      thing: new Thing(),
      call: (): number => 1,
    };
    deepFreeze(value);
    expect(Object.entries(value).map(([key, part]) => [key, Object.isFrozen(part)])).toEqual(
      Object.keys(value).map((key) => [key, false]),
    );
    value.date.setTime(5);
    value.map.set('l', { n: 2 });
    expect([value.date.getTime(), value.map.size, Object.isFrozen(value.thing.inner)]).toEqual([5, 2, false]);
    expect(Object.isFrozen(value)).toBe(true);
  });

  it('takes an object without a prototype for a plain one', () => {
    const value = Object.assign(Object.create(null) as Record<string, unknown>, { inner: {} });
    deepFreeze(value);
    expect([Object.isFrozen(value), Object.isFrozen(value['inner'])]).toEqual([true, true]);
  });

  it('walks a value once: later calls and values that contain it do not look inside again', () => {
    let reads = 0;
    const counted = (): object =>
      Object.defineProperty({}, 'field', {
        enumerable: true,
        get: () => {
          reads++;
          return 1;
        },
      });
    const inner = counted();
    deepFreeze(inner);
    expect(reads).toBe(1);
    deepFreeze(inner);
    deepFreeze({ inner });
    deepFreeze([inner, inner]);
    expect(reads).toBe(1);
  });

  it('walks what is reached on many ways twice at most', () => {
    let reads = 0;
    const shared = Object.defineProperty({}, 'field', { enumerable: true, get: () => ++reads });
    deepFreeze(Array.from({ length: 100 }, () => ({ shared })));
    expect(reads).toBeLessThanOrEqual(2);
  });

  it('ends soon on parts that are shared at every level', () => {
    // Each level is reached on two ways: without a memory this is 2^40 steps.
    let value: object = { end: true };
    for (let depth = 0; depth < 40; depth++) value = { left: value, right: value };
    deepFreeze(value);
    expect(Object.isFrozen(value)).toBe(true);
  });

  it('does not run out of stack', () => {
    let value: object = {};
    for (let depth = 0; depth < 200_000; depth++) value = [value];
    deepFreeze(value);
    expect(Object.isFrozen(value)).toBe(true);
  });

  it('freezes everything reached, whatever was frozen before, and changes nothing', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), fc.array(fc.nat(50), { maxLength: 5 }), (value, frozenFirst) => {
        const before = structuredClone(value);
        const all = parts(value);
        for (const index of frozenFirst) if (index < all.length) Object.freeze(all[index]);
        deepFreeze(value);
        expect(all.every((part) => Object.isFrozen(part))).toBe(true);
        expect(value).toEqual(before);
      }),
    );
  });
});
