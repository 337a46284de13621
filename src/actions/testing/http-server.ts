import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A server on a free port of the loopback interface. */
export interface TestServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** How many connections it has had. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts a server that answers with `listener`. */
export async function startServer(listener: RequestListener): Promise<TestServer> {
  const server = createServer(listener);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** A request as the server saw it. */
export async function seen(request: IncomingMessage): Promise<Record<string, unknown>> {
  return { method: request.method, url: request.url, headers: request.headers, body: await text(request) };
}
