import { isUtf8 } from 'node:buffer';
import { pipeline, type Duplex, type Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { HeddleError } from '../../errors/index.ts';
import { errorCode } from '../files/file-error.ts';
import type { ResponseType } from './exchange.ts';

/** How to read a body. */
export interface ReadBody {
  readonly type: ResponseType;
  /** After decompression. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Reads a response's body, decompressed, to its end or up to its limit.
 *
 * @throws HEDDLE_HTTP_BODY where it is too large or not what was asked for; anything else is a broken connection.
 */
export async function readBody(answer: Dispatcher.ResponseData<unknown>, options: ReadBody): Promise<unknown> {
  if (options.type === 'none') {
    await answer.body.dump({ limit: options.maxBytes, signal: options.signal });
    return null;
  }
  const bytes = await collect(await decompress(answer), options.maxBytes);
  return convert(bytes, options.type, contentType(answer.headers['content-type']));
}

async function collect(body: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      // Leaving the loop destroys the stream, and with it the connection.
      if (length > maxBytes) throw bodyError(`The response body is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    const damaged = /^(Z_|ERR_.*BROTLI|ERR__ERROR)/.test(errorCode(error) ?? '');
    throw damaged ? bodyError('The response body cannot be decompressed', error) : error;
  }
  return Buffer.concat(chunks, length);
}

async function decompress(answer: Dispatcher.ResponseData<unknown>): Promise<Readable> {
  const encodings = String(answer.headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((encoding) => encoding.trim());
  let body: Readable = answer.body;
  for (const encoding of encodings.reverse()) {
    const decoder = await decoderFor(encoding);
    // Errors reach the reader of the last stream: the callback is what keeps them from being thrown a second time.
    if (decoder !== undefined) body = pipeline(body, decoder, () => undefined);
  }
  return body;
}

const ENCODINGS = new Set(['gzip', 'x-gzip', 'deflate', 'br']);

async function decoderFor(encoding: string): Promise<Duplex | undefined> {
  if (!ENCODINGS.has(encoding)) return undefined;
  const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib');
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    default:
      return createBrotliDecompress();
  }
}

function convert(bytes: Buffer, type: ResponseType, { mediaType, charset }: ContentType): unknown {
  if (type === 'bytes') return bytes.toString('base64');
  const isJson = /^application\/(.+\+)?json$/.test(mediaType);
  if (type === 'json' || (type === 'auto' && isJson)) {
    if (bytes.length === 0) return null;
    const text = decode(bytes, charset);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      if (type === 'auto') return text;
      throw bodyError('The response body is not JSON', error);
    }
  }
  if (type === 'auto' && charset === undefined && !isText(mediaType) && !isUtf8(bytes)) return bytes.toString('base64');
  return decode(bytes, charset);
}

function isText(mediaType: string): boolean {
  return /^text\/|[/+](xml|javascript|x-www-form-urlencoded|yaml)$/.test(mediaType);
}

/** Text in an encoding that nobody knows is read as UTF-8; what fits neither becomes U+FFFD. */
function decode(bytes: Buffer, charset = 'utf-8'): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

interface ContentType {
  readonly mediaType: string;
  readonly charset: string | undefined;
}

function contentType(header: string | string[] | undefined): ContentType {
  const text = String(header ?? '').toLowerCase();
  return { mediaType: text.split(';')[0]?.trim() ?? '', charset: /charset="?([^\s;"]+)/.exec(text)?.[1] };
}

function bodyError(message: string, cause?: unknown): HeddleError {
  return new HeddleError('HEDDLE_HTTP_BODY', message, { cause });
}
