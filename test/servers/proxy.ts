import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What is to go wrong, once. */
interface Plan {
  /** When the client sends something with this text in it. */
  readonly text: string;
  /** Whether the server still gets that. */
  readonly isForwarded: boolean;
  readonly done: () => void;
}

/** Stands between a client and a server of the loopback, and breaks connections when a test says so. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #plan: Plan | null = null;

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

  /**
   * The server gets what the client sends next with `text` in it, but its reply does not arrive: the connection breaks
   * instead. Resolves then.
   */
  swallowReply(text = ''): Promise<void> {
    return new Promise((done) => (this.#plan = { text, isForwarded: true, done }));
  }

  /** The connection breaks when the client sends something with `text` in it, which the server does not get. */
  swallowCall(text: string): Promise<void> {
    return new Promise((done) => (this.#plan = { text, isForwarded: false, done }));
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
    let swallowed: Plan | null = null;
    const give = (plan: Plan): void => {
      end();
      plan.done();
    };
    client.on('data', (chunk) => {
      const plan = this.#plan;
      if (plan === null || !chunk.includes(plan.text)) {
        server.write(chunk);
        return;
      }
      this.#plan = null;
      if (!plan.isForwarded) return give(plan);
      swallowed = plan;
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (swallowed === null) client.write(chunk);
      else give(swallowed);
    });
  }
}
