import { Untranslatable, type Arguments, type NamedArgument, type Source, type Span } from './ast.ts';
import type { Token } from './lexer.ts';

/** What a call with nothing in its parentheses is given. */
export const NO_ARGUMENTS: Arguments = { items: [], named: [] };

/** How deep an expression may nest. */
const MAX_NESTING = 200;
/** A longer chain of operators or calls could be too deep a tree. */
const MAX_TOKENS = 2000;

/** What the parsers of both languages have in common: tokens one by one, lists, arguments. */
export abstract class ExpressionParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The whole text as one expression. @throws Untranslatable */
  parse(): Source {
    if (this.#tokens.length > MAX_TOKENS) throw new Untranslatable(this.token, 'the expression is too long');
    if (this.token.type === 'end') throw new Untranslatable(this.token, 'there is no expression here');
    const expression = this.expression();
    if (this.peek(0).type !== 'end') this.unexpected();
    return expression;
  }

  protected abstract parseExpression(): Source;
  /** An argument, or an entry of a dictionary: a value, or a name with its value. */
  protected abstract argument(): Source | NamedArgument;

  protected expression(): Source {
    if (++this.#nesting > MAX_NESTING) throw new Untranslatable(this.token, 'the expression is nested too deeply');
    const expression = this.parseExpression();
    this.#nesting--;
    return expression;
  }

  protected get token(): Token {
    return this.peek(0);
  }

  protected peek(ahead: number): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new Error('an end token closes every expression');
    return token;
  }

  protected next(): Token {
    const { token } = this;
    this.#at++;
    return token;
  }

  /** Un-reads the last token. */
  protected back(): void {
    this.#at--;
  }

  protected is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.text === text && (token.type === 'punctuation' || token.type === 'word');
  }

  protected accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.next();
    return true;
  }

  protected expect(text: string): Token {
    if (!this.is(text)) this.unexpected(`'${text}' was expected`);
    return this.next();
  }

  protected unexpected(expected?: string): never {
    const { token } = this;
    const found = token.type === 'end' ? 'the expression ends too early' : `'${token.text}' is not understood here`;
    throw new Untranslatable(token, expected === undefined ? found : `${found}; ${expected}`);
  }

  /** What stands in the parentheses, brackets or braces that were just opened, up to `closer`. */
  protected arguments(closer: string): Arguments & Span {
    const start = this.token.start;
    const items: Source[] = [];
    const named: NamedArgument[] = [];
    while (!this.is(closer)) {
      const argument = this.argument();
      if ('value' in argument && !('kind' in argument)) named.push(argument);
      else items.push(argument);
      if (!this.accept(',')) break;
    }
    return { items, named, start, end: this.expect(closer).end };
  }
}

/** The source between two nodes, as one range. */
export function spanOf(first: Span, last: Span): Span {
  return { start: first.start, end: last.end };
}
