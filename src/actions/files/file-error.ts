import { readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { HeddleError } from '../../errors/index.ts';
import { nearest } from '../../errors/nearest.ts';

/** Directories larger than this are not searched for near names. */
const MAX_NAMES = 10_000;

/**
 * The error to throw where reading `path` failed: HEDDLE_FILE_NOT_FOUND, with a near name from its directory, or
 * HEDDLE_FILE_UNREADABLE.
 */
export async function fileError(path: string, cause: unknown): Promise<HeddleError> {
  const names = isMissing(cause) ? await readdir(dirname(path)).catch(() => null) : null;
  return errorOf(path, cause, names);
}

/** The same at once, where what reads the file cannot wait. */
export function fileErrorSync(path: string, cause: unknown): HeddleError {
  let names: string[] | null = null;
  try {
    if (isMissing(cause)) names = readdirSync(dirname(path));
  } catch {
    // The directory is missing too, which the message tells.
  }
  return errorOf(path, cause, names);
}

function isMissing(cause: unknown): boolean {
  const code = errorCode(cause);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** `names`: what the file's directory holds, null where there is none. */
function errorOf(path: string, cause: unknown, names: readonly string[] | null): HeddleError {
  if (isMissing(cause)) {
    return new HeddleError('HEDDLE_FILE_NOT_FOUND', `There is no file ${path}${nearName(path, names)}`, { cause });
  }
  switch (errorCode(cause)) {
    case 'EISDIR':
      return new HeddleError('HEDDLE_FILE_UNREADABLE', `${path} is a directory, not a file.`, { cause });
    case 'EACCES':
    case 'EPERM':
      return new HeddleError('HEDDLE_FILE_UNREADABLE', `${path} may not be read: permission denied.`, { cause });
    default:
      return new HeddleError('HEDDLE_FILE_UNREADABLE', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** The `code` of an error of Node.js, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The message of anything that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function nearName(path: string, names: readonly string[] | null): string {
  if (names === null) return `: there is no directory ${dirname(path)} either.`;
  const near = names.length > MAX_NAMES ? undefined : nearest(basename(path), names);
  return near === undefined ? '.' : `; did you mean '${near}'?`;
}
