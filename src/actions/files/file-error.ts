import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { HeddleError } from '../../errors/index.ts';
import { suggest } from '../../workflow/suggestion.ts';

/** Directories larger than this are not searched for near names. */
const MAX_NAMES = 10_000;

/**
 * The error to throw where reading `path` failed: HEDDLE_FILE_NOT_FOUND, with a near name from its directory, or
 * HEDDLE_FILE_UNREADABLE.
 */
export async function fileError(path: string, cause: unknown): Promise<HeddleError> {
  switch (errorCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new HeddleError('HEDDLE_FILE_NOT_FOUND', `There is no file ${path}${await nearName(path)}`, { cause });
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

async function nearName(path: string): Promise<string> {
  try {
    const names = await readdir(dirname(path));
    const near = names.length > MAX_NAMES ? undefined : suggest(basename(path), names);
    return near === undefined ? '.' : `; did you mean '${near}'?`;
  } catch {
    return `: there is no directory ${dirname(path)} either.`;
  }
}
