import { open, type FileHandle } from 'node:fs/promises';
import { HeddleError } from '../../errors/index.ts';
import { fileError } from './file-error.ts';

/** About a thousand lines of a log; smaller blocks cost more calls, larger ones more memory, neither any speed. */
const BLOCK_BYTES = 128 * 1024;

/**
 * A file's bytes in blocks, each read when it is pulled and each a buffer of its own, since what is made of it may be
 * kept. The file is closed at its end, on `return()` and on every error. `from`: the first byte that is read.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE
 */
export async function* readBlocks(path: string, from = 0): AsyncGenerator<Buffer, void, undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    // Where nothing has to be skipped, what cannot be read at a position (a pipe) is read too.
    for (let position = from; ;) {
      const at = from === 0 ? null : position;
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(BLOCK_BYTES), 0, BLOCK_BYTES, at);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw error instanceof HeddleError ? error : await fileError(path, error);
  } finally {
    await file?.close();
  }
}
