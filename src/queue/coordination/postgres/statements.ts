import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../../journal/postgres/driver.ts';
import { isPassing, postgresError } from '../../../journal/postgres/postgres-error.ts';
import { sessionOn, type SchemaName, type SqlValue } from '../../../journal/postgres/session.ts';

const FIRST_DELAY_MS = 10;
const MAX_DELAY_MS = 1000;

/** Where statements go. */
export interface Database {
  readonly pool: Pool;
  readonly schema: SchemaName;
  /** For messages. */
  readonly name: string;
  /** How long a statement waits for a server that is away, in milliseconds. */
  readonly patienceMs: number;
}

/**
 * Runs a statement, by itself in its transaction; its rows. It is sent again where the connection broke, whether or not it
 * was done: it must be one that may be.
 *
 * @throws HEDDLE_JOURNAL_…, which `queueError` turns into errors of the queue
 */
export async function runStatement<Row extends object>(
  { pool, schema, name, patienceMs }: Database,
  text: string,
  ...values: readonly SqlValue[]
): Promise<readonly Row[]> {
  const session = sessionOn(pool, schema);
  let sinceMs: number | null = null;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
    try {
      return await session.query<Row>(text, ...values);
    } catch (error) {
      sinceMs ??= performance.now();
      const isOver = performance.now() - sinceMs > patienceMs;
      if (isOver || !isPassing(error)) throw postgresError(error, name);
      // Many who lost the same server must not come back at once.
      await sleep(delayMs * (0.5 + Math.random() / 2));
    }
  }
}
