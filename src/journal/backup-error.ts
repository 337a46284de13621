import { HeddleError } from '../errors/index.ts';

/** The error for a backup that cannot be written. */
export function backupError(file: string, cause: unknown): HeddleError {
  return new HeddleError(
    'HEDDLE_JOURNAL_IO',
    `The backup ${file} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}. Name a file that does not exist, in a directory that does.`,
    { cause },
  );
}
