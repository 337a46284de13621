import type { InputOf, StaticOf } from './static.ts';

/** A JSON Schema: a TypeBox type, or a plain object. */
export type JsonSchema = object;

/** Where an action writes what it wants people to see; secrets are masked. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What an action may use beside its input. Every field is made when it is first read. */
export interface ActionContext {
  /** Aborted on cancel, on timeout and when the run is aborted. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** A hash of run, task, execution and index: the same for every attempt, and after a resume. */
  readonly idempotencyKey: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The keystore given to the run. */
  readonly secrets: Readonly<Record<string, unknown>>;
  /** The run's id. */
  readonly run: string;
  /** The task's name. */
  readonly task: string;
  /** The iteration's index, where there are items. */
  readonly index: number | undefined;
  /** Absolute directory that relative paths start at: the workflow file's. */
  readonly cwd: string;
}

/** An action as it is registered. */
export interface Action {
  /** `namespace.verb`. */
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the input mapping; checked when the workflow is loaded as far as it can be, and after rendering. */
  readonly input?: JsonSchema;
  /** JSON Schema of the result, for documentation and for checking rehearsals. */
  readonly output?: JsonSchema;
  /** A value is taken synchronously; a promise is awaited. */
  readonly run: (input: never, context: ActionContext) => unknown;
}

/** What {@link defineAction} takes. */
export interface ActionDefinition<I extends JsonSchema, O extends JsonSchema> {
  readonly name: string;
  readonly description?: string;
  readonly input?: I;
  readonly output?: O;
  readonly run: (input: InputOf<I>, context: ActionContext) => StaticOf<O> | Promise<StaticOf<O>>;
}
