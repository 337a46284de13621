import { decodeWhole } from '../decode.ts';
import { encodeWhole } from '../encode.ts';
import type { ForkOrigin, NewRun, RecordedStatus, RunPatch, RunSummary, RunsPage, RunsQuery } from '../journal.ts';
import { DEFAULT_RUNS_LIMIT } from '../limits.ts';
import { packWhole, unpack } from '../packed.ts';
import { readCursor, writeCursor } from '../runs-cursor.ts';
import type { Session, SqlValue } from './session.ts';

/** The row of a run, without what it was given. */
export interface RunRow {
  readonly key: number;
  readonly id: string;
  readonly workflow: string;
  readonly definition: string;
  readonly status: RecordedStatus;
  readonly created_at_ms: number;
  readonly started_at_ms: number | null;
  readonly ended_at_ms: number | null;
  readonly parent_run: string | null;
  readonly parent_task: string | null;
  readonly is_piece: boolean;
  readonly fork: Buffer | null;
  readonly labels: readonly string[];
  readonly summary: Buffer | null;
}

/** Columns of a {@link RunRow}. */
export const COLUMNS = `key, id, workflow, definition, status, created_at_ms, started_at_ms, ended_at_ms, parent_run,
  parent_task, is_piece, fork, labels, summary`;

/** A run as it is inserted, encoded before the transaction. */
export interface EncodedRun {
  readonly run: NewRun;
  /** Null: this client has seen it in the store. */
  readonly definition: Buffer | null;
  readonly parameters: Buffer;
  readonly fork: Buffer | null;
}

/** Encodes a run; `isKnown`: its definition is thought to be stored. @throws HEDDLE_NOT_SERIALISABLE */
export function encodeRun(run: NewRun, parameters: Buffer, isKnown: boolean): EncodedRun {
  return {
    run,
    definition: isKnown ? null : packWhole(encodeWhole(run.definition.data)),
    parameters,
    fork: run.fork === undefined ? null : packWhole(encodeWhole(run.fork)),
  };
}

/** Inserts a run and its definition; its key, or null where there is one of that id, or no parent for a piece. */
export async function insertRun(session: Session, encoded: EncodedRun): Promise<number | null> {
  const { id, workflow, definition, status, createdAtMs, parent, piece = false, labels = {} } = encoded.run;
  if (piece && !(await keepParent(session, parent?.run ?? ''))) return null;
  const [row] = await session.query<{ key: number }>(
    `INSERT INTO heddle.runs (id, workflow, definition, parameters, status, created_at_ms, parent_run, parent_task,
       is_piece, fork, labels) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text[]) ON CONFLICT (id) DO NOTHING RETURNING key`,
    id,
    workflow,
    definition.hash,
    encoded.parameters,
    status,
    createdAtMs,
    parent?.run ?? null,
    parent?.task ?? null,
    piece,
    encoded.fork,
    Object.entries(labels).map(labelText),
  );
  if (row === undefined) return null;
  await keepDefinition(session, encoded);
  return row.key;
}

async function keepDefinition(
  session: Session,
  { run: { definition }, definition: packed }: EncodedRun,
): Promise<void> {
  if (packed === null) {
    const there = await session.query('SELECT 1 FROM heddle.definitions WHERE hash = $1', definition.hash);
    if (there.length > 0) return;
  }
  await session.query(
    'INSERT INTO heddle.definitions (hash, data) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    definition.hash,
    packed ?? packWhole(encodeWhole(definition.data)),
  );
}

/** Keeps a run from being removed until the transaction ends; false where it is not there. */
async function keepParent(session: Session, id: string): Promise<boolean> {
  const rows = await session.query('SELECT 1 FROM heddle.runs WHERE id = $1 AND NOT is_removed FOR KEY SHARE', id);
  return rows.length > 0;
}

/** Changes the columns that a patch names. */
export async function patchRun(session: Session, key: number, patch: RunPatch, summary: Buffer | null): Promise<void> {
  await session.query(
    `UPDATE heddle.runs SET status = coalesce($2, status), started_at_ms = coalesce($3, started_at_ms),
       ended_at_ms = CASE WHEN $4 THEN $5 ELSE ended_at_ms END, summary = coalesce($6, summary) WHERE key = $1`,
    key,
    patch.status ?? null,
    patch.startedAtMs ?? null,
    patch.endedAtMs !== undefined,
    patch.endedAtMs ?? null,
    summary,
  );
}

/** What lists show of a run. */
export function summaryOf(row: RunRow): RunSummary {
  return {
    id: row.id,
    workflow: row.workflow,
    definitionHash: row.definition,
    status: row.status,
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
    parent: row.parent_run === null ? null : { run: row.parent_run, task: row.parent_task ?? '' },
    piece: row.is_piece,
    fork: row.fork === null ? null : (decodeWhole(unpack(row.fork).data) as ForkOrigin),
    labels: Object.fromEntries(row.labels.map((label) => JSON.parse(label) as [string, string])),
    summary: row.summary === null ? null : decodeWhole(unpack(row.summary).data),
  };
}

/** A page of runs. */
export async function listRuns(session: Session, query: RunsQuery): Promise<RunsPage> {
  const { limit = DEFAULT_RUNS_LIMIT } = query;
  const direction = query.oldestFirst === true ? 'ASC' : 'DESC';
  const conditions = new Conditions();
  addConditions(conditions, query);
  const rows = await session.query<RunRow>(
    `SELECT ${COLUMNS} FROM heddle.runs WHERE ${conditions.text}
     ORDER BY created_at_ms ${direction}, key ${direction} LIMIT ${conditions.add(limit + 1)}`,
    ...conditions.values,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const isLast = last === undefined || rows.length <= limit;
  return {
    runs: page.map(summaryOf),
    cursor: isLast ? null : writeCursor({ createdAtMs: last.created_at_ms, order: last.key }),
  };
}

/** Conditions with their parameters. */
class Conditions {
  readonly values: SqlValue[] = [];
  readonly #texts = ['NOT is_removed'];

  get text(): string {
    return this.#texts.join(' AND ');
  }

  /** Adds a parameter; its name in SQL. */
  add(value: SqlValue): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  require(text: string): void {
    this.#texts.push(text);
  }
}

function addConditions(conditions: Conditions, query: RunsQuery): void {
  const { workflow, status, sinceMs, untilMs, parent, pieces = false, labels, cursor, oldestFirst = false } = query;
  conditions.require(pieces ? 'is_piece' : 'NOT is_piece');
  if (workflow !== undefined) conditions.require(`workflow = ${conditions.add(workflow)}`);
  if (status !== undefined) conditions.require(`status = ANY(${conditions.add([...status])}::text[])`);
  if (sinceMs !== undefined) conditions.require(`created_at_ms >= ${conditions.add(sinceMs)}`);
  if (untilMs !== undefined) conditions.require(`created_at_ms < ${conditions.add(untilMs)}`);
  if (parent === null) conditions.require('parent_run IS NULL');
  else if (parent !== undefined) conditions.require(`parent_run = ${conditions.add(parent)}`);
  if (labels !== undefined) {
    conditions.require(`labels @> ${conditions.add(Object.entries(labels).map(labelText))}::text[]`);
  }
  if (cursor !== undefined) {
    const { createdAtMs, order } = readCursor(cursor);
    conditions.require(
      `(created_at_ms, key) ${oldestFirst ? '>' : '<'} (${conditions.add(createdAtMs)}::float8, ${conditions.add(order)}::bigint)`,
    );
  }
}

function labelText(label: readonly [string, string]): string {
  return JSON.stringify(label);
}
