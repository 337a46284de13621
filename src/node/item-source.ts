import { lineItems } from '../actions/files/lines.ts';
import { readBlocks } from '../actions/files/read-blocks.ts';
import { isUtf8Name, toUtf8 } from '../actions/files/text-encoding.ts';
import type { FileItemsRequest } from '../executor/host.ts';
import { csvItems } from './item-source-csv.ts';
import { jsonItems } from './item-source-json.ts';
import { ndjsonItems } from './item-source-ndjson.ts';

/** Where reading can begin again: bytes of the file, and what the reader of the format must know of those before. */
interface Place {
  /** Bytes at the start that are no text. */
  readonly lead: number;
  readonly bytes: number;
  readonly lines?: number;
  readonly elements?: number;
  readonly ended?: boolean;
  readonly columns?: readonly string[] | null;
}

/**
 * Opens a file as chunks of items, about a thousand each. Nothing is read before the first pull, one block at a time
 * afterwards; the file is closed at its end, on `return()` and on every error. Before each chunk `note` is called with
 * the place where the next begins; with such a place as `from`, reading begins there. Text that is not UTF-8 has none.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE, HEDDLE_PARSE (while it is iterated over)
 */
export function openItems(
  request: FileItemsRequest,
  from: unknown = null,
  note: ((place: unknown) => void) | null = null,
): AsyncIterable<readonly unknown[]> {
  const { lead: leading, ...start } = (from ?? { lead: 0, bytes: 0 }) as Place;
  const lead = { bytes: leading + start.bytes };
  const blocks = toUtf8(readBlocks(request.path, leading + start.bytes), request.path, request.encoding, lead);
  const read = { lines: 0, elements: 0, columns: null, ended: false, ...start };
  const items = itemsOf(request, blocks, read);
  if (note === null || !isUtf8Name(request.encoding)) return items;
  return noting(items, () => {
    const { bytes, lines, elements, columns, ended } = read;
    note({ lead: lead.bytes - start.bytes, bytes, lines, elements, columns, ended });
  });
}

function itemsOf(
  request: FileItemsRequest,
  blocks: AsyncIterable<Buffer>,
  read: { lines: number; bytes: number; elements: number; columns: readonly string[] | null; ended: boolean },
): AsyncIterable<readonly unknown[]> {
  switch (request.format) {
    case 'lines':
      return lineItems(blocks, request.path, read);
    case 'ndjson':
      return ndjsonItems(blocks, request.path, read);
    case 'csv':
      return csvItems(blocks, request, read);
    case 'json':
      return jsonItems(blocks, request.path, read);
  }
}

async function* noting(
  chunks: AsyncIterable<readonly unknown[]>,
  note: () => void,
): AsyncGenerator<readonly unknown[], void, undefined> {
  for await (const chunk of chunks) {
    note();
    yield chunk;
  }
}
