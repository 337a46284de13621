import type { ActionContext } from '../../actions/action.ts';
import { ABORT_GRACE_MS } from '../../executor/services.ts';
import type { ThreadMessage } from './thread-message.ts';
import { toThrown } from './thrown.ts';

/** What the pool needs of a signal; an AbortSignal costs each call 15 µs. */
class Ending {
  aborted = false;
  #listener: (() => void) | null = null;

  addEventListener(_name: 'abort', listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = null;
  }

  abort(): void {
    this.aborted = true;
    this.#listener?.();
  }
}

/** A call of an action in a thread, as seen from outside. */
export class ThreadCall {
  readonly number: number;
  readonly #context: ActionContext;
  readonly #signal: AbortSignal;
  /** Aborted when its thread is to be ended. */
  readonly ended = new Ending();
  readonly #onAbort = (): void => {
    this.#abort();
  };
  #listener: Extract<ThreadMessage, { kind: 'listens' }> | null = null;
  #lines = 0;
  #isComplete: { readonly lines: number; readonly resolve: () => void } | null = null;
  #grace: NodeJS.Timeout | null = null;
  /** Why its thread is ended; null: it is not. */
  reason: { readonly value: unknown } | null = null;

  constructor(number: number, context: ActionContext) {
    this.number = number;
    this.#context = context;
    this.#signal = context.signal;
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Its thread says something. */
  hear(message: ThreadMessage): void {
    if (message.kind === 'listens') {
      this.#listener = message;
      return;
    }
    this.#context.log[message.level](message.message, message.fields);
    this.#lines++;
    if (this.#lines === this.#isComplete?.lines) this.#isComplete.resolve();
  }

  /** Resolves when that many lines have been logged. */
  heard(lines: number): Promise<void> {
    if (this.#lines >= lines) return Promise.resolve();
    return new Promise((resolve) => {
      this.#isComplete = { lines, resolve };
    });
  }

  /** Ends its thread. */
  fail(reason: unknown): void {
    this.reason ??= { value: reason };
    this.ended.abort();
  }

  /** One that listens has some time to end by itself; nothing else stops one that does not. */
  #abort(): void {
    const reason: unknown = this.#signal.reason;
    if (this.#listener === null) {
      this.fail(reason);
      return;
    }
    const { port, flag } = this.#listener;
    port.postMessage(toThrown(reason));
    Atomics.store(flag, 0, 1);
    this.#grace = setTimeout(() => {
      this.fail(reason);
    }, ABORT_GRACE_MS);
  }

  /** It has ended. */
  end(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    if (this.#grace !== null) clearTimeout(this.#grace);
    this.#listener?.port.close();
  }
}
