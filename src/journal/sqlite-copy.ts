import { mkdtemp, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { backupError } from './backup-error.ts';
import type { Journal, RunRecord, RunsQuery } from './journal.ts';
import { openSqliteJournal } from './sqlite/open.ts';

/** Who writes a copy. */
const OWNER = 'backup';
const TTL_MS = 3_600_000;
const PAGE = 500;

/**
 * Writes the runs of a journal on a server to a new SQLite file, which is a journal itself: the backup of servers that have
 * no file. Each run is as it was at one moment, those that go on included; results in the cache are left out.
 *
 * @throws HEDDLE_JOURNAL_IO where the file exists or cannot be written
 */
export async function writeSqliteCopy(journal: Journal, file: string): Promise<void> {
  const directory = await placeBeside(file);
  try {
    const copy = await openSqliteJournal({ file: path.join(directory, 'copy.db') });
    try {
      for (const id of await idsOf(journal, {})) {
        await copyRun(journal, copy, id);
        // After what they are pieces of.
        for (const piece of await idsOf(journal, { parent: id, pieces: true })) await copyRun(journal, copy, piece);
      }
      // A journal in use has files beside it; its backup is one file, and appears as a whole.
      await copy.backup(file);
    } finally {
      await copy.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A directory for the work on a file that must not exist. @throws HEDDLE_JOURNAL_IO */
async function placeBeside(file: string): Promise<string> {
  try {
    await (await open(file, 'wx', 0o600)).close();
    await rm(file);
    return await mkdtemp(`${file}-`);
  } catch (error) {
    throw backupError(file, error);
  }
}

/** Runs, the oldest first, so that copies of the same millisecond keep their order. */
async function idsOf(journal: Journal, query: RunsQuery): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | null | undefined = undefined; cursor !== null;) {
    const from: RunsQuery = cursor === undefined ? {} : { cursor };
    const page = await journal.runs({ ...query, ...from, limit: PAGE, oldestFirst: true });
    ids.push(...page.runs.map(({ id }) => id));
    ({ cursor } = page);
  }
  return ids;
}

async function copyRun(journal: Journal, copy: Journal, id: string): Promise<void> {
  const run = await journal.run(id);
  if (run !== null) await copyRecord(journal, copy, run);
}

async function copyRecord(journal: Journal, copy: Journal, run: RunRecord): Promise<void> {
  const { id, workflow, definitionHash, parameters, status, createdAtMs, startedAtMs, endedAtMs } = run;
  const { parent, piece, fork } = run;
  const lease = await copy.start(
    {
      id,
      workflow,
      definition: { hash: definitionHash, data: await journal.definition(definitionHash) },
      parameters,
      status,
      createdAtMs,
      piece,
      labels: run.labels,
      ...(parent === null ? {} : { parent }),
      ...(fork === null ? {} : { fork }),
    },
    { owner: OWNER, ttlMs: TTL_MS },
  );
  if (lease === null) return;
  for await (const page of journal.entries(id)) {
    // What was written since the row was read is not of the moment that the copy shows.
    const entries = page.filter(({ seq }) => seq <= run.lastSeq).map(({ entry }) => entry);
    if (entries.length === 0) break;
    await copy.append(lease, { entries });
  }
  const snapshot = await journal.snapshot(id);
  if (snapshot !== null && snapshot.seq <= run.lastSeq) await copy.saveSnapshot(lease, snapshot);
  for (const { request } of await journal.requests(id)) await copy.request(id, request);
  const times = { ...(startedAtMs === null ? {} : { startedAtMs }), ...(endedAtMs === null ? {} : { endedAtMs }) };
  await copy.append(lease, { patch: { status, ...times, summary: run.summary }, release: true });
}
