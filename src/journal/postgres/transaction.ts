import { HeddleError } from '../../errors/index.ts';
import type { Queryable, Result } from './driver.ts';
import { isBroken } from './postgres-error.ts';
import { LOCK_SPACE, sessionOn, type SchemaName, type Session } from './session.ts';

/** A process that hangs in a transaction loses it after so long, so that nobody waits for its locks for ever. */
const IDLE_LIMIT_MS = 20_000;

/** Statements of one transaction. */
export interface Transaction extends Session {
  /** Hashes of values that somebody let go of; those that nobody holds any more go after the transaction. */
  readonly released: Set<string>;
}

/** How something is written. */
export interface WriteOptions {
  /** On disk when it is done, however the server is set. Default false. */
  readonly isDurable?: boolean;
  /** Whether it holds large values or a definition, which must not be removed meanwhile. Default false. */
  readonly isHolding?: boolean;
}

/** Something to be done in a transaction. An error of heddle must come before its first change. */
export interface Work extends WriteOptions {
  readonly work: (transaction: Transaction) => Promise<unknown>;
}

/** What a piece of work came to, told once the transaction is committed. */
export type Outcome = { readonly result: unknown } | { readonly error: HeddleError };

/** What a transaction came to. */
export interface Done {
  readonly outcomes: readonly Outcome[];
  readonly released: readonly string[];
}

/**
 * A group of work in one transaction, to be tried on one connection after the other until one of them commits. Where the
 * connection broke during the commit the next one asks the server first what became of it.
 */
export class GroupAttempt {
  readonly #group: readonly Work[];
  readonly #schema: SchemaName;
  #unsure: { readonly id: string; readonly done: Done } | null = null;

  constructor(group: readonly Work[], schema: SchemaName) {
    this.#group = group;
    this.#schema = schema;
  }

  /** Tries on a connection, which is of no use any more where that fails with a broken one. */
  async on(client: Queryable): Promise<Done> {
    if (this.#unsure !== null) {
      const { id, done } = this.#unsure;
      if (await wasCommitted(client, id)) return done;
      this.#unsure = null;
    }
    try {
      const id = await this.#begin(client);
      const released = new Set<string>();
      const transaction: Transaction = { ...sessionOn(client, this.#schema), released };
      const outcomes: Outcome[] = [];
      for (const { work } of this.#group) outcomes.push(await outcomeOf(work, transaction));
      const done = { outcomes, released: [...released] };
      this.#unsure = { id, done };
      await client.query('COMMIT');
      return done;
    } catch (error) {
      if (!isBroken(error)) {
        this.#unsure = null;
        await client.query('ROLLBACK');
      }
      throw error;
    }
  }

  /** Begins a transaction; its id. */
  async #begin(client: Queryable): Promise<string> {
    const statements = ['BEGIN', `SET LOCAL idle_in_transaction_session_timeout = ${IDLE_LIMIT_MS}`];
    if (this.#group.some(({ isDurable }) => isDurable)) {
      statements.push(
        `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`,
      );
    }
    if (this.#group.some(({ isHolding }) => isHolding)) {
      statements.push(`SELECT pg_advisory_xact_lock_shared(${LOCK_SPACE}, ${this.#schema.valuesLockKey})`);
    }
    statements.push('SELECT pg_current_xact_id()::text AS id');
    // One message has several results, which the types do not know.
    const results: unknown = await client.query(statements.join('; '));
    const [last] = (results as readonly Result[]).slice(-1);
    const [row] = (last?.rows ?? []) as readonly { id: string }[];
    return row?.id ?? '';
  }
}

/** Whether a transaction was committed. Throws while that is not settled. */
async function wasCommitted(client: Queryable, id: string): Promise<boolean> {
  const { rows } = await client.query('SELECT pg_xact_status($1::xid8) AS status', [id]);
  const [row] = rows as readonly { status: string | null }[];
  const status = row?.status ?? null;
  if (status === 'in progress') throw new Error('the transaction of a broken connection has not ended yet');
  return status === 'committed';
}

async function outcomeOf(work: Work['work'], transaction: Transaction): Promise<Outcome> {
  try {
    return { result: await work(transaction) };
  } catch (error) {
    if (error instanceof HeddleError) return { error };
    throw error;
  }
}
