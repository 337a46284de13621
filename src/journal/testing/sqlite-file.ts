import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Journal, Lease, NewRun } from '../journal.ts';
import { loadDriver, type Database } from '../sqlite/driver.ts';
import { openSqliteJournal, type SqliteJournalOptions } from '../sqlite/open.ts';

/** A directory that goes when the test has finished. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'heddle-journal-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens a journal that is closed when the test has finished. */
export async function openForTest(file: string, options: SqliteJournalOptions = {}): Promise<Journal> {
  const journal = await openSqliteJournal({ file, ...options });
  onTestFinished(() => journal.close());
  return journal;
}

/** Opens a file as any other program would. */
export async function openRaw(file: string): Promise<Database> {
  const Database = await loadDriver();
  return new Database(file, { timeout: 1000 });
}

/** A run for tests that are about something else. */
export function someRun(id: string): NewRun {
  const definition = { hash: 'definition', data: {} };
  return { id, workflow: 'deploy', definition, parameters: {}, status: 'running', createdAtMs: 1 };
}

/** Starts {@link someRun}. */
export async function startRun(journal: Journal, id: string): Promise<Lease> {
  const lease = await journal.start(someRun(id), { owner: 'a', ttlMs: 60_000 });
  if (lease === null) throw new Error(`there is a run ${id}`);
  return lease;
}
