import { Untranslatable, type NamedArgument, type Source } from './ast.ts';
import { tokenise } from './lexer.ts';
import { ExpressionParser, spanOf } from './parser.ts';

/** Operators between two values, loosest first, as yaql's own operator table has them. */
const LEVELS: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  [],
  ['=', '!=', '<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', 'mod'],
  ['=~', '!~'],
];
/** The level of the prefix `not`. */
const NOT = 2;

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['null', null],
]);

/** Parses a YAQL expression. @throws Untranslatable */
export function parseYaql(source: string): Source {
  return new YaqlParser(tokenise(source, 'yaql')).parse();
}

class YaqlParser extends ExpressionParser {
  protected parseExpression(): Source {
    const left = this.#level(0);
    if (!this.accept('->')) return left;
    const right = this.expression();
    return { kind: 'binary', operator: '->', left, right, ...spanOf(left, right) };
  }

  protected argument(): Source | NamedArgument {
    const name = this.expression();
    return this.accept('=>') ? { name, value: this.expression() } : name;
  }

  #level(level: number): Source {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#prefix();
    if (level === NOT) {
      const { token } = this;
      if (!this.accept('not')) return this.#level(level + 1);
      const operand = this.#level(level);
      return { kind: 'unary', operator: 'not', operand, ...spanOf(token, operand) };
    }
    let left = this.#level(level + 1);
    while (operators.some((operator) => this.is(operator))) {
      const operator = this.next().text;
      const right = this.#level(level + 1);
      left = { kind: 'binary', operator, left, right, ...spanOf(left, right) };
    }
    return left;
  }

  #prefix(): Source {
    const { token } = this;
    if (this.is('-') || this.is('+')) {
      const operator = this.next().text as '-' | '+';
      const operand = this.#prefix();
      return { kind: 'unary', operator, operand, ...spanOf(token, operand) };
    }
    return this.#postfix(this.#primary());
  }

  #postfix(value: Source): Source {
    let left = value;
    for (;;) {
      if (this.is('.') || this.is('?.')) {
        const optional = this.next().text === '?.';
        const name = this.next();
        if (name.type !== 'word') throw new Untranslatable(name, `a name was expected behind the dot`);
        if (this.accept('(')) {
          const { items, named, end } = this.arguments(')');
          left = { kind: 'method', object: left, name: name.text, optional, items, named, start: left.start, end };
        } else {
          left = { kind: 'member', object: left, name: name.text, optional, ...spanOf(left, name) };
        }
      } else if (this.accept('[')) {
        const index = this.expression();
        const { end } = this.expect(']');
        left = { kind: 'index', object: left, index, start: left.start, end };
      } else {
        return left;
      }
    }
  }

  #primary(): Source {
    const token = this.next();
    const { type, text, start, end } = token;
    if (type === 'number') return { kind: 'literal', value: Number(text), start, end };
    if (type === 'string') return { kind: 'literal', value: text, start, end };
    if (type === 'dollar') return { kind: 'dollar', name: text, start, end };
    if (type === 'word') {
      if (this.is('(') && this.token.start === end) {
        this.next();
        const { items, named, end: close } = this.arguments(')');
        return { kind: 'call', name: text, items, named, start, end: close };
      }
      const constant = CONSTANTS.get(text);
      if (constant !== undefined) return { kind: 'literal', value: constant, start, end };
      return { kind: 'word', name: text, start, end };
    }
    if (text === '(') {
      const inside = this.expression();
      this.expect(')');
      return inside;
    }
    if (text === '[') {
      const { items, end: close } = this.arguments(']');
      return { kind: 'list', items, start, end: close };
    }
    if (text === '{') {
      const { items, named, end: close } = this.arguments('}');
      if (items.length > 0) throw new Untranslatable(token, 'an entry of a dictionary has the form key => value');
      return { kind: 'dict', entries: named, start, end: close };
    }
    this.back();
    return this.unexpected();
  }
}
