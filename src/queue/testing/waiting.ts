import { HeddleError } from '../../errors/index.ts';
import type { Handled, JobData, NewJob, TakenJob } from '../broker/broker.ts';

/** A promise that somebody else settles. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

/** Makes one. */
export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Things that happen, in order; whoever asks for the next waits for it. */
export class Log<T> {
  readonly all: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];
  #read = 0;

  readonly add = (value: T): void => {
    this.all.push(value);
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#read += 1;
    next(value);
  };

  next(): Promise<T> {
    if (this.#read < this.all.length) return Promise.resolve(this.all[this.#read++] as T);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A job that is being worked on, until somebody says what came of it. */
export interface Work {
  readonly job: TakenJob;
  /** Ends the work: well, to be done again, or with an error. */
  readonly end: (handled?: Handled | Error) => void;
  /** Why its signal was aborted: the code of the error. */
  readonly aborted: Promise<string>;
}

/** A handler whose work ends when a test says so. */
export class Hands {
  readonly taken = new Log<Work>();

  readonly handle = (job: TakenJob): Promise<Handled> =>
    new Promise((resolve, reject) => {
      const aborted = new Promise<string>((tell) => {
        const told = (): void => {
          const reason: unknown = job.signal.reason;
          tell(reason instanceof HeddleError ? reason.code : String(reason));
        };
        if (job.signal.aborted) told();
        else job.signal.addEventListener('abort', told);
      });
      this.taken.add({
        job,
        aborted,
        end: (handled) => (handled instanceof Error ? reject(handled) : resolve(handled)),
      });
    });
}

/** A job of a run. */
export function runJob(id: string, more: Partial<NewJob> = {}): NewJob {
  const data: JobData = { run: id, format: 1 };
  return { kind: 'run', queue: 'default', id, data, ...more };
}
