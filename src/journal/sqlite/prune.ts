import type { PruneQuery } from '../journal.ts';
import { stopPoint } from '../stop-point.ts';
import type { Connection } from './connection.ts';
import { USE, type LargeValues } from './large-values.ts';
import type { WorkQueue } from './work-queue.ts';

/** Rows removed in one transaction, so that nobody waits long for the lock. */
const CHUNK = 200;

interface RunKey {
  readonly key: number;
  readonly id: string;
}

/**
 * Removes old runs in small transactions. A run is marked first, and with that gone for everybody; what a process that
 * died had marked is removed by the next one.
 */
export class Pruning {
  readonly #connection: Connection;
  readonly #queue: WorkQueue;
  readonly #values: LargeValues;
  readonly #now: () => number;

  constructor(connection: Connection, queue: WorkQueue, values: LargeValues, now: () => number) {
    this.#connection = connection;
    this.#queue = queue;
    this.#values = values;
    this.#now = now;
  }

  async prune(query: PruneQuery): Promise<readonly string[]> {
    const left = await this.#queue.read(() =>
      this.#connection.all<RunKey>('SELECT key, id FROM runs WHERE is_removed = 1'),
    );
    for (const run of left) await this.#remove(run);
    const removed: string[] = [];
    for (const { key } of await this.#queue.read(() => this.#candidates(query))) {
      const family = await this.#queue.write(() => this.#mark(key, query.endedBeforeMs));
      for (const member of family) {
        await this.#remove(member);
        removed.push(member.id);
      }
    }
    if (left.length + removed.length > 0) await this.#removeDefinitions();
    await this.#removeResults();
    return removed;
  }

  /** Ended runs that no other run is the parent of, behind the newest that are kept. All of it stands in one index. */
  #candidates({ endedBeforeMs, keep = 0 }: PruneQuery): readonly Pick<RunKey, 'key'>[] {
    return this.#connection.all<Pick<RunKey, 'key'>>(
      `SELECT key FROM (
         SELECT key, ended_at_ms FROM runs AS run INDEXED BY runs_by_creation
         WHERE is_piece = 0 AND ended_at_ms IS NOT NULL
           AND (parent_run IS NULL OR NOT EXISTS (SELECT 1 FROM runs WHERE id = run.parent_run))
         ORDER BY ended_at_ms DESC, key DESC LIMIT -1 OFFSET ?)
       WHERE ended_at_ms < ?`,
      keep,
      endedBeforeMs,
    );
  }

  /** Definitions that no run has any more: a run that is recorded meanwhile brings its own along. */
  async #removeDefinitions(): Promise<void> {
    const hashes = await this.#queue.read(() => this.#connection.all<{ hash: string }>('SELECT hash FROM definitions'));
    for (const { hash } of hashes) {
      await this.#queue.write(() => {
        // The newest first: what is in use still is found at once.
        const user = this.#connection.get('SELECT 1 FROM runs WHERE definition = ? ORDER BY key DESC LIMIT 1', hash);
        if (user === undefined) this.#connection.run('DELETE FROM definitions WHERE hash = ?', hash);
      });
    }
  }

  /**
   * Takes a run with those of its sub-workflows out of sight; none of them where the run went on or is worked on. Pieces
   * may be many, and are left to `#remove`.
   */
  #mark(root: number, endedBeforeMs: number): readonly RunKey[] {
    const family = this.#connection.all<RunKey & { ended_at_ms: number | null; is_held: number }>(
      `WITH RECURSIVE family (key, id, ended_at_ms) AS (
         SELECT key, id, ended_at_ms FROM runs WHERE key = ? AND NOT is_removed
         UNION SELECT run.key, run.id, run.ended_at_ms FROM runs AS run JOIN family ON run.parent_run = family.id
           WHERE is_piece = 0
       )
       SELECT key, id, ended_at_ms,
         EXISTS (SELECT 1 FROM leases WHERE run = key AND owner IS NOT NULL AND expires_at_ms > ?) AS is_held FROM family`,
      root,
      this.#now(),
    );
    const endedAtMs = family.find(({ key }) => key === root)?.ended_at_ms ?? Infinity;
    if (endedAtMs >= endedBeforeMs || family.some(({ is_held }) => is_held === 1)) return [];
    for (const { key } of family) this.#connection.run('UPDATE runs SET is_removed = 1 WHERE key = ?', key);
    stopPoint('prune.marked');
    return family;
  }

  async #remove({ key, id }: RunKey): Promise<void> {
    while (await this.#removeBelow(id));
    while (await this.#queue.write(() => this.#removeEntries(key)));
    for (const kind of [USE.run, USE.snapshot]) {
      while ((await this.#queue.write(() => this.#values.release(kind, key, CHUNK))) > 0);
    }
    await this.#queue.write(() => this.#removeRow(key));
  }

  /** Removes some of a run's pieces, and what runs those had. Whether there may be more. */
  async #removeBelow(id: string): Promise<boolean> {
    const below = await this.#queue.write(() => {
      const rows = this.#connection.all<RunKey>('SELECT key, id FROM runs WHERE parent_run = ? LIMIT ?', id, CHUNK);
      for (const { key } of rows) this.#connection.run('UPDATE runs SET is_removed = 1 WHERE key = ?', key);
      return rows;
    });
    // Calls that wait together share a transaction.
    await Promise.all(below.map((run) => this.#remove(run)));
    return below.length === CHUNK;
  }

  #removeEntries(key: number): boolean {
    const changes = this.#connection.run(
      `DELETE FROM entries WHERE place IN (
         SELECT place FROM entries WHERE place > (?1 << 32) AND place < ((?1 + 1) << 32) LIMIT ?2)`,
      key,
      CHUNK,
    );
    stopPoint('prune.entries');
    return changes > 0;
  }

  #removeRow(key: number): void {
    const connection = this.#connection;
    connection.run('DELETE FROM runs WHERE key = ?', key);
    connection.run('DELETE FROM leases WHERE run = ?', key);
    connection.run('DELETE FROM snapshots WHERE run = ?', key);
    connection.run('DELETE FROM requests WHERE run = ?', key);
    stopPoint('prune.removed');
  }

  async #removeResults(): Promise<void> {
    const nowMs = this.#now();
    for (let found = CHUNK; found === CHUNK;) {
      found = await this.#queue.write(() => {
        const expired = this.#connection.all<{ key: number }>(
          'SELECT key FROM results WHERE expires_at_ms <= ? LIMIT ?',
          nowMs,
          CHUNK,
        );
        for (const { key } of expired) {
          this.#values.release(USE.result, key, -1);
          this.#connection.run('DELETE FROM results WHERE key = ?', key);
        }
        return expired.length;
      });
    }
  }
}
