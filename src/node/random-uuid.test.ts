import { randomFillSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { RandomUuids } from './random-uuid.ts';

test('bytes in their order, with version and variant set', () => {
  let byte = 0;
  const ids = new RandomUuids((bytes) => bytes.forEach((_, at) => (bytes[at] = byte++ % 256)));
  expect(ids.next()).toBe('00010203-0405-4607-8809-0a0b0c0d0e0f');
  expect(ids.next()).toBe('10111213-1415-4617-9819-1a1b1c1d1e1f');
  for (let at = 2; at < 15; at++) ids.next();
  expect(ids.next()).toBe('f0f1f2f3-f4f5-46f7-b8f9-fafbfcfdfeff');
});

test('no id comes twice, and all of them are UUIDs of version 4', () => {
  const ids = new RandomUuids(randomFillSync);
  const made = Array.from({ length: 10_000 }, () => ids.next());
  expect(new Set(made).size).toBe(made.length);
  for (const id of made) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});
