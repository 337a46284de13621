import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync } from 'node:zlib';

/** Compressed bytes must be smaller than this share of what they were: less is not worth the time to read them back. */
const MOST_SHARE = 0.9;
/** Of values of more bytes than `SAMPLED_BYTES` a few pieces are tried first: bytes that look random stay as they are. */
const SAMPLED_BYTES = 64 * 1024;
const SAMPLES = 4;
const SAMPLE_BYTES = 4 * 1024;
/** The quickest level: the others take several times as long for a tenth less. */
const LEVEL = 1;
/** Pieces in which the library hands over what it made. */
const CHUNK_BYTES = 64 * 1024;

const deflate = promisify<Buffer, { level: number; chunkSize: number }, Buffer>(deflateRaw);

/** Bytes compressed by another thread (raw deflate), or null where it does not pay. */
export async function compressed(bytes: Buffer): Promise<Buffer | null> {
  if (bytes.length > SAMPLED_BYTES && !looksCompressible(bytes)) return null;
  const smaller = await deflate(bytes, { level: LEVEL, chunkSize: CHUNK_BYTES });
  return smaller.length < bytes.length * MOST_SHARE ? smaller : null;
}

function looksCompressible(bytes: Buffer): boolean {
  const step = Math.floor((bytes.length - SAMPLE_BYTES) / (SAMPLES - 1));
  const sample = Buffer.concat(
    Array.from({ length: SAMPLES }, (_, at) => bytes.subarray(at * step, at * step + SAMPLE_BYTES)),
  );
  return deflateRawSync(sample, { level: LEVEL }).length < sample.length * MOST_SHARE;
}
