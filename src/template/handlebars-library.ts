import { createRequire } from 'node:module';

/** The parts of Handlebars' syntax tree that heddle looks at. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

export interface SourceRange {
  readonly start: SourcePosition;
  readonly end: SourcePosition;
}

export interface PathExpression {
  readonly type: 'PathExpression';
  /** Whether it starts with @. */
  readonly data: boolean;
  /** How many `../` it starts with. */
  readonly depth: number;
  readonly parts: readonly (string | HandlebarsExpression)[];
  readonly original: string;
  readonly loc: SourceRange;
}

export interface SubExpression {
  readonly type: 'SubExpression';
  readonly path: HandlebarsExpression;
  readonly params: readonly HandlebarsExpression[];
  readonly hash: Hash | undefined;
  readonly loc: SourceRange;
}

export interface Hash {
  readonly pairs: readonly { readonly value: HandlebarsExpression }[];
}

export interface LiteralExpression {
  readonly type: 'StringLiteral' | 'NumberLiteral' | 'BooleanLiteral' | 'UndefinedLiteral' | 'NullLiteral';
  readonly value?: unknown;
  readonly original?: unknown;
  readonly loc: SourceRange;
}

export type HandlebarsExpression = PathExpression | SubExpression | LiteralExpression;

/** Everything that calls or shows something; which of the optional fields are there depends on the type. */
export interface Statement {
  readonly type:
    | 'MustacheStatement'
    | 'BlockStatement'
    | 'PartialStatement'
    | 'PartialBlockStatement'
    | 'DecoratorBlock'
    | 'Decorator'
    | 'ContentStatement'
    | 'CommentStatement';
  readonly loc: SourceRange;
  readonly path?: HandlebarsExpression;
  readonly name?: HandlebarsExpression;
  readonly params?: readonly HandlebarsExpression[];
  readonly hash?: Hash | undefined;
  readonly program?: Program | undefined;
  readonly inverse?: Program | undefined;
  readonly escaped?: boolean;
  readonly strip?: unknown;
  readonly value?: string;
}

export interface Program {
  readonly type: 'Program';
  body: Statement[];
  readonly blockParams?: readonly string[];
  readonly loc: SourceRange;
}

/** What a helper gets behind its arguments. */
export interface HelperOptions {
  readonly fn?: unknown;
  readonly hash: Readonly<Record<string, unknown>>;
}

export type Helper = (this: unknown, ...values: unknown[]) => unknown;
/** A pre-compiled document. */
export type HandlebarsRender = (data: unknown, options: Readonly<Record<string, unknown>>) => string;

/** The part of Handlebars that heddle uses. */
export interface Handlebars {
  create(): Handlebars;
  parse(text: string): Program;
  precompile(program: Program, options: Readonly<Record<string, unknown>>): string;
  template(specification: unknown): HandlebarsRender;
  registerHelper(name: string, helper: Helper): void;
  readonly helpers: Readonly<Record<string, Helper>>;
}

let library: Handlebars | undefined;

/** Handlebars, loaded when the first document needs it (about 40 ms). */
export function handlebars(): Handlebars {
  library ??= createRequire(import.meta.url)('handlebars') as Handlebars;
  return library;
}
