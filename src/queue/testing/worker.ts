import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { Log } from './waiting.ts';

const program = path.join(import.meta.dirname, 'worker-process.ts');

/** A worker in a process of its own. It goes with the test at the latest. */
export class WorkerProcess {
  /** Lines that it has told. */
  readonly told = new Log<string>();
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts it, and waits until it takes jobs. `mode`: what it does with them, as the program says. */
  static async start(
    url: string,
    prefix: string,
    lockMs: number,
    mode: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<WorkerProcess> {
    const args = ['--import', 'jiti/register', program, url, prefix, String(lockMs), mode];
    const env = { ...process.env, ...more };
    const child = spawn(process.execPath, args, {
      cwd: import.meta.dirname,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const worker = new WorkerProcess(child);
    createInterface({ input: child.stdout }).on('line', worker.told.add);
    onTestFinished(() => worker.signal('SIGKILL'));
    await worker.hear('ready');
    return worker;
  }

  /** Waits for a line, past others. */
  async hear(line: string): Promise<void> {
    while ((await this.told.next()) !== line);
  }

  /** Sends it a signal; of SIGKILL waits for the end. */
  async signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(name);
    if (name === 'SIGKILL') await ended;
  }
}
