import { EventEmitter } from 'node:events';
import type { IQueueBackend, PostgresConnection, PostgresConnectionOptions, WorkerOptions } from 'bullmq';
import { HeddleError } from '../../errors/index.ts';
import type { PostgresAddress } from '../../journal/server-address.ts';
import { driverMissing } from '../connection/redis-client.ts';
import { REGISTRY } from './names.ts';
import {
  backendOptions,
  loadBullmq,
  type JobLock,
  type QueueServer,
  type ServerOptions,
  type Waiter,
} from './server.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_MS = 30_000;
/** Jobs are taken one after the other and ended as they end; waiting for jobs has a connection of its own. */
const CONNECTIONS = 4;
const HELPER_CONNECTIONS = 1;
/** Of a schema's name: 63 bytes, with our suffix. */
const PREFIX = /^[A-Za-z_]\w{0,56}$/;

/**
 * Queues in a PostgreSQL of version 13 or later, in the schema `PREFIX_queue`. All queues share a pool and one connection
 * that listens. Locks are judged by the clocks of the workers: they must not differ by more than a part of a lock's life.
 */
export class PostgresQueueServer implements QueueServer {
  readonly name: string;
  readonly #bullmq: typeof import('bullmq');
  readonly #connection: PostgresConnection;
  readonly #options: WorkerOptions<PostgresConnectionOptions> & { readonly lockDuration: number };
  readonly #queues = new Map<string, IQueueBackend>();

  private constructor(
    name: string,
    lockMs: number,
    connection: PostgresConnection,
    config: PostgresConnectionOptions,
    bullmq: typeof import('bullmq'),
  ) {
    this.name = name;
    this.#bullmq = bullmq;
    this.#connection = connection;
    this.#options = { connection: config, ...backendOptions(lockMs) };
  }

  static async open(address: PostgresAddress, options: ServerOptions): Promise<PostgresQueueServer> {
    const { prefix, lockMs, isHelper } = options;
    if (!PREFIX.test(prefix)) {
      throw new HeddleError(
        'HEDDLE_USAGE',
        `The prefix of the queue is '${prefix}'; in PostgreSQL it names a schema: letters, digits and _, not a digit first, 57 at most.`,
      );
    }
    await import('pg').catch((error: unknown) => {
      throw driverMissing('pg', error);
    });
    const bullmq = await loadBullmq();
    const config = {
      connectionString: address.url,
      schema: `${prefix}_queue`,
      migrate: !isHelper,
      max: isHelper ? HELPER_CONNECTIONS : CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: SILENCE_MS,
      keepAlive: true,
      application_name: isHelper ? 'heddle-locks' : 'heddle',
    };
    const connection = makeConnection(bullmq, config);
    const server = new PostgresQueueServer(address.name, lockMs, connection, config, bullmq);
    try {
      await connection.waitUntilReady();
      return server;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  queue(name: string): IQueueBackend {
    const known = this.#queues.get(name) ?? this.#make(name, false);
    this.#queues.set(name, known);
    return known;
  }

  waiter(name: string): Waiter {
    // Only what owns the connection is told that its listening connection was made anew. It is not to be closed with one.
    const backend = this.#make(name, true);
    backend.on('error', () => {});
    return { backend, close: () => backend.disconnectBlocking() };
  }

  async live(name: string): Promise<readonly string[]> {
    const { rows } = await this.#connection.pool.query<{ id: string }>(
      "SELECT id FROM job WHERE queue = $1 AND state IN ('active', 'waiting', 'delayed')",
      [name],
    );
    return rows.map(({ id }) => id);
  }

  async oldestAtMs(name: string): Promise<number | null> {
    const { rows } = await this.#connection.pool.query<{ at: string | null }>(
      "SELECT min(added_at_ms) AS at FROM job WHERE queue = $1 AND state = 'waiting'",
      [name],
    );
    const at = rows[0]?.at ?? null;
    return at === null ? null : Number(at);
  }

  async extend(name: string, locks: readonly JobLock[]): Promise<readonly JobLock[]> {
    const lost = new Set(
      await this.queue(name).extendLocks(
        locks.map(({ id }) => id),
        locks.map(({ token }) => token),
        this.#options.lockDuration,
      ),
    );
    return locks.filter(({ id }) => lost.has(id));
  }

  async probe(): Promise<void> {
    await this.queue(REGISTRY).setQueueMeta({ probe: 1 });
  }

  onBroken(listener: (error: unknown) => void): void {
    this.#connection.on('error', listener);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #make(name: string, ownsConnection: boolean): IQueueBackend {
    return new this.#bullmq.PostgresQueueBackend(this.#connection, name, this.#options, ownsConnection);
  }
}

/** Every consumer listens to the connection, and to its client that listens to the server. */
function makeConnection(bullmq: typeof import('bullmq'), config: PostgresConnectionOptions): PostgresConnection {
  class Connection extends bullmq.PostgresConnection {
    override async getListenClient(): ReturnType<PostgresConnection['getListenClient']> {
      const client = await super.getListenClient();
      if (client instanceof EventEmitter) client.setMaxListeners(0);
      return client;
    }
  }
  const connection = new Connection(config);
  connection.setMaxListeners(0);
  // Of a connection that breaks while BullMQ prepares the schema nobody else would hear, and the process would end.
  connection.pool.on('connect', (client) => void client.on('error', () => {}));
  return connection;
}
