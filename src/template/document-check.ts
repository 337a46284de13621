import { nearest } from '../errors/nearest.ts';
import {
  findFunction,
  FUNCTION_NAMES,
  type CallBinding,
  type CallReference,
  type Names,
  type Problem,
  type Reference,
  type Span,
} from '../expression/index.ts';
import { DataShape } from './document-data.ts';
import { splitMarks, unmark } from './document-text.ts';
import type {
  HandlebarsExpression,
  Hash,
  PathExpression,
  Program,
  SourceRange,
  Statement,
  SubExpression,
} from './handlebars-library.ts';

/** Handlebars' own helpers. */
const BUILT_IN: ReadonlySet<string> = new Set(['each', 'if', 'unless', 'with', 'lookup', 'log']);
/** Blocks whose body keeps the data it stands in. */
const TRANSPARENT: ReadonlySet<string> = new Set(['if', 'unless']);
/** The helper that turns a value into heddle's text form. */
export const TEXT_HELPER = '$text';
/** The helper that gives the value of a `<< … >>`. */
export const PART_HELPER = '$part';

/** A function that a document uses as a helper. */
export type HelperCall = { readonly min: number } & (
  | { readonly call: (...values: unknown[]) => unknown; readonly binding?: undefined }
  | { readonly binding: CallBinding; readonly call?: undefined }
);

/** What the body of a block sees. */
interface Surroundings {
  /** How many `../` lead to the names of the scope; null inside an inline partial, where nobody knows. */
  readonly level: number | null;
  readonly blockParameters: readonly string[];
  /** Names of the inline partials of the document. */
  readonly partials: ReadonlySet<string>;
}

/**
 * Walks a Handlebars document: finds the names and functions it uses, checks them, and rewrites what it shows so that
 * values appear in heddle's text form and `<< … >>` in their places.
 */
export class DocumentChecker {
  readonly problems: Problem[] = [];
  readonly references: Reference[] = [];
  readonly calls: CallReference[] = [];
  readonly helpers = new Map<string, HelperCall>();
  readonly data = new DataShape();
  /** Indexes of the masked parts that were found in the text, where they may stand. */
  readonly placed = new Set<number>();
  readonly #names: Names;
  readonly #spanOf: (range: SourceRange) => Span;

  constructor(names: Names, spanOf: (range: SourceRange) => Span) {
    this.#names = names;
    this.#spanOf = spanOf;
  }

  check(program: Program): void {
    this.#program(program, { level: 0, blockParameters: [], partials: new Set(inlinePartials(program)) });
  }

  #program(program: Program, around: Surroundings): void {
    unmark(program, (index, content) => this.#marked(index, content));
    program.body = program.body.map((statement) => this.#statement(statement, around));
  }

  #marked(index: number, content: Statement): Statement {
    this.placed.add(index);
    const number = { type: 'NumberLiteral', value: index, original: index, loc: content.loc } as const;
    return show(
      {
        type: 'SubExpression',
        path: pathTo(PART_HELPER, content.loc),
        params: [number],
        hash: undefined,
        loc: content.loc,
      },
      content,
    );
  }

  #statement(statement: Statement, around: Surroundings): Statement {
    const { path, params = [], hash } = statement;
    switch (statement.type) {
      case 'CommentStatement':
        for (const piece of splitMarks(statement.value ?? '')) if (typeof piece === 'number') this.placed.add(piece);
        return statement;
      case 'MustacheStatement':
        return isOwn(path) ? statement : this.#mustache(statement, around);
      case 'BlockStatement':
        this.#block(statement, around);
        return statement;
      case 'PartialStatement':
      case 'PartialBlockStatement':
        this.#partial(statement, around);
        this.#expressions(params, hash, around);
        if (statement.program) this.#program(statement.program, { ...around, level: null });
        return statement;
      case 'DecoratorBlock':
        if (statement.program) this.#program(statement.program, { ...around, level: null });
        return statement;
      default:
        return statement;
    }
  }

  #mustache(statement: Statement, around: Surroundings): Statement {
    const { params = [], hash, loc } = statement;
    const path = statement.path!;
    const call: SubExpression = { type: 'SubExpression', path, params, hash, loc };
    const isCall = params.length > 0 || hash !== undefined || path.type === 'SubExpression';
    if (isCall) {
      this.#call(call, around);
      return show(call, statement);
    }
    const name = simpleName(path);
    if (name !== undefined && this.#isFunction(name)) {
      this.#reference(path as PathExpression, around, false);
      this.#useHelper(name, call);
      return show(call, statement);
    }
    this.#expression(path, around);
    return show(path, statement);
  }

  #block(statement: Statement, around: Surroundings): void {
    const { params = [], hash, program, inverse, loc } = statement;
    const path = statement.path!;
    const name = simpleName(path);
    const isHelper = name !== undefined && (BUILT_IN.has(name) || this.#isFunction(name));
    if (params.length > 0 || hash !== undefined) this.#call({ type: 'SubExpression', path, params, hash, loc }, around);
    else if (isHelper && name !== undefined && !BUILT_IN.has(name)) {
      this.#reference(path as PathExpression, around, false);
      this.#useHelper(name, { type: 'SubExpression', path, params, hash, loc });
    } else if (!isHelper) this.#expression(path, around);
    if (program) {
      const keeps = name !== undefined && TRANSPARENT.has(name);
      this.#program(program, {
        ...around,
        level: keeps || around.level === null ? around.level : around.level + 1,
        blockParameters: [...around.blockParameters, ...(program.blockParams ?? [])],
      });
    }
    if (inverse) this.#program(inverse, around);
  }

  #partial(statement: Statement, { partials }: Surroundings): void {
    const name = statement.name;
    if (name?.type !== 'PathExpression' || name.original === '@partial-block' || partials.has(name.original)) return;
    if (statement.type === 'PartialBlockStatement') return;
    const near = nearest(name.original, partials);
    this.#report(
      'HEDDLE_EXPRESSION_SYNTAX',
      `There is no partial ${name.original}; define it with {{#*inline "${name.original}"}} … {{/inline}}.`,
      name.loc,
      near,
    );
  }

  #call({ path, params, hash, loc }: SubExpression, around: Surroundings): void {
    this.#expressions(params, hash, around);
    if (path.type === 'SubExpression') return this.#call(path, around);
    const name = simpleName(path);
    if (name === undefined || !this.#isFunction(name)) {
      if (name !== undefined && (BUILT_IN.has(name) || around.blockParameters.includes(name))) return;
      const text = path.type === 'PathExpression' ? path.original : String(path.original);
      return this.#report(
        'HEDDLE_UNKNOWN_FUNCTION',
        `There is no function or helper ${text}.`,
        path.loc,
        nearest(text, [...FUNCTION_NAMES, ...this.#names.calls, ...BUILT_IN]),
      );
    }
    this.#useHelper(name, { type: 'SubExpression', path, params, hash, loc });
  }

  #useHelper(name: string, { path, params, loc }: SubExpression): void {
    const literals = params.map((each) => (each.type === 'StringLiteral' ? String(each.value) : undefined));
    const argumentSpans = params.map((each) => this.#spanOf(each.loc));
    const binding = this.#names.bindCall(name, literals);
    if (binding !== undefined && 'problem' in binding) {
      const at = params[binding.at]?.loc ?? path.loc;
      return this.#report(binding.problem, binding.message, at, binding.suggestion);
    }
    this.calls.push({ name, literals, argumentSpans, ...this.#spanOf(loc) });
    const entry = findFunction(name);
    const min = binding?.minArguments ?? entry?.min ?? 0;
    const max = binding?.maxArguments ?? entry?.max ?? 0;
    // Without arguments it may be meant as a name of the data, which is known only when it is rendered.
    if (params.length > 0 && (params.length < min || params.length > max)) {
      const wanted = min === max ? String(min) : max === Infinity ? `at least ${min}` : `${min} to ${max}`;
      this.#report('HEDDLE_ARGUMENTS', `${name} takes ${wanted} arguments, not ${params.length}.`, path.loc);
    }
    if (binding !== undefined) this.helpers.set(name, { min, binding });
    else if (entry !== undefined) this.helpers.set(name, { min, call: entry.call });
  }

  #expressions(params: readonly HandlebarsExpression[], hash: Hash | undefined, around: Surroundings): void {
    for (const each of params) this.#expression(each, around);
    for (const { value } of hash?.pairs ?? []) this.#expression(value, around);
  }

  #expression(expression: HandlebarsExpression, around: Surroundings): void {
    if (expression.type === 'SubExpression') this.#call(expression, around);
    else if (expression.type === 'PathExpression') this.#reference(expression, around, true);
  }

  /** Notes a name that is read; `isStrict`: it is a problem where the scope does not have it. */
  #reference(path: PathExpression, { level, blockParameters }: Surroundings, isStrict: boolean): void {
    const names = path.parts.filter((part) => typeof part === 'string');
    const isRoot = path.data && names[0] === 'root';
    const [root, ...fields] = isRoot ? names.slice(1) : names;
    if (root === undefined || (path.data && !isRoot)) return;
    if (!path.data && path.depth === 0 && blockParameters.includes(root)) return;
    const isOfScope = isRoot || (level !== null && level - path.depth <= 0);
    const binding = this.#names.bind(root, fields);
    if ('problem' in binding) {
      if (isOfScope && isStrict) this.#report(binding.problem, binding.message, path.loc, binding.suggestion);
      return;
    }
    const consumed = [root, ...fields.slice(0, binding.consumed)];
    // `../x` and `@root.x` reach the scope from anywhere; other names in blocks may be fields of the current element.
    this.data.add(
      consumed,
      binding.code,
      (binding.selfFields ?? []).filter((each) => each === fields[binding.consumed]),
    );
    const span = this.#spanOf(path.loc);
    if (isOfScope)
      this.references.push({ root, path: fields, pathSpans: fields.map(() => span), guarded: true, ...span });
  }

  #isFunction(name: string): boolean {
    return findFunction(name) !== undefined || this.#names.calls.includes(name);
  }

  #report(code: Problem['code'], message: string, range: SourceRange, suggestion?: string): void {
    const problem: Problem = { code, severity: 'error', message, ...this.#spanOf(range) };
    this.problems.push(suggestion === undefined ? problem : { ...problem, suggestion });
  }
}

/** `{{…}}` that shows an expression in heddle's text form. */
function show(expression: HandlebarsExpression, { loc, escaped, strip }: Statement): Statement {
  return {
    type: 'MustacheStatement',
    path: pathTo(TEXT_HELPER, loc),
    params: [expression],
    hash: undefined,
    escaped: escaped ?? true,
    strip: strip ?? { open: false, close: false },
    loc,
  };
}

function pathTo(name: string, loc: SourceRange): PathExpression {
  return { type: 'PathExpression', data: false, depth: 0, parts: [name], original: name, loc };
}

function isOwn(path: HandlebarsExpression | undefined): boolean {
  return path?.type === 'PathExpression' && path.original === TEXT_HELPER;
}

function simpleName(path: HandlebarsExpression): string | undefined {
  if (path.type !== 'PathExpression' || path.data || path.depth > 0 || path.parts.length !== 1) return undefined;
  const [name] = path.parts;
  // `this.x` and `./x` are never helpers.
  return typeof name === 'string' && path.original === name ? name : undefined;
}

function inlinePartials(program: Program | undefined): readonly string[] {
  return (program?.body ?? []).flatMap((statement) => {
    const [name] = statement.params ?? [];
    const own = statement.type === 'DecoratorBlock' && name?.type === 'StringLiteral' ? [String(name.value)] : [];
    return [...own, ...inlinePartials(statement.program), ...inlinePartials(statement.inverse)];
  });
}
