import { MessageChannel, parentPort, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { ActionContext, Logger } from '../../actions/action.ts';
import { ActionError } from '../../errors/index.ts';
import type { CallFacts, ThreadMessage, ThreadRequest } from './thread-message.ts';
import { fromThrown, type Thrown } from './thrown.ts';

/** What an action in a thread may use beside its input: all but `wait`. */
export class ThreadContext implements ActionContext {
  readonly #call: number;
  readonly #facts: CallFacts;
  #signal: AbortSignal | null = null;
  #port: MessagePort | null = null;
  /** Lines logged so far. */
  lines = 0;

  constructor({ call, facts }: ThreadRequest) {
    this.#call = call;
    this.#facts = facts;
  }

  get run(): string {
    return this.#facts.run;
  }

  get task(): string {
    return this.#facts.task;
  }

  get index(): number | undefined {
    return this.#facts.index;
  }

  get attempt(): number {
    return this.#facts.attempt;
  }

  get cwd(): string {
    return this.#facts.cwd;
  }

  get idempotencyKey(): string {
    return this.#facts.idempotencyKey;
  }

  get secrets(): Readonly<Record<string, unknown>> {
    return this.#facts.secrets;
  }

  get signal(): AbortSignal {
    return (this.#signal ??= this.#listen());
  }

  /** A signal that is also aborted by being looked at: no message comes in while an action computes. */
  #listen(): AbortSignal {
    const { port1, port2: port } = new MessageChannel();
    const flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const controller = new AbortController();
    const { signal } = controller;
    let isAborted = false;
    const abort = (reason: Thrown): void => {
      isAborted = true;
      controller.abort(fromThrown(reason));
    };
    const look = (): boolean => {
      if (!isAborted && Atomics.load(flag, 0) === 1) {
        const waiting = receiveMessageOnPort(port) as { readonly message: Thrown } | undefined;
        if (waiting !== undefined) abort(waiting.message);
      }
      return isAborted;
    };
    Object.defineProperties(signal, {
      aborted: { get: look },
      throwIfAborted: {
        value: () => {
          if (look()) throw signal.reason;
        },
      },
    });
    port.on('message', abort);
    port.unref();
    this.#port = port;
    say({ call: this.#call, kind: 'listens', port: port1, flag }, [port1]);
    return signal;
  }

  get log(): Logger {
    const write = (level: keyof Logger) => {
      return (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        this.lines++;
        const line = { call: this.#call, kind: 'log', level, message: String(message) } as const;
        try {
          say({ ...line, fields });
        } catch {
          const texts = Object.entries(fields).map(([key, value]) => [key, String(value)] as const);
          say({ ...line, fields: Object.fromEntries(texts) });
        }
      };
    };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  }

  wait(): Promise<never> {
    const message = `an action with cpu: true cannot wait(): its thread would wait too; let a task of its own wait`;
    return Promise.reject(new ActionError(message, { retryable: false }));
  }

  /** The call has ended. */
  close(): void {
    this.#port?.close();
  }
}

function say(message: ThreadMessage, transfer: readonly MessagePort[] = []): void {
  parentPort?.postMessage(message, transfer);
}
