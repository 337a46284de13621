import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { HeddleError } from '../../errors/index.ts';
import type { HeldLease } from '../broker/broker.ts';
import type { FromThread, HeldLock, ThreadData, ToThread } from './messages.ts';
import { startThread } from './thread-file.ts';

const BEAT_MS = 1000;
const FIRST_RESTART_MS = 500;
const MAX_RESTART_MS = 30_000;
/** What a thread may take to end by itself. */
const CLOSE_MS = 1000;

/** How a {@link LockKeeper} works. */
export interface LockKeeperOptions extends Omit<ThreadData, 'beats'> {
  /** Told what could not be renewed, and of a thread that could not be started or died; it is started again. */
  readonly onError: (error: HeddleError) => void;
  /** Starts the thread. Default: the one of this folder. */
  readonly start?: (data: ThreadData) => Promise<Worker>;
}

/** A job's lock that is kept alive. */
export interface KeptLock {
  /** Keeps a lease alive with it; gives a function that stops that. */
  keep(lease: HeldLease): () => void;
  /** Forgets the lock, and what was kept with it. */
  drop(): void;
}

interface Held {
  readonly lock: HeldLock;
  readonly leases: Set<HeldLease>;
  readonly onLost: (error: HeddleError) => void;
}

/** Keeps locks of jobs alive from a thread of its own, which is started for the first of them. */
export class LockKeeper {
  readonly #options: LockKeeperOptions;
  readonly #beats = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  readonly #held = new Map<string, Held>();
  #beat: NodeJS.Timeout | null = null;
  #worker: Worker | null = null;
  #ready: Promise<void> | null = null;
  readonly #closed = new AbortController();

  constructor(options: LockKeeperOptions) {
    this.#options = options;
  }

  /** Resolves when the thread is at work, however often it has to be started for that, or when this is closed. */
  ready(): Promise<void> {
    this.#ready ??= this.#start();
    return this.#ready;
  }

  /** Keeps a lock alive. `onLost`: somebody else has the job, or a lease that was kept with it. */
  hold(lock: HeldLock, onLost: (error: HeddleError) => void): KeptLock {
    const held: Held = { lock, leases: new Set(), onLost };
    const { key } = lock;
    this.#held.set(key, held);
    this.#post({ type: 'hold', lock });
    return {
      keep: (lease) => {
        if (this.#options.journal === null) {
          throw new HeddleError(
            'HEDDLE_INTERNAL',
            'A lease is to be kept, but the broker was not told of the journal.',
          );
        }
        held.leases.add(lease);
        this.#post({ type: 'keep', key, lease });
        return () => {
          if (held.leases.delete(lease)) this.#post({ type: 'leave', key, lease });
        };
      },
      drop: () => {
        held.leases.clear();
        if (this.#held.delete(key)) this.#post({ type: 'drop', key });
      },
    };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    if (this.#beat !== null) clearInterval(this.#beat);
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
    worker.postMessage({ type: 'close' } satisfies ToThread);
    await ended;
    clearTimeout(timer);
  }

  async #start(): Promise<void> {
    this.#beat ??= setInterval(() => this.#sayAlive(), BEAT_MS).unref();
    for (let delayMs = FIRST_RESTART_MS; !this.#isClosed; delayMs = Math.min(delayMs * 2, MAX_RESTART_MS)) {
      this.#sayAlive();
      const failure = await this.#launch();
      if (failure === null || this.#isClosed) return;
      this.#options.onError(threadFailed('could not be started', failure));
      await sleep(delayMs, undefined, { signal: this.#closed.signal }).catch(() => {});
    }
  }

  /** Null, or why the thread did not get to work. */
  async #launch(): Promise<unknown> {
    const { start = startThread, onError, ...data } = this.#options;
    let worker: Worker;
    try {
      worker = await start({ ...data, beats: this.#beats });
    } catch (error) {
      return error;
    }
    worker.unref();
    this.#worker = worker;
    return new Promise((resolve) => {
      let isReady = false;
      let failure: unknown = new Error('it ended at once');
      worker.on('error', (error) => (failure = error));
      worker.once('exit', () => {
        if (this.#worker === worker) this.#worker = null;
        resolve(failure);
        if (!isReady || this.#isClosed) return;
        onError(threadFailed('died', failure));
        this.#ready = this.#start();
      });
      worker.on('message', (message: FromThread) => {
        if (message.type !== 'ready') return this.#hear(message);
        isReady = true;
        failure = new Error('it ended by itself');
        this.#tellAll(worker);
        resolve(null);
      });
    });
  }

  /** Whoever takes over from a thread that died has to be told of all that is held. */
  #tellAll(worker: Worker): void {
    for (const [key, { lock, leases }] of this.#held) {
      worker.postMessage({ type: 'hold', lock } satisfies ToThread);
      for (const lease of leases) worker.postMessage({ type: 'keep', key, lease } satisfies ToThread);
    }
  }

  #hear(message: Exclude<FromThread, { readonly type: 'ready' }>): void {
    switch (message.type) {
      case 'lost': {
        const held = this.#held.get(message.key);
        this.#held.delete(message.key);
        held?.onLost(new HeddleError('HEDDLE_FENCED', `Work was taken away: ${message.reason}.`));
        return;
      }
      case 'trouble':
        this.#options.onError(
          new HeddleError(
            'HEDDLE_QUEUE_LOCKS',
            `Locks of jobs could not be renewed: ${message.reason}. It is tried again; if it goes on, others take the jobs.`,
          ),
        );
    }
  }

  get #isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  #sayAlive(): void {
    Atomics.store(new BigInt64Array(this.#beats), 0, BigInt(Date.now()));
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }
}

function threadFailed(what: string, cause: unknown): HeddleError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HeddleError(
    'HEDDLE_QUEUE_LOCKS',
    `The thread that keeps locks of jobs alive ${what}: ${reason}. It is started again; until it runs no job is taken.`,
    { cause },
  );
}
