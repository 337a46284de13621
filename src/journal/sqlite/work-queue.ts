import { HeddleError } from '../../errors/index.ts';
import { closed } from '../fencing.ts';
import { stopPoint } from '../stop-point.ts';
import { Backoff } from './backoff.ts';
import type { Connection } from './connection.ts';
import { isBusy, journalError } from './sqlite-error.ts';

/** Calls in one transaction at most, so that the event loop gets its turn. */
const MAX_GROUP = 256;

const NO_OPTIONS = {};

/** `alone`: outside a transaction. */
type Mode = 'write' | 'read' | 'alone';

/** How something is written. */
export interface WriteOptions<T = unknown> {
  /** On disk, fsync included, when it is done. Default false. */
  readonly isDurable?: boolean | undefined;
  /** Whether it is small, and worth the last room on the disk. Default false. */
  readonly isLast?: boolean;
  /**
   * The same by a single statement, which is a transaction by itself and takes less time than one that is begun and
   * committed. Null: that is not enough, and nothing has changed. Default: there is none.
   */
  readonly inOne?: (() => T | null) | null;
}

interface Call {
  readonly mode: Mode;
  readonly isDurable: boolean;
  readonly isLast: boolean;
  readonly inOne: (() => unknown) | null;
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What a call came to, told once the transaction is committed. */
type Outcome = { readonly result: unknown } | { readonly error: HeddleError };

/**
 * The calls of one journal, in their order. Writes that wait together share one transaction and one commit, whatever
 * runs they belong to. What others hold locked is waited for without holding up the event loop.
 */
export class WorkQueue {
  readonly #connection: Connection;
  readonly #backoff: Backoff;
  #calls: Call[] = [];
  #isScheduled = false;
  #isClosed = false;

  constructor(connection: Connection, busyTimeoutMs: number) {
    this.#connection = connection;
    this.#backoff = new Backoff(busyTimeoutMs);
  }

  /**
   * Does `work` within a transaction. It may be done more than once, and an error of heddle it throws must come before
   * its first change: the rest of the transaction is committed all the same.
   */
  write<T>(work: () => T, options: WriteOptions<T> = NO_OPTIONS): Promise<T> {
    return this.#add('write', work, options);
  }

  /** Does `work`, which changes nothing, on one state of the file. */
  read<T>(work: () => T): Promise<T> {
    return this.#add('read', work);
  }

  /** Does `work` outside any transaction. */
  alone<T>(work: () => T): Promise<T> {
    return this.#add('alone', work);
  }

  /** Takes no further calls; resolves when those before are done. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.alone(() => {});
    this.#isClosed = true;
    await this.#connection.close();
  }

  #add<T>(mode: Mode, work: () => T, { isDurable, isLast, inOne }: WriteOptions<T> = NO_OPTIONS): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise<T>((resolve, reject) => {
      this.#calls.push({
        mode,
        work,
        isDurable: isDurable === true,
        isLast: isLast === true,
        inOne: inOne ?? null,
        resolve: resolve as (result: unknown) => void,
        reject,
      });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // What is called in the same turn of the event loop shares a commit.
      setImmediate(this.#flush);
    });
  }

  readonly #flush = (): void => {
    const { pause } = this.#connection;
    if (pause !== null && this.#calls[0]?.mode === 'write') {
      void pause.then(this.#flush);
      return;
    }
    const group = this.#takeGroup();
    const [first] = group;
    if (first === undefined) {
      this.#isScheduled = false;
      return;
    }
    try {
      const outcomes = this.#outcomesOf(group, first);
      this.#backoff.reset();
      group.forEach((call, at) => settle(call, outcomes[at]));
    } catch (error) {
      if (isBusy(error) && this.#backoff.again(this.#flush)) {
        this.#calls = [...group, ...this.#calls];
        return;
      }
      this.#backoff.reset();
      this.#fail(group, journalError(error, this.#connection.file));
    }
    if (this.#calls.length > 0) setImmediate(this.#flush);
    else this.#isScheduled = false;
  };

  /** Where the disk is full, those that are worth its last room are done again in that. */
  #fail(group: readonly Call[], reason: unknown): void {
    const isFull = reason instanceof HeddleError && reason.code === 'HEDDLE_JOURNAL_FULL';
    const last = isFull ? group.filter(({ isLast }) => isLast) : [];
    const again = last.length > 0 && this.#connection.reserve.giveUp() ? last : [];
    for (const call of group) if (!again.includes(call)) call.reject(reason);
    this.#calls = [...again, ...this.#calls];
  }

  /** Calls from the front that go together. */
  #takeGroup(): readonly Call[] {
    const mode = this.#calls[0]?.mode;
    const end = mode === 'alone' ? 1 : this.#calls.findIndex((call) => call.mode !== mode);
    return this.#calls.splice(0, Math.min(end === -1 ? this.#calls.length : end, MAX_GROUP));
  }

  #outcomesOf(group: readonly Call[], first: Call): readonly Outcome[] {
    if (first.mode === 'alone') return group.map(outcomeOf);
    const outcome = group.length === 1 && first.inOne !== null ? this.#writeInOne(first, first.inOne) : null;
    return outcome === null ? this.#transact(group, first.mode === 'write') : [outcome];
  }

  #writeInOne({ isDurable }: Call, statement: () => unknown): Outcome | null {
    const connection = this.#connection;
    connection.setDurable(isDurable);
    const result = statement();
    if (result === null) return null;
    stopPoint('transaction.committed');
    connection.noteCommit();
    // What was written to a file that is not there any more has gone with it.
    connection.verifyFile();
    connection.reserve.takeBack();
    return { result };
  }

  #transact(group: readonly Call[], isWrite: boolean): readonly Outcome[] {
    const connection = this.#connection;
    if (isWrite) connection.setDurable(group.some(({ isDurable }) => isDurable));
    connection.begin(isWrite);
    try {
      if (isWrite) stopPoint('transaction.begun');
      const outcomes = group.map(outcomeOf);
      if (isWrite) {
        stopPoint('transaction.written');
        connection.verifyFile();
      }
      connection.commit(isWrite);
      if (isWrite) stopPoint('transaction.committed');
      if (isWrite && !group.some(({ isLast }) => isLast)) connection.reserve.takeBack();
      return outcomes;
    } catch (error) {
      connection.rollback();
      throw error;
    }
  }
}

function outcomeOf({ work }: Call): Outcome {
  try {
    return { result: work() };
  } catch (error) {
    if (error instanceof HeddleError) return { error };
    throw error;
  }
}

function settle(call: Call, outcome: Outcome | undefined): void {
  if (outcome === undefined) return;
  if ('error' in outcome) call.reject(outcome.error);
  else call.resolve(outcome.result);
}
