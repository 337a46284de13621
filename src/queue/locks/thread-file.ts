import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { ThreadData } from './messages.ts';

/** Runs the sources, which Node.js cannot read by itself. */
const FROM_SOURCES = `
  const { workerData } = require('node:worker_threads');
  const { createJiti } = require(workerData.jiti);
  createJiti(workerData.file).import(workerData.file);
`;

/** Starts the thread: from the file that the build makes, or, where there is none, from the sources. */
export async function startThread(data: ThreadData): Promise<Worker> {
  const here = import.meta.url;
  if (here.endsWith('.ts')) {
    const { createRequire } = await import('node:module');
    const { fileURLToPath } = await import('node:url');
    const file = fileURLToPath(new URL('./thread.ts', here));
    const workerData = { ...data, file, jiti: createRequire(here).resolve('jiti') };
    return new Worker(FROM_SOURCES, { eval: true, workerData, execArgv: [] });
  }
  // Of the library this module lies in chunks/, of the command line it does not.
  const files = ['./lock-thread.js', '../lock-thread.js'].map((name) => new URL(name, here));
  const file = files.find((one) => existsSync(one));
  if (file === undefined) throw new Error('lock-thread.js is missing beside it; install heddle again');
  return new Worker(file, { workerData: data, execArgv: [] });
}
