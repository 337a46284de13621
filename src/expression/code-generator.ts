import { chainOf, staticField, staticPath, type Chain, type ChainLink, type LambdaNode, type Node } from './ast.ts';
import { CodeFrame } from './code-frame.ts';
import { ExpressionError, type FailurePlace } from './expression-error.ts';
import { findFunction } from './functions/index.ts';
import type { Binding, CallBinding, Names, Span } from './names.ts';
import { literal, propertyKey, quote } from './javascript.ts';

interface ChainRoot {
  readonly code: string;
  /** How many links are part of it already. */
  readonly consumed: number;
  readonly selfFields: readonly string[];
  /** Whether `code` may be undefined, which then ends the chain. */
  readonly optional: boolean;
}

/** Operators that are inlined for numbers, with the runtime's function for the rest. */
const NUMERIC: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '<': 'less',
  '<=': 'lessOrEqual',
};
/** The same, with the sides exchanged. */
const MIRRORED: Readonly<Record<string, string>> = { '>': 'less', '>=': 'lessOrEqual' };
const CALLED: Readonly<Record<string, string>> = { '/': 'divide', '%': 'remainder', in: 'isIn', 'not in': 'isIn' };

/**
 * Writes JavaScript for checked expressions, so that one function can hold a whole input mapping. No text of an author
 * becomes code: names and strings go in as JSON, everything else by reference through {@link constant}.
 */
export class CodeGenerator extends CodeFrame {
  readonly #names: Names;
  readonly #parameters: (readonly [name: string, variable: string])[] = [];
  #lambdas = 0;

  constructor(names: Names) {
    super();
    this.#names = names;
  }

  /**
   * JavaScript over `s` that gives the value of `node`, an expression of `source`. `valuePath` is carried by its errors.
   * Throws {@link ExpressionError} where the expression has not been checked and names something unknown.
   */
  expression(node: Node, source: string, valuePath?: readonly (string | number)[]): string {
    this.begin(source, valuePath);
    return this.#hard(node);
  }

  /** Code of the text form of the value that `code` gives; errors are placed at `span` of the last expression's source. */
  text(code: string, span: Span): string {
    const value = this.temporary();
    return `(typeof(${value}=${code})==='string'?${value}:(${this.at(span)},r.toText(${value})))`;
  }

  /** Code that hands the value that `code` gives to `freeze` where it is an object. */
  frozen(code: string): string {
    const value = this.temporary();
    return `(typeof(${value}=${code})==='object'&&${value}!==null?(f(${value}),${value}):${value})`;
  }

  /**
   * Code that calls `callee`. `held` are evaluated first, in order; `pass` gives the arguments from where they are held.
   * Errors are placed at `place`. Only the first of `held` may contain code of {@link expression}.
   */
  call(
    callee: string,
    held: readonly string[],
    pass: (...variables: string[]) => readonly string[],
    place: FailurePlace,
  ): string {
    const variables = held.map(() => this.temporary());
    const steps = held.map((code, index) => `${variables[index]!}=${code}`);
    return `(${[...steps, this.site(place, ''), `${callee}(${pass(...variables).join(',')})`].join(',')})`;
  }

  /** Code that gives the value, never undefined, and throws where something is missing. */
  #hard(node: Node): string {
    switch (node.type) {
      case 'literal':
        return literal(node.value);
      case 'name':
      case 'member':
      case 'index':
        return this.#chain(node, false);
      case 'call':
        return this.#call(node);
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
      case 'logical':
        return this.#logical(node);
      case 'conditional':
        return `(${this.#test(node.test)}?${this.#hard(node.then)}:${this.#hard(node.otherwise)})`;
      case 'list':
        return `[${node.items.map((item) => this.#hard(item)).join(',')}]`;
      case 'object':
        return `{${node.entries.map(({ key, value }) => `${propertyKey(key)}:${this.#hard(value)}`).join(',')}}`;
      case 'lambda':
        return this.#lambda(node);
    }
  }

  /** Code that gives the value, or undefined (or null) where something in it is missing. */
  #soft(node: Node): string {
    if (node.type === 'literal') return this.#hard(node);
    if (node.type === 'name' || node.type === 'member' || node.type === 'index') return this.#chain(node, true);
    if (node.type === 'logical' && node.operator === '??') return this.#coalesce(node.left, this.#soft(node.right));
    return `r.attempt(()=>{${this.body(() => this.#hard(node))}})`;
  }

  #unary(node: Node & { readonly type: 'unary' }): string {
    const { operator, operand } = node;
    if (operator === 'not') return `!${this.#test(operand)}`;
    if (operand.type === 'literal' && typeof operand.value === 'number') return `(-${literal(operand.value)})`;
    return `(${this.#held(operand)},${this.at(node)},r.negate(${this.last()}))`;
  }

  #binary({ operator, left, right, start, end }: Node & { readonly type: 'binary' }): string {
    const a = this.temporary();
    const b = this.temporary();
    const sides = `${a}=${this.#hard(left)},${b}=${this.#hard(right)}`;
    const at = this.at({ start, end });
    if (operator === '==') return `(${sides},${a}===${b}||(${at},r.equal(${a},${b})))`;
    if (operator === '!=') return `(${sides},${a}!==${b}&&(${at},!r.equal(${a},${b})))`;
    const called = CALLED[operator];
    if (called !== undefined) return `(${sides},${at},${operator === 'not in' ? '!' : ''}r.${called}(${a},${b}))`;
    const fast = `typeof ${a}==='number'&&typeof ${b}==='number'?${a}${operator}${b}`;
    const mirrored = MIRRORED[operator];
    const slow = mirrored === undefined ? `r.${NUMERIC[operator]!}(${a},${b})` : `r.${mirrored}(${b},${a})`;
    return `(${sides},${fast}:(${at},${slow}))`;
  }

  #logical({ operator, left, right }: Node & { readonly type: 'logical' }): string {
    if (operator === '??') return this.#coalesce(left, this.#hard(right));
    const value = this.temporary();
    const test = truth(value);
    const first = `${value}=${this.#hard(left)}`;
    const second = this.#hard(right);
    return operator === 'and' ? `(${first},${test}?${second}:${value})` : `(${first},${test}?${value}:${second})`;
  }

  #coalesce(left: Node, right: string): string {
    return `(${this.#soft(left)}??${right})`;
  }

  /** Code of the truth of `node`. */
  #test(node: Node): string {
    if (node.type === 'unary' && node.operator === 'not') return `!${this.#test(node.operand)}`;
    if (node.type === 'logical' && node.operator !== '??') {
      return `(${this.#test(node.left)}${node.operator === 'and' ? '&&' : '||'}${this.#test(node.right)})`;
    }
    const held = this.#held(node);
    return `(${held},${truth(this.last())})`;
  }

  /** Code that puts the value of `node` into a fresh temporary, {@link #last}. */
  #held(node: Node): string {
    const code = this.#hard(node);
    return `${this.temporary()}=${code}`;
  }

  #lambda({ parameters, body }: LambdaNode): string {
    const variables = parameters.map(() => `x${this.#lambdas++}`);
    for (const [index, { name }] of parameters.entries()) this.#parameters.push([name, variables[index]!]);
    const defined = variables.map((variable) => `if(${variable}===undefined)${variable}=null;`).join('');
    const text = `((${variables.join(',')})=>{${defined}${this.body(() => this.#hard(body))}})`;
    this.#parameters.length -= parameters.length;
    return text;
  }

  #call(node: Node & { readonly type: 'call' }): string {
    const [first, second] = node.arguments;
    if (node.name === 'default' && first !== undefined && second !== undefined) {
      return this.#coalesce(first, this.#hard(second));
    }
    const literals = node.arguments.map((each) =>
      each.type === 'literal' && typeof each.value === 'string' ? each.value : undefined,
    );
    const binding = this.#names.bindCall(node.name, literals);
    if (binding !== undefined) {
      if ('problem' in binding) throw new ExpressionError(binding.problem, binding.message, this.place(node.nameSpan));
      return this.#boundCall(node, binding);
    }
    const entry = findFunction(node.name);
    if (entry === undefined) {
      throw new ExpressionError(
        'HEDDLE_UNKNOWN_FUNCTION',
        `There is no function ${node.name}.`,
        this.place(node.nameSpan),
      );
    }
    return this.#invoke(this.constant(entry.call), node, node.arguments);
  }

  #boundCall(node: Node & { readonly type: 'call' }, { code, call }: CallBinding): string {
    const value = this.temporary();
    if (code !== undefined) return `(${this.at(node)},(${value}=(${code}))===undefined?null:${value})`;
    return `((${value}=${this.#invoke(this.constant(call), node, node.arguments, 's')})===undefined?null:${value})`;
  }

  #invoke(callee: string, span: Span, values: readonly Node[], ...before: readonly string[]): string {
    const held: string[] = [];
    const passed = [...before];
    for (const value of values) {
      if (value.type === 'literal' || value.type === 'lambda') {
        passed.push(this.#hard(value));
      } else {
        held.push(this.#held(value));
        passed.push(this.last());
      }
    }
    return `(${[...held, this.at(span), `${callee}(${passed.join(',')})`].join(',')})`;
  }

  #chain(node: Node, soft: boolean): string {
    const chain = chainOf(node);
    const { code: root, consumed, selfFields, optional } = this.#root(chain, soft);
    let code = root;
    let opened = '';
    let closed = '';
    // What follows a link that may end the chain stands inside brackets, and is not reached where it does.
    const endWhereMissing = (value: string, condition: string): void => {
      opened += `(${condition}?null:`;
      closed += ')';
      code = value;
    };
    if (optional) {
      const value = this.temporary();
      endWhereMissing(value, `(${value}=${code})===undefined`);
    }
    let subject: Span = chain.links[consumed - 1] ?? chain.root;
    for (const [position, link] of chain.links.slice(consumed).entries()) {
      const name = staticField(link);
      const self = position === 0 && name !== undefined && selfFields.includes(name);
      if (self) {
        code = `r.getSelf(${code},${quote(name)})`;
      } else if (link.optional) {
        const value = this.temporary();
        const field = this.temporary();
        const read =
          name === undefined ? this.#index(value, link, subject, 'readIndex', soft) : this.#read(value, name);
        const missing = soft ? `(${value}=${code})===undefined?undefined:${value}` : `(${value}=${code})`;
        endWhereMissing(field, `${missing}===null||(${field}=${read})===undefined`);
      } else if (soft) {
        code = name === undefined ? this.#index(code, link, subject, 'readIndex', true) : this.#read(code, name);
      } else {
        code = name === undefined ? this.#index(code, link, subject, 'getIndex') : this.#get(code, name, link, subject);
      }
      subject = link;
    }
    return `${opened}${code}${closed}`;
  }

  /** The value the chain starts from, and how many of its links are part of that already. */
  #root(chain: Chain, soft: boolean): ChainRoot {
    const { root, links } = chain;
    const plain = { consumed: 0, selfFields: [], optional: false };
    if (root.type !== 'name') return { ...plain, code: soft ? this.#soft(root) : this.#hard(root) };
    const parameter = this.#parameters.findLast(([name]) => name === root.name);
    if (parameter !== undefined) return { ...plain, code: parameter[1] };
    const binding = this.#names.bind(root.name, staticPath(chain));
    if ('problem' in binding) {
      throw new ExpressionError(binding.problem, binding.message, this.place(links[binding.at - 1] ?? root));
    }
    const { consumed, selfFields = [] } = binding;
    const optional = links.slice(0, consumed).some((link) => link.optional);
    const code = soft || optional ? `(${binding.code})` : this.#bound(chain, binding);
    return { code, consumed, selfFields, optional };
  }

  #bound({ root, links }: Chain, binding: Binding): string {
    const value = this.temporary();
    const last = links[binding.consumed - 1];
    const name = last === undefined ? (root.type === 'name' ? root.name : '') : (staticField(last) ?? '');
    const at = this.at({ start: root.start, end: (last ?? root).end });
    const unbound = `(${at},r.unbound(s,${this.constant(binding)},${quote(name)}))`;
    return `((${value}=(${binding.code}))!==undefined?${value}:${unbound})`;
  }

  /** Reads an element by a computed index with the runtime's function `read`. */
  #index(code: string, link: ChainLink, subject: Span, read: 'readIndex' | 'getIndex', soft = false): string {
    const held = this.temporary();
    const index = this.temporary();
    const key = link.type === 'member' ? quote(link.name) : soft ? this.#soft(link.index) : this.#hard(link.index);
    const rest = `${index}=${key},${this.at(link, subject)},r.${read}(${held},${index})`;
    return soft ? `((${held}=${code})===undefined?undefined:(${rest}))` : `(${held}=${code},${rest})`;
  }

  /** Reads a field that must be there, inline for a plain object that has it. */
  #get(code: string, name: string, link: Span, subject: Span): string {
    const held = this.temporary();
    const slow = `(${this.at(link, subject)},r.getField(${held},${quote(name)}))`;
    return this.#inline(held, code, name, slow);
  }

  /** Reads a field that may be missing. */
  #read(code: string, name: string): string {
    const held = this.temporary();
    return this.#inline(held, code, name, `r.readField(${held},${quote(name)})`);
  }

  #inline(held: string, code: string, name: string, slow: string): string {
    // Names that Object.prototype has would be found there; the slow path looks at own properties only.
    if (name in Object.prototype) return `(${held}=${code},${slow})`;
    const value = this.temporary();
    // `__proto__` rather than Object.getPrototypeOf: V8 folds it into the shape check of the load (4 ns against 40).
    const fast = `(${held}=${code})!=null&&${held}.__proto__===plain&&(${value}=${held}[${quote(name)}])!==undefined`;
    return `(${fast}&&typeof ${value}!=='function'?${value}:${slow})`;
  }
}

function truth(variable: string): string {
  return `(typeof ${variable}==='object'?r.truthy(${variable}):!!${variable})`;
}
