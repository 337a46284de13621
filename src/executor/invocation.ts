import type { ActionContext, Logger } from '../actions/action.ts';
import type { RunServices } from './services.ts';

/** What an action may use beside its input; everything is made when it is first read. */
export class Invocation implements ActionContext {
  readonly #services: RunServices;
  readonly task: string;
  readonly #execution: number;
  readonly #index: number;
  readonly attempt: number;
  #controller: AbortController | null = null;
  #aborted: unknown = undefined;

  constructor(services: RunServices, task: string, execution: number, index: number, attempt: number) {
    this.#services = services;
    this.task = task;
    this.#execution = execution;
    this.#index = index;
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  /** Whether the action has ever asked for its signal; one that has not cannot be stopped. */
  get hasSignal(): boolean {
    return this.#controller !== null;
  }

  /** Aborts the signal, now or when it is first read. */
  abort(reason: unknown): void {
    this.#aborted = reason;
    this.#controller?.abort(reason);
  }

  get index(): number | undefined {
    return this.#index < 0 ? undefined : this.#index;
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
    const { runId, host } = this.#services;
    return host.sha256(JSON.stringify([runId, this.task, this.#execution, this.#index]));
  }

  get log(): Logger {
    const write = (level: 'debug' | 'info' | 'warn' | 'error') => {
      return (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        this.#services.log(level, String(message), fields, this.task, this.#execution, this.index ?? null);
      };
    };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }
}
