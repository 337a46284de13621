// The thread that keeps locks of jobs and leases of runs alive, whatever the main thread does.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openJournal } from '../../journal/index.ts';
import type { Journal } from '../../journal/journal.ts';
import { openServer } from '../broker/open-server.ts';
import type { QueueServer } from '../broker/server.ts';
import { parseServerAddress } from '../../journal/server-address.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';
import { Renewer, type RenewalPort } from './renewer.ts';

/** Renewals in the life of a lock: two may fail. */
const RENEWALS = 3;
/** Those that failed are made up for soon. */
const MAX_RETRY_MS = 500;

const data = workerData as ThreadData;
const beats = new BigInt64Array(data.beats);
const closing = new AbortController();

const tell = (message: FromThread): void => parentPort?.postMessage(message);

/** Opens what is needed once, and again where that failed. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | null = null;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = null;
      throw error;
    });
    return opened;
  };
}

const server = once<QueueServer>(() =>
  openServer(parseServerAddress(data.url), {
    prefix: data.prefix,
    lockMs: data.lockMs,
    allowEviction: true,
    isHelper: true,
  }),
);
let openedJournal: Journal | null = null;
const journal = once<Journal>(
  async () => (openedJournal = await openJournal(data.journal ?? '', { allowEviction: true })),
);

const port: RenewalPort = {
  extend: async (queue, locks) => {
    const held = locks.map(({ id, key }) => ({ id, token: key }));
    const lost = new Set((await (await server()).extend(queue, held)).map(({ token }) => token));
    return locks.filter(({ key }) => lost.has(key));
  },
  renew: async (lease) => {
    try {
      await (await journal()).renew(lease, data.leaseMs);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'HEDDLE_FENCED') return false;
      throw error;
    }
  },
};
const renewer = new Renewer(port, {
  maxSilenceMs: data.maxSilenceMs,
  lastBeatMs: () => Number(Atomics.load(beats, 0)),
  now: Date.now,
  tell,
});

async function repeat(lifeMs: number, renew: () => Promise<boolean>): Promise<void> {
  const { signal } = closing;
  while (!signal.aborted) {
    const isDone = await renew();
    const pauseMs = isDone ? lifeMs / RENEWALS : Math.min(lifeMs / RENEWALS / 2, MAX_RETRY_MS);
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

async function close(): Promise<void> {
  closing.abort();
  parentPort?.close();
  await openedJournal?.close().catch(() => {});
  await server().then(
    (opened) => opened.close(),
    () => {},
  );
}

parentPort?.on('message', (message: ToThread) => {
  switch (message.type) {
    case 'hold':
      return renewer.hold(message.lock);
    case 'drop':
      return renewer.drop(message.key);
    case 'keep':
      return renewer.keep(message.key, message.lease);
    case 'leave':
      return renewer.leave(message.key, message.lease);
    case 'close':
      return void close();
  }
});

// No job is taken before this thread can keep its lock. A journal that is away is asked again when there is a lease.
await Promise.all([server(), data.journal === null ? null : journal().catch(() => null)]);
tell({ type: 'ready' });
void repeat(data.lockMs, () => renewer.renewLocks());
void repeat(data.leaseMs, () => renewer.renewLeases());
