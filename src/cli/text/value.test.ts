import { expect, test } from 'vitest';
import { formatOutput, formatValue } from './value.ts';

test('a report reads as it was written', () => {
  expect(formatOutput({ report: '# Title\n\n| a | b |\n' })).toBe('# Title\n\n| a | b |');
});

test('anything else is YAML', () => {
  expect(formatOutput({ total: 3, down: ['web-1', 'web-2'], text: 'a\nb\n' })).toBe(
    'total: 3\ndown:\n  - web-1\n  - web-2\ntext: |\n  a\n  b',
  );
  expect(formatOutput({ count: 5 })).toBe('count: 5');
  expect(formatOutput({})).toBe('');
});

test('values alone', () => {
  expect(formatValue('5')).toBe('5');
  expect(formatValue(5)).toBe('5');
  expect(formatValue(null)).toBe('null');
  expect(formatValue(undefined)).toBe('null');
  expect(formatValue([])).toBe('[]');
  const shared = { a: 1 };
  expect(formatValue({ b: shared, c: shared })).toBe('b:\n  a: 1\nc:\n  a: 1');
});
