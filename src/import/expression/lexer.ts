import { Untranslatable, type Dialect, type Span } from './ast.ts';

export interface Token extends Span {
  readonly type: 'number' | 'string' | 'word' | 'dollar' | 'punctuation' | 'end';
  /** Of a string what it says, of `$name` the name, else the text as it stands. */
  readonly text: string;
}

const SPACE = /\s+/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const DOLLAR = /\$([\p{L}_][\p{L}\p{N}_]*|\d+)?/uy;
const PUNCTUATION: Readonly<Record<Dialect, RegExp>> = {
  yaql: /=>|->|=~|!~|!=|<=|>=|\?\.|[-+*/()[\]{},.<>=:]/y,
  jinja: /\*\*|\/\/|==|!=|<=|>=|[-+*/%~()[\]{},.<>=:|]/y,
};

/** The tokens of an expression, an `end` last. @throws Untranslatable */
export function tokenise(source: string, dialect: Dialect): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const read = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  while (at < source.length) {
    const space = read(SPACE);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const start = at;
    const quote = source[at] ?? '';
    if (quote === "'" || quote === '"' || (quote === '`' && dialect === 'yaql')) {
      const end = stringEnd(source, at, quote);
      const inside = source.slice(at + 1, end - 1);
      const text = quote === '`' ? inside.replaceAll('\\`', '`') : unescaped(inside);
      tokens.push({ type: 'string', text, start, end });
      at = end;
      continue;
    }
    const dollar = dialect === 'yaql' ? read(DOLLAR) : null;
    const number = read(NUMBER);
    const word = read(WORD);
    const punctuation = read(PUNCTUATION[dialect]);
    const found = dollar ?? number ?? word ?? punctuation;
    if (found === null) {
      throw new Untranslatable({ start, end: start + 1 }, `'${quote}' is not understood here`);
    }
    at += found[0].length;
    const type = found === dollar ? 'dollar' : found === number ? 'number' : found === word ? 'word' : 'punctuation';
    tokens.push({ type, text: type === 'dollar' ? (found[1] ?? '') : found[0], start, end: at });
  }
  tokens.push({ type: 'end', text: '', start: at, end: at });
  return tokens;
}

function stringEnd(source: string, start: number, quote: string): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === quote) return at + 1;
  }
  throw new Untranslatable({ start, end: source.length }, `the text that begins with ${quote} does not end`);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** Python's escapes; one that it does not know stays as it is. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g, (whole, u, x, one: string | undefined) => {
    const code = (u ?? x) as string | undefined;
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (one === undefined) return whole;
    if (one === '\\' || one === "'" || one === '"') return one;
    return ESCAPES[one] ?? whole;
  });
}
