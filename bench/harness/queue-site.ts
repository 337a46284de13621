import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Queue } from '../../src/queue/index.ts';
import { hasPostgres, PostgresServer } from '../../test/servers/postgres-server.ts';
import { hasRedis, RedisServer } from '../../test/servers/redis-server.ts';

/** What a queue lies in. */
export type ServerKind = 'Redis' | 'PostgreSQL';

/** Whether such a server can be started; where not, nothing is measured. */
export function isInstalled(kind: ServerKind): boolean {
  return kind === 'Redis' ? hasRedis : hasPostgres;
}

/** A server of its own, with processes that work on what is queued there. */
export class QueueSite {
  readonly url: string;
  readonly directory = mkdtempSync(path.join(tmpdir(), 'heddle-bench-'));
  readonly #server: { stop(): Promise<void> };
  readonly #workers: ChildProcess[] = [];

  private constructor(url: string, server: { stop(): Promise<void> }) {
    this.url = url;
    this.#server = server;
  }

  /** Starts the server; it syncs to disk once a second, as a queue's usually does. */
  static async open(kind: ServerKind): Promise<QueueSite> {
    const server =
      kind === 'Redis' ? await RedisServer.start('--appendfsync', 'everysec') : await PostgresServer.start();
    return new QueueSite(server.url(), server);
  }

  /** Starts `count` processes of a program; each says so on its output once it takes work. */
  async work(count: number, args: readonly string[], ready: RegExp): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#start(args, ready)));
  }

  /** Starts `count` workers of the built command line, with the actions that a file defines. */
  async workHeddle(count: number, actions: string, more: readonly string[] = []): Promise<void> {
    const file = path.join(this.directory, 'actions.mjs');
    writeFileSync(file, actions);
    const args = ['dist/cli.js', 'worker', '--url', this.url, '--actions', file, ...more];
    await this.work(count, args, /taking work/);
  }

  /** Runs a program to its end; what it sends. */
  ask<T>(args: readonly string[]): Promise<T> {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#workers.push(child);
    return new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(message as T));
      child.once('close', (code) => reject(new Error(`the program ended with code ${code}`)));
    });
  }

  async close(): Promise<void> {
    const ended = this.#workers.map((worker) => new Promise((resolve) => worker.once('close', resolve)));
    for (const worker of this.#workers) worker.kill('SIGKILL');
    await Promise.all(ended);
    await this.#server.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #start(args: readonly string[], ready: RegExp): Promise<void> {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#workers.push(child);
    return new Promise((resolve, reject) => {
      let text = '';
      const read = (chunk: Buffer): void => {
        text += chunk.toString();
        if (ready.test(text)) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('close', (code) => reject(new Error(`a worker ended with code ${code}: ${text}`)));
    });
  }
}

/** Queues a run, waits for it, and gives what it put out. */
export async function runQueued(
  queue: Queue,
  workflow: Parameters<Queue['enqueue']>[0],
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const { id } = await queue.enqueue(workflow, parameters);
  const { status, output, error } = await queue.wait(id, { pollMs: 5 });
  if (status !== 'succeeded') throw new Error(`the run ${status}: ${JSON.stringify(error)}`);
  return output;
}
