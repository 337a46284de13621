import { decodeWhole, writeReferences } from '../decode.ts';
import { encodeWhole, type EncodedData } from '../encode.ts';
import type {
  Appended,
  Batch,
  EntriesQuery,
  Entry,
  Journal,
  JournalProblem,
  Lease,
  LeaseRequest,
  NewRun,
  PruneQuery,
  ReceivedRequest,
  RecordedEntry,
  RunRecord,
  RunRequest,
  RunsPage,
  RunsQuery,
  Snapshot,
} from '../journal.ts';
import { DEFAULT_PAGE_SIZE } from '../limits.ts';
import { prepare, prepareBatch, type Prepared, type PreparedBatch } from '../prepared.ts';
import { hashOfKey } from '../result-key.ts';
import { stopPoint } from '../stop-point.ts';
import { writeBackup } from './backup.ts';
import { writeBatch, writeEntries, writeSnapshot } from './batches.ts';
import { checkJournal } from './check.ts';
import type { Connection } from './connection.ts';
import { LargeValues, USE, type EncodedRow } from './large-values.ts';
import { FIRST_EPOCH, giveUpLease, insertLease, lastSeq, leaseRow, takeLease, verifyLease } from './lease-rows.ts';
import { Pruning } from './prune.ts';
import {
  insertRow,
  insertRun,
  listRuns,
  runKey,
  runRow,
  summaryOf,
  type EncodedRun,
  type FirstPatch,
} from './run-rows.ts';
import { entriesOf, shortRecord, unfoldRecord } from './short-records.ts';
import type { WorkQueue } from './work-queue.ts';

/** Bytes of the last batch of a run that may take of the reserve. */
const MAX_LAST_BYTES = 8 * 1024;

/** A journal in a SQLite file, shared by all processes of a machine. Made by `openSqliteJournal`. */
export class SqliteJournal implements Journal {
  readonly #connection: Connection;
  readonly #queue: WorkQueue;
  readonly #values: LargeValues;
  readonly #now: () => number;

  constructor(connection: Connection, queue: WorkQueue, now: () => number) {
    this.#connection = connection;
    this.#queue = queue;
    this.#values = new LargeValues(connection);
    this.#now = now;
  }

  async start(run: NewRun, lease: LeaseRequest, batch: Batch = {}): Promise<Lease | null> {
    const parameters = prepare(run.parameters);
    const encoded = encodeRun(run, parameters);
    const { release = false, patch = {} } = batch;
    const record = release ? shortRecord(batch.entries) : null;
    const { entries, summary } = prepareBatch(record === null ? batch : { patch });
    const isOver = release && patch.endedAtMs != null;
    const first = { patch, summary, record };
    const taken = { run: run.id, owner: lease.owner, epoch: FIRST_EPOCH };
    const isRow = isOver && record !== null && run.piece !== true && parameters.large.length === 0;
    return this.#queue.write<Lease | null>(
      () => {
        const key = this.#insert(encoded, parameters, first);
        if (key === null) return null;
        if (!isOver) insertLease(this.#connection, key, FIRST_EPOCH, release ? null : lease, this.#now());
        if (record === null) writeEntries(this.#connection, this.#values, key, 0, entries);
        return taken;
      },
      {
        isDurable: batch.durable,
        inOne: isRow ? () => (insertRow(this.#connection, encoded, first) === null ? null : taken) : null,
      },
    );
  }

  async createRun(run: NewRun): Promise<boolean> {
    const parameters = prepare(run.parameters);
    const encoded = encodeRun(run, parameters);
    return this.#queue.write(() => {
      const key = this.#insert(encoded, parameters);
      if (key !== null) insertLease(this.#connection, key, 0, null, 0);
      return key !== null;
    });
  }

  async acquire(run: string, lease: LeaseRequest, takeFrom?: string): Promise<Lease | null> {
    return this.#queue.write(() => {
      const nowMs = this.#now();
      const key = runKey(this.#connection, run);
      if (key === undefined) return null;
      const { owner, expires_at_ms } = leaseRow(this.#connection, key) ?? { owner: null, expires_at_ms: 0 };
      if (owner !== null && owner !== takeFrom && expires_at_ms > nowMs) return null;
      unfoldRecord(this.#connection, this.#values, key);
      return takeLease(this.#connection, key, run, lease, nowMs);
    });
  }

  async renew(lease: Lease, ttlMs: number): Promise<void> {
    return this.#queue.write(() => {
      const { key } = verifyLease(this.#connection, lease);
      this.#connection.run('UPDATE leases SET expires_at_ms = ? WHERE run = ?', this.#now() + ttlMs, key);
    });
  }

  async release(lease: Lease): Promise<void> {
    return this.#queue.write(() => {
      const key = runKey(this.#connection, lease.run);
      if (key !== undefined) giveUpLease(this.#connection, key, lease.epoch);
    });
  }

  async append(lease: Lease, batch: Batch): Promise<Appended> {
    const prepared = prepareBatch(batch);
    return this.#queue.write(
      () => writeBatch(this.#connection, this.#values, verifyLease(this.#connection, lease), lease, prepared),
      { isDurable: batch.durable, isLast: batch.release === true && isSmall(prepared) },
    );
  }

  async saveSnapshot(lease: Lease, snapshot: Snapshot): Promise<void> {
    const prepared = prepare(snapshot.data);
    return this.#queue.write(() =>
      writeSnapshot(this.#connection, this.#values, verifyLease(this.#connection, lease).key, snapshot, prepared),
    );
  }

  run(id: string): Promise<RunRecord | null> {
    return this.#queue.read(() => {
      const row = runRow(this.#connection, id);
      const given = this.#connection.get<EncodedRow>(
        'SELECT parameters AS data, parameters_refs AS refs FROM runs WHERE id = ?',
        id,
      );
      if (row === undefined || given === undefined) return null;
      const lease = leaseRow(this.#connection, row.key);
      return {
        ...summaryOf(row),
        parameters: this.#values.decode(given),
        lastSeq: lastSeq(this.#connection, row.key),
        lease:
          lease === undefined || lease.owner === null
            ? null
            : { owner: lease.owner, epoch: lease.epoch, expiresAtMs: lease.expires_at_ms },
      };
    });
  }

  runs(query: RunsQuery = {}): Promise<RunsPage> {
    return this.#queue.read(() => listRuns(this.#connection, query));
  }

  definition(hash: string): Promise<unknown> {
    return this.#queue.read(() => {
      const row = this.#connection.get<{ data: EncodedData }>('SELECT data FROM definitions WHERE hash = ?', hash);
      return row === undefined ? undefined : decodeWhole(row.data);
    });
  }

  snapshot(run: string): Promise<Snapshot | null> {
    return this.#queue.read(() => {
      const row = this.#connection.get<EncodedRow & { seq: number }>(
        'SELECT seq, data, refs FROM snapshots WHERE run = (SELECT key FROM runs WHERE id = ? AND NOT is_removed)',
        run,
      );
      return row === undefined ? null : { seq: row.seq, data: this.#values.decode(row) };
    });
  }

  async *entries(run: string, query: EntriesQuery = {}): AsyncGenerator<readonly RecordedEntry[], void> {
    const { after = 0, pageSize = DEFAULT_PAGE_SIZE } = query;
    for (let last = after; ; last += pageSize) {
      const page = await this.#queue.read(() => this.#page(run, last, pageSize));
      if (page.length > 0) yield page;
      if (page.length < pageSize) return;
    }
  }

  async request(run: string, request: RunRequest): Promise<number | null> {
    const data = encodeWhole(request);
    return this.#queue.write(() => {
      const row = runRow(this.#connection, run);
      if (row === undefined || row.ended_at_ms !== null) return null;
      const id = this.#connection.insert('INSERT INTO requests (run, data) VALUES (?, ?)', row.key, data);
      stopPoint('request.written');
      return id;
    });
  }

  requests(run: string, afterId = 0): Promise<readonly ReceivedRequest[]> {
    return this.#queue.read(() =>
      this.#connection
        .all<{ id: number; data: EncodedData }>(
          'SELECT id, data FROM requests WHERE run = (SELECT key FROM runs WHERE id = ?) AND id > ? ORDER BY id',
          run,
          afterId,
        )
        .map(({ id, data }) => ({ id, request: decodeWhole(data) as RunRequest })),
    );
  }

  cached(key: string, nowMs: number): Promise<{ readonly result: unknown } | null> {
    return this.#queue.read(() => {
      const row = this.#connection.get<EncodedRow>(
        'SELECT data, refs FROM results WHERE hash = ? AND expires_at_ms > ?',
        hashOfKey(key),
        nowMs,
      );
      return row === undefined ? null : { result: (this.#values.decode(row) as readonly unknown[])[0] };
    });
  }

  async cache(key: string, result: unknown, expiresAtMs: number): Promise<void> {
    // A list, so that a result that is large as a whole is stored apart too.
    const prepared = prepare([result]);
    return this.#queue.write(() => this.#keepResult(hashOfKey(key), prepared, expiresAtMs));
  }

  prune(query: PruneQuery): Promise<readonly string[]> {
    return new Pruning(this.#connection, this.#queue, this.#values, this.#now).prune(query);
  }

  backup(file: string): Promise<void> {
    return this.#queue.alone(() => writeBackup(this.#connection, file));
  }

  async compact(): Promise<void> {
    await this.#queue.alone(() => this.#connection.run('VACUUM'));
    await this.#queue.alone(() => this.#connection.all('PRAGMA wal_checkpoint(TRUNCATE)'));
  }

  check(): Promise<readonly JournalProblem[]> {
    return checkJournal(this.#connection, this.#queue);
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #insert(encoded: EncodedRun, parameters: Prepared, first?: FirstPatch): number | null {
    const key = insertRun(this.#connection, encoded, first);
    if (key !== null) for (const value of parameters.large) this.#values.use(USE.run, key, value);
    return key;
  }

  #page(run: string, after: number, limit: number): readonly RecordedEntry[] {
    const row = this.#connection.get<{ key: number; entries: string | null }>(
      'SELECT key, entries FROM runs WHERE id = ? AND NOT is_removed',
      run,
    );
    if (row === undefined) return [];
    if (row.entries !== null) {
      const page = entriesOf(row.entries).slice(after, after + limit);
      return page.map((entry, at) => ({ seq: after + at + 1, entry: entry as Entry }));
    }
    return this.#connection
      .all<EncodedRow & { seq: number }>(
        `SELECT place & 0xffffffff AS seq, data, refs FROM entries
         WHERE place > ((?1 << 32) | ?2) AND place < ((?1 + 1) << 32) ORDER BY place LIMIT ?3`,
        row.key,
        after,
        limit,
      )
      .map((row) => ({ seq: row.seq, entry: this.#values.decode(row) as Entry }));
  }

  #keepResult(hash: string, { encoded, large }: Prepared, expiresAtMs: number): void {
    const connection = this.#connection;
    const before = connection.get<{ key: number }>('SELECT key FROM results WHERE hash = ?', hash);
    if (before !== undefined) this.#values.release(USE.result, before.key, -1);
    connection.run('DELETE FROM results WHERE hash = ?', hash);
    const key = connection.insert(
      'INSERT INTO results (hash, data, refs, expires_at_ms) VALUES (?, ?, ?, ?)',
      hash,
      encoded.data,
      writeReferences(encoded.references),
      expiresAtMs,
    );
    for (const value of large) this.#values.use(USE.result, key, value);
    stopPoint('result.written');
  }
}

/** Whether a batch fits into the room that is kept for the last words of runs. */
function isSmall({ entries, summary }: PreparedBatch): boolean {
  const bytes = entries.reduce((sum, { encoded }) => sum + encoded.data.length, summary?.length ?? 0);
  return bytes <= MAX_LAST_BYTES && entries.every(({ large }) => large.length === 0);
}

function encodeRun(run: NewRun, parameters: Prepared): EncodedRun {
  return { run, parameters: parameters.encoded, fork: run.fork === undefined ? null : encodeWhole(run.fork) };
}
