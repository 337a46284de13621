import type { Problem, Span } from '../expression/index.ts';
import {
  handlebars,
  type Program,
  type SourcePosition,
  type SourceRange,
  type Statement,
} from './handlebars-library.ts';
import type { TemplatePart } from './template.ts';

// Noncharacters: no text has them, and Handlebars takes them for content.
const OPEN = 0xfdd0;
const DIGIT = 0xfdd1;
const BASE = 28;
const FILL = '\ufdee';
const MARK = new RegExp(`${String.fromCharCode(OPEN)}([\\ufdd1-\\ufdec]{3})${FILL}*`, 'u');

/** A Handlebars document parsed: places in it are offsets of the text. */
export interface ParsedDocument {
  /** Null where it could not be parsed. */
  readonly program: Program | null;
  readonly problems: readonly Problem[];
  readonly spanOf: (range: SourceRange) => Span;
}

/**
 * Parses a Handlebars document whose `<< … >>` have been found already. They are masked by marks of the same length,
 * so that every position stays what it is; {@link splitMarks} finds them again.
 */
export function parseDocument(text: string, parts: readonly TemplatePart[]): ParsedDocument {
  const masked = mask(parts);
  const lines = lineStarts(masked);
  const offset = ({ line, column }: SourcePosition): number => Math.min(text.length, (lines[line - 1] ?? 0) + column);
  const spanOf = ({ start, end }: SourceRange): Span => ({ start: offset(start), end: offset(end) });
  try {
    return { program: handlebars().parse(masked), problems: [], spanOf };
  } catch (error) {
    return { program: null, problems: [syntaxProblem(error, masked, lines)], spanOf };
  }
}

/** Whether a part stands in the document as a mark: an expression that could be parsed. */
export function isMarked(part: TemplatePart): boolean {
  return part.type === 'expression' && part.node !== null;
}

function mask(parts: readonly TemplatePart[]): string {
  return parts
    .map((part, index) => {
      const length = part.end - part.start;
      if (part.type === 'text') return part.text.padStart(length, FILL);
      if (!isMarked(part)) return FILL.repeat(length);
      const digits = [Math.floor(index / BASE / BASE), Math.floor(index / BASE) % BASE, index % BASE];
      return String.fromCharCode(OPEN, ...digits.map((digit) => DIGIT + digit)).padEnd(length, FILL);
    })
    .join('');
}

/** Content of a document as literal text and indexes of masked parts. */
export function splitMarks(content: string): readonly (string | number)[] {
  const pieces: (string | number)[] = [];
  let rest = content;
  for (let found = MARK.exec(rest); found !== null; found = MARK.exec(rest)) {
    if (found.index > 0) pieces.push(rest.slice(0, found.index).replaceAll(FILL, ''));
    pieces.push([...found[1]!].reduce((sum, digit) => sum * BASE + digit.charCodeAt(0) - DIGIT, 0));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest !== '') pieces.push(rest.replaceAll(FILL, ''));
  return pieces;
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const { index, 0: ending } of text.matchAll(/\r\n?|\n/g)) starts.push(index + ending.length);
  return starts;
}

interface HandlebarsError extends Error {
  readonly lineNumber?: number;
  readonly column?: number;
}

function syntaxProblem(error: unknown, masked: string, lines: readonly number[]): Problem {
  const { message, lineNumber, column } = error as HandlebarsError;
  const [heading = '', excerpt = '', pointer = '', reason = ''] = message.split('\n');
  const line = lineNumber ?? Number(/on line (\d+)/.exec(heading)?.[1] ?? 1);
  const lineStart = lines[line - 1] ?? 0;
  const lineEnd = (lines[line] ?? masked.length + 1) - 1;
  let start = lineStart + (column ?? 0);
  if (column === undefined) {
    // The parser tells the column only by an arrow under an excerpt of the text.
    const before = excerpt.slice(0, pointer.length - 1).replace(/^\.\.\./, '');
    const tail = before.slice(-12);
    const found = tail === '' ? -1 : masked.slice(lineStart, lineEnd).lastIndexOf(tail);
    start = found < 0 ? lineStart : lineStart + found + tail.length;
  }
  const detail = column === undefined ? advice(reason) : message.replace(/ - \d+:\d+$/, '');
  return {
    code: 'HEDDLE_EXPRESSION_SYNTAX',
    severity: 'error',
    message: `This Handlebars document cannot be parsed: ${detail}.`,
    start,
    end: Math.max(start, Math.min(start + 1, masked.length)),
  };
}

function advice(reason: string): string {
  if (/got 'EOF'/.test(reason)) return 'a block or tag is not closed before the end';
  const got = /got '(\w+)'/.exec(reason)?.[1];
  if (got === 'INVALID') return 'something cannot stand inside {{ }} here';
  return got === undefined ? 'the text is not understood' : `${WORDS[got] ?? got} was not expected here`;
}

const WORDS: Readonly<Record<string, string>> = {
  OPEN_ENDBLOCK: 'the end of a block',
  INVERSE: '{{else}} or {{^}}',
  CLOSE: '}}',
  ID: 'a name',
  STRING: 'a string',
  NUMBER: 'a number',
  OPEN: '{{',
  OPEN_BLOCK: 'the start of a block',
  SEP: 'a dot or slash',
};

/** Replaces marks in the contents of a program by what `statement` makes of them; blocks are left to the caller. */
export function unmark(program: Program, statement: (index: number, content: Statement) => Statement): void {
  program.body = program.body.flatMap((each) => {
    if (each.type !== 'ContentStatement' || each.value === undefined) return [each];
    return splitMarks(each.value).map((piece) =>
      typeof piece === 'number' ? statement(piece, each) : ({ ...each, value: piece, original: piece } as Statement),
    );
  });
}
