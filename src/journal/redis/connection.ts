import type { Cluster, Redis } from 'ioredis';
import { libraryMissing } from '../server-url.ts';
import type { Script } from './script.ts';

/** What may stand in a command. */
export type Argument = string | number | Buffer;

/** How a server is reached. */
export interface RedisAddress {
  readonly url: URL;
  /** How long a server may be silent, in milliseconds, before its connection counts as broken. */
  readonly silenceMs: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** One connection, with the scripts loaded. It is not mended: whoever sees it break opens another. */
export class RedisConnection {
  readonly #client: Redis | Cluster;

  private constructor(client: Redis | Cluster) {
    this.#client = client;
  }

  /** Connects. Rejects with what the library or the server says. @throws HEDDLE_JOURNAL_DRIVER */
  static async open({ url, silenceMs }: RedisAddress, scripts: readonly Script[]): Promise<RedisConnection> {
    const Client = await loadClient();
    const client = new Client(url.href, {
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: silenceMs,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      connectionName: 'heddle',
      disableClientInfo: true,
    });
    return RedisConnection.over(client, scripts);
  }

  /** Connects a client of the library, which must not mend by itself what breaks. Rejects with what it or the server says. */
  static async over(client: Redis | Cluster, scripts: readonly Script[]): Promise<RedisConnection> {
    let reason: unknown;
    client.on('error', (error: unknown) => (reason ??= error));
    try {
      await client.connect();
      const nodes = 'nodes' in client ? client.nodes('master') : [client];
      await Promise.all(nodes.flatMap((node) => scripts.map(({ lua }) => node.call('SCRIPT', 'LOAD', lua))));
    } catch (error) {
      client.disconnect();
      throw reason ?? error;
    }
    return new RedisConnection(client);
  }

  /** Whether commands can be sent. */
  get isOpen(): boolean {
    return this.#client.status === 'ready';
  }

  /** Sends a command; replies are buffers, numbers, null and lists of these. */
  async send(command: string, args: readonly Argument[]): Promise<unknown> {
    return this.#client.callBuffer(command, [...args]);
  }

  /** Calls a script. */
  async run({ sha }: Script, tag: string, args: readonly Argument[]): Promise<unknown> {
    return this.#client.callBuffer('EVALSHA', [sha, 1, tag, ...args]);
  }

  close(): void {
    this.#client.disconnect();
  }
}

async function loadClient(): Promise<typeof Redis> {
  try {
    return (await import('ioredis')).Redis;
  } catch (error) {
    throw libraryMissing('ioredis', error);
  }
}
