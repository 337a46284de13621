import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { WorkerEvent, WorkerOptions } from '../../src/queue/index.ts';

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a worker tells. */
export type Told = Exclude<WorkerEvent, { type: 'error' }> | { type: 'error'; code: string; message: string };

/** A worker in a process of its own. */
export class WorkerProcess {
  readonly ended: Promise<Ending>;
  readonly events: Told[] = [];
  /** What it wrote to standard error. */
  stderr = '';
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #ending: Ending | null = null;

  /** `program`: of a worker. */
  constructor(program: string, options: Omit<WorkerOptions, 'actions'>) {
    const args = [program, JSON.stringify(options)];
    const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.ended = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        this.#ending = { code, signal };
        this.#tellAll();
        resolve(this.#ending);
      }),
    );
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as Told);
      this.#tellAll();
    });
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether it was told to end at once. */
  get isKilled(): boolean {
    return this.#child.killed;
  }

  /** Resolves when it has told something that `condition` is true of. */
  async told(condition: (event: Told) => boolean): Promise<void> {
    while (!this.events.some(condition)) {
      if (this.#ending !== null) {
        throw new Error(`the worker ended with ${this.#ending.signal ?? this.#ending.code}:\n${this.stderr}`);
      }
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  /** Resolves when it takes work. */
  ready(): Promise<void> {
    return this.told((event) => event.type === 'state' && event.state === 'taking');
  }

  signal(name: NodeJS.Signals): void {
    if (this.#ending === null) this.#child.kill(name);
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  #tellAll(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }
}
