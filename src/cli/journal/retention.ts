import type { Journal, RunSummary } from '../../journal/journal.ts';

/** What `heddle prune` removes where nobody says, and what `heddle run` removes now and then. */
export const RETENTION = { olderThanMs: 30 * 86_400_000, keep: 1000 } as const;

/** Key of the note, among kept results, that a journal was pruned; no task's key begins like that. */
const NOTE = 'heddle:pruned';
/** How often `heddle run` prunes. */
const EVERY_MS = 86_400_000;
/** Runs read at once. */
const PAGE = 1000;

/** Runs that are too old. */
export interface Retention {
  readonly olderThanMs: number;
  /** So many of the newest ended runs stay, however old they are. */
  readonly keep: number;
}

/** Prunes a journal with the default retention, unless that was done within a day. */
export async function pruneNowAndThen(journal: Journal, nowMs: number): Promise<void> {
  if ((await journal.cached(NOTE, nowMs)) !== null) return;
  await journal.cache(NOTE, true, nowMs + EVERY_MS);
  await prune(journal, RETENTION, nowMs);
}

/** Removes what is too old; the ids of the removed runs. */
export function prune(journal: Journal, { olderThanMs, keep }: Retention, nowMs: number): Promise<readonly string[]> {
  return journal.prune({ endedBeforeMs: nowMs - olderThanMs, keep });
}

/** What {@link prune} would remove: ended runs behind the newest that are kept, each with the runs below it; no pieces. */
export async function wouldPrune(
  journal: Journal,
  { olderThanMs, keep }: Retention,
  nowMs: number,
): Promise<readonly RunSummary[]> {
  const all = await allRuns(journal);
  const children = new Map<string, RunSummary[]>();
  for (const run of all) {
    if (run.parent !== null) children.set(run.parent.run, [...(children.get(run.parent.run) ?? []), run]);
  }
  const parents = await knownParents(journal, all);
  const roots = all.filter(({ endedAtMs, parent }) => endedAtMs !== null && !parents.has(parent?.run ?? ''));
  const old = roots
    .sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0))
    .slice(keep)
    .filter(({ endedAtMs }) => (endedAtMs ?? 0) < nowMs - olderThanMs);
  for (const run of old) old.push(...(children.get(run.id) ?? []));
  return old;
}

/** Those that runs have as parents and that are there: runs, and pieces of runs. */
async function knownParents(journal: Journal, all: readonly RunSummary[]): Promise<ReadonlySet<string>> {
  const known = new Set(all.map(({ id }) => id));
  const others = new Set(all.flatMap(({ parent }) => (parent === null || known.has(parent.run) ? [] : [parent.run])));
  for (const id of others) if ((await journal.run(id)) !== null) known.add(id);
  return known;
}

async function allRuns(journal: Journal): Promise<RunSummary[]> {
  const all: RunSummary[] = [];
  let cursor: string | null = null;
  do {
    const page = await journal.runs({ limit: PAGE, ...(cursor === null ? {} : { cursor }) });
    all.push(...page.runs);
    cursor = page.cursor;
  } while (cursor !== null);
  return all;
}
