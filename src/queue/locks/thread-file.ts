import { Worker } from 'node:worker_threads';
import { ownFile } from '../../node/own-file.ts';
import type { ThreadData } from './messages.ts';

/** Starts the thread. Throws where its file is missing. */
export async function startThread(data: ThreadData): Promise<Worker> {
  const file = ownFile('../queue/locks/source-thread.mjs', 'lock-thread.js');
  if (file === undefined) throw new Error('lock-thread.js is missing beside heddle; leave heddle out of the bundle');
  return new Worker(file, { workerData: data, execArgv: [] });
}
