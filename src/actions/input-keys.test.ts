import { expect, test } from 'vitest';
import { normaliseInputKeys } from './input-keys.ts';

const schema = { type: 'object', properties: { 'max-bytes': {}, own_name: {}, 'own-name': {}, url: {} } };

test('snake_case becomes the kebab-case that the schema declares', () => {
  expect(normaliseInputKeys(schema, { max_bytes: 1, url: 2 })).toEqual({ 'max-bytes': 1, url: 2 });
});

test.each([[{ url: 1, 'max-bytes': 2 }], [{ own_name: 1 }], [{ some_thing: 1 }], [{ max_bytes: 1, 'max-bytes': 2 }]])(
  '%j stays the same mapping',
  (input) => {
    expect(normaliseInputKeys(schema, input)).toBe(input);
  },
);

test('without properties nothing is renamed', () => {
  const input = { max_bytes: 1 };
  expect(normaliseInputKeys(undefined, input)).toBe(input);
  expect(normaliseInputKeys({ type: 'object' }, input)).toBe(input);
});
