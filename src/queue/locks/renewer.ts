import type { HeldLease } from '../broker/broker.ts';
import type { FromThread, HeldLock } from './messages.ts';

/** Where locks and leases lie. */
export interface RenewalPort {
  /** Lets locks of a queue last for their whole life; gives those that are lost. */
  extend(queue: string, locks: readonly HeldLock[]): Promise<readonly HeldLock[]>;
  /** Lets a lease last for its whole life; false: it is somebody else's. */
  renew(lease: HeldLease): Promise<boolean>;
}

/** How a {@link Renewer} goes about it. */
export interface RenewerOptions {
  /** Without a sign of life of the main thread for so many milliseconds, nothing is renewed. */
  readonly maxSilenceMs: number;
  /** When the main thread was last at work, in milliseconds since the epoch. */
  readonly lastBeatMs: () => number;
  readonly now: () => number;
  readonly tell: (message: FromThread) => void;
}

/** Keeps locks and leases alive: what the thread does, without the thread. */
export class Renewer {
  readonly #port: RenewalPort;
  readonly #options: RenewerOptions;
  readonly #locks = new Map<string, HeldLock>();
  readonly #leases = new Map<string, { readonly key: string; readonly lease: HeldLease }>();
  readonly #troubles = new Map<'locks' | 'leases', string>();
  #isSilent = false;

  constructor(port: RenewalPort, options: RenewerOptions) {
    this.#port = port;
    this.#options = options;
  }

  hold(lock: HeldLock): void {
    this.#locks.set(lock.key, lock);
  }

  /** Forgets a lock, and the leases that go with it. */
  drop(key: string): void {
    this.#locks.delete(key);
    for (const [name, kept] of this.#leases) if (kept.key === key) this.#leases.delete(name);
  }

  keep(key: string, lease: HeldLease): void {
    this.#leases.set(nameOf(key, lease), { key, lease });
  }

  leave(key: string, lease: HeldLease): void {
    this.#leases.delete(nameOf(key, lease));
  }

  /** Renews all locks. True: all that could be were. */
  async renewLocks(): Promise<boolean> {
    if (this.#isUnattended()) return true;
    const queues = new Map<string, HeldLock[]>();
    for (const lock of this.#locks.values()) queues.set(lock.queue, [...(queues.get(lock.queue) ?? []), lock]);
    const all = [...queues].map(async ([queue, locks]) => {
      for (const { key, id } of await this.#port.extend(queue, locks)) {
        this.#lose(key, `the lock of job ${id} was lost: another worker has it, or it was removed`);
      }
    });
    return this.#settle('locks', all);
  }

  /** Renews all leases. True: all that could be were. */
  async renewLeases(): Promise<boolean> {
    if (this.#isUnattended()) return true;
    const all = [...this.#leases.values()].map(async ({ key, lease }) => {
      if (await this.#port.renew(lease)) return;
      const isStillKept = this.#leases.delete(nameOf(key, lease));
      if (isStillKept) this.#lose(key, `the lease of run ${lease.run} is another process's`);
    });
    return this.#settle('leases', all);
  }

  /** A job may have been let go of while the server was asked: then nothing was lost. */
  #lose(key: string, reason: string): void {
    if (!this.#locks.has(key)) return;
    this.drop(key);
    this.#options.tell({ type: 'lost', key, reason });
  }

  async #settle(what: 'locks' | 'leases', all: readonly Promise<void>[]): Promise<boolean> {
    const failed = (await Promise.allSettled(all)).find((result) => result.status === 'rejected');
    if (failed === undefined) {
      this.#troubles.delete(what);
      return true;
    }
    const reason = failed.reason instanceof Error ? failed.reason.message : String(failed.reason);
    // Once, however often it is tried again.
    if (this.#troubles.get(what) !== reason) this.#options.tell({ type: 'trouble', reason });
    this.#troubles.set(what, reason);
    return false;
  }

  /** A main thread that hangs for long must not keep work from others for ever. */
  #isUnattended(): boolean {
    const { now, lastBeatMs, maxSilenceMs, tell } = this.#options;
    const wasSilent = this.#isSilent;
    this.#isSilent = now() - lastBeatMs() > maxSilenceMs;
    if (this.#isSilent && !wasSilent) {
      tell({ type: 'trouble', reason: `the main thread has been busy for more than ${maxSilenceMs / 1000} s` });
    }
    return this.#isSilent;
  }
}

function nameOf(key: string, { run, epoch }: HeldLease): string {
  return `${key} ${epoch} ${run}`;
}
