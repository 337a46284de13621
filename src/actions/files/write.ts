import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HeddleError } from '../../errors/index.ts';
import { errorCode, reasonOf } from './file-error.ts';

/** How to write a file. */
export interface WriteOptions {
  readonly createDirectories: boolean;
  readonly signal: AbortSignal;
}

/** What was written. */
export interface Written {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * Writes a file as a whole: to a temporary file beside it, flushed to disk, then renamed. Nothing is left behind where
 * that fails.
 *
 * @throws HEDDLE_FILE_FAILED; the signal's reason where it is aborted before anything was written.
 */
export async function writeAtomically(path: string, text: string, options: WriteOptions): Promise<Written> {
  const { default: writeFile } = await import('write-file-atomic');
  const bytes = Buffer.from(text);
  options.signal.throwIfAborted();
  try {
    if (options.createDirectories) await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  } catch (error) {
    throw writeError(path, error);
  }
  return { path, bytes: bytes.length };
}

/**
 * Appends to a file in one write, so that what others append at the same time stands before or behind it.
 *
 * @throws HEDDLE_FILE_FAILED; the signal's reason where it is aborted before anything was written.
 */
export async function appendText(path: string, text: string, options: WriteOptions): Promise<Written> {
  const bytes = Buffer.from(text);
  options.signal.throwIfAborted();
  try {
    if (options.createDirectories) await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a');
    try {
      // A write to a full disk may take less than it was given; only then is there a second one.
      for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done)).bytesWritten;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw writeError(path, error);
  }
  return { path, bytes: bytes.length };
}

function writeError(path: string, cause: unknown): HeddleError {
  const reasons: Record<string, string> = {
    ENOENT: 'its directory does not exist',
    ENOTDIR: 'a part of its path is not a directory',
    EEXIST: 'a part of its path is not a directory',
    EISDIR: 'it is a directory',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
  };
  const reason = reasons[errorCode(cause) ?? ''] ?? reasonOf(cause);
  return new HeddleError('HEDDLE_FILE_FAILED', `${path} cannot be written: ${reason}.`, { cause });
}
