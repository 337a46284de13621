import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Worker } from 'node:worker_threads';
import { availableDriver, type DriverName } from './driver.ts';

/** The WAL is cut back to this size when it is begun anew and was larger. */
export const MAX_WAL_BYTES = 16 * 1024 * 1024;
/** Written so far since the last checkpoint, about, when the next one is due. */
const DUE_BYTES = 4 * 1024 * 1024;
/**
 * A WAL that has grown to this size is to be begun anew, which takes that all of it was moved and that nobody has added
 * to it meanwhile. One that only grows is moved by the commit that meets SQLite's own limit, which the event loop would
 * feel, and a file that is written over is quicker than one that grows.
 */
const ANEW_BYTES = 2 * MAX_WAL_BYTES;
/** A small transaction writes two pages: that of an entry and one above it. */
const TRANSACTION_BYTES = 2 * 4096;

/** What the thread does, as text, since a bundle has no file for it. It takes commands from its parent until it gets null. */
const PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  process.emitWarning = () => {};
  const { DatabaseSync } = require(workerData.library);
  const database = new DatabaseSync(workerData.file, { timeout: 0 });
  parentPort.on('message', (isWanted) => {
    if (!isWanted) return parentPort.close();
    // Nothing is read from SQLite: a process that exits meanwhile would be taken down by what is made of that.
    database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    parentPort.postMessage(true);
  });
`;

/**
 * Moves what was committed from the WAL into the database, in a thread of its own: the disk takes milliseconds for it,
 * which the event loop does not have. Started when there is something to move.
 */
export class Checkpointer {
  readonly #file: string;
  readonly #driver: DriverName;
  readonly #onFailure: () => void;
  #writtenBytes = 0;
  #isAtWork = false;
  #isClosing = false;
  #worker: Promise<Worker> | null = null;
  #endRest: (() => void) | null = null;
  /** Who writes waits for this: the last of the WAL is being moved, so that it begins anew. Null: nothing to wait for. */
  rest: Promise<void> | null = null;

  /** `onFailure`: the thread cannot do it. */
  constructor(file: string, driver: DriverName = availableDriver(), onFailure: () => void) {
    this.#file = file;
    this.#driver = driver;
    this.#onFailure = onFailure;
  }

  /** Notes a transaction that wrote so many bytes of data. */
  note(bytes: number): void {
    this.#writtenBytes += bytes + TRANSACTION_BYTES;
    if (this.#writtenBytes < DUE_BYTES || this.#isAtWork) return;
    this.#writtenBytes = 0;
    this.#isAtWork = true;
    this.#worker ??= this.#start();
    void this.#worker.then((worker) => {
      // The process stays until it is done: a thread that is ended inside SQLite takes the process down.
      worker.ref();
      worker.postMessage(true);
    });
  }

  /** Resolves when the thread has ended. */
  async close(): Promise<void> {
    const worker = await this.#worker;
    if (worker === null || worker.threadId === -1) return;
    this.#isClosing = true;
    worker.ref();
    await new Promise((resolve) => {
      worker.once('exit', resolve);
      worker.postMessage(null);
    });
  }

  async #start(): Promise<Worker> {
    const { Worker } = await import('node:worker_threads');
    const library =
      this.#driver === 'node' ? 'node:sqlite' : createRequire(import.meta.url).resolve('@photostructure/sqlite');
    const worker = new Worker(PROGRAM, { eval: true, workerData: { file: this.#file, library }, execArgv: [] });
    worker.on('message', () => {
      if (this.rest === null && this.#walBytes() >= ANEW_BYTES && !this.#isClosing) {
        this.rest = new Promise((resolve) => (this.#endRest = resolve));
        worker.postMessage(true);
        return;
      }
      this.#goOn();
      this.#isAtWork = false;
      if (!this.#isClosing) worker.unref();
    });
    // It stays at work for ever, so that it is not asked again.
    worker.on('error', () => {
      this.#goOn();
      this.#onFailure();
    });
    return worker;
  }

  #walBytes(): number {
    return statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  #goOn(): void {
    this.#endRest?.();
    this.rest = this.#endRest = null;
  }
}
