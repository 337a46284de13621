import { expect, test } from 'vitest';
import type { Action } from '../../actions/action.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { describeAction, listActions } from './describe.ts';

const { out } = fakeTerminal().terminal;
const run = (): null => null;

test('a list by namespace', () => {
  const actions: Action[] = [
    { name: 'a.one', description: 'First', run },
    { name: 'a.longer', run },
    { name: 'b.two', description: 'Second\nline', run },
  ];
  expect(listActions(actions, out)).toBe(
    'a\n  a.one     First\n  a.longer\n\nb\n  b.two     Second line\n\nheddle actions NAME describes one.',
  );
});

test('every kind of type, and an example from what is required', () => {
  const action: Action = {
    name: 'demo.all',
    description: 'Does all',
    input: {
      type: 'object',
      properties: {
        text: { type: 'string', description: 'Text', examples: ['hi'] },
        many: { type: 'array', items: { type: 'integer' } },
        any: {},
        list: { type: 'array' },
        mode: { enum: ['a', 'b'] },
        fixed: { const: 1 },
        either: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'string' }] },
        both: { type: ['string', 'null'], default: null },
        long: { enum: Array.from({ length: 30 }, (_, index) => `value-${index}`) },
      },
      required: ['text', 'many', 'mode', 'fixed', 'either', 'any'],
    },
    output: { type: 'object', properties: { id: { type: 'integer', description: 'Its number' } } },
    run,
  };
  expect(describeAction(action, out)).toBe(
    `demo.all
Does all

Input
  text    string                                            required      Text
  many    list of integer                                   required
  any     any                                               required
  list    list
  mode    "a" | "b"                                         required
  fixed   1                                                 required
  either  string | number                                   required
  both    string | null                                     default null
  long    "value-0" | "value-1" | "value-2" | "value-3"...

Result
  id  integer  Its number

Example
  - name: my_all
    action: demo.all
    input:
      text: hi
      many:
        - 1
      any: …
      mode: a
      fixed: 1
      either: …`,
  );
});

test('an action without a schema', () => {
  expect(describeAction({ name: 'demo.none', run }, out)).toBe(
    'demo.none\n\nInput\n  none\n\nExample\n  - name: my_none\n    action: demo.none',
  );
  const scalar: Action = {
    name: 'demo.n',
    input: { properties: { a: { type: 'number' } } },
    output: { type: 'number' },
    run,
  };
  expect(describeAction(scalar, out)).toContain(
    'Result\n  number\n\nExample\n  - name: my_n\n    action: demo.n\n    input:\n      a: 1',
  );
});
