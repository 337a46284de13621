import type { Dispatcher } from 'undici';
import { ActionError, HeddleError } from '../../errors/index.ts';
import { describeValue } from '../value-description.ts';
import { connectionError } from './connection-error.ts';
import { encodeBody } from './request-body.ts';
import { readBody } from './response-body.ts';
import type { HttpRequest, HttpResponse } from './exchange.ts';

/** Client errors that another attempt may mend: timeout, too early, too many requests. */
const RETRYABLE_CLIENT_ERRORS = new Set([408, 425, 429]);

/**
 * Sends a request and reads the response.
 *
 * @throws HEDDLE_HTTP_STATUS with the response as result, HEDDLE_HTTP_CONNECTION, HEDDLE_HTTP_BODY,
 * HEDDLE_INPUT_INVALID; the signal's reason where it is aborted. Messages name no address, so that failures of many
 * requests can be counted by what went wrong.
 */
export async function sendRequest(input: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const url = addressOf(input);
  const { body, contentType } = encodeBody(input);
  const startedAtMs = performance.now();
  const finish = (answer: Dispatcher.ResponseData<unknown>, content: unknown): HttpResponse => ({
    status: answer.statusCode,
    headers: headersOf(answer.headers),
    body: content,
    url: lastAddress(answer.context) ?? url.href,
    duration_ms: Math.round((performance.now() - startedAtMs) * 1000) / 1000,
    retry_after: retryAfterSeconds(answer.headers['retry-after']),
  });

  signal.throwIfAborted();
  let answer: Dispatcher.ResponseData<unknown>;
  try {
    // Loaded with the first request: it costs 100 ms.
    const { requestOverPool } = await import('./connection-pool.ts');
    answer = await requestOverPool(url, {
      method: input.method.toUpperCase(),
      headers: requestHeaders(input, contentType),
      body,
      signal,
      redirects: input.redirects,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw connectionError(error, url);
  }

  const expected = isExpected(answer.statusCode, input.expect);
  const read = { type: input.response, maxBytes: input['max-bytes'], signal };
  let content: unknown;
  try {
    // What a failed request says is worth reading, whatever shape it has.
    content = await readBody(answer, expected || read.type === 'none' ? read : { ...read, type: 'auto' });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HeddleError) {
      throw new ActionError(error.message, { code: error.code, result: finish(answer, null), cause: error });
    }
    throw connectionError(error, url);
  }
  const result = finish(answer, content);
  if (!expected) throw statusError(result);
  return result;
}

function statusError(result: HttpResponse): ActionError {
  const { status } = result;
  const retryable = status < 400 || status >= 500 || RETRYABLE_CLIENT_ERRORS.has(status);
  return new ActionError(`HTTP ${status}`, { code: 'HEDDLE_HTTP_STATUS', result, retryable });
}

function addressOf({ url: text, query = {} }: HttpRequest): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new HeddleError(
      'HEDDLE_INPUT_INVALID',
      `input 'url' must be an address that starts with http:// or https://, found ${describeValue(text)}`,
    );
  }
  for (const [name, value] of Object.entries(query)) {
    for (const part of [value].flat()) if (part !== null) url.searchParams.append(name, String(part));
  }
  return url;
}

function requestHeaders({ headers = {}, auth }: HttpRequest, contentType: string | null): Record<string, string> {
  const fields: Record<string, string> = {
    'user-agent': 'heddle',
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
  };
  if (contentType !== null) fields['content-type'] = contentType;
  if (auth?.token !== undefined) fields['authorization'] = `Bearer ${auth.token}`;
  else if (auth?.username !== undefined) {
    const credentials = Buffer.from(`${auth.username}:${auth.password ?? ''}`).toString('base64');
    fields['authorization'] = `Basic ${credentials}`;
  }
  for (const [name, value] of Object.entries(headers)) fields[name.toLowerCase()] = String(value);
  return fields;
}

function headersOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    // Cookies cannot be joined: their values hold commas.
    fields[name] = Array.isArray(value) && name !== 'set-cookie' ? value.join(', ') : value;
  }
  return fields;
}

function isExpected(status: number, expect: HttpRequest['expect']): boolean {
  const family = `${Math.floor(status / 100)}xx`;
  return [expect].flat().some((one) => one === status || one === family);
}

function lastAddress(context: unknown): string | undefined {
  const { history } = (context ?? {}) as { readonly history?: readonly URL[] };
  return history?.at(-1)?.href;
}

function retryAfterSeconds(header: string | string[] | undefined): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d+$/.test(header)) return Number(header);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, Math.ceil((atMs - Date.now()) / 1000));
}
