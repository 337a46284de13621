import { HeddleError } from '../errors/index.ts';
import { reasonOf } from '../actions/files/file-error.ts';

/** The largest element of a list. */
const MAX_ELEMENT_BYTES = 64 * 1024 * 1024;

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_MAPPING, CLOSE_MAPPING] = Buffer.from('"\\,[]{}');

/** Where in a list the scan is. */
interface Scan {
  place: 'before' | 'inside' | 'after';
  depth: number;
  inString: boolean;
  escaped: boolean;
}

/** How far a list has been read. */
export interface ElementsRead {
  /** Elements. */
  elements: number;
  /** Bytes of the file, the comma behind the last of them included. */
  bytes: number;
  /** Lines that ended in them. */
  lines: number;
  /** The list has ended. */
  ended?: boolean;
}

/**
 * The elements of a JSON list, one chunk for the elements that end in a block. Only where elements end is scanned
 * here; what stands in them is left to `JSON.parse`, which keeps every rule of JSON and is far faster than parsing
 * token by token.
 *
 * @throws HEDDLE_PARSE where the top level is no list, or an element is not JSON; HEDDLE_FILE_UNREADABLE for an
 * element of more than 64 MiB.
 */
export async function* jsonItems(
  blocks: AsyncIterable<Buffer>,
  path: string,
  read: ElementsRead = { elements: 0, bytes: 0, lines: 0 },
): AsyncGenerator<readonly unknown[], void, undefined> {
  if (read.ended === true) return;
  const isResumed = read.bytes > 0;
  const scan: Scan = { place: isResumed ? 'inside' : 'before', depth: 0, inString: false, escaped: false };
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let index = read.elements;
  let line = 1 + read.lines;
  /** Bytes of the blocks before the current one. */
  let before = read.bytes;

  for await (const block of blocks) {
    const start = scan.place === 'before' ? startOfList(block, scan, path) : 0;
    const end = scan.place === 'inside' ? endOfElements(block, start, scan) : -1;
    if (end >= 0) {
      const text = Buffer.concat([...pending, block.subarray(start, end)]).toString();
      const items = parseElements(text, path, index, line, scan.place === 'after');
      line += countLines(text);
      index += items.length;
      Object.assign(read, { elements: index, bytes: before + end + 1, lines: line - 1, ended: scan.place === 'after' });
      if (items.length > 0) yield items;
      pending = [];
      pendingBytes = 0;
    }
    const rest = block.subarray(end >= 0 ? end + 1 : start);
    before += block.length;
    if (scan.place !== 'inside') {
      if (scan.place === 'after' && !isBlank(rest.toString())) throw notJson(path, 'text follows the end of the list');
      continue;
    }
    pending.push(rest);
    pendingBytes += rest.length;
    if (pendingBytes > MAX_ELEMENT_BYTES) {
      throw new HeddleError('HEDDLE_FILE_UNREADABLE', `Element ${index} of ${path} is larger than 64 MiB.`);
    }
  }
  if (scan.place === 'before') throw notJson(path, 'the file is empty');
  if (scan.place === 'inside') throw notJson(path, `the list ends after ${index} elements without a ']'`);
}

/** The offset behind the `[` that opens the list; the block's length while there is only white space. */
function startOfList(block: Buffer, scan: Scan, path: string): number {
  const text = block.toString('latin1');
  const at = text.search(/[^ \t\r\n]/);
  if (at === -1) return block.length;
  if (block[at] !== OPEN_LIST) {
    const found = block[at] === OPEN_MAPPING ? 'a mapping' : `'${text.slice(at, at + 10)}'`;
    throw new HeddleError(
      'HEDDLE_PARSE',
      `${path} holds ${found} at its top level, not a list. Read it with file.read_json and iterate over a list in it.`,
    );
  }
  scan.place = 'inside';
  return at + 1;
}

/** The offset of the last comma between elements in the block, or of the `]` that ends the list; -1: neither. */
function endOfElements(block: Buffer, start: number, scan: Scan): number {
  let comma = -1;
  let { depth, inString, escaped } = scan;
  for (let at = start; at < block.length; at += 1) {
    const byte = block[at];
    if (inString) {
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_LIST || byte === OPEN_MAPPING) {
      depth += 1;
    } else if (byte === CLOSE_LIST || byte === CLOSE_MAPPING) {
      depth -= 1;
      if (depth < 0) {
        scan.place = 'after';
        // A brace ends no list: it stays with the last element, where it is found to be wrong.
        return byte === CLOSE_LIST ? at : at + 1;
      }
    } else if (byte === COMMA && depth === 0) {
      comma = at;
    }
  }
  Object.assign(scan, { depth, inString, escaped });
  return comma;
}

function parseElements(text: string, path: string, index: number, line: number, last: boolean): readonly unknown[] {
  if (isBlank(text)) {
    if (last && index === 0) return [];
    throw notJson(path, `element ${index} (line ${line}) is empty`);
  }
  try {
    return JSON.parse(`[${text}]`) as unknown[];
  } catch (cause) {
    throw notJson(path, badElement(text, index, line) ?? reasonOf(cause), cause);
  }
}

/** Which of several elements is not JSON, and where it starts. */
function badElement(text: string, index: number, line: number): string | undefined {
  const scan: Scan = { place: 'inside', depth: 0, inString: false, escaped: false };
  const bytes = Buffer.from(text);
  let start = 0;
  let element = index;
  for (let at = 0; at <= bytes.length; at += 1) {
    const end = at === bytes.length ? 0 : endOfElements(bytes.subarray(at, at + 1), 0, scan);
    if (end === -1) continue;
    const piece = bytes.subarray(start, at + end).toString();
    try {
      JSON.parse(piece);
    } catch (error) {
      const lead = /^\s*/.exec(piece)?.[0] ?? '';
      const place = line + countLines(bytes.subarray(0, start).toString()) + countLines(lead);
      return `element ${element} (line ${place}): ${reasonOf(error)}`;
    }
    start = at + 1;
    element += 1;
  }
  return undefined;
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}

function notJson(path: string, reason: string, cause?: unknown): HeddleError {
  return new HeddleError('HEDDLE_PARSE', `${path} is not a JSON list: ${reason}.`, { cause });
}
