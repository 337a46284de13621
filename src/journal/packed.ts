import type { Encoded, Reference } from './encode.ts';

const JSON_TEXT = 0;
const BYTES = 1;
const WITH_REFERENCES = 2;
/** Of the references, behind the first byte. */
const LENGTH_BYTES = 4;

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

/** Reads what {@link pack} wrote. */
export function unpack(packed: Buffer): Encoded {
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
