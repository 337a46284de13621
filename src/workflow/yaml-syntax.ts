import { YAMLException } from 'js-yaml';
import type { Finding } from './diagnostic.ts';
import type { Range } from './text-lines.ts';
import { expressionEnd, isExpressionKey } from './yaml-trap.ts';
import {
  lineEnd,
  lineStart,
  nextTemplate,
  patched,
  quoteTrap,
  tagTrap,
  templateEnd,
  valueAt,
  valueEnd,
  type ValuePlace,
} from './yaml-value.ts';

/** What a syntax error comes to. */
export interface SyntaxProblem {
  readonly finding: Finding & Range;
  /** The text with the problem out of the way, every offset kept; undefined: nothing helps. */
  readonly mended?: string;
  /** Where a value stands in for one that is unreadable. */
  readonly replaced?: number;
  /** True where whole lines are taken away, so that what is missing later proves nothing. */
  readonly lossy: boolean;
}

/** A template is looked for so many characters around an error. */
const NEAR = 1000;

/** How many lines back an unclosed quote or bracket is looked for. */
const LOOK_BACK_LINES = 50;

/** js-yaml's words where an author would not know what to do with them, and what to do. */
const WORDS: readonly (readonly [RegExp, string, string])[] = [
  [/^tab characters/, 'A tab stands in the indentation; YAML allows spaces only.', 'Replace every tab by spaces.'],
  [/^bad indentation of a mapping|^end of the stream or a doc/, 'This line does not fit the indentation around it.', 'Entries of one mapping start in the same column; a value with ": " in it needs quotes.'],
  [/^bad indentation of a seq/, 'This line does not fit the list it stands in.', 'Entries of one list start in the same column, each with a dash.'],
  [/^expected ':' after/, "This line is not 'key: value'.", 'Add the colon and a space, or indent the line below what it belongs to.'],
  [/multiline key/, "This line is not 'key: value'.", 'Add the colon and a space, or indent the line below what it belongs to.'],
  [/whitespace character is expected after the key/, "A space is missing after the ':' of a key.", 'Write `key: value`.'],
  [/^a line break is exp/, 'A value that starts with > or | is a block, whose text starts in the next line.', 'Quote the whole value if the character belongs to it.'],
  [/^missed comma/, 'A comma or the closing bracket is missing here.', 'Separate entries of {} and [] with commas; quote a value with brackets or commas in it.'],
  [/^null byte/, 'The file holds a NUL character: it is not a text file.', 'Save it as UTF-8 text.'],
  [/non-printable|valid JSON character/, 'The file holds a control character, which YAML does not allow.', 'Remove it; is this a text file?'],
  [/^unknown escape/, 'This escape does not exist in double quotes.', 'Use single quotes, or write \\\\ for a backslash.'],
  [/hexadecimal/, 'Hexadecimal digits are missing in this escape.', 'Use single quotes, or write \\\\ for a backslash.'],
]; // prettier-ignore

/** Finds out what a parse error of js-yaml means to the author of a workflow. */
export function explainSyntaxError(text: string, error: unknown): SyntaxProblem {
  const reason = error instanceof YAMLException ? error.reason : String(error);
  const offset = Math.min(error instanceof YAMLException ? (error.mark?.position ?? 0) : 0, text.length);
  if (reason.startsWith('nesting exceeded')) {
    const message = 'The file is nested more than 100 levels deep.';
    return { finding: { start: offset, end: offset + 1, code: 'HEDDLE_YAML_LIMIT', message }, lossy: true };
  }
  if (/^null byte|non-printable|valid JSON character/.test(reason))
    return { finding: worded(reason, offset), lossy: true };
  const trap = trapAt(text, reason, offset);
  if (trap !== undefined) return withoutValue(text, trap.finding, trap.patch);
  if (/^tab characters/.test(reason)) return withoutTabs(text, offset);
  if (/escape|hexadecimal/.test(reason)) {
    const start = text.lastIndexOf('\\', offset);
    return withoutValue(text, { ...worded(reason, start), end: offset + 1 }, wholeValue(text, offset));
  }
  return shallowBracket(text, reason, offset) ?? unclosed(text, reason, offset) ?? misplaced(text, reason, offset);
}

function withoutValue(text: string, finding: SyntaxProblem['finding'], value: Range): SyntaxProblem {
  return { finding, mended: patched(text, [value]), replaced: value.start, lossy: false };
}

/** One space for each tab of every line's indentation from the offset on, so that one tab is reported, not a hundred. */
function withoutTabs(text: string, offset: number): SyntaxProblem {
  const start = lineStart(text, offset);
  const rest = text.slice(start).replace(/^[ \t]+/gm, (white) => white.replaceAll('\t', ' '));
  return { finding: worded('tab characters', offset), mended: text.slice(0, start) + rest, lossy: false };
}

function blanked(text: string, range: Range): string {
  return (
    text.slice(0, range.start) + text.slice(range.start, range.end).replace(/[^\r\n]/g, ' ') + text.slice(range.end)
  );
}

function worded(reason: string, offset: number): Finding & Range {
  const known = WORDS.find(([pattern]) => pattern.test(reason));
  const message = known?.[1] ?? `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}.`;
  const hint = known === undefined ? {} : { hint: known[2] };
  return { start: offset, end: offset + 1, code: 'HEDDLE_YAML_SYNTAX', message, ...hint };
}

/** The value that an offset is in; a comma after it in a flow collection stays. */
function wholeValue(text: string, offset: number, inFlow = false): Range {
  const { start, flow } = valueAt(text, offset);
  const end = valueEnd(text, start, flow);
  const comma = inFlow && !flow && text[end - 1] === ',' ? 1 : 0;
  return { start, end: end - comma };
}

/** A template or an expression that YAML could not read, if the error is about one. */
function trapAt(text: string, reason: string, offset: number): ReturnType<typeof quoteTrap> | undefined {
  const flow = reason.includes('flow collection');
  if (/escape/.test(reason) && /^(<<|\{\{)/.test(text.slice(offset, offset + 2))) {
    const { finding, patch } = quoteTrap(
      text,
      wholeValue(text, offset),
      `YAML takes '\\${text[offset] ?? ''}' for an escape in double quotes`,
    );
    const advice = finding.message.replace("'<< … >>'", "'\\<< …', in single quotes");
    return { finding: { ...finding, message: advice, start: offset - 1, end: offset + 2 }, patch };
  }
  const value = valueAt(text, Math.max(offset - 1, lineStart(text, offset)));
  if (reason.includes('tag') && text[value.start] === '!') {
    return tagTrap(text, {
      start: value.start,
      end: Math.max(valueEnd(text, value.start, value.flow), value.start + 1),
    });
  }
  const limit = lineEnd(text, offset, offset + NEAR);
  const from = Math.max(lookBack(text, offset), offset - NEAR);
  for (let open = nextTemplate(text, from, limit); open >= 0 && open <= offset;) {
    const end = templateEnd(text, open, limit);
    if (end > offset || (end > 0 && text[open] === '{')) {
      const around = wholeValue(text, open, flow);
      const range = { start: around.start, end: Math.max(around.end, end) };
      if (end > offset || open === around.start) return quoteTrap(text, range, because(text, offset, around.start));
    }
    open = nextTemplate(text, Math.max(end, open + 2), limit);
  }
  if (isExpressionKey(value.key, mappingKey(text, value)) && value.start <= offset) {
    const end = expressionEnd(text, value.start, value.flow);
    if (end > offset) return quoteTrap(text, { start: value.start, end }, because(text, offset, value.start));
  }
  return undefined;
}

/** The key of the flow mapping that a value stands in, where it opens on the value's line; else ''. */
function mappingKey(text: string, { start, flow }: ValuePlace): string {
  if (!flow) return '';
  const line = text.slice(Math.max(lineStart(text, start), start - NEAR), start);
  return /([\w-]+)[ \t]*:[ \t]*\{[^{}]*$/.exec(line)?.[1] ?? '';
}

function because(text: string, offset: number, start: number): string {
  const char = text[offset] ?? '';
  if (text.startsWith('{{', start)) return 'YAML takes {{ }} for a mapping';
  if (char === ':') return "YAML takes the ': ' in this value for a key";
  if ('[]{},'.includes(char)) return `YAML stumbles over '${char}' in this value, because it stands in {} or []`;
  return 'YAML ends this value too early';
}

/** Where a template that the offset is in could start: some lines back, as long as these are one value. */
function lookBack(text: string, offset: number): number {
  let start = lineStart(text, offset);
  for (let i = 0; i < 5 && start > 0; i++) {
    const before = lineStart(text, start - 1);
    if (text.slice(before, start).trim() === '') break;
    start = before;
  }
  return start;
}

function indentation(text: string, offset: number): Range {
  const start = lineStart(text, offset);
  const white = /^[ \t]*/.exec(text.slice(start, lineEnd(text, offset)))?.[0] ?? '';
  return { start, end: start + white.length };
}

/** `a: {` … `}` with the closing bracket in the column of the key: many parsers take it, YAML itself does not. */
function shallowBracket(text: string, reason: string, offset: number): SyntaxProblem | undefined {
  const bracket = text[offset] ?? '';
  if (!reason.startsWith('deficient') || !/[}\]]/.test(bracket)) return undefined;
  const before = text.slice(0, offset).trimEnd().length;
  const message = `The closing ${bracket} must be indented further than the key it belongs to.`;
  const finding = { start: offset, end: offset + 1, code: 'HEDDLE_YAML_SYNTAX', message } as const;
  const isComment = /(^|\s)#/.test(text.slice(lineStart(text, before), before));
  if (isComment) return { finding, lossy: true };
  return { finding, mended: text.slice(0, before) + ' '.repeat(offset - before) + text.slice(offset), lossy: false };
}

/** A quote or bracket that is opened somewhere above and never closed. */
function unclosed(text: string, reason: string, offset: number): SyntaxProblem | undefined {
  if (!/quoted scalar|deficient indentation|flow collection|document within/.test(reason)) return undefined;
  let at = offset;
  for (let i = 0; i < LOOK_BACK_LINES; i++) {
    const end = lineEnd(text, at);
    const { outer: start } = valueAt(text, end);
    const opener = text[start] ?? '';
    if (isUnclosed(text.slice(start, end), opener)) {
      const noun = opener === '"' || opener === "'" ? 'quote' : 'bracket';
      const message = `The ${noun} ${opener} is never closed.`;
      const finding = { start, end: start + 1, code: 'HEDDLE_YAML_SYNTAX', message } as const;
      return withoutValue(text, finding, { start, end: valueEnd(text, start, false) });
    }
    const lineBefore = lineStart(text, at) - 1;
    if (lineBefore < 0) break;
    at = lineBefore;
  }
  return undefined;
}

function isUnclosed(value: string, opener: string): boolean {
  if (opener === '"') return !/^"(?:[^"\\]|\\.)*"/.test(value);
  if (opener === "'") return !/^'(?:[^']|'')*'/.test(value);
  if (opener !== '[' && opener !== '{') return false;
  let depth = 0;
  for (const [char] of value.replace(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/g, '').matchAll(/[[\]{}]/g))
    depth += '[{'.includes(char) ? 1 : -1;
  return depth > 0;
}

/** Anything else: the value of the line goes where there is one, else the line and what is indented below it. */
function misplaced(text: string, reason: string, offset: number): SyntaxProblem {
  const at = /^expected ':' after|multiline key/.test(reason) ? lineWithoutColon(text, offset) : offset;
  const white = indentation(text, at);
  if (text.slice(white.start, white.end).includes('\t')) {
    return withoutTabs(text, text.indexOf('\t', white.start));
  }
  const value = valueAt(text, at);
  const finding = worded(reason, at);
  if (value.start <= at && value.key !== '') {
    return withoutValue(text, { ...finding, ...wordsForValue(text, value.start, at) }, wholeValue(text, at));
  }
  return { finding, mended: blanked(text, blockAt(text, at)), lossy: true };
}

/** What is wrong with a value that stands behind its key. */
function wordsForValue(text: string, start: number, offset: number): { message?: string; hint?: string } {
  const first = text[start] ?? '';
  if (text[offset] === ':')
    return { message: "A second ': ' stands in this line.", hint: 'A value with ": " in it needs quotes.' };
  if (first === '"' || first === "'") {
    return {
      message: 'The value goes on behind its closing quote.',
      hint: 'Put the other kind of quotes around the whole value.',
    };
  }
  if (start < offset) return {};
  if ('@`%'.includes(first))
    return { message: `A value cannot start with ${first} in YAML.`, hint: 'Quote the whole value.' };
  if (first === '-')
    return { message: 'A list cannot start behind its key.', hint: 'Start it on the next line, or write [a, b].' };
  return {};
}

/** Where a line without a colon was read together with the next one, its start. */
function lineWithoutColon(text: string, offset: number): number {
  const before = text.slice(0, lineStart(text, offset)).trimEnd();
  const start = lineStart(before, before.length);
  return /:(\s|$)/.test(before.slice(start)) ? offset : start + before.slice(start).search(/\S|$/);
}

/** A line with all that is indented below it. */
function blockAt(text: string, offset: number): Range {
  const { start, end: contentStart } = indentation(text, offset);
  let end = lineEnd(text, start);
  while (end < text.length) {
    const next = end + (text.startsWith('\r\n', end) ? 2 : 1);
    const line = text.slice(next, lineEnd(text, next));
    if (line.trim() !== '' && line.search(/[^ \t]/) <= contentStart - start) break;
    end = lineEnd(text, next);
  }
  return { start, end };
}
