import type { FileIdentity } from './entries.ts';

/** What `with-items: { from: file }` asks its host for, every template rendered. */
export interface FileItemsRequest {
  /** Absolute. */
  readonly path: string;
  readonly format: 'lines' | 'json' | 'ndjson' | 'csv';
  readonly delimiter?: string;
  readonly header?: boolean | readonly string[];
  readonly encoding?: string;
  /** Whether other machines see the file under this path too. Default false. */
  readonly shared?: boolean;
}

/** Time, handed in so that tests own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from any start, never going back. */
  monotonic(): number;
  /**
   * Calls back once, after `delayMs` milliseconds at the earliest. `isBackground`: nothing waits for it, so that it is no
   * reason to keep a process or a rehearsal going.
   */
  setTimer(delayMs: number, callback: () => void, isBackground?: boolean): unknown;
  clearTimer(timer: unknown): void;
  /** Calls back after the event loop has had a turn (timers and I/O included). */
  nextTurn(callback: () => void): void;
}

/** Everything the core needs of the outside world. `src/node/host.ts` is the one for Node.js. */
export interface Host extends Clock {
  /** Uniform in [0, 1). */
  random(): number;
  uuid(): string;
  /** Lower-case hexadecimal SHA-256. */
  sha256(text: string): string;
  /**
   * Opens a file as chunks of items; reads only as far as it is pulled, and closes the file on `return()`. `note` is told
   * before each chunk where the next begins; reading can begin at such a place again, with `from`.
   */
  openItems(
    request: FileItemsRequest,
    from?: unknown,
    note?: ((place: unknown) => void) | null,
  ): AsyncIterable<readonly unknown[]>;
  /** What tells whether a file is still the same. */
  identify(path: string): Promise<FileIdentity>;
  /** `path` as it stands when absolute, else from `directory`. */
  resolvePath(directory: string, path: string): string;
}
