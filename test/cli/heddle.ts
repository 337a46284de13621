import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, vi } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

// Each call is a process of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/** The built command line. */
export const CLI = path.join(root, 'dist/cli.js');

/** What a process that has ended left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link start} and {@link heddle}. */
export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** A process that is running. */
export interface Started {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<Ended>;
  /** Resolves when the text has been seen on either stream. */
  seen(text: string): Promise<void>;
}

/** Starts the built command line. */
export function start(args: readonly string[], options: StartOptions = {}): Started {
  // None of the variables that decide about colour leaks in from whoever runs the tests.
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', ...options.env };
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd ?? root,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  const collect = (add: (text: string) => void) => (chunk: Buffer) => {
    add(chunk.toString());
    for (const watcher of watchers) watcher();
  };
  child.stdout.on(
    'data',
    collect((text) => (stdout += text)),
  );
  child.stderr.on(
    'data',
    collect((text) => (stderr += text)),
  );
  child.stdin.end(options.input ?? '');
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
  return {
    child,
    ended,
    seen: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stdout.includes(text) || stderr.includes(text)) resolve();
        };
        watchers.add(look);
        child.once('close', () => {
          reject(new Error(`It ended without '${text}':\n${stdout}\n${stderr}`));
        });
        look();
      }),
  };
}

/** Runs the built command line to its end. */
export function heddle(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(args, options).ended;
}

/** A directory with files in it, for the tests of one file; its path is known once they run. */
export function project(files: Readonly<Record<string, string>>): { readonly directory: string } {
  let directory = '';
  beforeAll(async () => {
    if (!existsSync(CLI)) throw new Error('There is no dist/: run `npm run build` first.');
    directory = await mkdtemp(path.join(tmpdir(), 'heddle-cli-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
      await writeFile(path.join(directory, name), text);
    }
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return {
    get directory() {
      return directory;
    },
  };
}
