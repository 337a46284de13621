import type { Problem, Span } from './names.ts';

export type TokenType = 'name' | 'number' | 'string' | 'punctuation' | 'end';

/** One token; `text` is the name, the operator, or the decoded string. */
export interface Token extends Span {
  readonly type: TokenType;
  readonly text: string;
}

/** What closes a template; absent for an expression that stands alone. */
export type Closer = '>>' | '}}';

export interface Tokens {
  readonly tokens: readonly Token[];
  /** Where reading stopped: behind the closing delimiter where there is one. */
  readonly end: number;
  readonly problems: readonly Problem[];
  /** Whether the tokens stop short, so that whatever a parser finds missing has been reported already. */
  readonly isCut: boolean;
}

/** Longest expression that is read, in UTF-16 code units. */
export const MAX_EXPRESSION_LENGTH = 128 * 1024;

// Longest first, so that === is met before == and =.
const PUNCTUATION = /===|!==|\?\.|\?\?|\|\||&&|[=!<>]=|=>|[()[\]{}.,:?|+\-*/%<>!=]/y;
const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const SPACE = /\s+/y;
const NAME = /[\p{ID_Start}_$][\p{ID_Continue}$]*/uy;
const NUMBER = /(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD_REST = /[\p{ID_Continue}$]+/uy;

/** What a character of ASCII can be part of, by its code: nearly all text is read by this table alone. */
const CLASSES = new Uint8Array(128);
const SPACE_CLASS = 1;
const NAME_CLASS = 2;
const DIGIT_CLASS = 4;
/** Punctuation that no longer punctuation starts with. */
const SINGLE_CLASS = 8;
for (const [characters, kind] of [
  [' \t\n\r', SPACE_CLASS],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$', NAME_CLASS],
  ['0123456789', DIGIT_CLASS],
  ['()[]{}.,:+-*/%', SINGLE_CLASS],
] as const) {
  for (let i = 0; i < characters.length; i++) CLASSES[characters.charCodeAt(i)] = kind;
}

/** Splits the text of an expression into tokens, up to the delimiter that closes it. Never throws. */
export function tokenise(source: string, from: number, closer: Closer | undefined): Tokens {
  return new Lexer(source, from, closer).run();
}

/** The message of an opener that nothing closes. */
export function unclosedMessage(opener: string): string {
  return (
    `This ${opener} is never closed. Close it with ${opener === '<<' ? '>>' : '}}'}; for a literal ${opener} write ` +
    `\\${opener}, or list the input under \`raw\` if it is literal text such as a shell script.`
  );
}

const NONE: readonly Problem[] = [];

class Lexer {
  readonly #source: string;
  readonly #closer: Closer | undefined;
  readonly #from: number;
  readonly #tokens: Token[] = [];
  #problems: Problem[] | undefined;
  readonly #open: Token[] = [];
  #at: number;
  #isCut = false;

  constructor(source: string, from: number, closer: Closer | undefined) {
    this.#source = source;
    this.#from = from;
    this.#at = from;
    this.#closer = closer;
  }

  run(): Tokens {
    const source = this.#source;
    if (this.#closer !== undefined && source.indexOf(this.#closer, this.#from) < 0)
      return this.#unclosed(source.length);
    while (true) {
      this.#skipSpace();
      const start = this.#at;
      if (start >= source.length) return this.#closer === undefined ? this.#finish(start) : this.#unclosed(start);
      if (start - this.#from > MAX_EXPRESSION_LENGTH) return this.#tooLong();
      if (this.#closesHere(start)) {
        this.#at = start + 2;
        return this.#finish(start);
      }
      if (this.#closer !== undefined && source.startsWith('<<', start)) return this.#unclosed(start);
      if (!this.#token(start)) return this.#finish(start);
    }
  }

  #closesHere(start: number): boolean {
    if (this.#closer === undefined || !this.#source.startsWith(this.#closer, start)) return false;
    const innermost = this.#open.at(-1);
    if (innermost === undefined) return true;
    if (this.#closer === '}}' && innermost.text === '{') return false;
    this.#isCut = true;
    this.#problem(innermost, `This ${innermost.text} is not closed before ${this.#closer}.`);
    return true;
  }

  /** Reads one token; false where nothing sensible can follow. */
  #token(start: number): boolean {
    const first = this.#source[start]!;
    if (first === '"' || first === "'") return this.#string(start, first);
    const kind = this.#classAt(start);
    if (kind === SINGLE_CLASS) {
      this.#at = start + 1;
      return this.#punctuation(start, first);
    }
    const name = (kind === NAME_CLASS ? this.#asciiName(start) : undefined) ?? this.#match(NAME);
    if (name !== undefined) return this.#push('name', name, start);
    const number = this.#match(NUMBER);
    if (number !== undefined) {
      const rest = this.#match(WORD_REST);
      if (rest !== undefined) {
        this.#problem({ start, end: this.#at }, `${number}${rest} is not a number; write one as 5, 1.5 or 1e3.`);
      }
      return this.#push('number', number, start);
    }
    const sign = this.#match(PUNCTUATION);
    if (sign !== undefined) return this.#punctuation(start, sign);
    const character = String.fromCodePoint(this.#source.codePointAt(start)!);
    this.#at += character.length;
    this.#problem({ start, end: this.#at }, strayMessage(character));
    return true;
  }

  #classAt(at: number): number {
    const code = this.#source.charCodeAt(at);
    return code < 128 ? (CLASSES[code] as number) : 0;
  }

  #skipSpace(): void {
    while (this.#classAt(this.#at) === SPACE_CLASS) this.#at += 1;
    // Unicode has more of it.
    const code = this.#source.charCodeAt(this.#at);
    if (code > 127 || code === 0x0b || code === 0x0c) this.#match(SPACE);
  }

  /** A name of ASCII letters; undefined where it goes on with others. */
  #asciiName(start: number): string | undefined {
    let end = start + 1;
    while ((this.#classAt(end) & (NAME_CLASS | DIGIT_CLASS)) !== 0) end += 1;
    if (this.#source.charCodeAt(end) > 127) return undefined;
    this.#at = end;
    return this.#source.slice(start, end);
  }

  #punctuation(start: number, sign: string): boolean {
    this.#push('punctuation', sign, start);
    if (sign === '(' || sign === '[' || sign === '{') this.#open.push(this.#tokens.at(-1)!);
    else if (PAIRS[sign] !== undefined && this.#open.at(-1)?.text === PAIRS[sign]) this.#open.pop();
    return true;
  }

  #string(start: number, quote: string): boolean {
    const source = this.#source;
    let text = '';
    let at = start + 1;
    while (at < source.length && source[at] !== quote && source[at] !== '\n') {
      if (source[at] !== '\\') {
        const from = at;
        do at += 1;
        while (at < source.length && source[at] !== quote && source[at] !== '\n' && source[at] !== '\\');
        text += source.slice(from, at);
        continue;
      }
      const escape = decodeEscape(source, at);
      if (escape === undefined) {
        const end = Math.min(at + 2, source.length);
        this.#problem({ start: at, end }, `Unknown escape ${source.slice(at, end)}; write \\\\ for a backslash.`);
        at = end;
      } else {
        text += escape.text;
        at = escape.end;
      }
    }
    if (source[at] === quote) {
      this.#at = at + 1;
      return this.#push('string', text, start);
    }
    this.#problem(
      { start, end: at },
      `This string is not closed with ${quote}${source[at] === '\n' ? ' on its line; write \\n for a line break' : ''}.`,
    );
    this.#isCut = true;
    const closer = this.#closer === undefined ? -1 : source.indexOf(this.#closer, start);
    this.#at = closer < 0 ? source.length : closer + 2;
    return false;
  }

  #unclosed(stop: number): Tokens {
    const opener = this.#closer === '}}' ? '{{' : '<<';
    const start = Math.max(0, this.#from - 2);
    const problem: Problem = {
      code: 'HEDDLE_TEMPLATE_UNCLOSED',
      severity: 'error',
      message: unclosedMessage(opener),
      start,
      end: this.#from,
    };
    return { tokens: [{ type: 'end', text: '', start: stop, end: stop }], end: stop, problems: [problem], isCut: true };
  }

  #tooLong(): Tokens {
    const problem: Problem = {
      code: 'HEDDLE_EXPRESSION_LIMIT',
      severity: 'error',
      start: this.#from,
      end: this.#at,
      message: `This expression is longer than ${MAX_EXPRESSION_LENGTH} characters; split it over several variables.`,
    };
    const closer = this.#closer === undefined ? -1 : this.#source.indexOf(this.#closer, this.#at);
    const end = closer < 0 ? this.#source.length : closer + 2;
    return { tokens: [{ type: 'end', text: '', start: end, end }], end, problems: [problem], isCut: true };
  }

  #finish(endOfTokens: number): Tokens {
    this.#tokens.push({ type: 'end', text: this.#closer ?? '', start: endOfTokens, end: this.#at });
    return { tokens: this.#tokens, end: this.#at, problems: this.#problems ?? NONE, isCut: this.#isCut };
  }

  #push(type: TokenType, text: string, start: number): true {
    this.#tokens.push({ type, text, start, end: this.#at });
    return true;
  }

  #problem(span: Span, message: string): void {
    this.#problems ??= [];
    this.#problems.push({
      code: 'HEDDLE_EXPRESSION_SYNTAX',
      severity: 'error',
      message,
      start: span.start,
      end: span.end,
    });
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source)?.[0];
    if (text !== undefined) this.#at += text.length;
    return text;
  }
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  0: '\0',
  '\\': '\\',
  '/': '/',
  "'": "'",
  '"': '"',
  '`': '`',
  '<': '<',
  '>': '>',
  '{': '{',
  '}': '}',
  $: '$',
};
const HEXADECIMAL = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|u\{([\da-fA-F]{1,6})\})/y;

function decodeEscape(source: string, at: number): { readonly text: string; readonly end: number } | undefined {
  const letter = source[at + 1] ?? '';
  if (Object.hasOwn(SIMPLE_ESCAPES, letter)) return { text: SIMPLE_ESCAPES[letter]!, end: at + 2 };
  HEXADECIMAL.lastIndex = at;
  const match = HEXADECIMAL.exec(source);
  const point = Number.parseInt(match?.[1] ?? match?.[2] ?? match?.[3] ?? '', 16);
  if (match === null || point > 0x10ffff) return undefined;
  return { text: String.fromCodePoint(point), end: at + match[0].length };
}

function strayMessage(character: string): string {
  if (character === '&') return 'There is no operator &; write `and` or &&.';
  if (character === '`') return 'Strings are written \'…\' or "…".';
  if (character === '#') return 'A # is nothing in an expression; in YAML a template with " #" must be quoted.';
  if (character === '^' || character === '~') return `There is no operator ${character}.`;
  return `${JSON.stringify(character)} is nothing in an expression.`;
}
