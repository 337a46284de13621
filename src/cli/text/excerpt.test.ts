import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerpt } from './excerpt.ts';

describe('excerpt', () => {
  test('puts carets under the range', () => {
    expect(excerpt('  url: << itm.url >>', 11, 14)).toEqual({
      source: '  url: << itm.url >>',
      carets: '          ^^^',
    });
  });

  test('an empty range gets one caret, also behind the end of the line', () => {
    expect(excerpt('abc', 2, 2)).toEqual({ source: 'abc', carets: ' ^' });
    expect(excerpt('abc', 4, 9)).toEqual({ source: 'abc', carets: '   ^' });
    expect(excerpt('', 1, 1)).toEqual({ source: '', carets: '^' });
  });

  test('tabs take one cell, wide characters two', () => {
    expect(excerpt('\ta: x', 5, 6)).toEqual({ source: ' a: x', carets: '    ^' });
    expect(excerpt('日本: x', 5, 6)).toEqual({ source: '日本: x', carets: '      ^' });
    expect(excerpt('日本: x', 1, 3).carets).toBe('^^^^');
  });

  test('a long line is cut on both sides of the place', () => {
    const cut = excerpt(`${'a'.repeat(500)}X${'b'.repeat(500)}`, 501, 502);
    expect(cut.source).toBe(`…${'a'.repeat(40)}X${'b'.repeat(59)}…`);
    expect(cut.carets).toBe(`${' '.repeat(41)}^`);
  });

  test('the caret stands under the marked character wherever it is', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (before, after) => {
        const line = `${'a'.repeat(before)}X${'b'.repeat(after)}`;
        const { source, carets } = excerpt(line, before + 1, before + 2);
        expect(source[carets.indexOf('^')]).toBe('X');
      }),
    );
  });
});
