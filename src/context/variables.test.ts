import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameTable } from './names.ts';
import { Variables } from './variables.ts';

describe('NameTable', () => {
  it('gives every name a slot that stays', () => {
    const table = new NameTable(['b', 'a', 'b']);
    expect(table.names).toEqual(['b', 'a']);
    expect([table.slot('a'), table.slot('c'), table.slot('b'), table.slot('c')]).toEqual([1, 2, 0, 2]);
    expect(table.names).toEqual(['b', 'a', 'c']);
  });

  it('finds without adding', () => {
    const table = new NameTable();
    expect(table.find('a')).toBeUndefined();
    expect(table.names).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'toString'])('takes %s for a name like any other', (name) => {
    const table = new NameTable();
    expect(table.find(name)).toBeUndefined();
    expect(table.slot(name)).toBe(0);
    expect(table.find(name)).toBe(0);
  });
});

describe('Variables', () => {
  it('starts empty', () => {
    const none = new Variables(new NameTable(['a']));
    expect([none.at(0), none.at(99), none.get('a'), none.get('b')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(none.names()).toEqual([]);
    expect(none.toObject()).toEqual({});
  });

  it('writes to a version of its own', () => {
    const table = new NameTable(['a', 'b']);
    const one = new Variables(table).with(0, 1);
    const two = one.with(1, 2);
    const three = two.with(0, undefined);
    expect([one, two, three].map((version) => version.toObject())).toEqual([{ a: 1 }, { a: 1, b: 2 }, { b: 2 }]);
  });

  it('lists names in the order of their slots, whenever they were set', () => {
    const table = new NameTable(['a', 'b', 'c']);
    expect(new Variables(table).with(2, 0).with(0, 0).names()).toEqual(['a', 'c']);
  });

  it('has nulls, which are not the same as nothing', () => {
    const variables = new Variables(new NameTable(['a'])).with(0, null);
    expect(variables.get('a')).toBeNull();
    expect(variables.names()).toEqual(['a']);
  });

  it('copies one block of 32 values and shares the others', () => {
    const table = new NameTable(Array.from({ length: 100 }, (_, index) => `v${String(index)}`));
    let before = new Variables(table);
    for (let slot = 0; slot < 100; slot++) before = before.with(slot, { slot });
    const after = before.with(40, 'changed');
    expect(after.blocks.map((block, index) => block === before.blocks[index])).toEqual([true, false, true, true]);
    expect(after.blocks.map((block) => block.length)).toEqual([32, 32, 32, 4]);
    expect(after.at(41)).toBe(before.at(41));
  });

  it('is a map: any sequence of writes reads as one, and no version ever changes', () => {
    const names = Array.from({ length: 130 }, (_, index) => `v${String(index)}`);
    const writes = fc.array(
      fc.record({ slot: fc.nat(129), value: fc.oneof(fc.constant(undefined), fc.integer(), fc.constant(null)) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(writes, (sequence) => {
        const model = new Map<string, unknown>();
        const versions: { variables: Variables; expected: Record<string, unknown> }[] = [];
        let variables = new Variables(new NameTable(names));
        for (const { slot, value } of sequence) {
          const before = variables;
          variables = variables.with(slot, value);
          if (value === undefined) model.delete(names[slot] as string);
          else model.set(names[slot] as string, value);
          versions.push({ variables, expected: Object.fromEntries(model) });
          const copied = before.blocks.filter((block, index) => variables.blocks[index] !== block);
          expect(copied.length).toBeLessThanOrEqual(1);
        }
        for (const version of versions) {
          expect(version.variables.toObject()).toEqual(version.expected);
          expect(version.variables.names()).toEqual(names.filter((name) => name in version.expected));
        }
      }),
    );
  });

  it('has code that reads the same slot', () => {
    const table = new NameTable(Array.from({ length: 70 }, (_, index) => `v${String(index)}`));
    const variables = new Variables(table).with(3, 'third').with(65, 'late');
    const read = (slot: number): unknown =>
      (runInThisContext(`(v) => ${Variables.codeOf('v', slot)}`) as (v: Variables) => unknown)(variables);
    expect([3, 4, 33, 65, 69].map(read)).toEqual(['third', undefined, undefined, 'late', undefined]);
  });
});
