import { Untranslatable, type Dialect, type Source } from './ast.ts';
import { concatenated, translateBlocks, type Parts } from './block-translator.ts';
import type { Code } from './code.ts';
import { parseJinja } from './jinja-parser.ts';
import { Translator, type EngineNames } from './translator.ts';
import { parseYaql } from './yaql-parser.ts';

/** What a text could not, or not quite, be translated to; offsets count in the text. */
export interface TranslationProblem {
  readonly start: number;
  readonly end: number;
  /** `lost`: it stays as it was; `changed`: it means a little less or more. */
  readonly kind: 'lost' | 'changed';
  readonly message: string;
}

/** A text of another language in heddle's. */
export interface Translation {
  /** The text with templates of heddle; the given text where something in it is lost. */
  readonly text: string;
  readonly problems: readonly TranslationProblem[];
  /** Where the text is one expression and nothing else: that, without delimiters. */
  readonly code?: Code;
  /** Where the text is more than one expression: one that gives the same text. */
  readonly joined?: Code;
}

/** An expression of the other language in a text. */
interface Piece {
  readonly dialect: Dialect;
  readonly start: number;
  readonly end: number;
  /** Where the expression itself starts. */
  readonly inside: number;
  readonly source: string;
}

const PIECE = /<%([\s\S]*?)%>|\{\{-?([\s\S]*?)-?\}\}/g;

/** Whether a text holds YAQL or Jinja. */
export function hasForeignExpression(text: string): boolean {
  return /<%[\s\S]*?%>|\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/.test(text);
}

/** Translates one expression without delimiters. */
export function translateExpression(source: string, dialect: Dialect, names: EngineNames): Translation {
  const piece = { dialect, start: 0, end: source.length, inside: 0, source };
  const { code, problems } = translatePiece(piece, names);
  return { text: code?.text ?? source, problems, ...(code === undefined ? {} : { code }) };
}

/** Translates a text with `<% … %>`, `{{ … }}` and `{% … %}` in it. */
export function translateTemplate(text: string, names: EngineNames): Translation {
  const { parts, problems } = /\{%[\s\S]*?%\}/.test(text) ? blocksOf(text, names) : partsOf(text, names);
  if (problems.some((problem) => problem.kind === 'lost')) return { text, problems };
  const whole = wholeOf(parts);
  if (whole !== undefined) return { text: delimited(whole), problems, code: whole };
  return { text: joined(parts), problems, joined: concatenated(parts) };
}

/** The one expression that a text is, white space around it left out. */
function wholeOf(parts: Parts): Code | undefined {
  const [only, ...more] = parts.filter((part) => typeof part !== 'string' || part.trim() !== '');
  return more.length === 0 && typeof only !== 'string' ? only : undefined;
}

interface Translated {
  readonly parts: Parts;
  readonly problems: readonly TranslationProblem[];
}

function partsOf(text: string, names: EngineNames): Translated {
  const problems: TranslationProblem[] = [];
  const parts: (string | Code)[] = [];
  let at = 0;
  for (const piece of piecesOf(text)) {
    if (piece.start > at) parts.push(text.slice(at, piece.start));
    at = piece.end;
    const translated = translatePiece(piece, names);
    problems.push(...translated.problems);
    if (translated.code !== undefined) parts.push(translated.code);
  }
  if (at < text.length) parts.push(text.slice(at));
  return { parts, problems };
}

function blocksOf(text: string, names: EngineNames): Translated {
  try {
    const { parts, remarks } = translateBlocks(text, names);
    return { parts, problems: remarks.map((remark) => ({ ...remark, kind: 'changed' as const })) };
  } catch (error) {
    return { parts: [], problems: [problemOf(error, 0)] };
  }
}

function piecesOf(text: string): Piece[] {
  return [...text.matchAll(PIECE)].map((match) => {
    const [whole, yaql, jinja] = match;
    const source = yaql ?? jinja ?? '';
    const inside = match.index + whole.indexOf(source, 2);
    const dialect = yaql === undefined ? 'jinja' : 'yaql';
    return { dialect, start: match.index, end: match.index + whole.length, inside, source };
  });
}

function translatePiece(piece: Piece, names: EngineNames): { code?: Code; problems: TranslationProblem[] } {
  const { dialect, inside, source } = piece;
  try {
    const tree = parse(source, dialect);
    const translator = new Translator(dialect, names);
    const code = translator.translateValue(tree);
    const problems = translator.remarks.map(({ start, end, message }) => ({
      start: inside + start,
      end: inside + end,
      kind: 'changed' as const,
      message,
    }));
    return { code, problems };
  } catch (error) {
    return { problems: [problemOf(error, inside)] };
  }
}

/** What could not be translated; `offset` is where the expression begins. Any other error goes on. */
function problemOf(error: unknown, offset: number): TranslationProblem {
  if (!(error instanceof Untranslatable)) throw error;
  const { start, end, message } = error;
  return { start: start + offset, end: end + offset, kind: 'lost', message };
}

function parse(source: string, dialect: Dialect): Source {
  return dialect === 'yaql' ? parseYaql(source) : parseJinja(source);
}

/** `<< code >>`. */
export function delimited(code: Code): string {
  return `<< ${code.text} >>`;
}

/** Text and expressions as one text, what would be a delimiter of heddle escaped. */
export function joined(parts: Parts): string {
  return parts
    .map((part, index) => {
      if (typeof part !== 'string') return delimited(part);
      const escaped = escapedText(part);
      // A backslash before a template would take its meaning away.
      return index + 1 < parts.length ? escaped.replace(/\\+$/, (slashes) => slashes + slashes) : escaped;
    })
    .join('');
}

/** Text that heddle reads as text: `<<` and `{{` are no templates in it. */
export function escapedText(text: string): string {
  return text.replace(
    /(\\*)(<<|\{\{)/g,
    (_whole, slashes: string, opener: string) => `${slashes}${slashes}\\${opener}`,
  );
}
