/** What docs/functions.md says of a function; every example is run by a test. */
export interface FunctionDocumentation {
  readonly name: string;
  /** `join(list, separator = ", ")` */
  readonly signature: string;
  /** One sentence. */
  readonly summary: string;
  readonly example: { readonly expression: string; readonly result: unknown };
}

/** A function of the expression language that needs nothing but its arguments. */
export interface FunctionEntry extends FunctionDocumentation {
  /** Fewest and most arguments. */
  readonly min: number;
  readonly max: number;
  /** Positions of the arguments that may be a lambda. */
  readonly lambdas?: readonly number[];
  /** True where nothing in the result is shared with an argument, so that nobody needs to freeze it. */
  readonly owned?: true;
  readonly call: (...values: unknown[]) => unknown;
}
