import { resolve } from 'node:path';
import type { Journal } from '../journal.ts';
import { openConnection } from './connection.ts';
import type { DriverName } from './driver.ts';
import { SqliteJournal } from './sqlite-journal.ts';
import { WorkQueue } from './work-queue.ts';

/** Options of {@link openSqliteJournal}. */
export interface SqliteJournalOptions {
  /** Default `.heddle/heddle.db` in the current directory. */
  readonly file?: string;
  /** How long another process may hold the file locked, in milliseconds. Default 30000. */
  readonly busyTimeoutMs?: number;
  /** Milliseconds since the epoch, for leases. Default the system's clock. */
  readonly now?: () => number;
  /** Default: that of Node.js where it has one, else the package. */
  readonly driver?: DriverName;
}

const DEFAULT_BUSY_TIMEOUT_MS = 30_000;

/**
 * Opens the journal in a SQLite file, which is made where there is none.
 *
 * @throws HEDDLE_JOURNAL_BUSY, _CORRUPT, _DRIVER, _FILESYSTEM, _FULL, _INVALID, _IO, _READONLY, _VERSION
 * @example
 * const journal = await openSqliteJournal({ file: '/var/lib/app/heddle.db' });
 */
export async function openSqliteJournal(options: SqliteJournalOptions = {}): Promise<Journal> {
  const { file = '.heddle/heddle.db', busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, now = () => Date.now() } = options;
  const connection = await openConnection(resolve(file), busyTimeoutMs, options.driver);
  return new SqliteJournal(connection, new WorkQueue(connection, busyTimeoutMs), now);
}
