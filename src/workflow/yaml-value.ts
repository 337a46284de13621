/** Where a value of a YAML file starts and ends as its author meant it, also where YAML reads it otherwise. */
import type { Finding } from './diagnostic.ts';
import type { Range } from './text-lines.ts';

/** A finding with its place, and the text that must be taken out of the way before the file can be read on. */
export interface Trap {
  readonly finding: Finding & Range;
  readonly patch: Range;
}

/** What stands before a block value on its line: indentation, dashes, a key, an anchor. */
const BEFORE_VALUE =
  /^[ \t]*(?:-[ \t]+)*(?:(?:"[^"\n]*"|'[^'\n]*'|[^\s:#'"{}[\],&*!|>@%`<-][^:#{}[\]'"<\n]*)[ \t]*:(?:[ \t]+|$))?(?:&\S+[ \t]+)?/;

/** What stands before a value is looked for in so many characters, so that no line costs more than its length. */
const MAX_KEY_LENGTH = 500;

/** A value is looked at over so many characters at most. */
const MAX_VALUE_LENGTH = 20_000;

/** Offset of the end of the line that `offset` is in, or of `limit` where that comes first. */
export function lineEnd(text: string, offset: number, limit = text.length): number {
  const last = Math.min(limit, text.length);
  for (let end = offset; end < last; end++) {
    const code = text.charCodeAt(end);
    if (code === 10 || code === 13) return end;
  }
  return Math.max(Math.min(offset, text.length), last);
}

/** Offset of the start of the line that `offset` is in. */
export function lineStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && text[start - 1] !== '\n' && text[start - 1] !== '\r') start--;
  return start === 0 && text.charCodeAt(0) === 0xfeff ? 1 : start;
}

/**
 * Offset after the `>>` or `}}` that closes the template opened at `open`; -1: none before `limit`, or (`inLine`) before
 * the end of the line.
 */
export function templateEnd(text: string, open: number, limit: number, inLine = false): number {
  const close = text[open] === '<' ? '>>' : '}}';
  let quote = '';
  for (let i = open + 2; i < limit; i++) {
    const char = text[i] ?? '';
    if (inLine && (char === '\n' || char === '\r')) return -1;
    if (quote !== '') {
      if (char === '\\' && !(inLine && '\r\n'.includes(text[i + 1] ?? ' '))) i++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (text.startsWith(close, i) && i + 2 <= limit) return i + 2;
  }
  return -1;
}

/** Offset of the next `<<` or `{{` from `start` that no backslash precedes; -1: none before `limit`. */
export function nextTemplate(text: string, start: number, limit: number): number {
  for (let i = start; i + 2 <= limit; i++) {
    const char = text[i];
    if ((char === '<' || char === '{') && text[i + 1] === char && text[i - 1] !== '\\') return i;
  }
  return -1;
}

/** Offset of the first template that opens and does not close within a range; -1: none. */
export function unclosedTemplate(text: string, start: number, limit: number): number {
  let open = nextTemplate(text, start, limit);
  while (open >= 0) {
    const end = templateEnd(text, open, limit);
    if (end < 0) return open;
    open = nextTemplate(text, end, limit);
  }
  return -1;
}

/** Where a value starts. */
export interface ValuePlace {
  readonly start: number;
  /** Start of the flow collection it is in, where that starts on the line; else `start`. */
  readonly outer: number;
  readonly flow: boolean;
  /** Its key, or ''. */
  readonly key: string;
}

/** The value that `offset` is in, on its line, and whether it stands in a flow collection. */
export function valueAt(text: string, offset: number): ValuePlace {
  const from = lineStart(text, offset);
  const line = text.slice(from, Math.min(lineEnd(text, offset), from + MAX_KEY_LENGTH));
  const before = BEFORE_VALUE.exec(line)?.[0] ?? '';
  const key = /([^\s:"']+)["']?[ \t]*:[ \t]*(?:&\S+[ \t]+)?$/.exec(before)?.[1] ?? '';
  const start = from + before.length;
  const opener = text[start];
  const isFlow = opener === '[' || (opener === '{' && text[start + 1] !== '{');
  return isFlow ? entryAt(text, start, offset) : { start, outer: start, flow: false, key };
}

/** The entry of a flow collection opened at `open` that `offset` is in. */
function entryAt(text: string, open: number, offset: number): ValuePlace {
  const skip = templateSkipper(text);
  let start = open;
  let key = '';
  let keyStart = open;
  for (let i = open; i < offset; i++) {
    const char = text[i] ?? '';
    const end = text[i - 1] === '{' ? -1 : skip(i);
    if (end > offset) break;
    if (end > 0) i = end - 1;
    else if (char === '"' || char === "'") {
      const close = text.indexOf(char, i + 1);
      if (close < 0 || close >= offset) break;
      i = close;
    } else if ('[{,'.includes(char)) {
      start = keyStart = i + 1;
      key = '';
    } else if (char === ':' && /\s/.test(text[i + 1] ?? '')) {
      key = text.slice(keyStart, i).trim();
      start = i + 1;
    }
  }
  while (/[ \t]/.test(text[start] ?? '')) start++;
  return { start, outer: open, flow: true, key };
}

/** Gives the end of the template at an offset, or -1; after one that never closes it looks no further. */
function templateSkipper(text: string): (offset: number) => number {
  let unclosed = false;
  return (offset) => {
    if (unclosed || nextTemplate(text, offset, Math.min(offset + 2, text.length)) !== offset) return -1;
    const end = templateEnd(text, offset, Math.min(offset + MAX_VALUE_LENGTH, text.length), true);
    unclosed = end < 0;
    return end;
  };
}

/** The end of a value as its author meant it: templates and quotes whole, up to a comment or the end of the line. */
export function valueEnd(text: string, start: number, flow: boolean): number {
  const skip = templateSkipper(text);
  const quote = text[start] === '"' || text[start] === "'" ? (text[start] ?? '') : '';
  let i = quote === '' ? start : start + 1;
  for (; i < text.length; i++) {
    const template = skip(i);
    const char = text[i] ?? '';
    if (char === '\n' || char === '\r') break;
    if (template > 0) i = template - 1;
    else if (quote === '' && char === '#' && /[ \t]/.test(text[i - 1] ?? '')) break;
    else if (quote === '' && flow && ',}]'.includes(char)) break;
    else if (char === quote && endsEntry(text, i + 1, flow)) {
      i++;
      break;
    }
  }
  while (i > start && /[ \t]/.test(text[i - 1] ?? '')) i--;
  return i;
}

/** True if nothing of the value can follow `offset`: a comment, the end of the line or of a flow entry. */
function endsEntry(text: string, offset: number, flow: boolean): boolean {
  let i = offset;
  while (text[i] === ' ' || text[i] === '\t') i++;
  return i >= text.length || `\r\n${flow ? ',}]' : '#'}`.includes(text[i] ?? '');
}

/** The value in quotes that keep it whole; undefined where neither kind of quotes leaves it readable. */
export function quoted(value: string): string | undefined {
  const inner = /^(["']).*\1$/s.test(value) ? value.slice(1, -1) : value;
  if (inner.includes('\n')) return undefined;
  if (!inner.includes("'")) return `'${inner}'`;
  return inner.includes('"') || inner.includes('\\') ? undefined : `"${inner}"`;
}

/** The text with ranges, in order and apart from each other, made harmless quoted values of the same layout. */
export function patched(text: string, ranges: readonly Range[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end } of ranges) {
    const body = text.slice(start, end).replace(/\S/g, 'x');
    const placeholder = body.length < 2 ? 'x' : `"${body.slice(1, -1)}"`;
    parts.push(text.slice(done, start), placeholder);
    done = Math.max(end, start + placeholder.length);
  }
  parts.push(text.slice(done));
  return parts.join('');
}

/** The diagnostic of a value that must be quoted; `why`: what YAML does with it. */
export function quoteTrap(text: string, range: Range, why: string): Trap {
  const suggestion = quoted(text.slice(range.start, range.end));
  return {
    finding: {
      ...range,
      code: 'HEDDLE_YAML_TEMPLATE_QUOTES',
      message: `${why}; quote the whole value ('<< … >>') or write it as a >- block.`,
      ...(suggestion === undefined ? {} : { suggestion }),
    },
    patch: range,
  };
}

/** The diagnostic of `!item.ok`, which is a tag in YAML. */
export function tagTrap(text: string, range: Range): Trap {
  const value = text.slice(range.start, range.end);
  const tag = /^\S*/.exec(value)?.[0] ?? value;
  return {
    finding: {
      ...range,
      code: 'HEDDLE_YAML_TEMPLATE_QUOTES',
      message: `YAML takes '${tag}' for a tag; write 'not ${tag.slice(1)}', or quote the whole value ('${value.replaceAll("'", "''")}').`,
      suggestion: `not ${value.slice(1)}`,
    },
    patch: range,
  };
}
