import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a client and a server of the loopback, and breaks connections when a test says so. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #swallow: (() => void) | null = null;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: number): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on('connection', (client) => proxy.#join(client, connect(target, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next reply of the server does not arrive, and the connection breaks instead. Resolves then. */
  swallowReply(): Promise<void> {
    return new Promise((resolve) => (this.#swallow = resolve));
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    const end = (): void => {
      client.destroy();
      server.destroy();
      this.#sockets.delete(client);
      this.#sockets.delete(server);
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (chunk) => void server.write(chunk));
    server.on('data', (chunk) => {
      const swallowed = this.#swallow;
      if (swallowed === null) {
        client.write(chunk);
        return;
      }
      this.#swallow = null;
      end();
      swallowed();
    });
  }
}
