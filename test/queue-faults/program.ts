import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');

/** The program of a worker, as JavaScript: it starts in a fraction of the time that its source takes. */
export interface Program {
  readonly file: string;
  remove(): Promise<void>;
}

/** Makes the program from the source as it is now. */
export async function buildProgram(): Promise<Program> {
  // Within the project, so that its packages are found.
  const cache = path.join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(path.join(cache, 'queue-faults-'));
  await build({
    absWorkingDir: root,
    outdir: directory,
    entryPoints: { worker: 'test/queue-faults/worker-program.ts', 'lock-thread': 'src/queue/locks/thread.ts' },
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  return {
    file: path.join(directory, 'worker.js'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
