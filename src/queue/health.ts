import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeddleError } from '../errors/index.ts';

/** What a worker says of itself to whoever watches over it. */
export interface Readiness {
  readonly isReady: boolean;
  readonly state: string;
  /** Why it takes no work; null where it does. */
  readonly reason: string | null;
}

/**
 * `/health`, which answers as long as the process is alive, and `/ready`, which is 503 with the reason while the worker
 * takes no work.
 */
export class HealthServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws HEDDLE_USAGE where the port cannot be had */
  static async open(port: number, readiness: () => Readiness): Promise<HealthServer> {
    const server = createServer(({ url = '' }, response) => {
      const path = url.split('?', 1)[0];
      const { isReady, state, reason } = readiness();
      const [status, body] =
        path === '/health'
          ? [200, { status: 'alive' }]
          : path === '/ready'
            ? [isReady ? 200 : 503, { status: state, reason }]
            : [404, { error: 'there is /health and /ready' }];
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(`${JSON.stringify(body)}\n`);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        const message = `The port ${port} for /health and /ready cannot be had: ${cause.message}. Give another one.`;
        reject(new HeddleError('HEDDLE_USAGE', message, { cause }));
      });
      server.listen(port, resolve);
    });
    // By itself it keeps no process.
    server.unref();
    return new HealthServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
