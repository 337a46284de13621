import { open, type FileHandle } from 'node:fs/promises';
import { HeddleError } from '../../errors/index.ts';
import { fileError } from './file-error.ts';

/** About a thousand lines of a log; smaller blocks cost more calls, larger ones more memory, neither any speed. */
const BLOCK_BYTES = 128 * 1024;

/**
 * A file's bytes in blocks, each read when it is pulled and each a buffer of its own, since what is made of it may be
 * kept. The file is closed at its end, on `return()` and on every error.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE
 */
export async function* readBlocks(path: string): AsyncGenerator<Buffer, void, undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(BLOCK_BYTES), 0, BLOCK_BYTES, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw error instanceof HeddleError ? error : await fileError(path, error);
  } finally {
    await file?.close();
  }
}
