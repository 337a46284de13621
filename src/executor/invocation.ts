import type { ActionContext, Logger, WaitRequest } from '../actions/action.ts';
import type { Scope, TaskPlan } from '../plan/plan.ts';
import type { RunServices } from './services.ts';
import type { Execution } from './state.ts';

/** What an action may use beside its input; everything is made when it is first read. */
export class Invocation implements ActionContext {
  readonly #services: RunServices;
  readonly #task: TaskPlan;
  readonly #execution: Execution;
  readonly #scope: Scope;
  /** Null until somebody asks for the signal, or aborts. */
  #abort: { controller: AbortController | null; reason: unknown } | null = null;

  /** `scope`: what its input was rendered with. */
  constructor(services: RunServices, task: TaskPlan, execution: Execution, scope: Scope) {
    this.#services = services;
    this.#task = task;
    this.#execution = execution;
    this.#scope = scope;
  }

  /** What the input of a call was rendered with; not for actions to see. */
  static scopeOf(invocation: Invocation): Scope {
    return invocation.#scope;
  }

  get signal(): AbortSignal {
    const wasAborted = this.#abort !== null && this.#abort.controller === null;
    this.#abort ??= { controller: null, reason: undefined };
    if (this.#abort.controller === null) {
      this.#abort.controller = new AbortController();
      if (wasAborted) this.#abort.controller.abort(this.#abort.reason);
    }
    return this.#abort.controller.signal;
  }

  /** Whether the action has ever asked for its signal; one that has not cannot be stopped. */
  get hasSignal(): boolean {
    return this.#abort !== null && this.#abort.controller !== null;
  }

  /** Aborts the signal, now or when it is first read. */
  abort(reason: unknown): void {
    if (this.#abort?.controller != null) this.#abort.controller.abort(reason);
    else this.#abort = { controller: null, reason };
  }

  get index(): number | undefined {
    const { index } = this.#scope;
    return index < 0 ? undefined : index;
  }

  get attempt(): number {
    return this.#scope.attempt;
  }

  get task(): string {
    return this.#task.name;
  }

  get run(): string {
    return this.#services.runId;
  }

  get cwd(): string {
    return this.#services.directory;
  }

  get secrets(): Readonly<Record<string, unknown>> {
    return this.#services.keystore;
  }

  get idempotencyKey(): string {
    const { runId, host, generation } = this.#services;
    const again = generation === 0 ? [] : [generation];
    return host.sha256(JSON.stringify([runId, this.task, this.#execution.ordinal, this.#scope.index, ...again]));
  }

  wait(request: WaitRequest, problemOf: ((answer: unknown) => string | null) | null = null): Promise<unknown> {
    const scope = this.#scope;
    const key = this.#task.items?.key ?? null;
    const waiter = {
      execution: this.#execution,
      task: this.#task.name,
      index: scope.index,
      key: () => (key === null ? scope.index : key.evaluate(scope)),
      signal: this.signal,
    };
    return this.#services.waits.wait(waiter, request, problemOf);
  }

  get log(): Logger {
    const write = (level: 'debug' | 'info' | 'warn' | 'error') => {
      return (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        const { number } = this.#execution;
        this.#services.log(level, String(message), fields, this.task, number, this.index ?? null);
      };
    };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }
}
