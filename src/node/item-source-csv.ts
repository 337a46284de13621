import { csvError, csvOptions } from '../actions/files/csv-format.ts';
import type { HeddleError } from '../errors/index.ts';
import type { FileItemsRequest } from '../executor/host.ts';

/** The largest record. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** How far a CSV file has been read. */
export interface RecordsRead {
  /** Bytes, up to the end of the last record. */
  bytes: number;
  /** Names of the columns, where they stood in the first record. */
  columns: readonly string[] | null;
}

/**
 * Records of a CSV file, one chunk for the records that end in a block: mappings by the header, or lists where
 * `header` is false. Empty lines are skipped.
 *
 * @throws HEDDLE_PARSE naming the line.
 */
export async function* csvItems(
  blocks: AsyncIterable<Buffer>,
  { path, delimiter, header }: FileItemsRequest,
  read: RecordsRead = { bytes: 0, columns: null },
): AsyncGenerator<readonly unknown[], void, undefined> {
  const { parse } = await import('csv-parse');
  let records: unknown[] = [];
  const take = (): readonly unknown[] => {
    const taken = records;
    records = [];
    return taken;
  };
  const from = read.bytes;
  const noteColumns = (names: string[]): string[] => {
    read.columns = names;
    return names;
  };
  let end = from;
  const parser = parse({
    ...csvOptions(delimiter, read.columns ?? header),
    ...(read.columns === null && (header === undefined || header === true) ? { columns: noteColumns } : {}),
    max_record_size: MAX_RECORD_BYTES,
    // Collected here and not pushed on: one asynchronous step per block, not per record.
    on_record: (record: unknown, { bytes }) => {
      records.push(record);
      end = from + bytes;
      return null;
    },
  });
  const settled = (write: (done: (error?: Error | null) => void) => void): Promise<HeddleError | undefined> =>
    new Promise((resolve) => {
      parser.once('error', (error: Error) => {
        resolve(csvError(error, path));
      });
      write((error) => {
        resolve(error ? csvError(error, path) : undefined);
      });
    });

  for await (const block of blocks) {
    const failure = await settled((done) => parser.write(block, done));
    parser.removeAllListeners('error');
    read.bytes = end;
    if (records.length > 0) yield take();
    if (failure !== undefined) throw failure;
  }
  const failure = await settled((done) => parser.end(done));
  read.bytes = end;
  if (records.length > 0) yield take();
  if (failure !== undefined) throw failure;
}
