import type { IQueueBackend, RedisQueueBackend, WorkerOptions } from 'bullmq';
import { HeddleError } from '../../errors/index.ts';
import type { RedisAddress } from '../../journal/server-address.ts';
import type { RedisClient } from '../../journal/redis/client.ts';
import { connectRedis } from '../connection/redis-client.ts';
import { REGISTRY } from './names.ts';
import { OLDEST, TAKE_AGAIN } from './redis-scripts.ts';
import {
  backendOptions,
  loadBullmq,
  type JobLock,
  type QueueServer,
  type ServerOptions,
  type Waiter,
} from './server.ts';

/**
 * Queues in a Redis of version 6.2 or later. All keys begin with `{PREFIX}`, one hash tag: in a Cluster all queues of a
 * prefix lie on one shard, and who needs more than one shard carries gives workers of different work different prefixes.
 */
export class RedisQueueServer implements QueueServer {
  readonly name: string;
  readonly #bullmq: typeof import('bullmq');
  readonly #client: RedisClient;
  readonly #options: WorkerOptions & { readonly prefix: string; readonly lockDuration: number };
  readonly #root: RedisQueueBackend;
  readonly #queues = new Map<string, IQueueBackend>();

  private constructor(
    address: RedisAddress,
    options: ServerOptions,
    client: RedisClient,
    bullmq: typeof import('bullmq'),
  ) {
    this.name = address.name;
    this.#bullmq = bullmq;
    this.#client = client;
    this.#options = { connection: client, prefix: `{${options.prefix}}`, ...backendOptions(options.lockMs) };
    this.#root = bullmq.createRedisBackend(REGISTRY, this.#options);
    // What breaks is told by the client itself, and mended by it.
    this.#root.on('error', () => {});
  }

  static async open(address: RedisAddress, options: ServerOptions): Promise<RedisQueueServer> {
    // Before it connects: loading keeps the event loop from a server that waits for an answer.
    const bullmq = await loadBullmq();
    const client = await connectRedis(address, options.isHelper ? 'heddle-locks' : 'heddle');
    try {
      if (!options.isHelper && !options.allowEviction) await verifyPolicy(client, address.name);
      const server = new RedisQueueServer(address, options, client, bullmq);
      await server.#root.waitUntilReady();
      return server;
    } catch (error) {
      client.disconnect();
      throw error;
    }
  }

  queue(name: string): IQueueBackend {
    const known = this.#queues.get(name) ?? this.#root.forQueue(name, this.#options.prefix);
    this.#queues.set(name, known);
    return known;
  }

  waiter(name: string): Waiter {
    const backend = this.#bullmq.createRedisBackend(name, this.#options, { withBlockingConnection: true });
    backend.on('error', () => {});
    return { backend, close: () => backend.close(true) };
  }

  async live(name: string): Promise<readonly string[]> {
    const lists = await this.queue(name).getRanges(['active', 'wait', 'prioritized', 'delayed'], 0, -1);
    return lists.flat();
  }

  async oldestAtMs(name: string): Promise<number | null> {
    const oldest = await this.#client.eval(OLDEST, 1, this.queue(name).toKey(''));
    return typeof oldest === 'string' ? Number(oldest) : null;
  }

  async extend(name: string, locks: readonly JobLock[]): Promise<readonly JobLock[]> {
    const { lockDuration } = this.#options;
    const queue = this.queue(name);
    const refused = new Set(
      await queue.extendLocks(
        locks.map(({ id }) => id),
        locks.map(({ token }) => token),
        lockDuration,
      ),
    );
    const lost: JobLock[] = [];
    for (const lock of locks.filter(({ id }) => refused.has(id))) {
      // Where the server was away, locks have expired, and yet the jobs are nobody else's.
      const again = await this.#client.eval(TAKE_AGAIN, 1, queue.toKey(''), lock.id, lock.token, lockDuration);
      if (again !== 1) lost.push(lock);
    }
    return lost;
  }

  async probe(): Promise<void> {
    await this.#root.setQueueMeta({ probe: 1 });
  }

  onBroken(listener: (error: unknown) => void): void {
    let reason: unknown = new Error('Connection is closed.');
    this.#client.on('error', (error: unknown) => (reason = error));
    this.#client.on('close', () => listener(reason));
  }

  async close(): Promise<void> {
    // Not `quit`: where the server is away it would wait for it.
    this.#client.disconnect();
  }
}

/** @throws HEDDLE_QUEUE_EVICTION where keys may go, locks among them */
async function verifyPolicy(client: RedisClient, name: string): Promise<void> {
  const nodes = 'nodes' in client ? client.nodes('master') : [client];
  for (const node of nodes) {
    const policy = /^maxmemory_policy:(\S+)/m.exec(await node.info('memory'))?.[1] ?? 'noeviction';
    if (policy === 'noeviction') continue;
    throw new HeddleError(
      'HEDDLE_QUEUE_EVICTION',
      `The queue ${name} lies in a Redis with maxmemory-policy ${policy}, which removes keys when memory is full; expected noeviction.`,
    );
  }
}
