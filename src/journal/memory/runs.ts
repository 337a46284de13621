import { copy } from '../copy.ts';
import type { RunSummary, RunsPage, RunsQuery } from '../journal.ts';
import { DEFAULT_RUNS_LIMIT } from '../limits.ts';
import { compareAge, readCursor, writeCursor, type RunPlace } from '../runs-cursor.ts';
import type { MemoryStore, StoredRun } from './store.ts';

/** What lists show of a run. */
export function summaryOf(stored: StoredRun): RunSummary {
  const { id, workflow, definitionHash, status, createdAtMs, startedAtMs, endedAtMs, parent, piece, fork, labels } =
    stored;
  const times = { createdAtMs, startedAtMs, endedAtMs };
  return { id, workflow, definitionHash, status, ...times, parent, piece, fork, labels, summary: copy(stored.summary) };
}

/** A page of runs. */
export function listRuns(store: MemoryStore, query: RunsQuery): RunsPage {
  const { limit = DEFAULT_RUNS_LIMIT, cursor, oldestFirst = false } = query;
  const end = cursor === undefined ? null : readCursor(cursor);
  const compare = (a: RunPlace, b: RunPlace): number => (oldestFirst ? compareAge(a, b) : compareAge(b, a));
  const found = [...store.runs.values()]
    .filter((stored) => matches(stored, query) && (end === null || compare(placeOf(stored), end) > 0))
    .sort((a, b) => compare(placeOf(a), placeOf(b)));
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    runs: page.map(summaryOf),
    cursor: last === undefined || found.length <= limit ? null : writeCursor(placeOf(last)),
  };
}

function placeOf(stored: StoredRun): RunPlace {
  return { createdAtMs: stored.createdAtMs, order: stored.order };
}

function matches(stored: StoredRun, query: RunsQuery): boolean {
  const { workflow, createdAtMs, parent, labels, piece } = stored;
  if (piece !== (query.pieces ?? false)) return false;
  if (query.workflow !== undefined && workflow !== query.workflow) return false;
  if (query.status !== undefined && !query.status.includes(stored.status)) return false;
  if (query.sinceMs !== undefined && createdAtMs < query.sinceMs) return false;
  if (query.untilMs !== undefined && createdAtMs >= query.untilMs) return false;
  if (query.parent !== undefined && (parent?.run ?? null) !== query.parent) return false;
  return Object.entries(query.labels ?? {}).every(([name, value]) => labels[name] === value);
}
