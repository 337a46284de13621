import { lineItems } from '../actions/files/lines.ts';
import { readBlocks } from '../actions/files/read-blocks.ts';
import { toUtf8 } from '../actions/files/text-encoding.ts';
import type { FileItemsRequest } from '../executor/host.ts';
import { csvItems } from './item-source-csv.ts';
import { jsonItems } from './item-source-json.ts';
import { ndjsonItems } from './item-source-ndjson.ts';

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
