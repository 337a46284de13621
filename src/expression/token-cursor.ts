import type { Token } from './lexer.ts';
import type { Problem, Span } from './names.ts';

/** Unwinds the parser where going on makes no sense. */
export class Stop extends Error {}

/** Where a parser is among its tokens, and what it found wrong. */
export class TokenCursor {
  readonly problems: Problem[] = [];
  protected readonly source: string;
  protected position = 0;
  readonly #tokens: readonly Token[];

  constructor(source: string, tokens: readonly Token[]) {
    this.source = source;
    this.#tokens = tokens;
  }

  protected get token(): Token {
    return this.#tokens[this.position]!;
  }

  protected is(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.position + ahead];
    return token !== undefined && token.text === text && (token.type === 'punctuation' || token.type === 'name');
  }

  protected next(): Token {
    const token = this.token;
    if (token.type !== 'end') this.position += 1;
    return token;
  }

  protected accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.position += 1;
    return true;
  }

  protected expect(text: string, opened: Token): Token {
    if (this.is(text)) return this.next();
    if (this.token.type === 'end') this.fail(opened, `This ${opened.text} is never closed; a ${text} is missing.`);
    return this.unexpected(`expected ${text} to close the ${opened.text}`);
  }

  protected limit(what: string): never {
    const { start, end } = this.token;
    this.problems.push({
      code: 'HEDDLE_EXPRESSION_LIMIT',
      severity: 'error',
      start,
      end,
      message: `This expression ${what}; split it over several variables or tasks.`,
    });
    throw new Stop();
  }

  protected lambdaOutside(): never {
    this.fail(this.token, 'A lambda (`x => …`) can only stand as an argument of a function.');
  }

  protected unexpected(expectation?: string): never {
    const token = this.token;
    if (token.text === '=>' && token.type === 'punctuation') this.lambdaOutside();
    if (token.type === 'end')
      this.fail(token, `The expression ends too early${expectation ? `: ${expectation}` : ''}.`);
    if (token.type === 'name' && token.text === 'if') {
      this.fail(token, 'There is no `if` in expressions; write `condition ? value : other`.');
    }
    const found = this.source.slice(token.start, token.end);
    this.fail(token, `${found} was not expected here${expectation ? `: ${expectation}` : foundAdvice(token)}.`);
  }

  protected fail(span: Span, message: string): never {
    this.report(span, message);
    throw new Stop();
  }

  protected report({ start, end }: Span, message: string, suggestion?: string): void {
    this.problems.push({
      code: 'HEDDLE_EXPRESSION_SYNTAX',
      severity: 'error',
      message,
      start,
      end,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
}

function foundAdvice(token: Token): string {
  if (token.type === 'punctuation') return '';
  return '; an operator is missing in front of it';
}
