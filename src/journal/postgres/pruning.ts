import type { PruneQuery } from '../journal.ts';
import { letGo, lockValues, removeOrphans, USE } from './large-values.ts';
import { isAnyHeld } from './lease-rows.ts';
import { sqlState } from './postgres-error.ts';
import { emptyPartitions } from './partitions.ts';
import type { SchemaName, Session } from './session.ts';
import type { Transaction } from './transaction.ts';
import type { WorkQueue } from './work-queue.ts';

/** Rows removed in one transaction, so that nobody waits long. */
const CHUNK = 2000;
/** Runs removed together. */
const RUNS_CHUNK = 100;
/** How long a month waits for those who read it before it is left to the next prune. */
const LOCK_TIMEOUT_MS = 500;

interface RunKey {
  readonly key: number;
  readonly id: string;
}

/**
 * Removes old runs in small transactions. A run is marked first, and with that gone for everybody; what a process that
 * died had marked is removed by the next one. Months without a run that is left go as a whole.
 */
export class Pruning {
  readonly #queue: WorkQueue;
  readonly #schema: SchemaName;
  readonly #now: () => number | null;

  constructor(queue: WorkQueue, schema: SchemaName, now: () => number | null) {
    this.#queue = queue;
    this.#schema = schema;
    this.#now = now;
  }

  async prune(query: PruneQuery): Promise<readonly string[]> {
    const roots = await this.#queue.read((session) => candidates(session, query));
    // Calls that wait together share a transaction.
    const families = await Promise.all(
      roots.map(({ key }) => this.#queue.write((transaction) => this.#mark(transaction, key, query.endedBeforeMs))),
    );
    await this.dropPartitions();
    const marked = await this.#queue.read((session) =>
      session.query<RunKey>('SELECT key, id FROM heddle.runs WHERE is_removed ORDER BY key'),
    );
    for (let start = 0; start < marked.length; start += RUNS_CHUNK) {
      await this.#remove(marked.slice(start, start + RUNS_CHUNK).map(({ key }) => key));
    }
    await this.#removeResults();
    await this.#removeOrphans();
    return families.flat().map(({ id }) => id);
  }

  /** Drops months that are over and have no run any more. */
  async dropPartitions(): Promise<void> {
    for (const { name } of await this.#queue.read(emptyPartitions)) {
      try {
        await this.#queue.write(async (transaction) => {
          await transaction.query("SELECT set_config('lock_timeout', $1, true)", String(LOCK_TIMEOUT_MS));
          await transaction.query(`DROP TABLE IF EXISTS heddle.${name}`);
        });
      } catch (error) {
        if (!(error instanceof Error) || sqlState(error.cause) !== '55P03') throw error;
      }
    }
  }

  /** Takes a run with those of its sub-workflows out of sight; none of them where the run went on or is worked on. */
  async #mark(transaction: Transaction, root: number, endedBeforeMs: number): Promise<readonly RunKey[]> {
    const family = await transaction.query<RunKey>(
      `WITH RECURSIVE family (key, id) AS (
         SELECT key, id FROM heddle.runs WHERE key = $1 AND NOT is_removed
         UNION SELECT run.key, run.id FROM heddle.runs AS run JOIN family ON run.parent_run = family.id
           WHERE NOT is_piece
       )
       SELECT key, id FROM family`,
      root,
    );
    const keys = family.map(({ key }) => key);
    if (await isAnyHeld(transaction, keys, this.#now())) return [];
    // After the lock: the run may have gone on until then.
    const rows = await transaction.query<{ key: number; is_over: boolean }>(
      `SELECT key, coalesce(ended_at_ms < $2, false) AS is_over FROM heddle.runs
       WHERE key = ANY($1::bigint[]) ORDER BY key FOR UPDATE`,
      keys,
      endedBeforeMs,
    );
    if (rows.find(({ key }) => key === root)?.is_over !== true) return [];
    // With pieces, of which there are no more from now on, and all that is below them.
    await transaction.query(
      `WITH RECURSIVE below (key, id) AS (
         SELECT key, id FROM heddle.runs WHERE key = ANY($1::bigint[])
         UNION SELECT run.key, run.id FROM heddle.runs AS run JOIN below ON run.parent_run = below.id
       )
       UPDATE heddle.runs SET is_removed = true WHERE key IN (SELECT key FROM below)`,
      keys,
    );
    return family;
  }

  async #remove(keys: readonly number[]): Promise<void> {
    while ((await this.#queue.write((transaction) => removeEntries(transaction, keys))) === CHUNK);
    for (const kind of [USE.run, USE.snapshot]) {
      while ((await this.#queue.write((transaction) => letGo(transaction, kind, keys, [], CHUNK))) === CHUNK);
    }
    const definitions = await this.#queue.write((transaction) => removeRows(transaction, keys));
    await this.#queue.write((transaction) => removeDefinitions(transaction, this.#schema, definitions));
  }

  async #removeResults(): Promise<void> {
    const nowMs = this.#now() ?? Date.now();
    for (let found = CHUNK; found === CHUNK;) {
      found = await this.#queue.write(async (transaction) => {
        const expired = await transaction.query<{ key: number }>(
          `DELETE FROM heddle.results WHERE key IN (SELECT key FROM heddle.results WHERE expires_at_ms <= $1 LIMIT $2)
           RETURNING key`,
          nowMs,
          CHUNK,
        );
        await letGo(
          transaction,
          USE.result,
          expired.map(({ key }) => key),
        );
        return expired.length;
      });
    }
  }

  /** Values that a process which died in between left without a holder. */
  async #removeOrphans(): Promise<void> {
    const orphans = await this.#queue.read((session) =>
      session.query<{ hash: string }>(
        `SELECT hash FROM heddle.large_values AS value
         WHERE NOT EXISTS (SELECT 1 FROM heddle.uses WHERE uses.hash = value.hash)`,
      ),
    );
    for (let start = 0; start < orphans.length; start += CHUNK) {
      const hashes = orphans.slice(start, start + CHUNK).map(({ hash }) => hash);
      await this.#queue.write((transaction) => removeOrphans(transaction, this.#schema, hashes));
    }
  }
}

/** Ended runs that no other run is the parent of, behind the newest that are kept. */
async function candidates(session: Session, { endedBeforeMs, keep = 0 }: PruneQuery): Promise<readonly RunKey[]> {
  const found = await session.query<RunKey & { ended_at_ms: number }>(
    `SELECT key, id, ended_at_ms FROM heddle.runs AS run WHERE ended_at_ms IS NOT NULL AND NOT is_piece AND NOT is_removed
       AND NOT EXISTS (SELECT 1 FROM heddle.runs AS parent WHERE parent.id = run.parent_run)
     ORDER BY ended_at_ms DESC, key DESC OFFSET $1`,
    keep,
  );
  return found.filter((run) => run.ended_at_ms < endedBeforeMs);
}

async function removeEntries(transaction: Transaction, keys: readonly number[]): Promise<number> {
  const rows = await transaction.query(
    `DELETE FROM heddle.entries WHERE (run, seq) IN (
       SELECT run, seq FROM heddle.entries WHERE run = ANY($1::bigint[]) LIMIT $2) RETURNING 1`,
    keys,
    CHUNK,
  );
  return rows.length;
}

/** Removes what is left of runs; the hashes of their definitions. */
async function removeRows(transaction: Transaction, keys: readonly number[]): Promise<readonly string[]> {
  const rows = await transaction.query<{ definition: string }>(
    'DELETE FROM heddle.runs WHERE key = ANY($1::bigint[]) RETURNING definition',
    keys,
  );
  for (const table of ['leases', 'snapshots', 'requests']) {
    await transaction.query(`DELETE FROM heddle.${table} WHERE run = ANY($1::bigint[])`, keys);
  }
  return [...new Set(rows.map(({ definition }) => definition))];
}

/** Removes those of the definitions that no run has. */
async function removeDefinitions(session: Session, schema: SchemaName, hashes: readonly string[]): Promise<void> {
  // A run that is being created has found it there.
  await lockValues(session, schema);
  await session.query(
    `DELETE FROM heddle.definitions WHERE hash = ANY($1)
       AND NOT EXISTS (SELECT 1 FROM heddle.runs WHERE runs.definition = definitions.hash)`,
    hashes,
  );
}
