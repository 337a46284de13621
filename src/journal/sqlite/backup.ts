import { closeSync, openSync } from 'node:fs';
import { backupError } from '../backup-error.ts';
import type { Connection } from './connection.ts';

/**
 * Writes a compact copy of the journal, as it is at this moment, to a file that must not exist yet.
 *
 * @throws HEDDLE_JOURNAL_IO where the file exists or cannot be made.
 */
export function writeBackup(connection: Connection, file: string): void {
  try {
    // SQLite writes into an empty file; made here it is nobody else's, and readable by nobody else.
    closeSync(openSync(file, 'wx', 0o600));
  } catch (cause) {
    throw backupError(file, cause);
  }
  connection.run('VACUUM INTO ?', file);
}
