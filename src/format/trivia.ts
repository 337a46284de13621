import type { Comment } from './tree.ts';

/** What stands between two tokens: white space, comments, line breaks. */
export interface Trivia {
  /** The offset of the next token, or the end of the text. */
  readonly end: number;
  /** A comment on the line of the token before. */
  readonly trailing: string | undefined;
  readonly comments: readonly Comment[];
  /** A blank line stands between the last comment (or the token before) and the next token. */
  readonly blankAfter: boolean;
  /** The next token starts on a later line. */
  readonly breaks: boolean;
}

/** Reads from the end of one token to the start of the next; line breaks are `\n` only. */
export function readTrivia(source: string, start: number): Trivia {
  const comments: Comment[] = [];
  let trailing: string | undefined;
  let position = start;
  let lineStart = source.lastIndexOf('\n', start - 1) + 1;
  // A block ends behind its last line break: what follows is on a line of its own.
  let breaks = start === 0 || source[start - 1] === '\n';
  let empty = breaks ? 1 : 0;
  for (; position < source.length; position++) {
    const char = source[position];
    if (char === '\n') {
      breaks = true;
      empty++;
      lineStart = position + 1;
    } else if (char === '#') {
      const end = lineEnd(source, position);
      const text = source.slice(position, end).trimEnd();
      if (!breaks) trailing = text;
      else comments.push({ text, column: position - lineStart, blankBefore: empty > 1 });
      empty = 0;
      position = end - 1;
    } else if (char !== ' ' && char !== '\t' && char !== '\uFEFF') break;
  }
  return { end: position, trailing, comments, blankAfter: empty > 1, breaks };
}

/** The offset of the next line break, or of the end. */
export function lineEnd(source: string, offset: number): number {
  const end = source.indexOf('\n', offset);
  return end < 0 ? source.length : end;
}

/** The column of an offset, from 0. */
export function columnOf(source: string, offset: number): number {
  return offset - source.lastIndexOf('\n', offset - 1) - 1;
}

/** The lines of a scalar, without the indentation of those after the first, which means nothing. */
export function linesWithin(text: string, keepsEnds: boolean): string[] {
  return text.split('\n').map((line, index, { length }) => {
    const start = index === 0 ? line : line.trimStart();
    return index === length - 1 || keepsEnds ? start : start.trimEnd();
  });
}
