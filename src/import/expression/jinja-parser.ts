import { Untranslatable, type NamedArgument, type Source } from './ast.ts';
import { tokenise } from './lexer.ts';
import { ExpressionParser, NO_ARGUMENTS, spanOf } from './parser.ts';

const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>=', 'in'];
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
/** Tests that take what follows as their argument, without parentheses. */
const TESTS_WITH_ARGUMENT: readonly string[] = [
  'divisibleby',
  'sameas',
  'eq',
  'equalto',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'in',
];

/** Parses a Jinja expression. @throws Untranslatable */
export function parseJinja(source: string): Source {
  return new JinjaParser(tokenise(source, 'jinja')).parse();
}

class JinjaParser extends ExpressionParser {
  protected parseExpression(): Source {
    const then = this.#or();
    if (!this.accept('if')) return then;
    const test = this.#or();
    const otherwise = this.accept('else') ? this.expression() : undefined;
    return { kind: 'conditional', test, then, otherwise, ...spanOf(then, otherwise ?? test) };
  }

  protected argument(): Source | NamedArgument {
    const { type, text, start, end } = this.token;
    if (type === 'word' && this.is('=', 1)) {
      this.next();
      this.next();
      return { name: { kind: 'literal', value: text, start, end }, value: this.expression() };
    }
    const name = this.expression();
    return this.accept(':') ? { name, value: this.expression() } : name;
  }

  #or(): Source {
    return this.#chain(['or'], () => this.#chain(['and'], () => this.#not()));
  }

  #not(): Source {
    const { token } = this;
    if (!this.is('not')) return this.#comparison();
    this.next();
    const operand = this.#not();
    return { kind: 'unary', operator: 'not', operand, ...spanOf(token, operand) };
  }

  /** `a < b < c` means `a < b and b < c`. */
  #comparison(): Source {
    let last = this.#sum();
    let all: Source | undefined;
    for (;;) {
      const negated = this.is('not') && this.is('in', 1);
      if (!negated && !COMPARISONS.some((each) => this.is(each))) return all ?? last;
      if (negated) this.next();
      const { text } = this.next();
      const right = this.#sum();
      const operator = negated ? 'not in' : text;
      const one: Source = { kind: 'binary', operator, left: last, right, ...spanOf(last, right) };
      all = all === undefined ? one : { kind: 'binary', operator: 'and', left: all, right: one, ...spanOf(all, one) };
      last = right;
    }
  }

  #sum(): Source {
    return this.#chain(['+', '-'], () =>
      this.#chain(['~'], () => this.#chain(['*', '/', '//', '%'], () => this.#power())),
    );
  }

  #chain(operators: readonly string[], operand: () => Source): Source {
    let left = operand();
    while (operators.some((operator) => this.is(operator))) {
      const operator = this.next().text;
      const right = operand();
      left = { kind: 'binary', operator, left, right, ...spanOf(left, right) };
    }
    return left;
  }

  #power(): Source {
    const left = this.#unary(true);
    if (!this.accept('**')) return left;
    const right = this.#unary(true);
    return { kind: 'binary', operator: '**', left, right, ...spanOf(left, right) };
  }

  /** Filters and tests take a value with its sign. */
  #unary(takesFilters: boolean): Source {
    const { token } = this;
    let value: Source;
    if (this.is('-') || this.is('+')) {
      const operator = this.next().text as '-' | '+';
      const operand = this.#unary(false);
      value = { kind: 'unary', operator, operand, ...spanOf(token, operand) };
    } else value = this.#postfix(this.#primary());
    return takesFilters ? this.#filters(value) : value;
  }

  #postfix(value: Source): Source {
    let left = value;
    for (;;) {
      if (this.accept('.')) {
        const name = this.next();
        if (name.type === 'number') {
          const index: Source = { kind: 'literal', value: Number(name.text), start: name.start, end: name.end };
          left = { kind: 'index', object: left, index, ...spanOf(left, name) };
          continue;
        }
        if (name.type !== 'word') throw new Untranslatable(name, 'a name was expected behind the dot');
        if (this.accept('(')) {
          const { items, named, end } = this.arguments(')');
          const { start } = left;
          left = { kind: 'method', object: left, name: name.text, optional: false, items, named, start, end };
        } else {
          left = { kind: 'member', object: left, name: name.text, optional: false, ...spanOf(left, name) };
        }
      } else if (this.accept('[')) {
        left = this.#subscript(left);
      } else {
        return left;
      }
    }
  }

  #subscript(object: Source): Source {
    const parts: (Source | undefined)[] = [];
    let colons = 0;
    while (!this.is(']')) {
      if (this.accept(':')) colons++;
      else parts[colons] = this.expression();
    }
    const { end } = this.expect(']');
    const [from, to, step] = parts;
    const { start } = object;
    if (colons > 0) return { kind: 'slice', object, from, to, step, start, end };
    if (from === undefined) throw new Untranslatable({ start, end }, 'there is nothing between the brackets');
    return { kind: 'index', object, index: from, start, end };
  }

  /** `| filter(…)` and `is [not] test`, which bind closer than any operator. */
  #filters(value: Source): Source {
    let left = value;
    for (;;) {
      const { start } = left;
      if (this.accept('|')) {
        const name = this.#dotted();
        const { items, named, end } = this.accept('(') ? this.arguments(')') : { ...NO_ARGUMENTS, end: name.end };
        left = { kind: 'filter', object: left, name: name.text, items, named, start, end };
      } else if (this.accept('is')) {
        const negated = this.accept('not');
        const name = this.#dotted();
        const given = this.accept('(') ? this.arguments(')') : this.#bareArgument(name);
        left = { kind: 'test', object: left, name: name.text, negated, ...given, start };
      } else if (this.is('(') || this.is('.') || this.is('[')) {
        left = this.#postfix(left);
        if (this.is('(')) this.unexpected();
      } else {
        return left;
      }
    }
  }

  #bareArgument(name: { readonly text: string; readonly end: number }) {
    if (!TESTS_WITH_ARGUMENT.includes(name.text)) return { ...NO_ARGUMENTS, end: name.end };
    const item = this.#postfix(this.#primary());
    return { items: [item], named: [], end: item.end };
  }

  #dotted(): { readonly text: string; readonly end: number } {
    const first = this.next();
    let { text, end } = first;
    if (first.type !== 'word') this.unexpected('a name was expected');
    while (this.is('.') && this.peek(1).type === 'word') {
      this.next();
      const part = this.next();
      text += `.${part.text}`;
      ({ end } = part);
    }
    return { text, end };
  }

  #primary(): Source {
    const token = this.next();
    const { type, text, start, end } = token;
    if (type === 'number') return { kind: 'literal', value: Number(text), start, end };
    if (type === 'string') return this.#strings(text, start, end);
    if (type === 'word') {
      if (this.accept('(')) {
        const { items, named, end: close } = this.arguments(')');
        return { kind: 'call', name: text, items, named, start, end: close };
      }
      const constant = CONSTANTS.get(text);
      if (constant !== undefined) return { kind: 'literal', value: constant, start, end };
      return { kind: 'word', name: text, start, end };
    }
    if (text === '(') return this.#tuple(start);
    if (text === '[') {
      const { items, end: close } = this.arguments(']');
      return { kind: 'list', items, start, end: close };
    }
    if (text === '{') {
      const { items, named, end: close } = this.arguments('}');
      if (items.length > 0) throw new Untranslatable(token, 'an entry of a dictionary has the form key: value');
      return { kind: 'dict', entries: named, start, end: close };
    }
    this.back();
    return this.unexpected();
  }

  /** Texts beside each other are one. */
  #strings(first: string, start: number, firstEnd: number): Source {
    let text = first;
    let end = firstEnd;
    while (this.token.type === 'string') {
      const more = this.next();
      text += more.text;
      ({ end } = more);
    }
    return { kind: 'literal', value: text, start, end };
  }

  #tuple(start: number): Source {
    if (this.is(')')) return { kind: 'list', items: [], start, end: this.next().end };
    const first = this.expression();
    if (!this.is(',')) {
      this.expect(')');
      return first;
    }
    this.next();
    const { items, end } = this.arguments(')');
    return { kind: 'list', items: [first, ...items], start, end };
  }
}
