import { parseExpression, type Closer, type Node, type Problem } from '../expression/index.ts';

/** Literal text between expressions, escapes resolved. */
export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  /** UTF-16 offsets in the string, as everywhere here. */
  readonly start: number;
  readonly end: number;
}

/** `<< … >>` or `{{ … }}`; the span takes the delimiters in. */
export interface ExpressionPart {
  readonly type: 'expression';
  /** Null where it could not be parsed. */
  readonly node: Node | null;
  readonly start: number;
  readonly end: number;
}

export type TemplatePart = TextPart | ExpressionPart;

/**
 * What a string turned out to be: `literal` text, one `expression` that keeps its type, `text` around expressions, or a
 * `handlebars` document, in which only `<< … >>` are parts of their own.
 */
export interface ParsedTemplate {
  readonly kind: 'literal' | 'expression' | 'text' | 'handlebars';
  readonly parts: readonly TemplatePart[];
  readonly problems: readonly Problem[];
}

const HANDLEBARS_TAG = /(?<!\\)\{\{~?(?:[#>/^]|!--|\s*else\b)/;

/**
 * Parses a string with `<< … >>` and `{{ … }}` in it. Never throws; problems are those of
 * {@link parseExpression}, with HEDDLE_TEMPLATE_UNCLOSED for a delimiter that nothing closes.
 */
export function parseTemplate(text: string): ParsedTemplate {
  if (text.includes('{{') && HANDLEBARS_TAG.test(text)) {
    const { parts, problems } = scan(text, nextChevron);
    if (parts.some((part) => part.type === 'text' && HANDLEBARS_TAG.test(text.slice(part.start, part.end)))) {
      return { kind: 'handlebars', parts, problems };
    }
  }
  const { parts, problems } = scan(text, nextOpener);
  const expressions = parts.filter((part) => part.type === 'expression');
  if (expressions.length === 0) return { kind: 'literal', parts, problems };
  const isAlone =
    expressions.length === 1 && parts.every((part) => part.type === 'expression' || part.text.trim() === '');
  return { kind: isAlone ? 'expression' : 'text', parts, problems };
}

type FindOpener = (text: string, from: number) => number;

const nextChevron: FindOpener = (text, from) => text.indexOf('<<', from);

function nextOpener(text: string, from: number): number {
  for (let i = from; i + 1 < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if ((code === 0x3c || code === 0x7b) && text.charCodeAt(i + 1) === code) return i;
  }
  return -1;
}

function scan(text: string, find: FindOpener): { readonly parts: TemplatePart[]; readonly problems: Problem[] } {
  const parts: TemplatePart[] = [];
  const problems: Problem[] = [];
  let at = 0;
  const addText = (end: number, literal: string): void => {
    if (end > at) parts.push({ type: 'text', text: literal, start: at, end });
    at = end;
  };
  for (let index = find(text, 0); index >= 0; index = find(text, at)) {
    const delimiter = text[index] === '<' ? '<<' : '{{';
    const backslashes = countBackslashes(text, index, at);
    const kept = '\\'.repeat(Math.floor(backslashes / 2));
    addText(index - backslashes, text.slice(at, index - backslashes));
    if (backslashes % 2 === 1) {
      addText(index + 2, kept + delimiter);
    } else {
      addText(index, kept);
      const until: Closer = delimiter === '<<' ? '>>' : '}}';
      const parsed = parseExpression(text, index + 2, { until });
      problems.push(...parsed.problems);
      at = parsed.end;
      parts.push({ type: 'expression', node: parsed.node, start: index, end: at });
    }
  }
  addText(text.length, text.slice(at));
  return { parts, problems };
}

function countBackslashes(text: string, end: number, start: number): number {
  let count = 0;
  while (end - count - 1 >= start && text[end - count - 1] === '\\') count += 1;
  return count;
}
