import { randomUUID } from 'node:crypto';
import type { SqlValue } from '../../../journal/postgres/session.ts';
import { UnderWay } from '../../../journal/under-way.ts';
import type {
  Coordination,
  Finished,
  Held,
  HoldRequest,
  Range,
  RangeReport,
  Reserved,
  TaskKey,
  TaskState,
  TaskTerms,
  WorkerInfo,
} from '../coordination.ts';
import { queueError } from '../queue-error.ts';
import { taskUnknown } from '../task-name.ts';
import { limitsOf, rangesOf } from '../terms.ts';
import { runStatement, type Database } from './statements.ts';

/** From and count. */
type Pair = readonly [number, number];
type Standing = Pick<TaskState, 'state' | 'isStopped' | 'isHungry'>;

const CLOCK = 'heddle.coordination_clock';

/** Agreement between workers in PostgreSQL. Made by `openCoordination`. */
export class PostgresCoordination implements Coordination {
  readonly #database: Database;
  readonly #now: () => number | null;
  /** Id of this client, unlike that of any other. */
  readonly #client = randomUUID();
  #calls = 0;
  readonly #underWay = new UnderWay();

  constructor(database: Database, now: () => number | null) {
    this.#database = database;
    this.#now = now;
  }

  async open(
    task: TaskKey,
    terms: TaskTerms,
  ): Promise<{ readonly isNew: boolean; readonly claimed: readonly Range[] }> {
    const given = { ...limitsOf(terms), done: pairsOf(terms.done), claimed: pairsOf(terms.claimed) };
    const { isNew, claimed } = await this.#call<{ readonly isNew: boolean; readonly claimed: readonly Pair[] }>(
      'open',
      ...valuesOf(task),
      this.#callId(),
      JSON.stringify(given),
    );
    return { isNew, claimed: rangesOf(claimed.flat()) };
  }

  async state(task: TaskKey): Promise<TaskState | null> {
    type Row = Standing & { open: readonly Pair[]; done: readonly Pair[] } & Pick<
        TaskState,
        'total' | 'failed' | 'ended' | 'itemMs'
      >;
    const ranges = (status: number): string =>
      `(SELECT coalesce(json_agg(json_build_array(first, size) ORDER BY first), '[]') FROM heddle.coordination_ranges
        WHERE coordination_ranges.task = task.key AND status = ${status})`;
    const [row] = await this.#query<Row>(
      `SELECT standing ->> 'state' AS state, (standing -> 'isStopped')::boolean AS "isStopped",
         (standing -> 'isHungry')::boolean AS "isHungry", total, failed, ended,
         work_ms / nullif(measured, 0) AS "itemMs", ${ranges(0)} AS open, ${ranges(1)} AS done
       FROM heddle.coordination_tasks AS task, heddle.coordination_standing(task) AS standing
       WHERE run = $1 AND execution = $2 AND generation = $3`,
      ...valuesOf(task),
    );
    return row === undefined ? null : { ...row, open: rangesOf(row.open.flat()), done: rangesOf(row.done.flat()) };
  }

  async add(task: TaskKey, ranges: readonly Range[]): Promise<void> {
    await this.#call('add', ...valuesOf(task), JSON.stringify(pairsOf(ranges)));
  }

  async end(task: TaskKey, total: number): Promise<TaskState['state']> {
    return (await this.#call<Standing>('end', ...valuesOf(task), total)).state;
  }

  async finish(task: TaskKey, report: RangeReport): Promise<Finished> {
    const { from, count, ended, workMs, tookMs = workMs, failed } = report;
    const { claimed, ...standing } = await this.#call<Standing & { readonly claimed: readonly Pair[] }>(
      'finish',
      ...valuesOf(task),
      this.#callId(),
      from,
      count,
      ended,
      workMs,
      tookMs,
      failed,
    );
    return { ...standing, claimed: rangesOf(claimed.flat()) };
  }

  async abandon(task: TaskKey, { from, count }: Range): Promise<TaskState['state']> {
    return (await this.#call<Standing>('abandon', ...valuesOf(task), from, count)).state;
  }

  async stop(task: TaskKey): Promise<void> {
    await this.#call('stop', ...valuesOf(task));
  }

  hold(task: TaskKey, holder: string, { keeps, wants, failed, ttlMs }: HoldRequest): Promise<Held> {
    const call = ++this.#calls;
    return this.#call('hold', ...valuesOf(task), holder, keeps, wants, failed, ttlMs, this.#client, call, this.#now());
  }

  async letGo(task: TaskKey, holder: string): Promise<void> {
    await this.#call('let_go', ...valuesOf(task), holder);
  }

  async reserve(task: TaskKey, count: number): Promise<Reserved> {
    const reserved = await this.#call<Reserved | null>('reserve', ...valuesOf(task), count, this.#now());
    if (reserved === null) throw taskUnknown(task);
    return reserved;
  }

  async close(task: TaskKey): Promise<void> {
    await this.#call('close', ...valuesOf(task));
  }

  async closeRun(run: string): Promise<void> {
    await this.#call('close', run, null, null);
  }

  tasks(): Promise<readonly TaskKey[]> {
    return this.#query<TaskKey>('SELECT run, execution, generation FROM heddle.coordination_tasks ORDER BY key');
  }

  async announce(worker: WorkerInfo, ttlMs: number): Promise<void> {
    await this.#query(
      `INSERT INTO heddle.coordination_workers (id, info, expires_at_ms)
       VALUES ($1, $2::json, ${CLOCK}($4::float8) + $3::float8)
       ON CONFLICT (id) DO UPDATE SET info = excluded.info, expires_at_ms = excluded.expires_at_ms`,
      worker.id,
      JSON.stringify(worker),
      ttlMs,
      this.#now(),
    );
  }

  async withdraw(worker: string): Promise<void> {
    await this.#query('DELETE FROM heddle.coordination_workers WHERE id = $1', worker);
  }

  async workers(): Promise<readonly WorkerInfo[]> {
    const rows = await this.#query<{ readonly info: WorkerInfo }>(
      `WITH gone AS (DELETE FROM heddle.coordination_workers WHERE expires_at_ms <= ${CLOCK}($1::float8))
       SELECT info FROM heddle.coordination_workers WHERE expires_at_ms > ${CLOCK}($1::float8) ORDER BY id`,
      this.#now(),
    );
    return rows.map(({ info }) => info);
  }

  async bytes(): Promise<number> {
    const [row] = await this.#query<{ readonly bytes: number }>('SELECT pg_database_size(current_database()) AS bytes');
    return row?.bytes ?? 0;
  }

  disconnect(): Promise<void> {
    return this.#underWay.close(() => this.#database.pool.end());
  }

  /** Calls a function of the schema; what it gives. */
  async #call<T>(name: string, ...values: readonly SqlValue[]): Promise<T> {
    const parameters = values.map((_, at) => `$${at + 1}`).join(', ');
    const [row] = await this.#query<{ readonly reply: T }>(
      `SELECT heddle.coordination_${name}(${parameters}) AS reply`,
      ...values,
    );
    return (row as { readonly reply: T }).reply;
  }

  async #query<Row extends object>(text: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> {
    try {
      return await this.#underWay.track(() => runStatement<Row>(this.#database, text, ...values));
    } catch (error) {
      throw queueError(error, this.#database.name);
    }
  }

  /** The id of a call, the same when it is sent again. */
  #callId(): string {
    return `${this.#client}:${++this.#calls}`;
  }
}

function valuesOf({ run, execution, generation }: TaskKey): readonly [string, number, number] {
  return [run, execution, generation];
}

function pairsOf(ranges: readonly Range[] = []): readonly Pair[] {
  return ranges.map(({ from, count }) => [from, count]);
}
