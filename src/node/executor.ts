import type { Action, Logger } from '../actions/action.ts';
import {
  PlanExecutor,
  type Clock,
  type EventListener,
  type EventView,
  type ListenOptions,
  type Run,
  type RunOptions,
  type RunResult,
} from '../executor/index.ts';
import { WorkflowError } from '../workflow/index.ts';
import { createNodeHost } from './host.ts';
import { bindWorkflow } from './load-workflow.ts';
import type { Workflow } from './workflow.ts';

/** What every run of an {@link Executor} is given. */
export interface ExecutorOptions {
  /** Actions beside the built-in ones, for workflows that were loaded without them. */
  readonly actions?: readonly Action[];
  /** What templates see as `config`. Default `{}`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What templates see as `keystore` and actions as `secrets`; masked wherever a value is shown. Default `{}`. */
  readonly keystore?: Readonly<Record<string, unknown>>;
  /** Environment variables that `env()` may read: names (taken from this process), or names and values. Default none. */
  readonly env?: readonly string[] | Readonly<Record<string, string>>;
  /** Upper bound of every `concurrency` in a run. Default: none. */
  readonly concurrency?: number;
  /** Whether values that iterations share are frozen before an action is handed them. Default true. */
  readonly freeze?: boolean;
  /** Time, for tests that own it. Default: the system's. */
  readonly clock?: Clock;
  /** Where actions' log lines go, beside the events. Default nowhere. */
  readonly logger?: Logger;
}

/**
 * Runs workflows.
 *
 * @example
 * const workflow = await loadWorkflow('workflows/health-check.yaml');
 * const result = await new Executor().run(workflow, { parallel: 20 });
 */
export class Executor {
  readonly #executor: PlanExecutor;
  readonly #actions: readonly Action[];
  readonly #bound = new WeakMap<Workflow, Workflow>();

  constructor(options: ExecutorOptions = {}) {
    const { actions = [], clock, env = {}, ...settings } = options;
    const host = createNodeHost();
    this.#actions = actions;
    this.#executor = new PlanExecutor({
      ...settings,
      env: isList(env) ? pickEnvironment(env) : env,
      host: clock === undefined ? host : { ...host, ...methodsOf(clock) },
    });
  }

  /**
   * Runs a workflow to its end. Resolves also for a failed or cancelled run.
   *
   * @throws HEDDLE_PARAMETERS where the parameters do not fit; WorkflowError where it names an action nobody knows.
   */
  run(
    workflow: Workflow,
    parameters: Readonly<Record<string, unknown>> = {},
    options: RunOptions = {},
  ): Promise<RunResult> {
    try {
      return this.#executor.runPlan(this.#bind(workflow, options).plan, parameters, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Starts a workflow; its first task starts after the current turn, so that nobody who listens misses anything. */
  start(workflow: Workflow, parameters: Readonly<Record<string, unknown>> = {}, options: RunOptions = {}): Run {
    return this.#executor.startPlan(this.#bind(workflow, options).plan, parameters, options);
  }

  /** Calls `listener` for the events of every run that starts from now on; gives a function that stops that. */
  on(view: EventView, listener: EventListener, options: ListenOptions = {}): () => void {
    return this.#executor.listen(view, listener, options);
  }

  #bind(workflow: Workflow, options: RunOptions): Workflow {
    if (workflow.unknownActions.length === 0 || options.intercept !== undefined) return workflow;
    if (this.#actions.length === 0) throw new WorkflowError(asErrors(workflow));
    let bound = this.#bound.get(workflow);
    if (bound === undefined) {
      bound = bindWorkflow(workflow, this.#actions);
      this.#bound.set(workflow, bound);
    }
    return bound;
  }
}

function asErrors(workflow: Workflow): WorkflowError['diagnostics'] {
  return workflow.unknownActions.map((diagnostic) => ({ ...diagnostic, severity: 'error' }));
}

function isList(env: readonly string[] | Readonly<Record<string, string>>): env is readonly string[] {
  return Array.isArray(env);
}

function pickEnvironment(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** A clock may be an instance of a class, whose methods a spread would lose. */
function methodsOf(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimer: (delayMs, callback, isBackground) => clock.setTimer(delayMs, callback, isBackground),
    clearTimer: (timer) => clock.clearTimer(timer),
    nextTurn: (callback) => clock.nextTurn(callback),
  };
}
