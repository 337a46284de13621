import { open, type FileHandle } from 'node:fs/promises';
import { HeddleError } from '../errors/index.ts';
import type { FileItemsRequest } from '../executor/host.ts';
import { fileError } from './file-error.ts';
import { csvItems } from './item-source-csv.ts';
import { jsonItems } from './item-source-json.ts';
import { lineItems } from './item-source-lines.ts';
import { ndjsonItems } from './item-source-ndjson.ts';
import { toUtf8 } from './text-encoding.ts';

const BLOCK_BYTES = 128 * 1024;

/**
 * Opens a file as chunks of items, about a thousand each. Nothing is read before the first pull, one block at a time
 * afterwards; the file is closed at its end, on `return()` and on every error.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE, HEDDLE_PARSE (while it is iterated over)
 */
export function openItems(request: FileItemsRequest): AsyncIterable<readonly unknown[]> {
  const blocks = toUtf8(readBlocks(request.path), request.path, request.encoding);
  switch (request.format) {
    case 'lines':
      return lineItems(blocks, request.path);
    case 'ndjson':
      return ndjsonItems(blocks, request.path);
    case 'csv':
      return csvItems(blocks, request);
    case 'json':
      return jsonItems(blocks, request.path);
  }
}

/** The file's bytes in blocks; every block is a buffer of its own, since what is made of it may be kept. */
async function* readBlocks(path: string): AsyncGenerator<Buffer, void, undefined> {
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
