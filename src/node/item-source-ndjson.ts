import { HeddleError } from '../errors/index.ts';
import { reasonOf } from '../actions/files/file-error.ts';
import { lineItems, type LinesRead } from '../actions/files/lines.ts';

/**
 * One JSON value per line; blank lines are skipped.
 *
 * @throws HEDDLE_PARSE naming the line.
 */
export async function* ndjsonItems(
  blocks: AsyncIterable<Buffer>,
  path: string,
  read: LinesRead = { lines: 0, bytes: 0 },
): AsyncGenerator<readonly unknown[], void, undefined> {
  let line = read.lines;
  for await (const lines of lineItems(blocks, path, read)) {
    const items: unknown[] = [];
    let failure: HeddleError | undefined;
    for (const text of lines) {
      line += 1;
      if (text.trim() === '') continue;
      try {
        items.push(JSON.parse(text));
      } catch (cause) {
        failure = new HeddleError('HEDDLE_PARSE', `Line ${line} of ${path} is not JSON: ${reasonOf(cause)}`, { cause });
        break;
      }
    }
    if (items.length > 0) yield items;
    // Thrown after what came before it: those items are good, and a run may have been told to continue.
    if (failure !== undefined) throw failure;
  }
}
