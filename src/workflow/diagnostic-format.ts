import type { Diagnostic } from './diagnostic.ts';
import { TextLines } from './text-lines.ts';

/** Colours text for a terminal; the core itself knows no colours. */
export interface Painter {
  error(text: string): string;
  warning(text: string): string;
  /** File names, line numbers. */
  dim(text: string): string;
  /** Suggestions. */
  accent(text: string): string;
}

/** How to show diagnostics. */
export interface FormatOptions {
  /** Default: no colour. */
  readonly colour?: Painter;
  /** Longer source lines are shown in part. Columns, default 120. */
  readonly width?: number;
}

const PLAIN: Painter = {
  error: (text) => text,
  warning: (text) => text,
  dim: (text) => text,
  accent: (text) => text,
};

/** A tab is shown as this many columns. */
const TAB = '  ';

/**
 * A diagnostic as a modern compiler shows it: place, severity, code, message, the source line with a caret below the
 * range, and advice. `source` is the text of the file it is about, or its lines where there are more diagnostics.
 */
export function formatDiagnostic(
  diagnostic: Diagnostic,
  source: string | TextLines,
  options: FormatOptions = {},
): string {
  return format(diagnostic, typeof source === 'string' ? new TextLines(source) : source, options);
}

/** All diagnostics of one file and a line that counts them; empty for none. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  source: string,
  options: FormatOptions = {},
): string {
  if (diagnostics.length === 0) return '';
  const lines = new TextLines(source);
  const blocks = diagnostics.map((diagnostic) => format(diagnostic, lines, options));
  return `${blocks.join('\n\n')}\n\n${countDiagnostics(diagnostics)}`;
}

/** `2 errors, 1 warning`. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const counted = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
  if (warnings === 0) return counted(errors, 'error');
  return errors === 0 ? counted(warnings, 'warning') : `${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
}

/** Workflow commands of GitHub Actions, one line each: they become annotations of a pull request. */
export function diagnosticsToGithub(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(toGithub).join('\n');
}

function toGithub(diagnostic: Diagnostic): string {
  const { file, line, column, endLine, endColumn, severity, code } = diagnostic;
  const place = [
    ...(file === undefined ? [] : [`file=${property(file)}`]),
    ...(line === 0 ? [] : [`line=${String(line)}`, `col=${String(column)}`, `endLine=${String(endLine)}`]),
    // GitHub takes an end column only within one line.
    ...(line === 0 || endLine !== line ? [] : [`endColumn=${String(endColumn)}`]),
    `title=${property(code)}`,
  ];
  return `::${severity} ${place.join(',')}::${data([diagnostic.message, ...advice(diagnostic, PLAIN)].join('\n'))}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function format(diagnostic: Diagnostic, lines: TextLines, options: FormatOptions): string {
  const paint = options.colour ?? PLAIN;
  const { file, line, column, severity, code, message } = diagnostic;
  const place = [file, line === 0 ? undefined : `${String(line)}:${String(column)}`].filter(
    (part) => part !== undefined,
  );
  const head = [
    ...(place.length === 0 ? [] : [paint.dim(place.join(':'))]),
    paint[severity](severity),
    `${code}  ${visible(message)}`,
  ].join('  ');
  const shown = [head];
  if (line > 0 && line <= lines.count && lines.textOf(line) !== '')
    shown.push(...excerpt(diagnostic, lines, options, paint));
  return [...shown, ...advice(diagnostic, paint).map((text) => `    ${text}`)].join('\n');
}

function advice(diagnostic: Diagnostic, paint: Painter): string[] {
  const { suggestion, hint } = diagnostic;
  return [
    ...(suggestion === undefined ? [] : [`did you mean ${paint.accent(visible(suggestion))} ?`]),
    ...(hint === undefined ? [] : [visible(hint)]),
  ];
}

/** The source line, or a window of it around the range, and the caret line. */
function excerpt(diagnostic: Diagnostic, lines: TextLines, options: FormatOptions, paint: Painter): string[] {
  const { line, column, endLine, endColumn } = diagnostic;
  const text = lines.textOf(line);
  const from = Math.min(column - 1, text.length);
  const to = endLine > line ? text.trimEnd().length : Math.min(endColumn - 1, text.length);
  const number = String(line);
  const window = windowOf(text, from, Math.max((options.width ?? 120) - number.length - 10, 20));
  const before = window.lead + expand(text.slice(window.start, from));
  const marked = expand(text.slice(from, Math.min(Math.max(to, from + 1), window.end)));
  const carets = paint[diagnostic.severity]('^'.repeat(Math.max(columnsOf(marked), 1)));
  const gutter = ' '.repeat(number.length);
  return [
    `  ${paint.dim(`${number} |`)} ${window.lead}${expand(text.slice(window.start, window.end))}${window.trail}`,
    `  ${paint.dim(`${gutter} |`)} ${' '.repeat(columnsOf(before))}${carets}`,
  ];
}

function windowOf(
  text: string,
  from: number,
  width: number,
): { start: number; end: number; lead: string; trail: string } {
  if (text.length <= width) return { start: 0, end: text.length, lead: '', trail: '' };
  let start = Math.max(0, Math.min(from - Math.floor(width / 3), text.length - width));
  let end = Math.min(text.length, start + width);
  // A window never starts or ends in the middle of a surrogate pair.
  if (isLowSurrogate(text, start)) start++;
  if (isLowSurrogate(text, end)) end--;
  return { start, end, lead: start > 0 ? '…' : '', trail: end < text.length ? '…' : '' };
}

function isLowSurrogate(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff;
}

function expand(text: string): string {
  return visible(text.replaceAll('\t', TAB));
}

/** Control characters would move the cursor or colour the terminal; they are shown as a dot. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '·');
}

/** Columns of a terminal: most East Asian characters and emoji take two, combining marks none. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const char of text) {
    if (/[\p{Mn}\p{Me}\u200b-\u200d\ufe00-\ufe0f]/u.test(char)) continue;
    columns += isWide(char) ? 2 : 1;
  }
  return columns;
}

function isWide(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x20000 && code <= 0x3fffd) ||
    /\p{Emoji_Presentation}/u.test(char)
  );
}
