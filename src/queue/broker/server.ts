import type { IQueueBackend } from 'bullmq';
import { HeddleError } from '../../errors/index.ts';

/** The lock on a job, as whoever took it has it. */
export interface JobLock {
  readonly id: string;
  readonly token: string;
}

/** A backend that may wait for jobs. */
export interface Waiter {
  readonly backend: IQueueBackend;
  /** Ends what waits. */
  close(): Promise<void>;
}

/** A server that holds queues: BullMQ's backends, and what they lack. */
export interface QueueServer {
  /** For messages: without passwords. */
  readonly name: string;
  /** For all that returns at once. They share connections. */
  queue(name: string): IQueueBackend;
  /** For waiting for jobs. */
  waiter(name: string): Waiter;
  /** Ids of jobs that wait, are delayed or are being worked on. */
  live(name: string): Promise<readonly string[]>;
  /** When the oldest job that waits was queued, in milliseconds since the epoch. */
  oldestAtMs(name: string): Promise<number | null>;
  /** Lets locks last for their whole life from now; gives those that are lost, because somebody else has the job or it is gone. */
  extend(name: string, locks: readonly JobLock[]): Promise<readonly JobLock[]>;
  /** Writes something small: whether the server answers and takes data. */
  probe(): Promise<void>;
  /** Calls back when a connection has broken. */
  onBroken(listener: (error: unknown) => void): void;
  close(): Promise<void>;
}

/** How a server is opened. */
export interface ServerOptions {
  /** Of all queues of this broker. */
  readonly prefix: string;
  /** Life of a lock on a job, in milliseconds. */
  readonly lockMs: number;
  /** Whether a Redis that may evict keys will do. */
  readonly allowEviction: boolean;
  /** Only renews locks: nothing is created or verified. */
  readonly isHelper: boolean;
}

/** How often every worker looks for jobs whose worker has died, as a part of a lock's life. */
export const STALLED_CHECKS_PER_LOCK = 4;

/** What both backends of BullMQ are told. */
export function backendOptions(lockMs: number): {
  readonly lockDuration: number;
  readonly maxStalledCount: number;
  readonly stalledInterval: number;
} {
  return {
    lockDuration: lockMs,
    // heddle counts interruptions itself (limits.interruptions): a job never fails for them.
    maxStalledCount: 1_000_000_000,
    // The server lets one worker look in this time. A little less than what lies between two looks of the same worker,
    // or it would be refused every second time.
    stalledInterval: Math.ceil(lockMs / (STALLED_CHECKS_PER_LOCK + 1)),
  };
}

/** Life of events that BullMQ writes for listeners, which heddle has none of: how many stay. */
export const EVENTS_KEPT = 100;

/** BullMQ, which takes an eighth of a second to load. @throws HEDDLE_QUEUE_DRIVER */
export async function loadBullmq(): Promise<typeof import('bullmq')> {
  try {
    return await import('bullmq');
  } catch (error) {
    throw new HeddleError('HEDDLE_QUEUE_DRIVER', "The library 'bullmq' could not be loaded; install heddle again.", {
      cause: error,
    });
  }
}
