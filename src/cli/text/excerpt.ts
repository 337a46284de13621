import { widthOf } from './width.ts';

/** Longest stretch of a source line that is shown, in characters. */
const MAX_LINE = 100;
/** Characters kept before the marked place where a line is cut. */
const LEAD = 40;

/** A source line and the line below it with carets under the marked columns. */
export interface Excerpt {
  readonly source: string;
  readonly carets: string;
}

/**
 * Cuts the marked place out of a line. Columns count from 1 in UTF-16 code units, `endColumn` is exclusive; tabs become
 * blanks, and a wide character gets two carets, so that the carets stand where the reader sees the place.
 */
export function excerpt(line: string, column: number, endColumn: number): Excerpt {
  const from = Math.min(Math.max(0, column - 1), line.length);
  const to = Math.min(Math.max(from + 1, endColumn - 1), Math.max(line.length, from + 1));
  const start = line.length > MAX_LINE && from > LEAD ? from - LEAD : 0;
  const end = Math.min(line.length, start + MAX_LINE);
  const before = `${start > 0 ? '…' : ''}${visible(line.slice(start, from))}`;
  const marked = visible(line.slice(from, Math.min(to, end)));
  const after = `${visible(line.slice(Math.min(to, end), end))}${end < line.length ? '…' : ''}`;
  return {
    source: (before + marked + after).trimEnd(),
    carets: ' '.repeat(widthOf(before)) + '^'.repeat(Math.max(1, widthOf(marked))),
  };
}

function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
