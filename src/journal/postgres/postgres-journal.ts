import { decodeWhole } from '../decode.ts';
import { encodeWhole } from '../encode.ts';
import { lost } from '../fencing.ts';
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
import { pack, packWhole, unpack } from '../packed.ts';
import { prepare, prepareBatch, type PreparedBatch } from '../prepared.ts';
import { hashOfKey } from '../result-key.ts';
import { Sequences } from '../sequences.ts';
import { hashesOf } from '../stored-values.ts';
import { writeSqliteCopy } from '../sqlite-copy.ts';
import { UnderWay } from '../under-way.ts';
import { ValueReader } from '../value-reader.ts';
import { writeBatch, writeSnapshot } from './batches.ts';
import { checkJournal } from './check.ts';
import { holdValues, letGo, readValues, USE } from './large-values.ts';
import { giveUpLease, insertLease, renewLease, takeLease, verifyLease } from './lease-rows.ts';
import { Pruning } from './pruning.ts';
import { COLUMNS, encodeRun, insertRun, listRuns, summaryOf, type RunRow } from './run-rows.ts';
import type { Session, SqlValue } from './session.ts';
import { WorkQueue, type Database } from './work-queue.ts';

/** Definitions remembered at most. */
const MAX_DEFINITIONS = 1000;

/** A journal in PostgreSQL, shared by all machines that reach it. Made by `openPostgresJournal`. */
export class PostgresJournal implements Journal {
  readonly #database: Database;
  readonly #queue: WorkQueue;
  readonly #now: () => number | null;
  readonly #reader: ValueReader;
  readonly #sequences = new Sequences();
  /** Hashes of definitions that this client has stored. */
  readonly #definitions = new Set<string>();
  readonly #underWay = new UnderWay();

  /** `cacheBytes`: of large values kept for the next who reads them. */
  constructor(database: Database, now: () => number | null, cacheBytes: number) {
    this.#database = database;
    this.#queue = new WorkQueue(database);
    this.#now = now;
    this.#reader = new ValueReader((hashes) => this.#fetch(hashes), database.name, cacheBytes);
  }

  async start(run: NewRun, lease: LeaseRequest, batch: Batch = {}): Promise<Lease | null> {
    const prepared = prepareBatch(batch);
    return this.#create(run, { lease, prepared });
  }

  async createRun(run: NewRun): Promise<boolean> {
    return (await this.#create(run)) !== null;
  }

  async acquire(run: string, lease: LeaseRequest, takeFrom?: string): Promise<Lease | null> {
    return this.#underWay.track(() =>
      this.#queue.write(async (transaction) => {
        const epoch = await takeLease(transaction, run, lease, takeFrom, this.#now());
        return epoch === null ? null : { run, owner: lease.owner, epoch };
      }),
    );
  }

  async renew(lease: Lease, ttlMs: number): Promise<void> {
    return this.#underWay.track(() =>
      this.#queue.write((transaction) => renewLease(transaction, lease, ttlMs, this.#now())),
    );
  }

  async release(lease: Lease): Promise<void> {
    return this.#underWay.track(async () => {
      await this.#queue.write((transaction) => giveUpLease(transaction, lease));
      this.#sequences.forget(lease);
    });
  }

  async append(lease: Lease, batch: Batch): Promise<Appended> {
    const prepared = prepareBatch(batch);
    return this.#underWay.track(async () => {
      const seen = this.#sequences.of(lease);
      const appended = await this.#queue.write(
        async (transaction) => {
          const held = await verifyLease(transaction, lease);
          if (seen !== '' && held.seq < seen) throw lost(lease);
          return writeBatch(transaction, held, lease, prepared);
        },
        { isDurable: batch.durable === true, isHolding: hasLarge(prepared) },
      );
      this.#sequences.note(lease, appended.seq, batch.release);
      return appended;
    });
  }

  async saveSnapshot(lease: Lease, snapshot: Snapshot): Promise<void> {
    const prepared = prepare(snapshot.data);
    return this.#underWay.track(() =>
      this.#queue.write(
        async (transaction) => {
          const { key } = await verifyLease(transaction, lease);
          await writeSnapshot(transaction, key, snapshot, prepared);
        },
        { isHolding: prepared.large.length > 0 },
      ),
    );
  }

  async run(id: string): Promise<RunRecord | null> {
    type Row = RunRow & {
      readonly parameters: Buffer;
      readonly seq: number;
      readonly owner: string | null;
      readonly epoch: number;
      readonly expires_at_ms: number;
    };
    const { read, values } = await this.#read<Row>(
      `SELECT ${COLUMNS}, parameters, seq, owner, epoch, expires_at_ms FROM heddle.runs JOIN heddle.leases ON run = key
       WHERE id = $1 AND NOT is_removed`,
      [id],
      ({ parameters }) => parameters,
    );
    const [row] = read;
    if (row === undefined) return null;
    const { seq, owner, epoch, expires_at_ms } = row;
    return {
      ...summaryOf(row),
      parameters: values[0],
      lastSeq: seq,
      lease: owner === null ? null : { owner, epoch, expiresAtMs: expires_at_ms },
    };
  }

  async runs(query: RunsQuery = {}): Promise<RunsPage> {
    return this.#underWay.track(() => this.#queue.read((session) => listRuns(session, query)));
  }

  async definition(hash: string): Promise<unknown> {
    const [row] = await this.#rows<{ data: Buffer }>('SELECT data FROM heddle.definitions WHERE hash = $1', [hash]);
    return row === undefined ? undefined : decodeWhole(unpack(row.data).data);
  }

  async snapshot(run: string): Promise<Snapshot | null> {
    const { read, values } = await this.#read<{ seq: number; data: Buffer }>(
      `SELECT seq, data FROM heddle.snapshots
       WHERE run = (SELECT key FROM heddle.runs WHERE id = $1 AND NOT is_removed)`,
      [run],
      ({ data }) => data,
    );
    const [row] = read;
    return row === undefined ? null : { seq: row.seq, data: values[0] };
  }

  async *entries(run: string, query: EntriesQuery = {}): AsyncGenerator<readonly RecordedEntry[], void> {
    const { after = 0, pageSize = DEFAULT_PAGE_SIZE } = query;
    for (let last = after; ; last += pageSize) {
      // The times leave but the months in which the run wrote.
      const { read, values } = await this.#read<{ seq: number; data: Buffer }>(
        `SELECT seq, data FROM heddle.entries
         WHERE run = (SELECT key FROM heddle.runs WHERE id = $1 AND NOT is_removed) AND seq > $2
           AND at >= (SELECT first_at FROM heddle.runs WHERE id = $1)
           AND at <= (SELECT last_at FROM heddle.leases JOIN heddle.runs ON run = key WHERE id = $1)
         ORDER BY seq LIMIT $3`,
        [run, last, pageSize],
        ({ data }) => data,
      );
      const page = read.map(({ seq }, at) => ({ seq, entry: values[at] as Entry }));
      if (page.length > 0) yield page;
      if (page.length < pageSize) return;
    }
  }

  async request(run: string, request: RunRequest): Promise<number | null> {
    const packed = packWhole(encodeWhole(request));
    return this.#underWay.track(() =>
      this.#queue.write(async (transaction) => {
        // Locked, so that it does not end meanwhile, and that ids of its requests appear in their order.
        const [row] = await transaction.query<{ key: number }>(
          'SELECT key FROM heddle.runs WHERE id = $1 AND ended_at_ms IS NULL AND NOT is_removed FOR NO KEY UPDATE',
          run,
        );
        if (row === undefined) return null;
        const [written] = await transaction.query<{ id: number }>(
          'INSERT INTO heddle.requests (run, data) VALUES ($1, $2) RETURNING id',
          row.key,
          packed,
        );
        return written?.id ?? null;
      }),
    );
  }

  async requests(run: string, afterId = 0): Promise<readonly ReceivedRequest[]> {
    const rows = await this.#rows<{ id: number; data: Buffer }>(
      'SELECT id, data FROM heddle.requests WHERE run = (SELECT key FROM heddle.runs WHERE id = $1) AND id > $2 ORDER BY id',
      [run, afterId],
    );
    return rows.map(({ id, data }) => ({ id, request: decodeWhole(unpack(data).data) as RunRequest }));
  }

  async cached(key: string, nowMs: number): Promise<{ readonly result: unknown } | null> {
    const { values } = await this.#read<{ data: Buffer }>(
      'SELECT data FROM heddle.results WHERE hash = $1 AND expires_at_ms > $2',
      [hashOfKey(key), nowMs],
      ({ data }) => data,
    );
    // A list, so that a result that is large as a whole is stored apart too.
    return values.length === 0 ? null : { result: (values[0] as readonly unknown[])[0] };
  }

  async cache(key: string, result: unknown, expiresAtMs: number): Promise<void> {
    const { encoded, large } = prepare([result]);
    return this.#underWay.track(() =>
      this.#queue.write(
        async (transaction) => {
          const [row] = await transaction.query<{ key: number }>(
            `INSERT INTO heddle.results (hash, data, expires_at_ms) VALUES ($1, $2, $3)
             ON CONFLICT (hash) DO UPDATE SET data = excluded.data, expires_at_ms = excluded.expires_at_ms RETURNING key`,
            hashOfKey(key),
            pack(encoded),
            expiresAtMs,
          );
          const holder = row?.key ?? 0;
          await holdValues(transaction, USE.result, holder, large);
          await letGo(transaction, USE.result, [holder], [...hashesOf(large)]);
        },
        { isHolding: large.length > 0 },
      ),
    );
  }

  async prune(query: PruneQuery): Promise<readonly string[]> {
    return this.#underWay.track(() => this.#pruning().prune(query));
  }

  async backup(file: string): Promise<void> {
    return this.#underWay.track(() => writeSqliteCopy(this, file));
  }

  async compact(): Promise<void> {
    return this.#underWay.track(async () => {
      await this.#pruning().dropPartitions();
      for (const table of VACUUMED) await this.#queue.read((session) => session.query(`VACUUM heddle.${table}`));
    });
  }

  async check(): Promise<readonly JournalProblem[]> {
    return this.#underWay.track(() => checkJournal(this.#queue));
  }

  close(): Promise<void> {
    return this.#underWay.close(() => this.#database.pool.end());
  }

  /** Creates a run; its lease, without an owner where nobody takes it, or null where there is a run of that id. */
  async #create(
    run: NewRun,
    first?: { readonly lease: LeaseRequest; readonly prepared: PreparedBatch },
  ): Promise<Lease | null> {
    const parameters = prepare(run.parameters);
    const { hash } = run.definition;
    const encoded = encodeRun(run, pack(parameters.encoded), this.#definitions.has(hash));
    return this.#underWay.track(async () => {
      const lease = { run: run.id, owner: first?.lease.owner ?? '', epoch: first === undefined ? 0 : 1 };
      const appended = await this.#queue.write(
        async (transaction) => {
          const key = await insertRun(transaction, encoded);
          if (key === null) return null;
          await insertLease(transaction, key, first?.lease ?? null, this.#now());
          await holdValues(transaction, USE.run, key, parameters.large);
          if (first === undefined) return { seq: 0, hasRequests: false };
          return writeBatch(transaction, { key, seq: 0, hasRequests: false }, lease, first.prepared);
        },
        // It holds its definition.
        { isDurable: first?.prepared.batch.durable === true, isHolding: true },
      );
      if (appended === null) return null;
      if (this.#definitions.size >= MAX_DEFINITIONS) this.#definitions.clear();
      this.#definitions.add(hash);
      if (first !== undefined) this.#sequences.note(lease, appended.seq, first.prepared.batch.release);
      return lease;
    });
  }

  #pruning(): Pruning {
    return new Pruning(this.#queue, this.#database.schema, this.#now);
  }

  #rows<Row extends object>(text: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#underWay.track(() => this.#queue.read((session: Session) => session.query<Row>(text, ...values)));
  }

  /** Reads rows, and the packed value of each with the large values in it. */
  #read<Row extends object>(
    text: string,
    values: readonly SqlValue[],
    packedOf: (row: Row) => Buffer,
  ): Promise<{ readonly read: readonly Row[]; readonly values: readonly unknown[] }> {
    return this.#underWay.track(() =>
      this.#reader.read(
        () => this.#queue.read((session) => session.query<Row>(text, ...values)),
        (rows) => rows.map(packedOf),
      ),
    );
  }

  #fetch(hashes: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    return readValues((text, ...values) => this.#queue.read((session) => session.query(text, ...values)), hashes);
  }
}

/** Tables from which a lot goes. */
const VACUUMED = [
  'runs',
  'leases',
  'entries',
  'snapshots',
  'requests',
  'results',
  'large_values',
  'value_parts',
  'uses',
] as const;

function hasLarge({ entries }: PreparedBatch): boolean {
  return entries.some(({ large }) => large.length > 0);
}
