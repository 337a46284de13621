/**
 * A workflow as the rest of heddle sees it: every older and sibling form normalised away, durations in
 * milliseconds, and beside everything an author wrote the path that leads back to its place in the file.
 */

/** Keys and indexes from the root of the YAML document, as the author wrote them: `['tasks', 0, 'with_items']`. */
export type YamlPath = readonly (string | number)[];

/** Something an author wrote, with its place. */
export interface Located<T> {
  readonly value: T;
  readonly path: YamlPath;
  /** Where the value is a part of the string at `path` (`do: a, b`): its index in that decoded string. */
  readonly offset?: number;
}

export type OrderMode = 'sequence' | 'graph' | 'dataflow';
export type ItemResults = 'all' | 'failures' | 'none';
export type Backoff = 'constant' | 'linear' | 'exponential';
/** Commands that may stand in `do` beside task names (`retry` is normalised into {@link RetryDefinition}). */
export type EngineCommand = 'fail' | 'noop' | 'continue';

/** One parameter: a JSON Schema of its value, plus whether it must be given and whether it is masked. */
export interface ParameterDefinition {
  readonly name: string;
  readonly path: YamlPath;
  /** The JSON Schema, without `required` and `secret`. */
  readonly schema: Readonly<Record<string, unknown>>;
  readonly required: boolean;
  readonly secret: boolean;
  readonly default?: unknown;
  readonly description?: string;
}

export interface RetryDefinition {
  readonly path: YamlPath;
  /** Retries after the first attempt. */
  readonly count: number;
  /** Milliseconds, or a template that gives a duration. Default 0. */
  readonly delayMs: Located<number | string>;
  /** Default `constant`. */
  readonly backoff: Backoff;
  /** Upper bound of a delay in milliseconds. */
  readonly maxDelayMs?: number;
  /** Share of a delay that is random: 0 none, 1 (or `true`) anything between 0 and the delay. Default 0. */
  readonly jitter: number;
  /** Expression; evaluated after every attempt, successes too. */
  readonly when?: Located<string>;
}

export interface PublishDefinition {
  /** A variable's name, or a dotted path into one (`settings.region`). */
  readonly name: string;
  /** A literal or a template, at any depth. */
  readonly value: unknown;
  readonly path: YamlPath;
}

export interface TransitionDefinition {
  readonly path: YamlPath;
  /** Expression. Absent: holds for every status but `cancelled`. */
  readonly when?: Located<string>;
  /** Expressions that must hold as well (older forms: `succeeded()` of `on-success`). */
  readonly also?: readonly Located<string>[];
  /** Expressions none of which may hold (earlier branches of a `decision`). */
  readonly not?: readonly Located<string>[];
  readonly publish: readonly PublishDefinition[];
  /** Task names and engine commands in the order written, each once. */
  readonly do: readonly Located<string>[];
}

/** `with-items: { from: file, … }`. Every field but `from` may hold a template. */
export interface FileItemsDefinition {
  readonly from: 'file';
  readonly path: string;
  /** Default by extension (.ndjson, .jsonl, .json, .csv), else `lines`. */
  readonly format?: 'lines' | 'json' | 'ndjson' | 'csv';
  /** csv: the separator. Default `,`. */
  readonly delimiter?: string;
  /** csv: true (default) takes names from the first row; a list gives them; false gives lists. */
  readonly header?: boolean | readonly string[];
  /** Default `utf-8`. */
  readonly encoding?: string;
  /** Whether every worker sees the file under this path. Default false. */
  readonly shared?: boolean;
}

export interface WithItemsDefinition {
  readonly path: YamlPath;
  readonly source:
    { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'file'; readonly file: FileItemsDefinition };
  /** The element's name in templates beside `item`. */
  readonly as?: Located<string>;
  /** Expression. */
  readonly key?: Located<string>;
  readonly batchSize?: number;
  /** Default 1. */
  readonly concurrency?: Located<number | string>;
  /** Starts per `perMs` milliseconds. */
  readonly rate?: { readonly count: number; readonly perMs: number };
  /** Default `stop`; `continue` where `tolerate` is given. */
  readonly onFailure: 'stop' | 'continue';
  /** How many failures are tolerated: a number, or a share between 0 and 1. */
  readonly tolerate?: { readonly count: number } | { readonly share: number };
  /** Default `all`. */
  readonly results: ItemResults;
  /** name → aggregation expression such as `sum_by(result().status, result().bytes)`. */
  readonly aggregate?: readonly { readonly name: string; readonly expression: Located<string> }[];
}

export interface CacheDefinition {
  readonly path: YamlPath;
  /** A template (delimiters needed) or a literal. */
  readonly key: Located<unknown>;
  /** Default: for ever. */
  readonly ttlMs?: number;
}

export interface TaskDefinition {
  readonly name: string;
  /** The task's own place. */
  readonly path: YamlPath;
  /** The place of its name, for diagnostics about it. */
  readonly namePath: YamlPath;
  readonly description?: string;
  /** Default `core.noop`. */
  readonly action: Located<string>;
  /** Literals and templates at any depth. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly inputPath: YamlPath;
  /** Expression. */
  readonly when?: Located<string>;
  readonly needs: readonly Located<string>[];
  readonly next: readonly TransitionDefinition[];
  readonly join?: Located<'all' | number>;
  readonly withItems?: WithItemsDefinition;
  readonly retry?: RetryDefinition;
  /** Per attempt. */
  readonly timeoutMs?: Located<number | string>;
  readonly taskTimeoutMs?: Located<number | string>;
  readonly delayMs?: Located<number | string>;
  readonly cache?: CacheDefinition;
  /** Workers that listen to this queue run it, or its iterations. Without a queue it means nothing. */
  readonly queue?: Located<string>;
  /** Whether its iterations are spread over workers. Default: from a number of items on that is set on the worker. */
  readonly distribute?: boolean;
  /** Input names taken literally; true: all. Default none. */
  readonly raw: true | readonly string[];
}

/** When workers run a workflow by themselves, once it was registered. */
export interface ScheduleDefinition {
  readonly path: YamlPath;
  /** Five fields, six with seconds first, or a name such as `@daily`. */
  readonly cron: Located<string>;
  /** IANA name. Default UTC. */
  readonly timezone?: Located<string>;
  /** As they stand: no templates. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What becomes of a run while the one before it has not ended. Default `skip`. */
  readonly overlap: 'skip' | 'queue' | 'replace';
}

export interface LimitsDefinition {
  /** Task executions of a run, sub-workflows included. Default 100000. */
  readonly taskRuns: number;
  /** Failed iterations kept per task. Default 1000. */
  readonly failures: number;
  /** Crashes that may cut one iteration or task off before it fails for good. Default 3. */
  readonly interruptions: number;
  /** Fails a run whose iterations own more. */
  readonly ownedBytesPerItem?: number;
}

export interface WorkflowDefinition {
  readonly name: string;
  readonly version?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters: readonly ParameterDefinition[];
  /** In order; values may hold templates over parameters, config, keystore, system and earlier vars. */
  readonly vars: readonly { readonly name: string; readonly value: unknown; readonly path: YamlPath }[];
  readonly tasks: readonly TaskDefinition[];
  /** In order; values hold templates. Absent: `{}`. */
  readonly output: readonly { readonly name: string; readonly value: unknown; readonly path: YamlPath }[];
  /** As written, or undefined: see `orderOf`. */
  readonly order?: OrderMode;
  readonly timeoutMs?: number;
  /** Tasks at once. Default: no limit. */
  readonly concurrency?: number;
  /** Of its runs in a queue: 1 goes first. Default 1000. */
  readonly priority?: number;
  readonly schedule?: ScheduleDefinition;
  /** Default `abort`. */
  readonly onCancel: 'abort' | 'finish';
  /** Default `finish`. */
  readonly onRunFailure: 'finish' | 'abort';
  readonly limits: LimitsDefinition;
}
