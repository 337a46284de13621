import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { callAction, failureOf } from './testing/action-context.ts';
import { seen, startServer, type TestServer } from './testing/http-server.ts';

const LARGE = 'x'.repeat(100_000);

/** Answers by path. */
const ROUTES: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/json': (response) => response.setHeader('content-type', 'application/json; charset=utf-8').end('{"a":[1]}'),
  '/problem': (response) => response.setHeader('content-type', 'application/problem+json').end('{"title":"x"}'),
  '/broken-json': (response) => response.setHeader('content-type', 'application/json').end('{"a":'),
  '/empty-json': (response) => response.setHeader('content-type', 'application/json').end(),
  '/text': (response) => response.setHeader('content-type', 'text/plain').end('größe'),
  '/latin1': (response) =>
    response.setHeader('content-type', 'text/plain; charset=iso-8859-1').end(Buffer.from('größe', 'latin1')),
  '/odd-charset': (response) => response.setHeader('content-type', 'text/plain; charset=klingon').end('abc'),
  '/binary': (response) => response.setHeader('content-type', 'image/png').end(Buffer.from([0x89, 0xff, 0])),
  '/nothing': (response) => response.writeHead(204).end(),
  '/large': (response) => response.end(LARGE),
  '/gzip': (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('zipped')),
  '/deflate': (response) => response.setHeader('content-encoding', 'deflate').end(deflateSync('deflated')),
  '/br': (response) => response.setHeader('content-encoding', 'br').end(brotliCompressSync('brotli')),
  '/bomb': (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(LARGE)),
  '/broken-gzip': (response) => response.setHeader('content-encoding', 'gzip').end('no gzip'),
  '/broken-br': (response) => response.setHeader('content-encoding', 'br').end(Buffer.from([255, 255, 255, 255])),
  '/busy': (response) =>
    response.writeHead(503, { 'retry-after': '7', 'content-type': 'application/json' }).end('{"why":1}'),
  '/busy-date': (response) =>
    response.writeHead(429, { 'retry-after': new Date(Date.parse('2030-01-01T00:01:30Z')).toUTCString() }).end(),
  '/busy-odd': (response) => response.writeHead(503, { 'retry-after': 'later' }).end(),
  '/missing': (response) => response.writeHead(404).end('no such thing'),
  '/timeout': (response) => response.writeHead(408).end(),
  '/cookies': (response) => response.setHeader('set-cookie', ['a=1, x', 'b=2']).setHeader('x-two', ['1', '2']).end(),
  '/moved': (response) => response.writeHead(302, { location: '/json' }).end(),
  '/twice-moved': (response) => response.writeHead(302, { location: '/moved' }).end(),
  '/circle': (response) => response.writeHead(302, { location: '/circle' }).end(),
  '/cut': (response) => {
    response.setHeader('content-length', '100');
    response.write('abc', () => response.destroy());
  },
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer((request, response) => {
    const route = ROUTES[request.url ?? ''];
    if (route !== undefined) route(response);
    else
      void seen(request).then((what) =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(what)),
      );
  });
});
afterAll(() => server.close());

const get = (path: string, more: Record<string, unknown> = {}) =>
  callAction('http.get', { url: server.url + path, ...more }) as Promise<{ readonly [name: string]: unknown }>;
const failure = (path: string, more: Record<string, unknown> = {}) => failureOf(() => get(path, more));
/** The request as the server saw it. */
async function sent(verb: string, input: Record<string, unknown>) {
  const { body } = (await callAction(`http.${verb}`, { url: `${server.url}/echo`, ...input })) as { body: unknown };
  return body as { method: string; url: string; body: string; headers: Record<string, string | undefined> };
}

describe('requests', () => {
  test.each([['get'], ['post'], ['put'], ['patch'], ['delete'], ['request']])('http.%s', async (verb) => {
    expect((await sent(verb, {})).method).toBe(verb === 'request' ? 'GET' : verb.toUpperCase());
  });

  test('http.request takes any method', async () => {
    expect((await sent('request', { method: 'options' })).method).toBe('OPTIONS');
    expect(await callAction('http.request', { method: 'HEAD', url: `${server.url}/json` })).toMatchObject({
      status: 200,
      body: null,
    });
  });

  test('adds the query to that of the address', async () => {
    const query = { a: 'x y', list: [1, true], none: null };
    expect((await sent('get', { url: `${server.url}/echo?q=1`, query })).url).toBe('/echo?q=1&a=x+y&list=1&list=true');
  });

  test('sends headers, its own where none are given', async () => {
    const { headers } = await sent('get', { headers: { 'X-Count': 5, Accept: 'text/html' } });
    expect(headers).toMatchObject({ 'x-count': '5', accept: 'text/html', 'user-agent': 'heddle' });
  });

  test.each([
    [{ username: 'ada', password: 'pw' }, 'Basic YWRhOnB3'],
    [{ username: 'ada' }, 'Basic YWRhOg=='],
    [{ token: 't' }, 'Bearer t'],
    [{}, undefined],
  ])('authenticates with %j', async (auth, header) => {
    expect((await sent('get', { auth })).headers['authorization']).toBe(header);
  });

  test.each([
    [{ body: { a: 1 } }, '{"a":1}', 'application/json'],
    [{ body: [1] }, '[1]', 'application/json'],
    [{ body: 'plain' }, 'plain', 'text/plain; charset=utf-8'],
    [{ body: null }, '', undefined],
    [{ json: 'text' }, '"text"', 'application/json'],
    [{ json: null }, 'null', 'application/json'],
    [{ form: { a: 'x y', b: [1, 2] } }, 'a=x+y&b=1&b=2', 'application/x-www-form-urlencoded'],
    [{ body: '<a/>', headers: { 'Content-Type': 'text/xml' } }, '<a/>', 'text/xml'],
  ])('sends %j', async (input, body, type) => {
    const request = await sent('post', input);
    expect([request.body, request.headers['content-type']]).toEqual([body, type]);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ body: 1, json: 2 }, "inputs 'body' and 'json' exclude each other: give one of them"],
    [
      { url: 'nonsense' },
      "input 'url' must be an address that starts with http:// or https://, found 'nonsense' (string)",
    ],
    [
      { url: 'file:///etc/passwd' },
      "input 'url' must be an address that starts with http:// or https://, found 'file:///etc/passwd' (string)",
    ],
    [{ headers: { 'bad header': 'x' } }, 'the request cannot be sent: invalid header'],
    [{ expect: '9xx' }, "input 'expect' must"],
  ])('refuses %j', async (input, message) => {
    const error = await failureOf(() => callAction('http.post', { url: server.url, ...input }));
    expect(error['code']).toBe('HEDDLE_INPUT_INVALID');
    expect(error['message']).toContain(message);
  });

  test('keeps connections open between requests', async () => {
    const own = await startServer((_request, response) => response.end('ok'));
    for (let n = 0; n < 5; n += 1) await callAction('http.get', { url: own.url });
    // The second request may come before the first connection is seen to be free.
    expect(own.connections()).toBeLessThan(3);
    await own.close();
  });
});

describe('responses', () => {
  test('have status, headers, body, address and duration', async () => {
    expect(await get('/json')).toEqual({
      status: 200,
      headers: expect.objectContaining({ 'content-type': 'application/json; charset=utf-8' }) as unknown,
      body: { a: [1] },
      url: `${server.url}/json`,
      duration_ms: expect.any(Number) as unknown,
      retry_after: null,
    });
  });

  test.each([
    ['/json', 'auto', { a: [1] }],
    ['/json', 'text', '{"a":[1]}'],
    ['/json', 'bytes', Buffer.from('{"a":[1]}').toString('base64')],
    ['/json', 'none', null],
    ['/problem', 'auto', { title: 'x' }],
    ['/broken-json', 'auto', '{"a":'],
    ['/empty-json', 'auto', null],
    ['/text', 'auto', 'größe'],
    ['/latin1', 'auto', 'größe'],
    ['/odd-charset', 'auto', 'abc'],
    ['/binary', 'auto', 'if8A'],
    ['/nothing', 'json', null],
    ['/gzip', 'text', 'zipped'],
    ['/deflate', 'text', 'deflated'],
    ['/br', 'text', 'brotli'],
  ])('%s as %s is %j', async (path, response, body) => {
    expect((await get(path, { response }))['body']).toEqual(body);
  });

  test('join repeated headers, but not cookies', async () => {
    expect((await get('/cookies'))['headers']).toMatchObject({ 'set-cookie': ['a=1, x', 'b=2'], 'x-two': '1, 2' });
  });

  test.each([
    ['/moved', {}, '/json'],
    ['/twice-moved', {}, '/json'],
    ['/twice-moved', { redirects: 1, expect: '3xx' }, '/moved'],
    ['/moved', { redirects: 0, expect: 302 }, '/moved'],
  ])('%s with %j ends at %s', async (path, input, end) => {
    expect((await get(path, input))['url']).toBe(server.url + end);
  });

  test.each([
    ['/large', { 'max-bytes': 99_999 }, 'The response body is larger than 99999 bytes'],
    ['/bomb', { 'max-bytes': 1000 }, 'The response body is larger than 1000 bytes'],
    ['/broken-gzip', {}, 'The response body cannot be decompressed'],
    ['/broken-br', {}, 'The response body cannot be decompressed'],
    ['/text', { response: 'json' }, 'The response body is not JSON'],
  ])('%s with %j fails: %s', async (path, input, message) => {
    expect(await failure(path, input)).toMatchObject({
      code: 'HEDDLE_HTTP_BODY',
      message,
      result: { status: 200, body: null, url: server.url + path },
    });
  });

  test('of just the size allowed pass', async () => {
    expect((await get('/large', { 'max-bytes': 100_000 }))['body']).toBe(LARGE);
  });
});

describe('statuses', () => {
  test.each<[string, unknown, string]>([
    ['/nothing', undefined, 'ok'],
    ['/missing', undefined, 'HTTP 404'],
    ['/missing', 404, 'ok'],
    ['/missing', '4xx', 'ok'],
    ['/missing', [200, '5xx'], 'HTTP 404'],
    ['/missing', [200, 404], 'ok'],
    ['/json', 404, 'HTTP 200'],
  ])('%s where %j is expected: %s', async (path, expected, outcome) => {
    const call = () => get(path, expected === undefined ? {} : { expect: expected });
    if (outcome === 'ok') expect((await call())['status']).toBeGreaterThan(0);
    else expect(await failureOf(call)).toMatchObject({ code: 'HEDDLE_HTTP_STATUS', message: outcome });
  });

  test('a failure has the response as result', async () => {
    expect(await failure('/busy')).toMatchObject({
      message: 'HTTP 503',
      retryable: true,
      result: { status: 503, body: { why: 1 }, url: `${server.url}/busy`, retry_after: 7 },
    });
  });

  test('what a failed request says is kept whatever was asked for', async () => {
    expect(await failure('/missing', { response: 'json' })).toMatchObject({ result: { body: 'no such thing' } });
    expect(await failure('/missing', { response: 'none' })).toMatchObject({ result: { body: null } });
  });

  test.each([
    ['/missing', false],
    ['/timeout', true],
    ['/busy-date', true],
    ['/busy', true],
  ])('%s: retryable is %s', async (path, retryable) => {
    expect(await failure(path)).toMatchObject({ retryable });
  });

  describe('Retry-After', () => {
    afterEach(() => vi.useRealTimers());

    test('may be a date', async () => {
      vi.useFakeTimers({ now: Date.parse('2030-01-01T00:00:00Z'), toFake: ['Date'] });
      expect(await failure('/busy-date')).toMatchObject({ result: { retry_after: 90 } });
    });

    test('that is neither number nor date is null', async () => {
      expect(await failure('/busy-odd')).toMatchObject({ result: { retry_after: null } });
    });
  });
});

describe('connections', () => {
  /** A port that nobody listens on. */
  async function freePort(): Promise<number> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    return port;
  }

  test('refused: the message names no address, the result does', async () => {
    const url = `http://127.0.0.1:${await freePort()}/`;
    expect(await failureOf(() => callAction('http.get', { url }))).toMatchObject({
      code: 'HEDDLE_HTTP_CONNECTION',
      message: 'connection refused (ECONNREFUSED)',
      result: { url },
      retryable: true,
    });
  });

  test('cut in the middle of a body', async () => {
    expect(await failure('/cut')).toMatchObject({
      code: 'HEDDLE_HTTP_CONNECTION',
      message: 'the connection was closed before the response ended (UND_ERR_SOCKET)',
    });
  });

  test('redirects that go round in a circle', async () => {
    expect(await failure('/circle')).toMatchObject({
      code: 'HEDDLE_HTTP_CONNECTION',
      message: 'the redirects go round in a circle',
    });
  });

  test('something that does not speak HTTP', async () => {
    const odd = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')).listen(0, '127.0.0.1');
    await once(odd, 'listening');
    const { port } = odd.address() as AddressInfo;
    expect(await failureOf(() => callAction('http.get', { url: `http://127.0.0.1:${port}` }))).toMatchObject({
      code: 'HEDDLE_HTTP_CONNECTION',
      message: expect.stringContaining('no response: ') as unknown,
    });
    odd.close();
  });
});

describe('abort', () => {
  test.each(['before the response', 'within the body'])(
    '%s gives the reason and closes the connection',
    async (when) => {
      const arrived = new EventEmitter();
      const own = await startServer((_request, response) => {
        if (when === 'within the body') response.write('start', () => arrived.emit('response', response));
        else arrived.emit('response', response);
      });
      const arrival = once(arrived, 'response') as Promise<[ServerResponse]>;
      const controller = new AbortController();
      const call = failureOf(() => callAction('http.get', { url: own.url }, { signal: controller.signal }));
      const [response] = await arrival;
      const closed = once(response, 'close');
      const reason = new Error('timed out');
      controller.abort(reason);
      expect(await call).toBe(reason);
      await closed;
      await own.close();
    },
  );

  test('before the start sends nothing', async () => {
    const own = await startServer((_request, response) => response.end());
    const reason = new Error('cancelled');
    expect(await failureOf(() => callAction('http.get', { url: own.url }, { signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
    expect(own.connections()).toBe(0);
    await own.close();
  });
});

test('open connections do not keep the process alive', async () => {
  const script = `
    const { createJiti } = await import('jiti');
    const { sendRequest } = await createJiti(import.meta.url).import(${JSON.stringify(new URL('./http/request.ts', import.meta.url).pathname)});
    const input = { url: ${JSON.stringify(`${server.url}/json`)}, method: 'GET', expect: 200, response: 'auto', 'max-bytes': 100, redirects: 0 };
    console.log((await sendRequest(input, new AbortController().signal)).status);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 20_000,
  });
  expect(stdout).toBe('200\n');
});
