import { linesWithin } from './trivia.ts';

/** A token of a flow collection. */
export interface Token {
  /** `mark`: a bracket, comma, colon or question mark. `atom`: a scalar, an alias, or a tag and anchor. */
  readonly type: 'mark' | 'atom' | 'comment' | 'break';
  readonly text: string;
  /** The decoded text of a scalar. */
  readonly name?: string;
}

/** The lines of a flow collection that stands on several; the author's line breaks stay, blank lines go. */
export function printTokens(tokens: readonly Token[]): { lines: string[]; depths: number[] } {
  const lines: string[] = [];
  const depths: number[] = [];
  let depth = 0;
  for (const line of linesOf(tokens)) {
    const closers = line.findIndex(({ type, text }) => type !== 'mark' || !']}'.includes(text));
    const leading = closers < 0 ? line.length : closers;
    // YAML wants the lines of a value to be indented further than its key, the closing bracket too.
    const own = 2 + 2 * Math.max(depth - leading, 0);
    const [head = '', ...more] = linesWithin(
      joined(line),
      line.some((token) => token.text.startsWith('"')),
    );
    lines.push(head, ...more);
    depths.push(own, ...more.map(() => own + 2));
    for (const { type, text } of line) {
      if (type === 'mark' && '[{'.includes(text)) depth++;
      if (type === 'mark' && ']}'.includes(text)) depth--;
    }
  }
  return { lines, depths: depths.slice(1) };
}

function linesOf(tokens: readonly Token[]): Token[][] {
  const lines: Token[][] = [[]];
  for (const token of tokens) {
    if (token.type === 'break') lines.push([]);
    else lines.at(-1)?.push(token);
  }
  return lines.filter((line) => line.length > 0);
}

function joined(tokens: readonly Token[]): string {
  let text = '';
  let before: Token | undefined;
  for (const token of tokens) {
    if (before !== undefined && wantsSpace(before, token)) text += ' ';
    text += token.text;
    before = token;
  }
  return text;
}

function wantsSpace(before: Token, token: Token): boolean {
  const left = before.type === 'mark' ? before.text : '';
  const right = token.type === 'mark' ? token.text : '';
  if (right === ',' || right === ']' || left === '[') return token.type === 'comment';
  // `*name:` would be an alias called `name:`.
  if (right === ':') return before.type === 'atom' && before.name === undefined;
  if (left === '{' && right === '}') return false;
  return true;
}
