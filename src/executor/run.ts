import type { HeddleError } from '../errors/index.ts';
import type { RunDriver } from './driver.ts';
import type { RunObserver } from './recorded-run.ts';
import type { EventListener, ListenOptions } from './event-sink.ts';
import type { EventView, RunEvent, RunResult, RunStatus } from './events.ts';
import type { OpenWait } from './waits.ts';

interface Pending {
  readonly promise: Promise<RunResult>;
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: HeddleError) => void;
}

/** A run that goes on. */
export class Run implements RunObserver {
  readonly #driver: RunDriver;
  /** Made when it is first asked for: a run at rest is to be small. */
  #result: Pending | null = null;
  #error: HeddleError | null = null;

  constructor(driver: RunDriver) {
    this.#driver = driver;
  }

  /**
   * Resolves when the run has ended, also for a failed or cancelled one, and where it only waits and was let go of. Of a
   * run that is recorded: once that is written.
   *
   * @throws HEDDLE_FENCED and HEDDLE_JOURNAL_… where it could not be recorded any further: it is suspended then, and can
   * be resumed
   */
  get result(): Promise<RunResult> {
    if (this.#result === null) {
      let resolve!: (result: RunResult) => void;
      let reject!: (error: HeddleError) => void;
      const promise = new Promise<RunResult>((settle, fail) => ([resolve, reject] = [settle, fail]));
      this.#result = { promise, resolve, reject };
      if (this.#error !== null) reject(this.#error);
      else if (this.#driver.result !== null && !this.#driver.isUnwritten) resolve(this.#driver.result);
    }
    return this.#result.promise;
  }

  /** For the driver to call. */
  runEnded(result: RunResult): void {
    this.#result?.resolve(result);
  }

  /** For the driver to call. */
  runHalted(error: HeddleError): void {
    this.#error = error;
    this.#result?.reject(error);
  }

  /** The run's id. */
  get id(): string {
    return this.#driver.runId;
  }

  get status(): RunStatus {
    return this.#driver.state.status;
  }

  /** Ends the run early: what is in flight is aborted, or ends by itself where the workflow says `on-cancel: finish`. */
  cancel(reason = 'the run was cancelled'): void {
    this.#driver.cancel(reason);
  }

  /** What the run waits for: approvals, signals, times. */
  get waiting(): readonly OpenWait[] {
    return this.#driver.waits.list();
  }

  /**
   * Answers the task that waits for an approval. `item`: key or index, where several iterations of it wait.
   *
   * @throws HEDDLE_NOT_WAITING, HEDDLE_RESPONSE_INVALID
   */
  approve(task: string, data: unknown = null, options: { readonly item?: unknown } = {}): void {
    this.#driver.waits.approve(task, data, options.item);
  }

  /** Wakes what waits for the signal; where nothing does, it is kept for the next that will. */
  signal(name: string, data: unknown = null): void {
    this.#driver.waits.signal(name, data);
  }

  /** Calls `listener` for every event of the view from now on; gives a function that stops that. */
  on(view: EventView, listener: EventListener, options: ListenOptions = {}): () => void {
    return this.#driver.listen(view, listener, options);
  }

  /** The events of a view from now on, ending with the run. Events that nobody has taken yet are kept. */
  events(view: EventView = 'events'): AsyncIterableIterator<RunEvent> {
    const waiting: RunEvent[] = [];
    let wake: (() => void) | null = null;
    let isOver = this.#driver.result !== null;
    const off = this.on(view, (event) => {
      waiting.push(event);
      wake?.();
    });
    const end = (): void => {
      isOver = true;
      wake?.();
    };
    this.result.then(end, end);
    const iterator: AsyncIterableIterator<RunEvent> = {
      async next() {
        for (;;) {
          const event = waiting.shift();
          if (event !== undefined) return { value: event, done: false };
          if (isOver) {
            off();
            return { value: undefined, done: true };
          }
          await new Promise<void>((resolve) => (wake = resolve));
        }
      },
      return() {
        off();
        isOver = true;
        waiting.length = 0;
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]() {
        return iterator;
      },
    };
    return iterator;
  }

  /** The same value with secrets of the run replaced by `***`. */
  mask<T>(value: T): T {
    return this.#driver.masker.value(value);
  }
}
