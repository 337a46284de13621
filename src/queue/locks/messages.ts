import type { HeldLease } from '../broker/broker.ts';

/** A lock that the thread keeps alive. `key` is the token of the lock, unlike that of any other. */
export interface HeldLock {
  readonly key: string;
  /** As BullMQ calls it. */
  readonly queue: string;
  readonly id: string;
}

/** What the thread is told. */
export type ToThread =
  | { readonly type: 'hold'; readonly lock: HeldLock }
  | { readonly type: 'drop'; readonly key: string }
  | { readonly type: 'keep'; readonly key: string; readonly lease: HeldLease }
  | { readonly type: 'leave'; readonly key: string; readonly lease: HeldLease }
  | { readonly type: 'close' };

/** What the thread tells. */
export type FromThread =
  | { readonly type: 'ready' }
  /** The lock of a job, or a lease that goes with it, is somebody else's. */
  | { readonly type: 'lost'; readonly key: string; readonly reason: string }
  /** Something could not be renewed; it is tried again. */
  | { readonly type: 'trouble'; readonly reason: string };

/** What the thread is started with. */
export interface ThreadData {
  readonly url: string;
  readonly prefix: string;
  readonly lockMs: number;
  readonly leaseMs: number;
  readonly maxSilenceMs: number;
  /** Place of the journal whose leases are kept; null: none are. */
  readonly journal: string | null;
  /** One `bigint`: when the main thread was last at work, in milliseconds since the epoch. */
  readonly beats: SharedArrayBuffer;
}
