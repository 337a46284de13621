import type { Logger } from '../actions/action.ts';
import type { Plan } from '../plan/plan.ts';
import { RunDriver } from './driver.ts';
import { EventListeners, type EventListener, type ListenOptions } from './event-sink.ts';
import type { EventView, RunEvent, RunResult } from './events.ts';
import type { Host } from './host.ts';
import { ResultCache } from './result-cache.ts';
import { Run } from './run.ts';
import type { RunEnvironment } from './run-environment.ts';
import type { Interceptor } from './services.ts';

/** What every run of an executor is given. */
export interface ExecutorSettings {
  readonly host: Host;
  /** What templates see as `config`. Default `{}`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What templates see as `keystore`; masked wherever a value is shown. Default `{}`. */
  readonly keystore?: Readonly<Record<string, unknown>>;
  /** What `env()` may read. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Upper bound of every `concurrency` in a run. Default: none. */
  readonly concurrency?: number;
  /** Whether values that iterations share are frozen before an action is handed them. Default true. */
  readonly freeze?: boolean;
  /** Where actions' log lines go, beside the events. Default nowhere. */
  readonly logger?: Logger;
}

/** Options of one run. */
export interface RunOptions {
  /** Cancels the run when it is aborted. */
  readonly signal?: AbortSignal;
  /** Keeps results that nothing can read any more. Default false. */
  readonly keepResults?: boolean;
  /** Measures what iterations share and own, into `RunResult.tasks[…].cost`. Default false. */
  readonly cost?: boolean;
  /** Stands between the engine and the actions. */
  readonly intercept?: Interceptor;
}

/** Runs plans. The part of `Executor` that knows no platform. */
export class PlanExecutor {
  readonly #settings: ExecutorSettings;
  readonly #cache = new ResultCache();
  readonly #subscriptions = new Set<readonly [EventView, EventListener, ListenOptions]>();

  constructor(settings: ExecutorSettings) {
    this.#settings = settings;
    const { logger } = settings;
    if (logger !== undefined) this.listen('events', (event) => passOn(event, logger), { items: false });
  }

  /** Calls `listener` for the events of every run that starts from now on; gives a function that stops that. */
  listen(view: EventView, listener: EventListener, options: ListenOptions = {}): () => void {
    const subscription = [view, listener, options] as const;
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  /**
   * Runs a plan to its end. Resolves also for a failed run.
   *
   * @throws HEDDLE_PARAMETERS where the parameters do not fit.
   */
  runPlan(plan: Plan, parameters: Readonly<Record<string, unknown>>, options: RunOptions): Promise<RunResult> {
    return this.#begin(plan, parameters, options, (start) => start()).result;
  }

  /** Starts a plan: its first task starts after the current turn, so that nobody who listens misses anything. */
  startPlan(plan: Plan, parameters: Readonly<Record<string, unknown>>, options: RunOptions): Run {
    return this.#begin(plan, parameters, options, (start) => queueMicrotask(start));
  }

  #begin(
    plan: Plan,
    parameters: Readonly<Record<string, unknown>>,
    options: RunOptions,
    begin: (start: () => void) => void,
  ): Run {
    const { host, config = {}, keystore = {}, env = {}, concurrency = Infinity, freeze = true } = this.#settings;
    const listeners = new EventListeners();
    for (const subscription of this.#subscriptions) listeners.add(...subscription);
    const environment: RunEnvironment = {
      host,
      ports: {
        env,
        now: () => host.now(),
        random: () => host.random(),
        uuid: () => host.uuid(),
        sha256: (text) => host.sha256(text),
      },
      config,
      keystore,
      freeze,
      intercept: options.intercept ?? null,
      cache: this.#cache,
      maxConcurrency: concurrency,
      keepResults: options.keepResults ?? false,
      measuresCost: options.cost ?? false,
      listeners,
    };
    const driver = new RunDriver(plan, parameters, environment, null);
    const run = new Run(driver, listeners, begin);
    const { signal } = options;
    if (signal !== undefined) this.#follow(signal, run);
    return run;
  }

  #follow(signal: AbortSignal, run: Run): void {
    const cancel = (): void =>
      run.cancel(signal.reason instanceof Error ? signal.reason.message : 'the run was cancelled');
    if (signal.aborted) {
      cancel();
      return;
    }
    signal.addEventListener('abort', cancel, { once: true });
    const forget = (): void => signal.removeEventListener('abort', cancel);
    run.result.then(forget, forget);
  }
}

function passOn(event: RunEvent, logger: Logger): void {
  if (event.type === 'log') logger[event.level](event.message, { ...event.fields, run: event.run, task: event.task });
}
