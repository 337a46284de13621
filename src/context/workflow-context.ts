import { HeddleError } from '../errors/index.ts';
import { Outcome } from './outcome.ts';
import type { Patch } from './patch.ts';
import { publishEntry, publishRecipe } from './publish.ts';
import { ContextShape, ContextVersion, type ContextConstants, type ContextPorts } from './version.ts';

/** How templates and expressions are evaluated: handed in once, so that the context imports no language. */
export interface ContextLanguage {
  evaluate(context: WorkflowContext, expression: string): unknown;
  render(context: WorkflowContext, template: unknown): unknown;
}

/** What a context can be made of; everything defaults to empty. */
export interface ContextContents {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Results by task. */
  readonly results?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly keystore?: Readonly<Record<string, unknown>>;
  readonly runId?: string;
  readonly workflow?: string;
  readonly startedAtMs?: number;
  readonly ports?: ContextPorts;
}

/** A context as plain data: JSON, as long as its values are. The keystore is never part of it. */
export interface ContextSnapshot {
  readonly version: 1;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly outcomes: Readonly<Record<string, Omit<Outcome, 'released'>>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly runId: string;
  readonly workflow: string;
  readonly startedAtMs: number;
  /** Only of a fork. */
  readonly iteration?: { readonly item: unknown; readonly index: number };
}

let language: ContextLanguage | null = null;

/**
 * What templates see: parameters, variables, results of tasks, and in an iteration its item. Immutable and persistent:
 * a version never changes, writing makes a new one that shares everything else, and a fork is three fields.
 *
 * @example
 * const context = WorkflowContext.create({ variables: { region: 'eu' } });
 * context.fork(server, 0).evaluate("item.name + '.' + region");
 */
export class WorkflowContext {
  readonly base: ContextVersion;
  readonly item: unknown;
  /** -1 outside an iteration. */
  readonly index: number;

  constructor(base: ContextVersion, item: unknown, index: number) {
    this.base = base;
    this.item = item;
    this.index = index;
  }

  /** Hands in the template language; called once by the module that has it. */
  static useLanguage(implementation: ContextLanguage): void {
    language = implementation;
  }

  /** A context of its own, outside any run. */
  static create(contents: ContextContents = {}): WorkflowContext {
    const shape = new ContextShape(Object.keys(contents.variables ?? {}), Object.keys(contents.results ?? {}));
    const base = new ContextVersion(shape, constantsOf(contents));
    for (const [name, value] of Object.entries(contents.variables ?? {})) {
      base.variables = base.variables.with(shape.variables.slot(name), value ?? null);
    }
    for (const [task, result] of Object.entries(contents.results ?? {})) {
      base.outcomes[shape.tasks.slot(task)] = new Outcome('succeeded', result ?? null);
    }
    return new WorkflowContext(base, undefined, -1);
  }

  /** The attempt that is being made, from 1. */
  get attempt(): number {
    return 1;
  }

  /** The same context seen by one iteration: a pointer to the shared version, its item and its index. O(1). */
  fork(item: unknown, index: number): WorkflowContext {
    return new WorkflowContext(this.base, item, index);
  }

  /**
   * A new version with variables changed: a mapping from names (or dotted paths into one, `settings.region`) to values,
   * or an Immer recipe. `onPatches` is given the patches of the change.
   *
   * @throws HEDDLE_EXPRESSION_TYPE where a path leads through a scalar.
   */
  publish(
    changes: Readonly<Record<string, unknown>> | ((draft: Record<string, unknown>) => void),
    onPatches?: (patches: readonly Patch[]) => void,
  ): WorkflowContext {
    const patches: Patch[] | null = onPatches === undefined ? null : [];
    const base = this.base.copy();
    if (typeof changes === 'function') {
      base.variables = publishRecipe(base.variables, changes, patches);
    } else {
      for (const [name, value] of Object.entries(changes)) {
        const [root, ...path] = name.split('.') as [string, ...string[]];
        const slot = base.shape.variables.slot(root);
        base.variables = publishEntry(base.variables, { slot, path, value }, patches);
      }
    }
    if (patches !== null) onPatches?.(patches);
    return new WorkflowContext(base, this.item, this.index);
  }

  /** A new version in which `task` has succeeded with `result`. */
  withResult(task: string, result: unknown): WorkflowContext {
    const base = this.base.copy();
    base.outcomes[base.shape.tasks.slot(task)] = new Outcome('succeeded', result ?? null);
    return new WorkflowContext(base, this.item, this.index);
  }

  /**
   * The value at a path such as `task.fetch.servers[0].name` or `region`.
   *
   * @throws HEDDLE_MISSING where there is none.
   */
  get(path: string): unknown {
    return this.evaluate(path);
  }

  /** The value of an expression, without delimiters. */
  evaluate(expression: string): unknown {
    return speak().evaluate(this, expression);
  }

  /** A value with templates in it, rendered. */
  render(template: unknown): unknown {
    return speak().render(this, template);
  }

  /** This version as plain data; values are shared, not copied. */
  snapshot(): ContextSnapshot {
    const { shape, constants, variables, outcomes } = this.base;
    const entries = outcomes.flatMap((outcome, slot) =>
      outcome === undefined ? [] : [[shape.tasks.names[slot] as string, { ...outcome }] as const],
    );
    return {
      version: 1,
      parameters: constants.parameters,
      variables: variables.toObject(),
      outcomes: Object.fromEntries(entries),
      config: constants.config,
      runId: constants.runId,
      workflow: constants.workflow,
      startedAtMs: constants.startedAtMs,
      ...(this.index < 0 ? {} : { iteration: { item: this.item, index: this.index } }),
    };
  }

  /**
   * The context a snapshot was taken of. The keystore, which is never written, is given anew.
   *
   * @throws HEDDLE_STATE_VERSION where the snapshot is of another version.
   */
  static restore(
    snapshot: ContextSnapshot,
    given: { keystore?: Readonly<Record<string, unknown>>; ports?: ContextPorts } = {},
  ): WorkflowContext {
    if ((snapshot as { version?: unknown } | null)?.version !== 1) {
      const found = JSON.stringify((snapshot as { version?: unknown } | null)?.version);
      throw new HeddleError('HEDDLE_STATE_VERSION', `expected a context snapshot of version 1, found ${found}`);
    }
    const context = WorkflowContext.create({ ...snapshot, ...given });
    for (const [task, saved] of Object.entries(snapshot.outcomes)) {
      const outcome = new Outcome(saved.status, saved.result, saved.error, saved.attempts, saved.items);
      context.base.outcomes[context.base.shape.tasks.slot(task)] = outcome;
    }
    const { iteration } = snapshot;
    return iteration === undefined ? context : context.fork(iteration.item, iteration.index);
  }
}

function speak(): ContextLanguage {
  if (language === null) throw new HeddleError('HEDDLE_INTERNAL', 'the context was used before its language was set');
  return language;
}

function constantsOf(contents: ContextContents): ContextConstants {
  return {
    parameters: contents.parameters ?? {},
    config: contents.config ?? {},
    keystore: contents.keystore ?? {},
    runId: contents.runId ?? '',
    workflow: contents.workflow ?? '',
    startedAtMs: contents.startedAtMs ?? 0,
    ports: contents.ports ?? noPorts,
  };
}

const noPorts: ContextPorts = {
  now: () => unavailable('now()'),
  random: () => unavailable('random()'),
  uuid: () => unavailable('uuid()'),
  sha256: () => unavailable('sha256()'),
  env: {},
};

function unavailable(name: string): never {
  throw new HeddleError('HEDDLE_EXPRESSION_VALUE', `${name} needs a run; this context was made without ports`);
}
