import { expect, test } from 'vitest';
import { formatTable, oneLine, padEnd, padStart, truncate, wrap } from './columns.ts';

const RED = '\u001b[31mred\u001b[39m';

test('padding counts cells, not code units', () => {
  expect(padEnd('日本', 6)).toBe('日本  ');
  expect(padEnd(RED, 5)).toBe(`${RED}  `);
  expect(padStart('é', 3)).toBe('  é');
  expect(padEnd('long', 2)).toBe('long');
});

test('truncation keeps whole characters within the width', () => {
  expect(truncate('short', 5, '…')).toBe('short');
  expect(truncate('longer', 5, '…')).toBe('long…');
  expect(truncate('日本語', 4, '…')).toBe('日…');
  expect(truncate('😀😀😀', 4, '...')).toBe('...');
});

test('tables align columns and leave no trailing blanks', () => {
  expect(
    formatTable(
      [
        ['a', '1', 'x'],
        ['long', '20', ''],
      ],
      ['left', 'right'],
    ),
  ).toEqual(['a      1  x', 'long  20']);
});

test('prose wraps at blanks and keeps its paragraphs', () => {
  expect(wrap('one two three\nfour', 7)).toEqual(['one two', 'three', 'four']);
  expect(wrap('incomprehensibilities now', 5)).toEqual(['incomprehensibilities', 'now']);
});

test('text from outside cannot move the cursor', () => {
  expect(oneLine('a\n  b\r\nc')).toBe('a b c');
  expect(oneLine('a\u001b[2Jb\u0007\u009bc')).toBe('a[2Jbc');
});
