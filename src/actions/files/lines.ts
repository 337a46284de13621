import { isAscii } from 'node:buffer';
import { HeddleError } from '../../errors/index.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** The longest line, element or record of an item source. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** How far lines have been read. */
export interface LinesRead {
  /** Lines. */
  lines: number;
  /** Their bytes. */
  bytes: number;
}

/**
 * Lines of UTF-8 text, one chunk for the lines that end in a block. `\n` and `\r\n` end a line; what follows the last
 * one is a line where it is not empty. `read` tells how far the chunks that were given reach, and where to begin counting.
 *
 * @throws HEDDLE_FILE_UNREADABLE for a line of more than 64 MiB.
 */
export async function* lineItems(
  blocks: AsyncIterable<Buffer>,
  path: string,
  read: LinesRead = { lines: 0, bytes: 0 },
): AsyncGenerator<readonly string[], void, undefined> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const block of blocks) {
    const end = block.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      const whole = block.subarray(0, end);
      const lines = cutLines(pending.length === 0 ? whole : Buffer.concat([...pending, whole]));
      read.lines += lines.length;
      read.bytes += pendingBytes + end;
      yield lines;
      pending = [];
      pendingBytes = 0;
    }
    if (end === block.length) continue;
    pending.push(block.subarray(end));
    pendingBytes += block.length - end;
    if (pendingBytes > MAX_LINE_BYTES) {
      throw new HeddleError('HEDDLE_FILE_UNREADABLE', `Line ${read.lines + 1} of ${path} is longer than 64 MiB.`);
    }
  }
  if (pending.length === 0) return;
  read.bytes += pendingBytes;
  const lines = cutLines(Buffer.concat(pending));
  read.lines += lines.length;
  yield lines;
}

/**
 * Every line is decoded by itself: a slice of the block's text would keep the whole block in memory for as long as
 * somebody keeps the line, or a group's key made of it.
 */
function cutLines(text: Buffer): readonly string[] {
  const encoding = isAscii(text) ? 'latin1' : 'utf8';
  const lines: string[] = [];
  let start = 0;
  while (start < text.length) {
    const feed = text.indexOf(LINE_FEED, start);
    const next = feed === -1 ? text.length : feed;
    const end = feed > start && text[feed - 1] === CARRIAGE_RETURN ? feed - 1 : next;
    lines.push(text.toString(encoding, start, end));
    start = next + 1;
  }
  return lines;
}
