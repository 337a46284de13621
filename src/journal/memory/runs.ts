import { copy } from '../copy.ts';
import type { RunSummary, RunsPage, RunsQuery } from '../journal.ts';
import { DEFAULT_RUNS_LIMIT } from '../limits.ts';
import { isBeyond, readCursor, writeCursor } from '../runs-cursor.ts';
import type { MemoryStore, StoredRun } from './store.ts';

/** What lists show of a run. */
export function summaryOf(stored: StoredRun): RunSummary {
  const { id, workflow, definition, createdAtMs, parent = null, fork = null, labels = {} } = stored.run;
  const { status, startedAtMs, endedAtMs, summary } = stored;
  return {
    id,
    workflow,
    definitionHash: definition.hash,
    status,
    createdAtMs,
    startedAtMs,
    endedAtMs,
    parent,
    fork,
    labels,
    summary: copy(summary),
  };
}

/** A page of runs, newest first. */
export function listRuns(store: MemoryStore, query: RunsQuery): RunsPage {
  const { limit = DEFAULT_RUNS_LIMIT, cursor } = query;
  const end = cursor === undefined ? null : readCursor(cursor);
  const found = [...store.runs.values()]
    .filter((stored) => matches(stored, query) && (end === null || isBeyond(end, placeOf(stored))))
    .sort((a, b) => b.run.createdAtMs - a.run.createdAtMs || b.order - a.order);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    runs: page.map(summaryOf),
    cursor: last === undefined || found.length <= limit ? null : writeCursor(placeOf(last)),
  };
}

function placeOf(stored: StoredRun): { createdAtMs: number; order: number } {
  return { createdAtMs: stored.run.createdAtMs, order: stored.order };
}

function matches(stored: StoredRun, query: RunsQuery): boolean {
  const { workflow, createdAtMs, parent, labels } = stored.run;
  if (query.workflow !== undefined && workflow !== query.workflow) return false;
  if (query.status !== undefined && !query.status.includes(stored.status)) return false;
  if (query.sinceMs !== undefined && createdAtMs < query.sinceMs) return false;
  if (query.untilMs !== undefined && createdAtMs >= query.untilMs) return false;
  if (query.parent !== undefined && (parent?.run ?? null) !== query.parent) return false;
  return Object.entries(query.labels ?? {}).every(([name, value]) => labels?.[name] === value);
}
