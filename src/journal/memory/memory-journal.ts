import { copy, copyInside } from '../copy.ts';
import { closed, fenced } from '../fencing.ts';
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
import { writeMemoryBackup } from './backup.ts';
import { pruneRuns } from './prune.ts';
import { listRuns, summaryOf } from './runs.ts';
import { MemoryStore, StoredRun } from './store.ts';

/** Options of a {@link MemoryJournal}. */
export interface MemoryJournalOptions {
  /** Default: a new one. */
  readonly store?: MemoryStore;
  /** Milliseconds since the epoch, for leases. Default the system's clock. */
  readonly now?: () => number;
}

/** A journal that lasts as long as its process: for tests, and for what a run costs without a disk. */
export class MemoryJournal implements Journal {
  readonly #store: MemoryStore;
  readonly #now: () => number;
  #isClosed = false;

  constructor(options: MemoryJournalOptions = {}) {
    this.#store = options.store ?? new MemoryStore();
    this.#now = options.now ?? Date.now;
  }

  async start(run: NewRun, lease: LeaseRequest, batch: Batch = {}): Promise<Lease | null> {
    const entries = copyEntries(batch.entries);
    const summary = copy(batch.patch?.summary);
    const stored = this.#create(run, entries);
    if (stored === null) return null;
    // One that is over at once is nobody's, and no time has to be asked for.
    const taken = batch.release === true ? this.#own(stored, lease.owner) : this.#take(stored, lease);
    change(stored, summary, batch);
    return taken;
  }

  async createRun(run: NewRun): Promise<boolean> {
    return this.#create(run, []) !== null;
  }

  async acquire(run: string, lease: LeaseRequest, takeFrom?: string): Promise<Lease | null> {
    const stored = this.#open.runs.get(run);
    if (stored === undefined) return null;
    if (stored.owner !== null && stored.owner !== takeFrom && stored.expiresAtMs > this.#now()) return null;
    return this.#take(stored, lease);
  }

  async renew(lease: Lease, ttlMs: number): Promise<void> {
    this.#owned(lease).expiresAtMs = this.#now() + ttlMs;
  }

  async release(lease: Lease): Promise<void> {
    const stored = this.#open.runs.get(lease.run);
    if (stored?.epoch === lease.epoch) stored.owner = null;
  }

  async append(lease: Lease, batch: Batch): Promise<Appended> {
    const stored = this.#owned(lease);
    const entries = copyEntries(batch.entries);
    const summary = copy(batch.patch?.summary);
    for (const entry of entries) stored.entries.push(entry);
    change(stored, summary, batch);
    return { seq: stored.entries.length, hasRequests: stored.requests.length > 0 };
  }

  async saveSnapshot(lease: Lease, snapshot: Snapshot): Promise<void> {
    this.#owned(lease).snapshot = { seq: snapshot.seq, data: copy(snapshot.data) };
  }

  async run(id: string): Promise<RunRecord | null> {
    const stored = this.#open.runs.get(id);
    if (stored === undefined) return null;
    const { owner, epoch, expiresAtMs } = stored;
    return {
      ...summaryOf(stored),
      parameters: copy(stored.parameters),
      lastSeq: stored.entries.length,
      lease: owner === null ? null : { owner, epoch, expiresAtMs },
    };
  }

  async runs(query: RunsQuery = {}): Promise<RunsPage> {
    return listRuns(this.#open, query);
  }

  async definition(hash: string): Promise<unknown> {
    return copy(this.#open.definitions.get(hash));
  }

  async snapshot(run: string): Promise<Snapshot | null> {
    const snapshot = this.#open.runs.get(run)?.snapshot ?? null;
    return snapshot === null ? null : { seq: snapshot.seq, data: copy(snapshot.data) };
  }

  async *entries(run: string, query: EntriesQuery = {}): AsyncGenerator<readonly RecordedEntry[], void> {
    const { after = 0, pageSize = DEFAULT_PAGE_SIZE } = query;
    for (let first = after; ; first += pageSize) {
      const page = this.#open.runs.get(run)?.entries.slice(first, first + pageSize) ?? [];
      if (page.length > 0) yield page.map((entry, at) => ({ seq: first + at + 1, entry: copy(entry) as Entry }));
      if (page.length < pageSize) return;
    }
  }

  async request(run: string, request: RunRequest): Promise<number | null> {
    const stored = this.#open.runs.get(run);
    if (stored === undefined || stored.endedAtMs !== null) return null;
    const id = this.#store.requestCount + 1;
    stored.requests = [...stored.requests, { id, request: copy(request) as RunRequest }];
    this.#store.requestCount = id;
    return id;
  }

  async requests(run: string, afterId = 0): Promise<readonly ReceivedRequest[]> {
    const stored = this.#open.runs.get(run);
    return copy(stored?.requests.filter(({ id }) => id > afterId) ?? []) as ReceivedRequest[];
  }

  async cached(key: string, nowMs: number): Promise<{ readonly result: unknown } | null> {
    const entry = this.#open.cache.get(key);
    return entry === undefined || entry.expiresAtMs <= nowMs ? null : { result: copy(entry.result) };
  }

  async cache(key: string, result: unknown, expiresAtMs: number): Promise<void> {
    this.#open.cache.set(key, { result: copy(result), expiresAtMs });
  }

  async prune(query: PruneQuery): Promise<readonly string[]> {
    return pruneRuns(this.#open, query, this.#now());
  }

  async backup(file: string): Promise<void> {
    await writeMemoryBackup(this.#open, file);
  }

  async compact(): Promise<void> {
    void this.#open;
  }

  async check(): Promise<readonly JournalProblem[]> {
    void this.#open;
    return [];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  get #open(): MemoryStore {
    if (this.#isClosed) throw closed();
    return this.#store;
  }

  /** `entries`: nobody else has them. */
  #create(run: NewRun, entries: Entry[]): StoredRun | null {
    const store = this.#open;
    if (store.runs.has(run.id)) return null;
    if (run.piece === true && !store.runs.has(run.parent?.run ?? '')) return null;
    const { hash, data } = run.definition;
    const definition = store.definitions.has(hash) ? null : { hash, data: copy(data) };
    const stored = new StoredRun(run, store.runCount + 1, entries);
    if (definition !== null) store.definitions.set(definition.hash, definition.data);
    store.runs.set(run.id, stored);
    store.runCount++;
    return stored;
  }

  #take(stored: StoredRun, { owner, ttlMs }: LeaseRequest): Lease {
    stored.expiresAtMs = this.#now() + ttlMs;
    return this.#own(stored, owner);
  }

  #own(stored: StoredRun, owner: string): Lease {
    stored.epoch++;
    stored.owner = owner;
    return { run: stored.id, owner, epoch: stored.epoch };
  }

  #owned(lease: Lease): StoredRun {
    const stored = this.#open.runs.get(lease.run);
    if (stored === undefined || stored.epoch !== lease.epoch || stored.owner === null) throw fenced(lease);
    return stored;
  }
}

function copyEntries(entries: readonly Entry[] = []): Entry[] {
  const own = entries.slice();
  // An entry is handed over; what lies inside it is not.
  for (let at = 0; at < own.length; at++) own[at] = copyInside(own[at] as Entry);
  return own;
}

/** All copies are made by now, so that nothing can fail half-way. */
function change(stored: StoredRun, summary: unknown, { patch = {}, answered, release }: Batch): void {
  if (patch.status !== undefined) stored.status = patch.status;
  if (patch.startedAtMs !== undefined) stored.startedAtMs = patch.startedAtMs;
  if (patch.endedAtMs !== undefined) stored.endedAtMs = patch.endedAtMs;
  if (summary !== undefined) stored.summary = summary;
  if (answered !== undefined) stored.requests = stored.requests.filter(({ id }) => !answered.includes(id));
  if (release === true) stored.owner = null;
}
