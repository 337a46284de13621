import type { Static } from 'typebox';

/**
 * The static type of a schema: of a TypeBox type, or of a plain JSON Schema written `as const`. A schema that says
 * nothing (`object`) is `unknown`.
 */
export type StaticOf<S extends object> = Static<S>;

/** Names of the properties that have a `default`, which are filled in before an action sees its input. */
type Defaulted<S extends object> = S extends { readonly properties: infer P }
  ? { [K in keyof P]: P[K] extends { readonly default: unknown } ? K : never }[keyof P]
  : never;

type Flat<T> = { [K in keyof T]: T[K] } & {};

/**
 * What an action is handed for an input schema: {@link StaticOf}, where properties with a `default` are always there.
 * Without a schema: a mapping of unknown values.
 */
export type InputOf<S extends object> =
  unknown extends Static<S>
    ? Readonly<Record<string, unknown>>
    : [Defaulted<S>] extends [never]
      ? Static<S>
      : Flat<Omit<Static<S>, Defaulted<S>> & Required<Pick<Static<S>, Defaulted<S> & keyof Static<S>>>>;
