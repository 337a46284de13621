import { randomBytes } from 'node:crypto';
import { rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';

/** Room for the last words of a few runs: some pages each, and what the log needs beside. */
const RESERVED_BYTES = 128 * 1024;

/**
 * Room on the disk, as a file beside the journal. It is given up when the disk is full, so that runs can still be let go
 * of in their record: what was in flight is then not taken for what ended their process.
 */
export class Reserve {
  readonly #file: string;
  /** Whether this process gave it up and has not taken it back. */
  #isGivenUp = false;

  /** `file`: of the journal. */
  constructor(file: string) {
    this.#file = `${file}-reserve`;
    this.#take();
  }

  /** Makes room; false: there was nothing to give up. */
  giveUp(): boolean {
    this.#isGivenUp = true;
    try {
      unlinkSync(this.#file);
      return true;
    } catch {
      return false;
    }
  }

  /** The disk has room again. */
  takeBack(): void {
    if (!this.#isGivenUp) return;
    this.#isGivenUp = false;
    this.#take();
  }

  #take(): void {
    try {
      if ((statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) >= RESERVED_BYTES) return;
      // Random, since some file systems keep no room for zeros.
      writeFileSync(this.#file, randomBytes(RESERVED_BYTES), { mode: 0o600 });
    } catch {
      // Less than all of it is of no use, and runs need it more.
      rmSync(this.#file, { force: true });
    }
  }
}
