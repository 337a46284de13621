/** A range of UTF-16 offsets into the text that was parsed; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The expression languages that can be read. */
export type Dialect = 'yaql' | 'jinja';

/** `name=value` of a call, in YAQL `name => value`. YAQL takes any expression for the name. */
export interface NamedArgument {
  readonly name: Source;
  readonly value: Source;
}

/** What calls, methods, filters and tests are given. */
export interface Arguments {
  readonly items: readonly Source[];
  readonly named: readonly NamedArgument[];
}

/** An expression of YAQL or Jinja as plain data: one shape for both, since most of what they say is the same. */
export type Source = Span &
  (
    | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
    /** A bare word: a variable in Jinja, a text in YAQL. */
    | { readonly kind: 'word'; readonly name: string }
    /** `$`, `$1`, `$name` of YAQL; the name is empty for `$`. */
    | { readonly kind: 'dollar'; readonly name: string }
    | { readonly kind: 'member'; readonly object: Source; readonly name: string; readonly optional: boolean }
    | { readonly kind: 'index'; readonly object: Source; readonly index: Source }
    | {
        readonly kind: 'slice';
        readonly object: Source;
        readonly from: Source | undefined;
        readonly to: Source | undefined;
        readonly step: Source | undefined;
      }
    | ({ readonly kind: 'call'; readonly name: string } & Arguments)
    | ({
        readonly kind: 'method';
        readonly object: Source;
        readonly name: string;
        readonly optional: boolean;
      } & Arguments)
    | ({ readonly kind: 'filter'; readonly object: Source; readonly name: string } & Arguments)
    | ({ readonly kind: 'test'; readonly object: Source; readonly name: string; readonly negated: boolean } & Arguments)
    | { readonly kind: 'unary'; readonly operator: '-' | '+' | 'not'; readonly operand: Source }
    | { readonly kind: 'binary'; readonly operator: string; readonly left: Source; readonly right: Source }
    | {
        readonly kind: 'conditional';
        readonly test: Source;
        readonly then: Source;
        readonly otherwise: Source | undefined;
      }
    | { readonly kind: 'list'; readonly items: readonly Source[] }
    | { readonly kind: 'dict'; readonly entries: readonly NamedArgument[] }
  );

/** One kind of {@link Source}. */
export type SourceOf<Kind extends Source['kind']> = Extract<Source, { readonly kind: Kind }>;

/** Thrown while an expression is read or translated, and caught where its text is known. */
export class Untranslatable extends Error {
  readonly start: number;
  readonly end: number;

  constructor(at: Span, message: string) {
    super(message);
    this.start = at.start;
    this.end = at.end;
  }
}
