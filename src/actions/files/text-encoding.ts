import { isUtf8 } from 'node:buffer';
import { HeddleError } from '../../errors/index.ts';

const UTF8 = /^utf-?8$/i;

/** Bytes of the byte order mark in UTF-8. */
const MARK_BYTES = 3;

/** Bytes at the start of a file that are not part of its text. */
export interface Lead {
  bytes: number;
}

/**
 * Blocks of text in any encoding as blocks of whole UTF-8 characters, the byte order mark dropped; its length is added to
 * `lead`.
 *
 * @throws HEDDLE_FILE_UNREADABLE for an unknown encoding, or bytes that are not of it.
 */
export function toUtf8(
  blocks: AsyncIterable<Buffer>,
  path: string,
  encoding = 'utf-8',
  lead: Lead = { bytes: 0 },
): AsyncGenerator<Buffer, void, undefined> {
  return isUtf8Name(encoding) ? checkUtf8(blocks, path, lead) : transcode(blocks, path, encoding);
}

/** Whether an encoding is UTF-8, whose bytes stay as they are. */
export function isUtf8Name(encoding = 'utf-8'): boolean {
  return UTF8.test(encoding);
}

async function* checkUtf8(
  blocks: AsyncIterable<Buffer>,
  path: string,
  lead: Lead,
): AsyncGenerator<Buffer, void, undefined> {
  const from = lead.bytes;
  let offset = from;
  let rest: Buffer = Buffer.alloc(0);
  for await (const block of blocks) {
    const text = rest.length === 0 ? block : Buffer.concat([rest, block]);
    const end = endOfLastCharacter(text);
    const whole = text.subarray(0, end);
    if (!isUtf8(whole)) throw notUtf8(path, offset + firstInvalidByte(whole));
    const content = offset === 0 ? withoutByteOrderMark(whole) : whole;
    if (content.length < whole.length) lead.bytes += MARK_BYTES;
    yield content;
    offset += end;
    rest = text.subarray(end);
  }
  if (rest.length > 0) throw notUtf8(path, offset);
}

async function* transcode(
  blocks: AsyncIterable<Buffer>,
  path: string,
  encoding: string,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = createDecoder(encoding);
  const decode = (...bytes: Buffer[]): Buffer => {
    try {
      return Buffer.from(decoder.decode(bytes[0], { stream: bytes.length > 0 }));
    } catch (cause) {
      throw notOfEncoding(path, encoding, cause);
    }
  };
  for await (const block of blocks) yield decode(block);
  yield decode();
}

/**
 * A whole file's bytes as text, the byte order mark dropped.
 *
 * @throws HEDDLE_FILE_UNREADABLE with the offset of the first byte that is not of the encoding.
 */
export function decodeText(bytes: Buffer, path: string, encoding = 'utf-8'): string {
  if (UTF8.test(encoding)) {
    if (!isUtf8(bytes)) throw notUtf8(path, firstInvalidByte(bytes));
    return withoutByteOrderMark(bytes).toString('utf8');
  }
  const decoder = createDecoder(encoding);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw notOfEncoding(path, encoding, cause);
  }
}

/** Length of `text` without a character that is cut off at its end. */
function endOfLastCharacter(text: Buffer): number {
  for (let back = 1; back <= 3; back += 1) {
    const byte = text[text.length - back] ?? 0;
    if (byte < 0x80) return text.length;
    if (byte >= 0xc0) return characterLength(byte) > back ? text.length - back : text.length;
  }
  return text.length;
}

/** Offset of the first byte that belongs to no UTF-8 character. */
function firstInvalidByte(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes[at] ?? 0);
    if (length > 1 && !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return bytes.length;
}

/** Bytes of the character that starts with `lead`; 2 for a byte that can start none. */
function characterLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function createDecoder(encoding: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new HeddleError(
      'HEDDLE_FILE_UNREADABLE',
      `There is no encoding '${encoding}'; common ones are utf-8, latin1, utf-16le and windows-1252.`,
      { cause },
    );
  }
}

function notUtf8(path: string, offset: number): HeddleError {
  return new HeddleError(
    'HEDDLE_FILE_UNREADABLE',
    `${path} is not UTF-8 text at byte ${offset}. Name its encoding (encoding: latin1), or convert it.`,
  );
}

function notOfEncoding(path: string, encoding: string, cause: unknown): HeddleError {
  return new HeddleError('HEDDLE_FILE_UNREADABLE', `${path} is not ${encoding} text.`, { cause });
}
