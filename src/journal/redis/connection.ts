import type { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from '../server-address.ts';
import { libraryMissing } from '../server-url.ts';
import { makeRedisClient, type IoredisLibrary } from './client.ts';
import { nodeOf } from './cluster.ts';
import type { Script } from './script.ts';

/** What may stand in a command. */
export type Argument = string | number | Buffer;

/** How a server is reached. */
export interface RedisPlace {
  readonly address: RedisAddress;
  /** Begins all keys. */
  readonly tag: string;
  /** How long a server may be silent, in milliseconds, before its connection counts as broken. */
  readonly silenceMs: number;
}

/** One connection, with the scripts loaded. It is not mended: whoever sees it break opens another. */
export class RedisConnection {
  readonly #client: Redis | Cluster;

  private constructor(client: Redis | Cluster) {
    this.#client = client;
  }

  /**
   * Connects to the server, to the primary that Sentinels name, or to the node of a Cluster that has the keys. Rejects with
   * what the library or the server says. @throws HEDDLE_JOURNAL_DRIVER
   */
  static async open(place: RedisPlace, scripts: readonly Script[]): Promise<RedisConnection> {
    const library = await loadLibrary();
    if (place.address.mode !== 'cluster') return RedisConnection.over(clientOf(library, place), scripts);
    return RedisConnection.over(await clientOfNode(library, place), scripts);
  }

  /** Connects a client of the library, which must not mend by itself what breaks. Rejects with what it or the server says. */
  static async over(client: Redis | Cluster, scripts: readonly Script[]): Promise<RedisConnection> {
    await connect(client);
    try {
      const nodes = 'nodes' in client ? client.nodes('master') : [client];
      await Promise.all(nodes.flatMap((node) => scripts.map(({ lua }) => node.call('SCRIPT', 'LOAD', lua))));
    } catch (error) {
      client.disconnect();
      throw error;
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

/** Not of a Cluster, so that it is one connection. */
function clientOf(library: IoredisLibrary, { address, silenceMs }: RedisPlace): Redis {
  return makeRedisClient(library, address, () => null, {
    connectionName: 'heddle',
    socketTimeout: silenceMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    reconnectOnError: null,
  }) as Redis;
}

async function connect(client: Redis | Cluster): Promise<void> {
  let reason: unknown;
  client.on('error', (error: unknown) => (reason ??= error));
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw reason ?? error;
  }
}

/** A journal lies on one node of a Cluster, since its keys have one hash tag: any node says which that is. */
async function clientOfNode(library: IoredisLibrary, place: RedisPlace): Promise<Redis> {
  const { address, tag } = place;
  const at = (host: string, port: number): Redis =>
    clientOf(library, { ...place, address: { ...address, mode: 'single', hosts: [{ host, port }] } });
  let reason: unknown;
  for (const { host, port } of address.hosts) {
    const asked = at(host, port);
    try {
      await connect(asked);
      const node = await nodeOf(asked, tag);
      return at(node.host === '' ? host : node.host, node.port);
    } catch (error) {
      reason = error;
    } finally {
      asked.disconnect();
    }
  }
  throw reason;
}

async function loadLibrary(): Promise<IoredisLibrary> {
  try {
    return await import('ioredis');
  } catch (error) {
    throw libraryMissing('ioredis', error);
  }
}
