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

/** What an action can wait for without a process that waits with it. */
export interface WaitRequest {
  /** A person (`heddle approve`), a signal (`heddle signal`), or nothing but the time. */
  readonly kind: 'approval' | 'signal' | 'time';
  /** Of a signal. */
  readonly name?: string;
  /** What a person is asked. */
  readonly prompt?: string;
  /** JSON Schema of the answer. */
  readonly schema?: object;
  /** When it is over, in milliseconds since the epoch; absent: for ever, or as `forMs` says. */
  readonly untilMs?: number;
  /** How long it lasts, in milliseconds from when it is first asked for. */
  readonly forMs?: number;
  /** The answer when the time is over; absent: it then ends in `timed_out`, and a `time` with null. */
  readonly default?: { readonly value: unknown };
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
  /**
   * Waits; to be called once and its promise returned. Where the run is recorded the process may end meanwhile: the
   * action is then called again when the run is resumed, and goes on waiting where it was.
   *
   * @param problemOf tells what is wrong with an answer; null: nothing
   * @throws HEDDLE_TIMEOUT where the time is over and there is no default
   */
  wait(request: WaitRequest, problemOf?: (answer: unknown) => string | null): Promise<unknown>;
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
  /** Whether it reaches out of the process: to the network, files, other programs. Only `heddle lint` asks. */
  readonly io?: boolean;
  /**
   * Whether an iterable that it returns has the same elements when it is called again with the same input: a run that is
   * resumed then calls it again, and its elements are not recorded. Default false.
   */
  readonly replayable?: boolean;
  /**
   * Whether it computes for long, a millisecond and more: it then runs in a thread of its own, which imports its module and
   * gets copies of input and context. Default false.
   */
  readonly cpu?: boolean;
  /**
   * `import.meta.url` of the module that exports it, for `cpu`; a file that heddle loads need not say so. An action of
   * which nobody knows the module runs in the main thread.
   */
  readonly module?: string;
  /**
   * Changes where what it does has changed: on a queue, chunks of a task that one version works on are left alone by
   * workers of another. Default: all are the same.
   */
  readonly version?: string;
  /** A value is taken synchronously; a promise is awaited. */
  readonly run: (input: never, context: ActionContext) => unknown;
}

/** What {@link defineAction} takes. */
export interface ActionDefinition<I extends JsonSchema, O extends JsonSchema> {
  readonly name: string;
  readonly description?: string;
  readonly input?: I;
  readonly output?: O;
  /** Whether it reaches out of the process: to the network, files, other programs. Default: not known. */
  readonly io?: boolean;
  /** Whether an iterable that it returns has the same elements when it is called again. Default false. */
  readonly replayable?: boolean;
  /** Whether it computes for long, and is to run in a thread of its own. Default false. */
  readonly cpu?: boolean;
  /** Workers of another version leave chunks of its tasks alone. Default: all are the same. */
  readonly version?: string;
  /** `import.meta.url`, for `cpu` where no file of actions is loaded. Default: the file that it was loaded from. */
  readonly module?: string;
  readonly run: (input: InputOf<I>, context: ActionContext) => StaticOf<O> | Promise<StaticOf<O>>;
}
