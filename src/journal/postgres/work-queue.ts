import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PooledClient } from './driver.ts';
import { removeOrphans } from './large-values.ts';
import { makePartitions } from './migrate.ts';
import { isBroken, isPassing, lacksPartition, postgresError, sqlState } from './postgres-error.ts';
import { sessionOn, type SchemaName, type Session } from './session.ts';
import { GroupAttempt, type Outcome, type Transaction, type Work, type WriteOptions } from './transaction.ts';

/** Calls in one transaction at most. */
const MAX_GROUP = 256;
const FIRST_DELAY_MS = 10;
const MAX_DELAY_MS = 1000;
interface Write extends Work {
  readonly mode: 'write';
}

interface Read {
  readonly mode: 'read';
  readonly work: (session: Session) => Promise<unknown>;
}

type Call = (Write | Read) & {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
};

type WriteCall = Extract<Call, Write>;

/** Where the calls of a journal go. */
export interface Database {
  readonly pool: Pool;
  readonly schema: SchemaName;
  /** For messages. */
  readonly name: string;
  /** How long a call waits for a server that is away, in milliseconds. */
  readonly patienceMs: number;
}

/**
 * The calls of one journal, in their order. Writes that wait together share one transaction and one commit, whatever runs
 * they belong to; reads that wait together go over several connections. What meets a broken connection is done again, a
 * commit only where the server says that it was not done.
 */
export class WorkQueue {
  readonly #database: Database;
  #calls: Call[] = [];
  #isBusy = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Does `work` in a transaction. It may be done more than once; an error of heddle must come before its first change. */
  write<T>(work: (transaction: Transaction) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#add({ mode: 'write', work, ...options, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Does `work`, which changes nothing. */
  read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#add({ mode: 'read', work, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  #add(call: Call): void {
    this.#calls.push(call);
    if (this.#isBusy) return;
    this.#isBusy = true;
    // What is called in the same turn of the event loop shares a commit.
    setImmediate(() => void this.#doAll());
  }

  async #doAll(): Promise<void> {
    while (this.#calls.length > 0) {
      const group = this.#takeGroup();
      const writes = group.filter((call) => call.mode === 'write');
      if (writes.length > 0) await this.#writeGroup(writes);
      else await Promise.all(group.map((call) => this.#readOne(call)));
    }
    this.#isBusy = false;
  }

  /** Calls from the front that go together. */
  #takeGroup(): readonly Call[] {
    const mode = this.#calls[0]?.mode;
    const end = this.#calls.findIndex((call) => call.mode !== mode);
    return this.#calls.splice(0, Math.min(end === -1 ? this.#calls.length : end, MAX_GROUP));
  }

  async #readOne(call: Call): Promise<void> {
    if (call.mode !== 'read') return;
    const session = sessionOn(this.#database.pool, this.#database.schema);
    try {
      call.resolve(await this.#patiently(() => call.work(session)));
    } catch (error) {
      call.reject(error);
    }
  }

  async #writeGroup(group: readonly WriteCall[]): Promise<void> {
    try {
      const outcomes = await this.#transact(group);
      group.forEach((call, at) => settle(call, outcomes[at]));
    } catch (error) {
      const isOfOne = error instanceof Error && sqlState(error.cause) !== null && !isPassing(error.cause);
      if (group.length === 1 || !isOfOne) {
        for (const call of group) call.reject(error);
        return;
      }
      // One of them did it; the others must not suffer.
      for (const call of group) await this.#writeGroup([call]);
    }
  }

  async #transact(group: readonly WriteCall[]): Promise<readonly Outcome[]> {
    const { schema } = this.#database;
    const attempt = new GroupAttempt(group, schema);
    const { outcomes, released } = await this.#patiently(async () => {
      try {
        return await this.#withClient((client) => attempt.on(client));
      } catch (error) {
        if (!lacksPartition(error)) throw error;
        await this.#withClient((client) => makePartitions(client, schema));
        return await this.#withClient((client) => attempt.on(client));
      }
    });
    if (released.length > 0) await this.#collect(released);
    return outcomes;
  }

  /** Removes values that nobody holds any more: apart, since that keeps out all who write large values. */
  async #collect(hashes: readonly string[]): Promise<void> {
    const { schema } = this.#database;
    const work = (transaction: Transaction): Promise<void> => removeOrphans(transaction, schema, hashes);
    try {
      await this.#patiently(() => this.#withClient((client) => new GroupAttempt([{ work }], schema).on(client)));
    } catch {
      // What led to it is committed; the next prune removes them.
    }
  }

  async #withClient<T>(work: (client: PooledClient) => Promise<T>): Promise<T> {
    const client = await this.#database.pool.connect();
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(isBroken(error));
      throw error;
    }
  }

  /** Does something until it succeeds, fails for good, or it has taken too long. @throws HEDDLE_JOURNAL_… */
  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const { name, patienceMs } = this.#database;
    let sinceMs: number | null = null;
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      try {
        return await work();
      } catch (error) {
        sinceMs ??= performance.now();
        const isOver = performance.now() - sinceMs > patienceMs;
        if (isOver || !isPassing(error)) throw postgresError(error, name);
        // Many who lost the same server must not come back at once.
        await sleep(delayMs * (0.5 + Math.random() / 2));
      }
    }
  }
}

function settle(call: WriteCall, outcome: Outcome | undefined): void {
  if (outcome === undefined) return;
  if ('error' in outcome) call.reject(outcome.error);
  else call.resolve(outcome.result);
}
