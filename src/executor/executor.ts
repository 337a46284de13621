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
  readonly #environment: RunEnvironment;
  readonly #subscriptions = new Set<readonly [EventView, EventListener, ListenOptions]>();

  constructor(settings: ExecutorSettings) {
    const { host, config = {}, keystore = {}, env = {}, concurrency = Infinity, freeze = true, logger } = settings;
    this.#environment = {
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
      intercept: null,
      cache: new ResultCache(),
      maxConcurrency: concurrency,
      keepResults: false,
      measuresCost: false,
    };
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
    const driver = new RunDriver(plan, parameters, this.#environmentOf(options), null, this.#listeners());
    const { signal } = options;
    return new Promise((resolve) => {
      const end = signal === undefined ? resolve : followed(signal, driver, resolve);
      driver.start({ runEnded: end });
    });
  }

  /** Starts a plan: its first task starts after the current turn, so that nobody who listens misses anything. */
  startPlan(plan: Plan, parameters: Readonly<Record<string, unknown>>, options: RunOptions): Run {
    const driver = new RunDriver(plan, parameters, this.#environmentOf(options), null, this.#listeners());
    const run = new Run(driver);
    const { signal } = options;
    const end = signal === undefined ? null : followed(signal, driver, (result) => run.runEnded(result));
    queueMicrotask(() => driver.start(end === null ? run : { runEnded: end }));
    return run;
  }

  #listeners(): EventListeners | null {
    if (this.#subscriptions.size === 0) return null;
    const listeners = new EventListeners();
    for (const subscription of this.#subscriptions) listeners.add(...subscription);
    return listeners;
  }

  #environmentOf(options: RunOptions): RunEnvironment {
    const { keepResults, cost, intercept } = options;
    if (keepResults === undefined && cost === undefined && intercept === undefined) return this.#environment;
    return {
      ...this.#environment,
      intercept: intercept ?? null,
      keepResults: keepResults ?? false,
      measuresCost: cost ?? false,
    };
  }
}

/** Cancels a run when the signal is aborted, until it has ended. */
function followed(
  signal: AbortSignal,
  driver: RunDriver,
  resolve: (result: RunResult) => void,
): (result: RunResult) => void {
  const cancel = (): void =>
    driver.cancel(signal.reason instanceof Error ? signal.reason.message : 'the run was cancelled');
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return (result) => {
    signal.removeEventListener('abort', cancel);
    resolve(result);
  };
}

function passOn(event: RunEvent, logger: Logger): void {
  if (event.type === 'log') logger[event.level](event.message, { ...event.fields, run: event.run, task: event.task });
}
