import { decodeWhole } from '../decode.ts';
import { encodeWhole, type Encoded, type EncodedData } from '../encode.ts';
import type { ForkOrigin, NewRun, RecordedStatus, RunPatch, RunSummary, RunsPage, RunsQuery } from '../journal.ts';
import { DEFAULT_RUNS_LIMIT } from '../limits.ts';
import { readCursor, writeCursor } from '../runs-cursor.ts';
import { writeReferences } from '../decode.ts';
import { stopPoint } from '../stop-point.ts';
import type { Connection } from './connection.ts';
import type { SqlValue } from './driver.ts';

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
  readonly is_piece: number;
  readonly fork: EncodedData | null;
  readonly labels: string | null;
  readonly summary: EncodedData | null;
}

const COLUMNS = `key, id, workflow, definition, status, created_at_ms, started_at_ms, ended_at_ms, parent_run, parent_task,
  is_piece, fork, labels, summary`;

/** A run as it is inserted, encoded before the transaction. */
export interface EncodedRun {
  readonly run: NewRun;
  readonly parameters: Encoded;
  readonly fork: EncodedData | null;
}

/** What a first batch makes of a run's row. */
export interface FirstPatch {
  readonly patch: RunPatch;
  readonly summary: EncodedData | null;
  /** Its record, where that stands in the row. */
  readonly record: string | null;
}

/**
 * Inserts a run and its definition; its key, or null where there is one of that id, or no parent for a piece. A run may
 * start and end at once: one statement for all of its row, which looks for the definition too.
 */
export function insertRun(connection: Connection, encoded: EncodedRun, first?: FirstPatch): number | null {
  const { id, definition, parent, piece = false } = encoded.run;
  if (piece && runKey(connection, parent?.run ?? '') === undefined) return null;
  const key = insertRow(connection, encoded, first);
  if (key !== null) return key;
  if (connection.get('SELECT 1 FROM runs WHERE id = ?', id) !== undefined) return null;
  connection.run('INSERT INTO definitions (hash, data) VALUES (?, ?)', definition.hash, encodeWhole(definition.data));
  return insertRow(connection, encoded, first);
}

/**
 * Inserts a run by a single statement. Null, and nothing is written, where there is one of that id, or the definition is
 * not there.
 */
export function insertRow(
  connection: Connection,
  { run, parameters, fork }: EncodedRun,
  { patch, summary, record }: FirstPatch = { patch: {}, summary: null, record: null },
): number | null {
  const { id, workflow, definition, createdAtMs, parent, piece = false, labels } = run;
  const key = connection.insertIfAbsent(
    `INSERT INTO runs (id, workflow, definition, parameters, parameters_refs, status, created_at_ms, parent_run,
       parent_task, is_piece, fork, labels, started_at_ms, ended_at_ms, summary, entries)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16
     WHERE EXISTS (SELECT 1 FROM definitions WHERE hash = ?3)
     ON CONFLICT (id) DO NOTHING`,
    id,
    workflow,
    definition.hash,
    parameters.data,
    writeReferences(parameters.references),
    patch.status ?? run.status,
    createdAtMs,
    parent?.run ?? null,
    parent?.task ?? null,
    piece ? 1 : 0,
    fork,
    labels === undefined ? null : JSON.stringify(labels),
    patch.startedAtMs ?? null,
    patch.endedAtMs ?? null,
    summary,
    record,
  );
  if (key !== null) stopPoint('run.created');
  return key;
}

/** Changes the columns that a patch names. */
export function patchRun(connection: Connection, key: number, patch: RunPatch, summary: EncodedData | null): void {
  connection.run(
    `UPDATE runs SET status = coalesce(?, status), started_at_ms = coalesce(?, started_at_ms),
       ended_at_ms = iif(?, ?, ended_at_ms), summary = coalesce(?, summary) WHERE key = ?`,
    patch.status ?? null,
    patch.startedAtMs ?? null,
    patch.endedAtMs === undefined ? 0 : 1,
    patch.endedAtMs ?? null,
    summary,
    key,
  );
  stopPoint('run.patched');
}

/** The row of a run, or undefined. */
export function runRow(connection: Connection, id: string): RunRow | undefined {
  return connection.get<RunRow>(`SELECT ${COLUMNS} FROM runs WHERE id = ? AND NOT is_removed`, id);
}

/** The key of a run, or undefined. */
export function runKey(connection: Connection, id: string): number | undefined {
  return connection.get<{ key: number }>('SELECT key FROM runs WHERE id = ? AND NOT is_removed', id)?.key;
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
    piece: row.is_piece === 1,
    fork: row.fork === null ? null : (decodeWhole(row.fork) as ForkOrigin),
    labels: row.labels === null ? {} : (JSON.parse(row.labels) as Record<string, string>),
    summary: row.summary === null ? null : decodeWhole(row.summary),
  };
}

/** A page of runs. */
export function listRuns(connection: Connection, query: RunsQuery): RunsPage {
  const { limit = DEFAULT_RUNS_LIMIT } = query;
  const direction = query.oldestFirst === true ? 'ASC' : 'DESC';
  const conditions = conditionsOf(query);
  const where = ['NOT is_removed', ...conditions.map(([sql]) => sql)].join(' AND ');
  const rows = connection.all<RunRow>(
    `SELECT ${COLUMNS} FROM runs WHERE ${where} ORDER BY created_at_ms ${direction}, key ${direction} LIMIT ?`,
    ...conditions.flatMap(([, ...parameters]) => parameters),
    limit + 1,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const isLast = last === undefined || rows.length <= limit;
  return {
    runs: page.map(summaryOf),
    cursor: isLast ? null : writeCursor({ createdAtMs: last.created_at_ms, order: last.key }),
  };
}

function conditionsOf(query: RunsQuery): readonly (readonly [string, ...SqlValue[]])[] {
  const {
    workflow,
    status,
    sinceMs,
    untilMs,
    parent,
    pieces = false,
    labels = {},
    cursor,
    oldestFirst = false,
  } = query;
  // As it stands in the partial indexes.
  const conditions: (readonly [string, ...SqlValue[]])[] = [[`is_piece = ${pieces ? 1 : 0}`]];
  if (workflow !== undefined) conditions.push(['workflow = ?', workflow]);
  if (status !== undefined) conditions.push([`status IN (${status.map(() => '?').join(', ')})`, ...status]);
  if (sinceMs !== undefined) conditions.push(['created_at_ms >= ?', sinceMs]);
  if (untilMs !== undefined) conditions.push(['created_at_ms < ?', untilMs]);
  if (parent === null) conditions.push(['parent_run IS NULL']);
  else if (parent !== undefined) conditions.push(['parent_run = ?', parent]);
  for (const [name, value] of Object.entries(labels)) {
    conditions.push([
      'EXISTS (SELECT 1 FROM json_each(labels) AS label WHERE label.key = ? AND label.value = ?)',
      name,
      value,
    ]);
  }
  if (cursor !== undefined) {
    const { createdAtMs, order } = readCursor(cursor);
    conditions.push([`(created_at_ms, key) ${oldestFirst ? '>' : '<'} (?, ?)`, createdAtMs, order]);
  }
  return conditions;
}
