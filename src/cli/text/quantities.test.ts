import { expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatPlural, formatRate } from './quantities.ts';

test.each([
  [0, '0ms'],
  [0.42, '0.4ms'],
  [9.9, '9.9ms'],
  [9.96, '10ms'],
  [12.3, '12ms'],
  [999.4, '999ms'],
  [999.6, '1.0s'],
  [4200, '4.2s'],
  [59_949, '59.9s'],
  [59_951, '1m 00s'],
  [67_000, '1m 07s'],
  [3_599_400, '59m 59s'],
  [3_599_600, '1h 00m'],
  [7_500_000, '2h 05m'],
  [86_400_000, '1d 0h'],
  [273_600_000, '3d 4h'],
  [Number.NaN, '?'],
  [-1, '?'],
])('%d ms reads %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [5 * 1024 ** 3, '5.0 GiB'],
  [3 * 1024 ** 5, '3072.0 TiB'],
])('%d bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('counts and rates', () => {
  expect(formatCount(1234567)).toBe('1,234,567');
  expect(formatPlural(1, 'item')).toBe('1 item');
  expect(formatPlural(1000, 'item')).toBe('1,000 items');
  expect(formatPlural(2, 'entry', 'entries')).toBe('2 entries');
  expect(formatRate(0.25)).toBe('0.3/s');
  expect(formatRate(98.4)).toBe('98/s');
  expect(formatRate(12_400)).toBe('12,400/s');
});
