import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../../journal/server-url.ts';
import { serverError, troubleOf } from '../connection/server-error.ts';

/** What is known of a server: `full` takes nothing more. */
export type ServerState = 'lost' | 'back' | 'full';

/** Told of every change. */
export type StateListener = (state: ServerState, reason: string) => void;

const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 2000;

/** What a {@link Health} watches. */
export interface Watched {
  readonly name: string;
  probe(): Promise<void>;
}

/** Whether a server answers and takes data: calls that fail for it wait here until it does. */
export class Health {
  readonly #server: Watched;
  readonly #listeners: StateListener[] = [];
  readonly #closed = new AbortController();
  readonly #whenClosed: Promise<void>;
  #state: ServerState = 'back';
  #outage: { readonly fromMs: number; readonly toMs: number } | null = null;
  #recovered: Promise<void> = Promise.resolve();

  constructor(server: Watched) {
    this.#server = server;
    const { signal } = this.#closed;
    this.#whenClosed = new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  get state(): ServerState {
    return this.#state;
  }

  /** The last time that the server was away, in milliseconds of the local clock; null: it never was. */
  get outage(): { readonly fromMs: number; readonly toMs: number } | null {
    return this.#outage;
  }

  onState(listener: StateListener): void {
    this.#listeners.push(listener);
  }

  /** Takes note of an error; false: it is not the server's state that is at fault, and waiting is of no use. */
  report(error: unknown): boolean {
    const trouble = troubleOf(error);
    if (trouble === 'other' || this.#closed.signal.aborted) return false;
    const wasWell = this.#state === 'back';
    this.#change(trouble, reasonOf(error));
    if (wasWell) this.#recovered = this.#recover();
    return true;
  }

  /** Resolves when the server answers and takes data, or this is closed. */
  recovered(): Promise<void> {
    return this.#recovered;
  }

  /**
   * Does something that may be done twice, for as long as `patienceMs`.
   *
   * @throws HEDDLE_QUEUE_DENIED, _FULL, _IO, _UNREACHABLE
   */
  async patiently<T>(patienceMs: number, call: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + patienceMs;
    let failure: unknown = new Error('no answer');
    while (Date.now() < deadline || patienceMs === 0) {
      const given = await within(deadline - Date.now(), call);
      if (given === null) break;
      if ('value' in given) return given.value;
      failure = given.error;
      if (!this.report(failure)) break;
      if ((await within(deadline - Date.now(), () => this.recovered())) === null) break;
    }
    throw serverError(failure, this.#server.name);
  }

  close(): void {
    this.#closed.abort();
  }

  async #recover(): Promise<void> {
    const { signal } = this.#closed;
    const fromMs = Date.now();
    for (let delayMs = FIRST_DELAY_MS; !signal.aborted; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
      await sleep(delayMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await Promise.race([this.#server.probe(), this.#whenClosed]);
        this.#outage = { fromMs, toMs: Date.now() };
        this.#change('back', '');
        return;
      } catch (error) {
        const trouble = troubleOf(error);
        // What the server refuses for another reason is for whoever calls it to hear.
        this.#change(trouble === 'other' ? 'back' : trouble, reasonOf(error));
        if (trouble === 'other') return;
      }
    }
  }

  #change(state: ServerState, reason: string): void {
    if (this.#state === state || this.#closed.signal.aborted) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state, reason);
  }
}

/** What a call gave or threw, or null where it took longer. */
async function within<T>(
  timeMs: number,
  call: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly error: unknown } | null> {
  const over = new AbortController();
  const given = call().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const late = sleep(Math.max(timeMs, 0), null, { signal: over.signal }).catch(() => null);
  const first = await Promise.race([given, late]);
  over.abort();
  return first;
}
