import { decodeWhole } from '../decode.ts';
import { encodeWhole, type LargeValue } from '../encode.ts';
import { fenced, lost } from '../fencing.ts';
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
import { writeSqliteCopy } from '../sqlite-copy.ts';
import { UnderWay } from '../under-way.ts';
import { batchArguments, listArguments, rowArguments } from './arguments.ts';
import { SEND_ALL, type Call, type Calls, type Line, type Sending } from './calls.ts';
import { checkJournal } from './check.ts';
import type { Argument } from './connection.ts';
import { listRuns } from './list.ts';
import { pruneRuns } from './pruning.ts';
import { requestsOf, summaryOf, type Row } from './rows.ts';
import type { Script } from './script.ts';
import { APPEND, SAVE_SNAPSHOT } from './scripts/append.ts';
import { CREATE } from './scripts/create.ts';
import { ACQUIRE, RELEASE, RENEW } from './scripts/lease.ts';
import { READ_RUN } from './scripts/read.ts';
import { REQUEST } from './scripts/request.ts';
import { KEEP_RESULT } from './scripts/result.ts';
import type { Outgoing } from './outgoing.ts';
import { Values } from './values.ts';

/** A journal in Redis, shared by all machines that reach it. Made by `openRedisJournal`. */
export class RedisJournal implements Journal {
  readonly #calls: Calls;
  readonly #line: Line;
  readonly #now: () => number | '';
  readonly #values: Values;
  readonly #sequences = new Sequences();
  readonly #underWay = new UnderWay();

  /** `cacheBytes`: of large values kept for the next who reads them. */
  constructor(calls: Calls, line: Line, now: () => number | '', cacheBytes: number) {
    this.#calls = calls;
    this.#line = line;
    this.#now = now;
    this.#values = new Values(calls, line, cacheBytes);
  }

  async start(run: NewRun, lease: LeaseRequest, batch: Batch = {}): Promise<Lease | null> {
    const prepared = prepareBatch(batch);
    const epoch = await this.#create(run, { lease, prepared });
    return epoch === null ? null : { run: run.id, owner: lease.owner, epoch };
  }

  async createRun(run: NewRun): Promise<boolean> {
    return (await this.#create(run)) !== null;
  }

  async acquire(run: string, { owner, ttlMs }: LeaseRequest, takeFrom = ''): Promise<Lease | null> {
    return this.#run({
      command: ACQUIRE,
      args: ({ identity }) => [...identity, run, owner, ttlMs, takeFrom, this.#now()],
      read: (reply) => {
        const text = String(reply);
        return text === 'NONE' ? null : { run, owner, epoch: Number(text) };
      },
    });
  }

  async renew(lease: Lease, ttlMs: number): Promise<void> {
    return this.#run({
      command: RENEW,
      args: () => [lease.run, lease.epoch, lease.owner, ttlMs, this.#now()],
      read: (reply) => refuse(lease, String(reply)),
    });
  }

  async release(lease: Lease): Promise<void> {
    return this.#run({
      command: RELEASE,
      args: () => [lease.run, lease.epoch, lease.owner],
      read: () => this.#sequences.forget(lease),
    });
  }

  async append(lease: Lease, batch: Batch): Promise<Appended> {
    const prepared = prepareBatch(batch);
    return this.#write(APPEND, largeOf(prepared), {
      args: ({ identity, isFirst, isComplete }, values) => [
        ...identity,
        lease.run,
        lease.epoch,
        lease.owner,
        // Of several that are sent together the first alone knows what came before it.
        isFirst(lease.run) ? this.#sequences.of(lease) : '',
        ...batchArguments(prepared, values, isComplete),
      ],
      read: (text) => {
        if (text === 'FENCED' || text === 'LOST') this.#sequences.forget(lease);
        refuse(lease, text);
        const [seq = '', requests] = text.split(' ');
        this.#sequences.note(lease, Number(seq), batch.release);
        return { seq: Number(seq), hasRequests: requests === '1' };
      },
    });
  }

  async saveSnapshot(lease: Lease, snapshot: Snapshot): Promise<void> {
    const { encoded, large } = prepare(snapshot.data);
    return this.#write(SAVE_SNAPSHOT, large, {
      args: ({ isComplete }, values) => [
        lease.run,
        lease.epoch,
        lease.owner,
        snapshot.seq,
        pack(encoded),
        ...values.args(isComplete),
      ],
      read: (text) => refuse(lease, text),
    });
  }

  async run(id: string): Promise<RunRecord | null> {
    const { read, values } = await this.#read(
      { command: READ_RUN, args: () => [id], read: (reply) => reply as readonly [Row, Row] },
      ([row, [parameters]]) => (row[0] == null || parameters == null ? [] : [parameters]),
    );
    const [row, [, seq, owner, epoch, expiresAtMs]] = read;
    if (row[0] == null) return null;
    return {
      ...summaryOf(row),
      parameters: values[0],
      lastSeq: Number(String(seq)),
      lease:
        owner == null
          ? null
          : { owner: String(owner), epoch: Number(String(epoch)), expiresAtMs: Number(String(expiresAtMs)) },
    };
  }

  async runs(query: RunsQuery = {}): Promise<RunsPage> {
    return this.#underWay.track(() => listRuns(this.#calls, query));
  }

  async definition(hash: string): Promise<unknown> {
    return this.#run({
      command: 'GET',
      args: () => [this.#key(`definition:${hash}`)],
      read: (reply) => (reply === null ? undefined : decodeWhole(unpack(reply as Buffer).data)),
    });
  }

  async snapshot(run: string): Promise<Snapshot | null> {
    const { read, values } = await this.#read(
      {
        command: 'HMGET',
        args: () => [this.#key(`run:${run}:snapshot`), 'seq', 'data'],
        read: (reply) => reply as Row,
      },
      ([, data]) => (data == null ? [] : [data]),
    );
    return read[0] == null ? null : { seq: Number(String(read[0])), data: values[0] };
  }

  async *entries(run: string, query: EntriesQuery = {}): AsyncGenerator<readonly RecordedEntry[], void> {
    const { after = 0, pageSize = DEFAULT_PAGE_SIZE } = query;
    for (let last = after; ; last += pageSize) {
      const first = last;
      const { values } = await this.#read(
        {
          command: 'LRANGE',
          args: () => [this.#key(`run:${run}:entries`), first, first + pageSize - 1],
          read: (reply) => reply as readonly Buffer[],
        },
        (page) => page,
      );
      if (values.length > 0) yield values.map((entry, at) => ({ seq: first + at + 1, entry: entry as Entry }));
      if (values.length < pageSize) return;
    }
  }

  async request(run: string, request: RunRequest): Promise<number | null> {
    const packed = packWhole(encodeWhole(request));
    return this.#run({
      command: REQUEST,
      args: ({ identity }) => [...identity, run, packed],
      read: (reply) => (String(reply) === 'NONE' ? null : Number(String(reply))),
    });
  }

  async requests(run: string, afterId = 0): Promise<readonly ReceivedRequest[]> {
    return this.#run({
      command: 'HGETALL',
      args: () => [this.#key(`run:${run}:requests`)],
      read: (reply) => requestsOf(reply as readonly Buffer[]).filter(({ id }) => id > afterId),
    });
  }

  async cached(key: string, nowMs: number): Promise<{ readonly result: unknown } | null> {
    const { values } = await this.#read(
      {
        command: 'HMGET',
        args: () => [this.#key(`result:${hashOfKey(key)}`), 'data', 'expiresAtMs'],
        read: (reply) => {
          const [data, expiresAtMs] = reply as Row;
          return data != null && (String(expiresAtMs) === 'inf' || Number(String(expiresAtMs)) > nowMs) ? data : null;
        },
      },
      (data) => (data === null ? [] : [data]),
    );
    // A list, so that a result that is large as a whole is stored apart too.
    return values.length === 0 ? null : { result: (values[0] as readonly unknown[])[0] };
  }

  async cache(key: string, result: unknown, expiresAtMs: number): Promise<void> {
    const { encoded, large } = prepare([result]);
    return this.#write(KEEP_RESULT, large, {
      args: ({ isComplete }, values) => [
        hashOfKey(key),
        pack(encoded),
        expiresAtMs === Infinity ? 'inf' : expiresAtMs,
        ...values.args(isComplete),
      ],
      read: () => {},
    });
  }

  async prune(query: PruneQuery): Promise<readonly string[]> {
    return this.#underWay.track(() => pruneRuns(this.#calls, query, this.#now));
  }

  async backup(file: string): Promise<void> {
    return this.#underWay.track(() => writeSqliteCopy(this, file));
  }

  async compact(): Promise<void> {
    // Redis gives memory back by itself.
    return this.#underWay.track(async () => {});
  }

  async check(): Promise<readonly JournalProblem[]> {
    return this.#underWay.track(() => checkJournal(this.#calls, this.#line.tag));
  }

  close(): Promise<void> {
    return this.#underWay.close(() => this.#calls.close());
  }

  /** Creates a run; the epoch of its lease, 0 without one, or null where there is a run of that id. */
  async #create(
    run: NewRun,
    first?: { readonly lease: LeaseRequest; readonly prepared: PreparedBatch },
  ): Promise<number | null> {
    const parameters = prepare(run.parameters);
    const fork = run.fork === undefined ? null : packWhole(encodeWhole(run.fork));
    const { hash, data } = run.definition;
    const given = this.#values.outgoing(parameters.large, { hash, pack: () => packWhole(encodeWhole(data)) });
    const batch = this.#values.outgoing(first === undefined ? [] : largeOf(first.prepared));
    return this.#run({
      command: CREATE,
      mayLack: given.omitsSome || batch.omitsSome,
      prepare: preparationOf(given, batch),
      args: ({ identity, isComplete }) => [
        ...identity,
        run.id,
        ...given.args(isComplete),
        ...listArguments(rowArguments(run, parameters, fork)),
        ...(first === undefined
          ? ['']
          : [first.lease.owner, first.lease.ttlMs, this.#now(), ...batchArguments(first.prepared, batch, isComplete)]),
      ],
      read: (reply) => {
        const text = String(reply);
        if (text === 'MISSING') return SEND_ALL;
        if (text === 'EXISTS') return null;
        this.#values.stored(given);
        this.#values.stored(batch);
        const epoch = Number(text);
        if (first !== undefined) {
          const { entries, batch: written } = first.prepared;
          this.#sequences.note({ run: run.id, epoch }, entries.length, written.release);
        }
        return epoch;
      },
    });
  }

  #run<T>(call: Call<T>): Promise<T> {
    return this.#underWay.track(() => this.#calls.add(call));
  }

  /** Calls a script that takes large values. */
  #write<T>(
    command: Script,
    large: readonly LargeValue[],
    call: { args(sending: Sending, values: Outgoing): readonly Argument[]; read(reply: string): T },
  ): Promise<T> {
    const values = this.#values.outgoing(large);
    return this.#run({
      command,
      mayLack: values.omitsSome,
      prepare: preparationOf(values),
      args: (sending) => call.args(sending, values),
      read: (reply) => {
        const text = String(reply);
        if (text === 'MISSING') return SEND_ALL;
        const result = call.read(text);
        this.#values.stored(values);
        return result;
      },
    });
  }

  /** Reads packed values with the large values in them. */
  #read<T>(
    call: Call<T>,
    packedOf: (read: T) => readonly Buffer[],
  ): Promise<{ readonly read: T; readonly values: readonly unknown[] }> {
    return this.#underWay.track(() => this.#values.read(call, packedOf));
  }

  #key(name: string): string {
    return this.#line.tag + name;
  }
}

/** @throws HEDDLE_FENCED where a reply says so */
function refuse(lease: Lease, reply: string): void {
  if (reply === 'FENCED') throw fenced(lease);
  if (reply === 'LOST') throw lost(lease);
}

/** What is to be done with values before they are sent; undefined: nothing. */
function preparationOf(...values: readonly Outgoing[]): Call<unknown>['prepare'] {
  const large = values.filter(({ hasLarge }) => hasLarge);
  if (large.length === 0) return undefined;
  return async (send) => {
    for (const one of large) await one.prepare(send);
  };
}

function largeOf({ entries }: PreparedBatch): readonly LargeValue[] {
  return entries.flatMap(({ large }) => large);
}
