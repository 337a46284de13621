/**
 * Static types of JSON Schemas, read off their shape: the keywords that say what a value is made of. TypeBox types have
 * the same shape, beside markers of their own (`~optional`, `~unsafe`), so that both cost a program that defines actions
 * next to nothing to check. TypeBox's `Static` knows more, at 150,000 types for the first schema.
 */

/**
 * The static type of a schema: of a TypeBox type, or of a plain JSON Schema written `as const`. What the keywords read
 * here do not tell (`$ref`, `if`, `pattern`, no keyword at all) is `unknown` or left out.
 */
export type StaticOf<S extends object> = Value<S, false>;

/**
 * What an action is handed for an input schema: {@link StaticOf}, where properties with a `default` are always there.
 * Without a schema: a mapping of unknown values.
 */
export type InputOf<S extends object> =
  unknown extends Value<S, true> ? Readonly<Record<string, unknown>> : Value<S, true>;

/** The type of a schema; where it is `Filled`, properties with a `default` count as present. */
type Value<S, Filled extends boolean> = S extends { readonly '~unsafe': infer T }
  ? T
  : S extends { readonly const: infer T }
    ? T
    : S extends { readonly enum: readonly (infer T)[] }
      ? T
      : S extends false | { readonly '~kind': 'Never' }
        ? never
        : Shape<S, Filled> & Either<S, 'anyOf'> & Either<S, 'oneOf'> & Every<S, Filled>;

// Ajv fills in no default inside of an alternative.
type Either<S, Keyword extends string> =
  S extends Readonly<Record<Keyword, infer Members extends readonly unknown[]>>
    ? Value<Members[number], false>
    : unknown;

type Every<S, Filled extends boolean> = S extends { readonly allOf: infer Members } ? All<Members, Filled> : unknown;

type All<Members, Filled extends boolean> = Members extends readonly [infer First, ...infer Rest]
  ? Value<First, Filled> & All<Rest, Filled>
  : unknown;

type Shape<S, Filled extends boolean> = S extends { readonly type: infer T }
  ? Named<T extends readonly unknown[] ? T[number] : T, S, Filled>
  : Untyped<S, Filled>;

interface Scalars {
  readonly string: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly null: null;
}

/** The name may be a mere `string`, where a schema was not written `as const`. */
type Named<Name, S, Filled extends boolean> = Name extends keyof Scalars
  ? Scalars[Name]
  : Name extends 'array'
    ? List<S, Filled>
    : Name extends 'object'
      ? Mapping<S, Filled>
      : Untyped<S, Filled>;

/** Keywords of mappings and lists, which people write without a `type`. */
type Untyped<S, Filled extends boolean> = S extends { readonly properties: object } | { readonly required: unknown }
  ? Mapping<S, Filled>
  : S extends { readonly items: object }
    ? List<S, Filled>
    : unknown;

type List<S, Filled extends boolean> = S extends { readonly items: infer Items }
  ? Items extends readonly unknown[]
    ? Tuple<S, { -readonly [I in keyof Items]: Value<Items[I], Filled> }>
    : Value<Items, Filled>[]
  : unknown[];

/** A list without `minItems` may be shorter than its `items`, and one without `additionalItems` longer. */
type Tuple<S, Elements extends unknown[]> = [
  ...(S extends { readonly minItems: Elements['length'] } ? Elements : Partial<Elements>),
  ...(S extends { readonly additionalItems: false } ? [] : unknown[]),
];

type Mapping<S, Filled extends boolean> = S extends { readonly properties: infer P extends object }
  ? Members<P, Present<S, P, Filled>, Filled, Others<S, Filled>>
  : S extends { readonly required: unknown }
    ? Members<Nothing, Present<S, Nothing, Filled>, Filled, Others<S, Filled>>
    : Record<string, [Others<S, Filled>] extends [never] ? unknown : Others<S, Filled>>;

type Nothing = Readonly<Record<never, never>>;

/** Names of the properties that are there. */
type Present<S, P, Filled extends boolean> = RequiredNames<S, P> | (Filled extends true ? Defaulted<P> : never);

// TypeBox's type of `required` is dear, and says nothing that the markers do not.
type RequiredNames<S, P> = S extends { readonly '~kind': 'Object' }
  ? { [K in keyof P]: P[K] extends { readonly '~optional': true } ? never : K }[keyof P]
  : S extends { readonly required: readonly (infer K extends string)[] }
    ? string extends K
      ? never
      : K
    : never;

type Defaulted<P> = { [K in keyof P]: P[K] extends { readonly default: unknown } ? K : never }[keyof P];

/** What values under names that `properties` does not have may be; never: nothing is said of them. */
type Others<S, Filled extends boolean> =
  | (S extends { readonly additionalProperties: infer V } ? Value<V, Filled> : never)
  | (S extends { readonly patternProperties: infer P } ? Value<P[keyof P], Filled> : never);

type Members<P, Names extends PropertyKey, Filled extends boolean, Other> = Flat<
  { -readonly [K in keyof P as K extends Names ? K : never]: Value<P[K], Filled> } & {
    -readonly [K in keyof P as K extends Names ? never : K]?: Value<P[K], Filled>;
  } & { [K in Exclude<Names, keyof P>]: unknown } & ([Other] extends [never]
      ? Nothing
      : // Of every key that is not known, known ones included, since a type cannot exclude them.
        Record<string, Other | Value<P[keyof P], Filled>>)
>;

type Flat<T> = { [K in keyof T]: T[K] };
