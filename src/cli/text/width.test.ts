import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { widthOf } from './width.ts';

test.each([
  '',
  'plain',
  'é',
  'e\u0301',
  '日本語',
  '한국어',
  'ｆｕｌｌ',
  '✓ ✗ ◌ ↷',
  '━─╭╮',
  '🚀 😀',
  '\u001b[31mred\u001b[39m',
  'a\u200bb',
])('%j takes as many cells as the library says', (text) => {
  expect(widthOf(text)).toBe(stringWidth(text));
});
