import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endProgram, findProgram, freePort, startProgram } from './program.ts';

/** Whether tests can start a server; where not, they are skipped. */
export const hasRedis = findProgram('redis-server') !== null;

/** Ports tried, since another program may take one in between. */
const TRIES = 5;

/** A Redis of this process alone. */
export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  readonly #settings: readonly string[];
  #child: ChildProcess;

  private constructor(port: number, directory: string, settings: readonly string[], child: ChildProcess) {
    this.port = port;
    this.#directory = directory;
    this.#settings = settings;
    this.#child = child;
  }

  /** Starts a server that writes every change to disk. `settings`: further arguments, such as `--maxmemory 20mb`. */
  static async start(...settings: readonly string[]): Promise<RedisServer> {
    const directory = await mkdtemp(path.join(tmpdir(), 'heddle-redis-'));
    for (let tries = 1; ; tries++) {
      const port = await freePort();
      try {
        return new RedisServer(port, directory, settings, await launch(port, directory, settings));
      } catch (error) {
        if (tries === TRIES) throw error;
      }
    }
  }

  /** Of a database that no other test has, by its number from 0 to 15. */
  url(database = 0): string {
    return `redis://127.0.0.1:${this.port}/${database}`;
  }

  /** Ends the server as a crash does. */
  async kill(): Promise<void> {
    await endProgram(this.#child, 'SIGKILL');
  }

  /** Starts it again at the same port, with the data it had. */
  async restart(): Promise<void> {
    this.#child = await launch(this.port, this.#directory, this.#settings);
  }

  /** Stops the process where it is, as a machine that hangs, until {@link resume}. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function launch(port: number, directory: string, settings: readonly string[]): Promise<ChildProcess> {
  const file = findProgram('redis-server');
  if (file === null) throw new Error('redis-server is not installed');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'yes'];
  return startProgram(file, [...args, '--appendfsync', 'always', ...settings], /Ready to accept connections/);
}
