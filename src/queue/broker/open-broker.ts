import type { HeddleError } from '../../errors/index.ts';
import { parseServerAddress } from '../../journal/server-address.ts';
import { serverError } from '../connection/server-error.ts';
import { LockKeeper } from '../locks/lock-keeper.ts';
import type { Broker } from './broker.ts';
import { BullBroker } from './bull-broker.ts';
import { Health } from './health.ts';
import { openServer } from './open-server.ts';

/** Options of {@link openBroker}. */
export interface BrokerOptions {
  /**
   * `redis://[user:password@]host[:port][/database]`, `redis+sentinel://host1:26379,host2/MASTER[/database]`,
   * `redis+cluster://host1,host2`, `rediss…` in place of `redis` for TLS, or `postgres://…`. May name the prefix:
   * `?prefix=team`.
   */
  readonly url: string;
  /**
   * Queues of another prefix are other queues. In Redis it begins all keys, as `{prefix}`, and is one hash tag: in a Cluster
   * all of it lies on one shard, and different prefixes spread over shards. In PostgreSQL it names the schema,
   * `PREFIX_queue`. Default what the URL says, else `heddle`.
   */
  readonly prefix?: string;
  /**
   * Life of the lock on a job, in milliseconds: a job whose worker died is taken again within twice this time. Default
   * 10000.
   */
  readonly lockMs?: number;
  /** Life of the leases given to `TakenJob.keep`, in milliseconds. Default `lockMs`. */
  readonly leaseMs?: number;
  /** Place of the journal that holds these leases, as for `openJournal`. Needed by whoever calls `TakenJob.keep`. */
  readonly journal?: string;
  /** How long locks are kept alive while the main thread is busy with one thing, in milliseconds. Default 10 minutes. */
  readonly maxSilenceMs?: number;
  /** How long a call waits for a server that is away or full, in milliseconds. Default 30000. */
  readonly patienceMs?: number;
  /** Whether a Redis that may evict keys will do. Default false. */
  readonly allowEviction?: boolean;
  /** Told what goes wrong beside any call: handlers that throw, locks that could not be renewed. Default: nobody is. */
  readonly onError?: (error: HeddleError) => void;
}

const DEFAULT_PREFIX = 'heddle';
const DEFAULT_LOCK_MS = 10_000;
const DEFAULT_SILENCE_MS = 600_000;
const DEFAULT_PATIENCE_MS = 30_000;

/**
 * Opens the queues of a server, through BullMQ. Every method may reject with HEDDLE_QUEUE_CLOSED, _DENIED, _FULL, _IO and
 * _UNREACHABLE.
 *
 * @throws HEDDLE_QUEUE_DENIED, _DRIVER, _EVICTION, _IO, _UNREACHABLE; HEDDLE_USAGE for the URL or the prefix
 * @example
 * const broker = await openBroker({ url: 'redis://localhost:6379', journal: 'redis://localhost:6379' });
 * await broker.add([{ kind: 'run', queue: 'default', id: 'r1-1', data: { run: 'r1', format: 1 } }]);
 */
export async function openBroker(options: BrokerOptions): Promise<Broker> {
  const { url, lockMs = DEFAULT_LOCK_MS, patienceMs = DEFAULT_PATIENCE_MS, onError = () => {} } = options;
  const address = parseServerAddress(url);
  const prefix = options.prefix ?? address.prefix ?? DEFAULT_PREFIX;
  const { allowEviction = false, leaseMs = lockMs, journal = null, maxSilenceMs = DEFAULT_SILENCE_MS } = options;
  const server = await openServer(address, { prefix, lockMs, allowEviction, isHelper: false }).catch(
    (error: unknown) => {
      throw serverError(error, address.name);
    },
  );
  const health = new Health(server);
  server.onBroken((error) => health.report(error));
  const locks = new LockKeeper({ url, prefix, lockMs, leaseMs, maxSilenceMs, journal, onError });
  return new BullBroker({ server, health, locks, lockMs, patienceMs, onError });
}
