import { writeFile } from 'node:fs/promises';
import { serialize } from 'node:v8';
import { backupError } from '../backup-error.ts';
import type { MemoryStore } from './store.ts';

/** Writes what a memory journal holds to a new file, as `v8.deserialize` reads it. @throws HEDDLE_JOURNAL_IO */
export async function writeMemoryBackup(store: MemoryStore, file: string): Promise<void> {
  const { runs, definitions, cache } = store;
  try {
    await writeFile(file, serialize({ runs, definitions, cache }), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw backupError(file, error);
  }
}
