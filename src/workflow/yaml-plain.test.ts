import fc from 'fast-check';
import { parseEvents, type Event } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { composeYaml } from './yaml-compose.ts';
import { valueOf } from './yaml-node.ts';
import { NOT_PLAIN, plainValue } from './yaml-plain.ts';

const read = (text: string): unknown => plainValue(text, parseEvents(text, {}));

describe('the data of a plain document', () => {
  it.each([
    ['a: { b: [1, 0x10, 1.5, -0], c: yes, d: ~ }\n', { a: { b: [1, 16, 1.5, -0], c: 'yes', d: null } }],
    ['- a\n-\n- ""\n- |\n  x\n', ['a', null, '', 'x\n']],
    ['---\ntrue\n...\n', true],
    ['"1"', '1'],
    ['toString: 1\n0: 2\n', { toString: 1, 0: 2 }],
    ['[]', []],
    ['{}', {}],
  ])('%j', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    '', '# nothing', '&a x', 'a: *b', 'a: !!str 1', 'a: &b {}', '!x [1]', '<<: { a: 1 }', 'a: 1\na: 2', '__proto__: 1',
    '? [a]\n: 1', '? {}\n: 1', ': 1', 'a: 1\n---\nb: 2',
  ])('is not plain: %j', (text) => {
    expect(read(text)).toBe(NOT_PLAIN);
  }); // prettier-ignore

  it('is what composing node by node gives, wherever it is plain', () => {
    const token = fc.constantFrom(
      'a', 'b', 'a: ', 'b: ', '- ', '\n', '\n  ', '\n    ', '"x"', "'y'", '{', '}', '[', ']', ', ', '1', '0o7', '1e3',
      'null', 'true', '-', '.5', '|\n    x', '<<: ', '&x ', '*x', '!!str ', '~', 'é', '# c',
    ); // prettier-ignore
    const text = fc.array(token, { maxLength: 20 }).map((parts) => parts.join(''));
    let plain = 0;
    fc.assert(
      fc.property(text, (source) => {
        let events: readonly Event[];
        try {
          events = parseEvents(source, {});
        } catch {
          return;
        }
        const value = plainValue(source, events);
        if (value === NOT_PLAIN) return;
        plain++;
        const { root, findings } = composeYaml(source, events, new Set());
        expect(findings).toEqual([]);
        expect(value).toEqual(root === undefined ? undefined : valueOf(root));
      }),
      { numRuns: 3000 },
    );
    expect(plain).toBeGreaterThan(100);
  });
});
