import { HeddleError } from '../../errors/index.ts';
import { fileError } from './file-error.ts';
import { readBlocks } from './read-blocks.ts';
import { decodeText } from './text-encoding.ts';

/** How to read a file as a whole. */
export interface ReadOptions {
  readonly encoding: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * The text of a file.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE; the signal's reason where it is aborted.
 */
export async function readText(path: string, { encoding, maxBytes, signal }: ReadOptions): Promise<string> {
  const blocks: Buffer[] = [];
  let bytes = 0;
  // Counted while reading: the size a file claims to have says nothing about pipes, devices and growing files.
  for await (const block of readBlocks(path)) {
    signal.throwIfAborted();
    blocks.push(block);
    bytes += block.length;
    if (bytes > maxBytes) {
      throw new HeddleError(
        'HEDDLE_FILE_UNREADABLE',
        `${path} is larger than ${maxBytes} bytes. Raise max-bytes, or read it as an item source with { from: file }.`,
      );
    }
  }
  const text = Buffer.concat(blocks);
  try {
    return decodeText(text, path, encoding);
  } catch (error) {
    throw error instanceof HeddleError ? error : await fileError(path, error);
  }
}
