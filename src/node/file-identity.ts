import { fileError } from '../actions/files/file-error.ts';
import type { FileIdentity } from '../executor/entries.ts';

const HEAD_BYTES = 64 * 1024;

/** Size, time of the last change and a hash of the beginning of a file. @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE */
export async function identifyFile(path: string): Promise<FileIdentity> {
  const { open } = await import('node:fs/promises');
  const { createHash } = await import('node:crypto');
  try {
    const file = await open(path, 'r');
    try {
      const { size, mtimeMs } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, size === 0 ? null : 0);
      const head = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
      return { path, bytes: size, modifiedAtMs: mtimeMs, head };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw await fileError(path, error);
  }
}
