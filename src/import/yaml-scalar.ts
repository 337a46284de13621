import type { OutputNode } from './output-node.ts';

/** What the core schema would read as something else than text, and what YAML 1.1 would. */
const NO_TEXT =
  /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|0o[0-7]+|0x[\da-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
/** Whether a text has characters that YAML wants escaped. */
function isUnprintable(text: string): boolean {
  return /[\p{Cc}\ufeff\u2028\u2029]/u.test(text.replaceAll(/[\t\n]/g, ''));
}

/** A text of one line, without quotes where YAML allows. */
export function plainOrQuoted(text: string, inFlow = false): string {
  if (isPlain(text, inFlow)) return text;
  const needsEscapes = isUnprintable(text) || /[\n\t]/.test(text);
  if (needsEscapes || (text.includes("'") && !/["\\]/.test(text))) return JSON.stringify(text);
  return `'${text.replaceAll("'", "''")}'`;
}

function isPlain(text: string, inFlow: boolean): boolean {
  if (text === '' || text !== text.trim() || NO_TEXT.test(text)) return false;
  if (isUnprintable(text) || /[\n\t]/.test(text)) return false;
  if (/^[,[\]{}#&*!|>'"%@`]/.test(text) || /^[-?:](?:\s|$)/.test(text) || /^(?:---|\.\.\.)/.test(text)) return false;
  if (/:(?:\s|$)/.test(text) || /\s#/.test(text)) return false;
  return !inFlow || (!/[,[\]{}]/.test(text) && !text.startsWith(':'));
}

/** Whether a text is better written as a block: it has lines, or is too long for one. */
export function isBlockText(text: string, width: number): boolean {
  if (isUnprintable(text) || text.trim() === '') return false;
  if (text.trimEnd().includes('\n')) return true;
  if (text.includes('\n')) return !text.includes('\t');
  return text.length > width && canFold(text);
}

/** Whether lines may be broken at its spaces: each break is read as one space. */
function canFold(text: string): boolean {
  return text === text.trim() && text.includes(' ') && !/\s{2}|\t/.test(text);
}

/** A text as a block: the indicator, then the lines without their indentation. */
export function blockText(text: string, width: number): string[] {
  if (!text.includes('\n')) return ['>-', ...folded(text, width)];
  const body = text.replace(/\n*$/, '');
  const breaks = text.length - body.length;
  const indentation = /^[ \t]/.test(body) || body.startsWith('\n') ? '2' : '';
  const chomping = breaks === 0 ? '-' : breaks === 1 ? '' : '+';
  const lines = body.split('\n');
  return [`|${indentation}${chomping}`, ...lines, ...Array.from({ length: Math.max(0, breaks - 1) }, () => '')];
}

function folded(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text, width)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** What lines are not broken in: words, and templates that fit on a line. */
function wordsOf(text: string, width: number): string[] {
  const pieces = text.match(/(?:<<(?:(?!>>).)*>>|[^ ])+/g) ?? [];
  return pieces.flatMap((piece) => (piece.length > width ? piece.split(' ') : [piece]));
}

/** A value on one line in brackets and braces; undefined where something in it has lines. */
export function flowScalar(node: OutputNode): string | undefined {
  if (node.kind === 'scalar') {
    if (node.spelling !== undefined) return node.spelling;
    if (typeof node.value !== 'string') return String(node.value);
    return node.value.includes('\n') ? undefined : plainOrQuoted(node.value, true);
  }
  if (node.kind === 'sequence') {
    const items = node.items.map((item) => flowScalar(item.value));
    return items.includes(undefined) ? undefined : `[${items.join(', ')}]`;
  }
  if (node.entries.length === 0) return '{}';
  const entries = node.entries.map((entry) => {
    const value = flowScalar(entry.value);
    return value === undefined ? undefined : `${plainOrQuoted(entry.key, true)}: ${value}`;
  });
  return entries.includes(undefined) ? undefined : `{ ${entries.join(', ')} }`;
}
