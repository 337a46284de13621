import { inflateRawSync } from 'node:zlib';
import { compressed } from './compressed.ts';
import type { Encoded, Reference } from './encode.ts';

const JSON_TEXT = 0;
const BYTES = 1;
const WITH_REFERENCES = 2;
/** What follows the first byte is compressed. */
const COMPRESSED = 4;
/** Nothing else: how many parts the value was split into, as text. */
const SPLIT = 8;
/** Of the references, behind the first byte. */
const LENGTH_BYTES = 4;
/** A value with more packed bytes is split into parts of so many: a server is busy with each for a millisecond at most. */
export const PART_BYTES = 1024 * 1024;
/** Parts read or written at once. */
export const PARTS_AT_ONCE = 4;

/** An encoded value as one piece of bytes, for stores that have no columns: a byte that says what follows, references, data. */
export function pack({ data, references }: Encoded): Buffer {
  const isText = typeof data === 'string';
  const kind = (isText ? JSON_TEXT : BYTES) | (references === null ? 0 : WITH_REFERENCES);
  const body = isText ? Buffer.from(data) : data;
  if (references === null) return Buffer.concat([Buffer.of(kind), body]);
  const places = Buffer.from(JSON.stringify(references));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(places.length);
  return Buffer.concat([Buffer.of(kind), length, places, body]);
}

/** Reads what {@link pack} or {@link packSmaller} wrote. */
export function unpack(stored: Buffer): Encoded {
  const packed = inflated(stored);
  const kind = packed[0] ?? JSON_TEXT;
  let start = 1;
  let references: readonly Reference[] | null = null;
  if ((kind & WITH_REFERENCES) !== 0) {
    const end = start + LENGTH_BYTES + packed.readUInt32BE(start);
    references = JSON.parse(packed.toString('utf8', start + LENGTH_BYTES, end)) as readonly Reference[];
    start = end;
  }
  const isText = (kind & BYTES) === 0;
  return { data: isText ? packed.toString('utf8', start) : packed.subarray(start), references };
}

/** Packs what was encoded as a whole. */
export function packWhole(data: Encoded['data']): Buffer {
  return pack({ data, references: null });
}

/** The same packed value in fewer bytes, where that pays. */
export async function packSmaller(packed: Buffer): Promise<Buffer> {
  const smaller = await compressed(packed.subarray(1));
  return smaller === null ? packed : Buffer.concat([Buffer.of((packed[0] ?? 0) | COMPRESSED), smaller]);
}

/** Splits what is too large for one piece; null: it is not. */
export function split(packed: Buffer): { readonly head: Buffer; readonly parts: readonly Buffer[] } | null {
  if (packed.length <= PART_BYTES) return null;
  const parts: Buffer[] = [];
  for (let at = 0; at < packed.length; at += PART_BYTES) parts.push(packed.subarray(at, at + PART_BYTES));
  return { head: Buffer.concat([Buffer.of(SPLIT), Buffer.from(String(parts.length))]), parts };
}

/** How many parts a value was split into; null: it was not, and this is all of it. */
export function partCount(stored: Buffer): number | null {
  return stored[0] === SPLIT ? Number(stored.toString('latin1', 1)) : null;
}

function inflated(stored: Buffer): Buffer {
  const kind = stored[0] ?? JSON_TEXT;
  if ((kind & COMPRESSED) === 0) return stored;
  return Buffer.concat([Buffer.of(kind & ~COMPRESSED), inflateRawSync(stored.subarray(1))]);
}
