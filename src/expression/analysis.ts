import type { ErrorCode } from '../errors/index.ts';
import { chainOf, childrenOf, staticPath, type CallNode, type Chain, type Node } from './ast.ts';
import { CONTEXT_FUNCTIONS } from './context-functions.ts';
import { findFunction, FUNCTION_NAMES } from './functions/index.ts';
import type { CallReference, NameProblem, Names, Problem, Reference, Span } from './names.ts';
import { nearest } from '../errors/nearest.ts';

/** What {@link analyse} finds. */
export interface Analysis {
  readonly problems: readonly Problem[];
  /** Names used, in the order they stand; parameters of lambdas are not among them. */
  readonly references: readonly Reference[];
  readonly calls: readonly CallReference[];
}

/** What authors of other languages write for a constant. */
const FOREIGN_CONSTANTS: ReadonlyMap<string, string> = new Map([
  ['None', 'null'],
  ['nil', 'null'],
  ['undefined', 'null'],
  ['NULL', 'null'],
  ['Null', 'null'],
  ['True', 'true'],
  ['TRUE', 'true'],
  ['False', 'false'],
  ['FALSE', 'false'],
]);

/**
 * Checks an expression against the names it may use: unknown names and functions, numbers of arguments, lambdas where
 * none may stand. Collects all problems and never throws.
 */
export function analyse(node: Node, names: Names): Analysis {
  const walker = new Walker(names);
  walker.visit(node, false);
  return walker;
}

class Walker implements Analysis {
  readonly problems: Problem[] = [];
  readonly references: Reference[] = [];
  readonly calls: CallReference[] = [];
  readonly #names: Names;
  readonly #parameters: string[] = [];

  constructor(names: Names) {
    this.#names = names;
  }

  visit(node: Node, guarded: boolean): void {
    switch (node.type) {
      case 'name':
      case 'member':
      case 'index':
        this.#chain(node, guarded);
        break;
      case 'call':
        this.#call(node, guarded);
        break;
      case 'logical':
        this.visit(node.left, guarded || node.operator === '??');
        this.visit(node.right, guarded);
        break;
      case 'lambda':
        this.#parameters.push(...node.parameters.map(({ name }) => name));
        this.visit(node.body, guarded);
        this.#parameters.length -= node.parameters.length;
        break;
      default:
        for (const child of childrenOf(node)) this.visit(child, guarded);
    }
  }

  #chain(node: Node, guarded: boolean): void {
    const chain = chainOf(node);
    if (chain.root.type === 'name') this.#reference(chain, chain.root.name, guarded);
    else this.visit(chain.root, guarded);
    for (const link of chain.links) if (link.type === 'index') this.visit(link.index, guarded);
  }

  #reference(chain: Chain, root: string, guarded: boolean): void {
    if (this.#parameters.includes(root)) return;
    const path = staticPath(chain);
    const links = chain.links.slice(0, path.length);
    const pathSpans = links.map((link) => spanOf(link.type === 'member' ? link.nameSpan : link.index));
    const binding = this.#names.bind(root, path);
    let optional: boolean;
    if ('problem' in binding) {
      this.#nameProblem(binding, root, [spanOf(chain.root), ...pathSpans]);
      optional = links.some((link) => link.optional);
    } else {
      optional = links.slice(0, binding.consumed).some((link) => link.optional);
    }
    const { start } = chain.root;
    const end = (links.at(-1) ?? chain.root).end;
    this.references.push({ root, path, pathSpans, guarded: guarded || optional, start, end });
  }

  #nameProblem({ problem, message, at, suggestion }: NameProblem, root: string, spans: readonly Span[]): void {
    const constant = at === 0 ? FOREIGN_CONSTANTS.get(root) : undefined;
    this.#report(problem, message, spans[at] ?? spans[0]!, constant ?? suggestion);
  }

  #call(node: CallNode, guarded: boolean): void {
    const { name, nameSpan, arguments: values } = node;
    const literals = values.map((each) =>
      each.type === 'literal' && typeof each.value === 'string' ? each.value : undefined,
    );
    const argumentSpans = values.map(spanOf);
    this.calls.push({ name, literals, argumentSpans, start: nameSpan.start, end: node.end });
    values.forEach((each, index) => this.visit(each, guarded || (name === 'default' && index === 0)));
    const binding = this.#names.bindCall(name, literals);
    if (binding === undefined) return this.#libraryCall(node);
    if ('problem' in binding) {
      return this.#report(binding.problem, binding.message, argumentSpans[binding.at] ?? nameSpan, binding.suggestion);
    }
    const { minArguments: min, maxArguments: max } = binding;
    if (values.length < min || values.length > max) {
      const known = CONTEXT_FUNCTIONS.find((each) => each.name === name);
      this.#count(node, min, max, known?.signature ?? `${name}()`);
    }
    this.#lambdas(values, []);
  }

  #libraryCall(node: CallNode): void {
    const entry = findFunction(node.name);
    if (entry === undefined) return this.#unknownFunction(node);
    this.#count(node, entry.min, entry.max, entry.signature);
    this.#lambdas(node.arguments, entry.lambdas ?? []);
  }

  #unknownFunction({ name, nameSpan }: CallNode): void {
    const near = nearest(name, [...FUNCTION_NAMES, ...this.#names.calls]);
    const elsewhere = CONTEXT_FUNCTIONS.find((each) => each.name === name);
    const message =
      elsewhere === undefined
        ? `There is no function ${name}.`
        : `${elsewhere.signature} cannot be used here: ${elsewhere.summary}`;
    this.#report('HEDDLE_UNKNOWN_FUNCTION', message, nameSpan, elsewhere === undefined ? near : undefined);
  }

  #count({ name, nameSpan, arguments: values }: CallNode, min: number, max: number, signature: string): void {
    if (values.length >= min && values.length <= max) return;
    const wanted = min === max ? String(min) : max === Infinity ? `at least ${min}` : `${min} to ${max}`;
    const noun = wanted === '1' || wanted === 'at least 1' ? 'argument' : 'arguments';
    this.#report('HEDDLE_ARGUMENTS', `${name} takes ${wanted} ${noun}, not ${values.length}: ${signature}.`, nameSpan);
  }

  #lambdas(values: readonly Node[], allowed: readonly number[]): void {
    values.forEach((value, index) => {
      if (value.type !== 'lambda' || allowed.includes(index)) return;
      this.#report('HEDDLE_EXPRESSION_TYPE', 'A lambda cannot be this argument; a value is needed here.', value);
    });
  }

  #report(code: ErrorCode, message: string, span: Span, suggestion?: string): void {
    const problem: Problem = { code, severity: 'error', message, ...spanOf(span) };
    this.problems.push(suggestion === undefined ? problem : { ...problem, suggestion });
  }
}

function spanOf({ start, end }: Span): Span {
  return { start, end };
}
