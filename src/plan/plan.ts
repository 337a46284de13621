import type { Action } from '../actions/action.ts';
import type { ContextShape, ContextVersion, EndStatus, Outcome } from '../context/index.ts';
import type { HeddleError } from '../errors/index.ts';
import type { Backoff, ItemResults, OrderMode, WorkflowDefinition } from '../workflow/definition.ts';

/** What compiled templates and expressions read. `WorkflowContext` is one. */
export interface Scope {
  readonly base: ContextVersion;
  readonly item: unknown;
  readonly index: number;
  readonly attempt: number;
  /** The execution that just completed; only in transitions, `retry.when` and aggregations. */
  readonly outcome?: Outcome;
}

/** A compiled expression or template. */
export type Evaluate = (scope: Scope) => unknown;

/** Something an author wrote that is evaluated while a run goes on, with the place to name when that fails. */
export interface Evaluated {
  readonly evaluate: Evaluate;
  /** Adds the place in the file to an error that `evaluate` threw. */
  readonly locate: (error: unknown) => unknown;
}

/** One bit per status an execution can end in. */
export const STATUS_BITS: Readonly<Record<EndStatus, number>> = {
  succeeded: 1,
  failed: 2,
  timed_out: 4,
  cancelled: 8,
  skipped: 16,
};
export const EVERY_STATUS = 31;

/** A rendering of an input mapping that freezes what it hands out, where somebody else may hold it too. */
export type RenderFrozen = (scope: Scope, freeze: (value: object) => void) => unknown;

/** A compiled rendering of an input mapping. */
export interface InputPlan {
  /** Gives a mapping of its own on every call. */
  readonly render: Evaluate;
  /** The same, with every object that iterations share passed through `freeze` first. */
  readonly renderFrozen: RenderFrozen;
  /** Generates the code of both now; else they do so when they are first called, and change into it. */
  readonly prepare: () => void;
  /** Whether every object that may be handed out is reached from `item`, so that freezing the items is enough. */
  readonly itemOnly: boolean;
  /** Whether nothing shared can be handed out. */
  readonly sharesNothing: boolean;
  readonly locate: (error: unknown) => unknown;
}

export interface PublishPlan extends Evaluated {
  readonly slot: number;
  /** Leads into the variable; empty: the variable itself. */
  readonly path: readonly string[];
}

export interface TransitionPlan {
  /** Statuses in which it can fire, as bits. */
  readonly statuses: number;
  /** What must hold beside the status; null: nothing. */
  readonly condition: Evaluated | null;
  readonly publish: readonly PublishPlan[];
  /** Tasks to start, by slot, in order. */
  readonly targets: readonly number[];
  /** Whether no target is named twice. */
  readonly isDistinct: boolean;
  /** Whether it holds the command `fail`. */
  readonly fails: boolean;
  /** Whether a failure through which it fires is handled: it names a task, or `noop`. */
  readonly handles: boolean;
}

/** A number that may be a template: milliseconds or a count. */
export type NumberPlan = number | (Evaluated & { readonly text: string });

export interface RetryPlan {
  readonly count: number;
  readonly delayMs: NumberPlan;
  readonly backoff: Backoff;
  readonly maxDelayMs: number;
  /** Share of a delay that is random. */
  readonly jitter: number;
  /** Null: after `failed` and `timed_out`. */
  readonly when: Evaluated | null;
}

/** A compiled aggregation: folds iterations, in the order of their indexes, into one value. */
export interface Aggregation {
  readonly name: string;
  /** Whether failed iterations contribute too: where an argument mentions `status()` or `error()`. */
  readonly everyStatus: boolean;
  readonly start: () => unknown;
  /**
   * What an iteration contributes; undefined: nothing. With `state` (of some or all iterations before it) it is also
   * nothing where it could not change the outcome.
   */
  readonly take: (scope: Scope, state?: unknown) => unknown;
  readonly fold: (state: unknown, contribution: unknown) => unknown;
  /**
   * The state of two adjacent ranges of iterations, from that of each. The same, to the bit, as if all had been folded into
   * one, wherever the boundary is. May change `state`, and take over parts of `later`, which is done with.
   */
  readonly merge: (state: unknown, later: unknown) => unknown;
  readonly finish: (state: unknown) => unknown;
}

export type ItemsSource =
  { readonly kind: 'value'; readonly value: Evaluated } | { readonly kind: 'file'; readonly request: Evaluated };

export interface ItemsPlan {
  readonly source: ItemsSource;
  readonly key: Evaluated | null;
  /** 0: no batches. */
  readonly batchSize: number;
  readonly concurrency: NumberPlan;
  readonly rate: { readonly count: number; readonly perMs: number } | null;
  /** Whether a failure lets further iterations start. */
  readonly continues: boolean;
  readonly tolerate: { readonly count: number } | { readonly share: number } | null;
  readonly results: ItemResults;
  readonly aggregate: readonly Aggregation[] | null;
}

/** `cache`: results of the same key are used again. */
export interface CacheKeyPlan {
  readonly key: Evaluated;
  readonly ttlMs: number;
}

/** What a task runs. */
export type ActionPlan =
  | {
      readonly kind: 'action';
      readonly action: Action;
      readonly validate: ((input: unknown) => HeddleError | null) | null;
    }
  | { readonly kind: 'workflow'; readonly name: string; readonly plan: () => Plan }
  | { readonly kind: 'dynamic-workflow' };

export interface TaskPlan {
  readonly slot: number;
  readonly name: string;
  readonly action: ActionPlan;
  readonly actionName: string;
  readonly when: Evaluated | null;
  readonly input: InputPlan;
  readonly items: ItemsPlan | null;
  readonly transitions: readonly TransitionPlan[];
  /** Arrivals a barrier waits for; 0: no barrier. */
  readonly join: number;
  /** Distinct tasks that lead to the barrier. */
  readonly joinSources: readonly number[];
  /** Tasks that must have succeeded first. */
  readonly needs: readonly number[];
  /** Tasks that need this one. */
  readonly neededBy: readonly number[];
  /** In a sequence, the task after this one; -1: none. */
  readonly following: number;
  /** Whether each transition that leads here opens a route. */
  readonly splits: boolean;
  /** Whether it is one call of an action: no items, no retry, no cache, no timeout that has to be evaluated. */
  readonly isPlain: boolean;
  /** Whether it is plain, and starts at once and always. */
  readonly isDirect: boolean;
  /**
   * Tasks that a success makes ready or brings an arrival, by slot, where that is all it does: nothing is evaluated or
   * published. Null: the transitions have to be looked at.
   */
  readonly leadsTo: readonly number[] | null;
  /** Whether it looks at the context again after it has started, and must see it as it was then. */
  readonly keepsContext: boolean;
  readonly retry: RetryPlan | null;
  readonly timeoutMs: NumberPlan | null;
  readonly taskTimeoutMs: NumberPlan | null;
  readonly delayMs: NumberPlan | null;
  readonly cache: CacheKeyPlan | null;
  /** Where workers have to listen to run it; null: anywhere. */
  readonly queue: string | null;
  /** Whether its iterations are spread over workers; null: as the worker is set. */
  readonly distribute: boolean | null;
}

export interface OutputPlan extends Evaluated {
  readonly name: string;
}

/** A parameter as a run checks it. */
export interface ParametersPlan {
  /**
   * Values with defaults filled in; parameters that are declared and not given are null.
   *
   * @throws HEDDLE_PARAMETERS
   */
  readonly complete: (given: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  readonly secret: readonly string[];
}

/** A checked workflow compiled for running. Immutable, shared by all of its runs. */
export interface Plan {
  readonly name: string;
  readonly definition: WorkflowDefinition;
  /** Absolute directory that relative paths start at; empty where the workflow came from no file. */
  readonly directory: string;
  readonly mode: OrderMode;
  readonly shape: ContextShape;
  readonly tasks: readonly TaskPlan[];
  readonly starts: readonly number[];
  readonly hasItems: boolean;
  /** Whether several executions of one task can be ready together. */
  readonly repeats: boolean;
  readonly parameters: ParametersPlan;
  /** In order; a later one may read an earlier one. */
  readonly vars: readonly PublishPlan[];
  readonly output: readonly OutputPlan[];
  readonly liveness: Liveness;
  /** What a task, by slot, may read of the context from its start to its end; its transitions are not part of it. */
  readonly baseReads: (slot: number) => BaseReads;
  /** A plan by name or path, for `workflow.run`; null: there is none. */
  readonly resolveWorkflow: (name: string) => Plan | null;
}

/** Names that texts may read of a run's context; `all` where one is known only while it is evaluated. */
export interface BaseReads {
  readonly parameters: readonly string[] | 'all';
  /** By slot, as the tasks whose results are read. */
  readonly variables: readonly number[] | 'all';
  readonly tasks: readonly number[] | 'all';
}

/** Which results can still be read, by slot. */
export interface Liveness {
  /** For each task: tasks whose results it may have been the last to read, its own included; none that the output reads. */
  readonly candidates: readonly (readonly number[])[];
  /** For each task: tasks that read its result in anything they evaluate. */
  readonly readers: readonly (readonly number[])[];
  /** Whether a task can run after an execution of another. */
  readonly reaches: (from: number, to: number) => boolean;
}
