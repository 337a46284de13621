import { childrenOf, type BinaryOperator, type LambdaParameter, type Node, type ObjectEntry } from './ast.ts';
import { tokenise, type Closer, type Token } from './lexer.ts';
import type { Problem } from './names.ts';
import {
  AND,
  COALESCE,
  COMPARISON,
  CONDITIONAL,
  CONSTANTS,
  KEYWORDS,
  NOT,
  OR,
  PIPE,
  POWERS,
  UNARY,
} from './precedence.ts';
import { Stop, TokenCursor } from './token-cursor.ts';

/** How deep brackets, lambdas and prefix operators may nest. */
export const MAX_NESTING = 200;
/** How high the tree of an expression may grow: also bounds flat chains such as `a + b + …`. */
const MAX_HEIGHT = 500;

/** What {@link parseExpression} gives: `node` is null where nothing usable was read. */
export interface ParsedExpression {
  readonly node: Node | null;
  /** Where reading stopped: behind the closing delimiter where one was asked for. */
  readonly end: number;
  readonly problems: readonly Problem[];
}

/**
 * Parses an expression of `source` that starts at `from`. With `until`, reads up to that delimiter (as a token outside
 * brackets and strings); without, to the end of the text. Never throws: problems carry HEDDLE_EXPRESSION_SYNTAX,
 * HEDDLE_EXPRESSION_LIMIT, HEDDLE_EXPRESSION_PIPE (a warning) or HEDDLE_TEMPLATE_UNCLOSED.
 */
export function parseExpression(source: string, from = 0, options: { readonly until?: Closer } = {}): ParsedExpression {
  const { tokens, end, problems, isCut } = tokenise(source, from, options.until);
  if (isCut) return { node: null, end, problems };
  const parser = new Parser(source, tokens);
  const node = parser.parse();
  if (parser.problems.length === 0) return { node, end, problems };
  const all = [...problems, ...parser.problems].sort((a, b) => a.start - b.start);
  return { node, end, problems: all };
}

/** Operators of other languages and what to write here. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['=', '=='],
  ['===', '=='],
  ['!==', '!='],
]);

class Parser extends TokenCursor {
  #parenthesised: Set<Node> | undefined;
  #heights: Map<Node, number> | undefined;
  #nodes = 0;
  #nesting = 0;

  parse(): Node | null {
    try {
      const first = this.token;
      if (first.type === 'end') this.fail(first, 'There is no expression here.');
      const node = this.#expression(PIPE);
      const rest = this.token;
      if (rest.type !== 'end') this.unexpected();
      return node;
    } catch (error) {
      if (error instanceof Stop) return null;
      throw error;
    }
  }

  #expression(power: number): Node {
    this.#enter();
    let left = this.#prefix();
    while (true) {
      const own = this.#power();
      if (own === undefined || own < power) break;
      left = this.#infix(left, own);
    }
    this.#nesting -= 1;
    return left;
  }

  #power(): number | undefined {
    const { type, text } = this.token;
    if (type !== 'punctuation' && type !== 'name') return undefined;
    if (text === 'not' && !this.is('in', 1)) return undefined;
    return Object.hasOwn(POWERS, text) ? POWERS[text] : undefined;
  }

  #infix(left: Node, power: number): Node {
    const operator = this.next();
    switch (power) {
      case PIPE:
        return this.#pipe(left, operator);
      case CONDITIONAL: {
        const then = this.#expression(PIPE);
        this.#expectColon(operator);
        const otherwise = this.#expression(CONDITIONAL);
        return this.#grow({
          type: 'conditional',
          test: left,
          then,
          otherwise,
          start: left.start,
          end: otherwise.end,
        });
      }
      case COALESCE:
      case OR:
      case AND: {
        const right = this.#expression(power + 1);
        const kind = power === COALESCE ? '??' : power === OR ? 'or' : 'and';
        return this.#grow({ type: 'logical', operator: kind, left, right, start: left.start, end: right.end });
      }
      case COMPARISON:
        return this.#comparison(left, operator);
      default: {
        const right = this.#expression(power + 1);
        return this.#binary(operator.text as BinaryOperator, left, right);
      }
    }
  }

  #comparison(left: Node, token: Token): Node {
    let operator = token.text;
    if (operator === 'not') {
      this.next();
      operator = 'not in';
    }
    const replacement = FOREIGN.get(operator);
    if (replacement !== undefined) {
      this.report(token, `There is no operator ${operator}; write ${replacement} to compare.`, replacement);
      operator = replacement;
    }
    if (isComparison(left) && this.#parenthesised?.has(left) !== true) {
      this.report(token, 'Comparisons cannot be chained; write `a < b and b < c`, or put parentheses around one.');
    }
    return this.#binary(operator as BinaryOperator, left, this.#expression(COMPARISON + 1));
  }

  #binary(operator: BinaryOperator, left: Node, right: Node): Node {
    return this.#grow({ type: 'binary', operator, left, right, start: left.start, end: right.end });
  }

  #pipe(value: Node, operator: Token): Node {
    if (isOperation(value) && this.#parenthesised?.has(value) !== true) {
      const text = this.source.slice(value.start, value.end);
      this.problems.push({
        code: 'HEDDLE_EXPRESSION_PIPE',
        severity: 'warning',
        start: value.start,
        end: operator.end,
        message: 'The pipe takes the whole of what stands left of it; put parentheses around the part that is meant.',
        suggestion: `(${text}) |`,
      });
    }
    const name = this.token;
    if (name.type !== 'name' || KEYWORDS.has(name.text)) {
      this.unexpected('expected the name of a function behind |, as in `value | upper()`');
    }
    this.next();
    const rest = this.is('(') ? this.#arguments() : { items: [], end: name.end };
    return this.#grow({
      type: 'call',
      name: name.text,
      nameSpan: { start: name.start, end: name.end },
      arguments: [value, ...rest.items],
      start: value.start,
      end: rest.end,
    });
  }

  #prefix(): Node {
    const token = this.token;
    if (this.is('not')) return this.#unary(token, 'not', NOT);
    if (this.is('!')) return this.#unary(token, 'not', UNARY);
    if (this.is('-')) return this.#unary(token, '-', UNARY);
    return this.#access(this.#primary());
  }

  #unary(token: Token, operator: '-' | 'not', power: number): Node {
    this.next();
    const operand = this.#expression(power);
    return this.#grow({ type: 'unary', operator, operand, start: token.start, end: operand.end });
  }

  #primary(): Node {
    const token = this.next();
    const { type, text, start, end } = token;
    if (type === 'number') return this.#grow({ type: 'literal', value: Number(text), start, end });
    if (type === 'string') return this.#grow({ type: 'literal', value: text, start, end });
    if (type === 'name') {
      const constant = CONSTANTS.get(text);
      if (constant !== undefined) return this.#grow({ type: 'literal', value: constant, start, end });
      if (!KEYWORDS.has(text))
        return this.is('(') ? this.#call(token) : this.#grow({ type: 'name', name: text, start, end });
    }
    if (type === 'punctuation') {
      if (text === '(') return this.#group(token);
      if (text === '[') return this.#list(token);
      if (text === '{') return this.#object(token);
    }
    if (type !== 'end') this.position -= 1;
    return this.unexpected('expected a value');
  }

  #call(name: Token): Node {
    const { items, end } = this.#arguments();
    return this.#grow({
      type: 'call',
      name: name.text,
      nameSpan: { start: name.start, end: name.end },
      arguments: items,
      start: name.start,
      end,
    });
  }

  #group(opened: Token): Node {
    const inner = this.#expression(PIPE);
    if (this.is(',') || this.is('=>', 1)) this.lambdaOutside();
    const closed = this.expect(')', opened);
    if (this.is('=>')) this.lambdaOutside();
    // A copy with the brackets' span: errors and advice then show the whole of what was written.
    const node = { ...inner, start: opened.start, end: closed.end };
    this.#parenthesised ??= new Set();
    this.#parenthesised.add(node);
    return node;
  }

  #access(node: Node): Node {
    let object = node;
    while (true) {
      const token = this.token;
      if (this.is('.') || this.is('?.')) {
        this.next();
        object = token.text === '?.' && this.is('[') ? this.#index(object, true) : this.#member(object, token);
      } else if (this.is('[')) {
        object = this.#index(object, false);
      } else if (this.is('(')) {
        this.#notCallable(object);
      } else {
        return object;
      }
    }
  }

  #member(object: Node, dot: Token): Node {
    const name = this.token;
    if (name.type !== 'name') {
      const advice =
        name.type === 'number' ? '; write [0] for an element of a list' : '; write ["name"] for other names';
      this.fail(name.type === 'end' ? dot : name, `Expected the name of a field behind ${dot.text}${advice}.`);
    }
    this.next();
    return this.#grow({
      type: 'member',
      object,
      name: name.text,
      nameSpan: { start: name.start, end: name.end },
      optional: dot.text === '?.',
      start: object.start,
      end: name.end,
    });
  }

  #index(object: Node, optional: boolean): Node {
    const opened = this.next();
    const index = this.#expression(PIPE);
    const closed = this.expect(']', opened);
    return this.#grow({ type: 'index', object, index, optional, start: object.start, end: closed.end });
  }

  #arguments(): { readonly items: readonly Node[]; readonly end: number } {
    const opened = this.next();
    const items: Node[] = [];
    while (!this.is(')')) {
      items.push(this.#argument());
      if (!this.accept(',')) break;
    }
    return { items, end: this.expect(')', opened).end };
  }

  #argument(): Node {
    const { position } = this;
    const { start } = this.token;
    const parameters = this.#lambdaParameters();
    if (parameters === undefined) {
      this.position = position;
      return this.#expression(PIPE);
    }
    const body = this.#expression(PIPE);
    return this.#grow({ type: 'lambda', parameters, body, start, end: body.end });
  }

  /** Reads `x =>` or `(a, b) =>`; undefined where the argument is no lambda. */
  #lambdaParameters(): readonly LambdaParameter[] | undefined {
    const parameters: LambdaParameter[] = [];
    const parenthesised = this.accept('(');
    while (this.token.type === 'name') {
      const { text, start, end } = this.next();
      parameters.push({ name: text, start, end });
      if (!parenthesised || !this.accept(',')) break;
    }
    if (parenthesised && !this.accept(')')) return undefined;
    if (!this.accept('=>')) return undefined;
    for (const [index, { name, start, end }] of parameters.entries()) {
      if (KEYWORDS.has(name)) this.report({ start, end }, `${name} cannot name a parameter.`);
      else if (parameters.findIndex((each) => each.name === name) < index) {
        this.report({ start, end }, `The parameter ${name} stands here twice.`);
      }
    }
    return parameters;
  }

  #list(opened: Token): Node {
    const items: Node[] = [];
    while (!this.is(']')) {
      items.push(this.#expression(PIPE));
      if (!this.accept(',')) break;
    }
    const closed = this.expect(']', opened);
    return this.#grow({ type: 'list', items, start: opened.start, end: closed.end });
  }

  #object(opened: Token): Node {
    const entries: ObjectEntry[] = [];
    const keys = new Set<string>();
    while (!this.is('}')) {
      const key = this.token;
      if (key.type !== 'name' && key.type !== 'string' && key.type !== 'number') this.unexpected('expected a key');
      this.next();
      if (keys.has(key.text)) this.report(key, `The key ${key.text} stands here twice.`);
      keys.add(key.text);
      if (!this.accept(':')) this.unexpected(`expected : behind the key ${key.text}`);
      entries.push({ key: key.text, keySpan: { start: key.start, end: key.end }, value: this.#expression(PIPE) });
      if (!this.accept(',')) break;
    }
    const closed = this.expect('}', opened);
    return this.#grow({ type: 'object', entries, start: opened.start, end: closed.end });
  }

  #expectColon(question: Token): void {
    if (this.accept(':')) return;
    this.fail(question, 'This ? has no :, write `condition ? value : other`.');
  }

  #enter(): void {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) this.limit(`nests deeper than ${MAX_NESTING} levels`);
  }

  #grow(node: Node): Node {
    this.#nodes += 1;
    // A tree is no higher than it has nodes.
    if (this.#nodes > MAX_HEIGHT && this.#heightOf(node) > MAX_HEIGHT) {
      this.limit(`chains more than ${MAX_HEIGHT} operations`);
    }
    return node;
  }

  /** The recursion ends where a node has been asked for before, or is at most {@link MAX_HEIGHT} deep. */
  #heightOf(node: Node): number {
    this.#heights ??= new Map();
    let height = this.#heights.get(node);
    if (height === undefined) {
      height = 1;
      for (const child of childrenOf(node)) height = Math.max(height, this.#heightOf(child) + 1);
      this.#heights.set(node, height);
    }
    return height;
  }

  #notCallable(object: Node): never {
    const name = object.type === 'member' ? object.name : 'fn';
    this.fail(
      object.type === 'member' ? { start: object.nameSpan.start, end: object.end } : object,
      `Values have no methods; write ${name}(value, …) or value | ${name}(…).`,
    );
  }
}

function isComparison(node: Node): boolean {
  return node.type === 'binary' && !['+', '-', '*', '/', '%'].includes(node.operator);
}

function isOperation(node: Node): boolean {
  return node.type === 'binary' || node.type === 'logical' || node.type === 'unary' || node.type === 'conditional';
}
