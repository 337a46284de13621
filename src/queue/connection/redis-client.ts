import type { Cluster, Redis } from 'ioredis';
import { HeddleError } from '../../errors/index.ts';
import { reasonOf } from '../../journal/server-url.ts';
import type { RedisAddress } from './address.ts';

/** A connection to a Redis, or connections to a Cluster. */
export type RedisClient = Redis | Cluster;

const CONNECT_TIMEOUT_MS = 10_000;
/** How long a server may owe an answer; blocking reads wait for less. */
const SILENCE_MS = 30_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2000;

/**
 * Connects, and from then on mends what breaks for ever, with growing pauses: calls wait meanwhile. Rejects with what the
 * library or the server says where the first connection fails. `label`: what the server shows of the connection.
 *
 * @throws HEDDLE_QUEUE_DRIVER
 */
export async function connectRedis(address: RedisAddress, label: string): Promise<RedisClient> {
  const library = await loadIoredis();
  let isOpen = false;
  const retry = (times: number): number | null =>
    isOpen ? Math.min(FIRST_RETRY_MS * 2 ** Math.min(times - 1, 10), MAX_RETRY_MS) : null;
  const client = makeRedisClient(library, address, retry, { connectionName: label });
  let reason: unknown;
  const note = (error: unknown): void => {
    reason = error;
  };
  client.on('error', note);
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw reason ?? error;
  }
  isOpen = true;
  return client;
}

/** Milliseconds before a connection is tried again; null: it is not. */
type Retry = (times: number) => number | null;
type Library = Pick<typeof import('ioredis'), 'Redis' | 'Cluster'>;

/** How connections behave, as the library calls it. */
export interface Behaviour {
  readonly connectionName: string;
  readonly socketTimeout?: number;
  readonly enableOfflineQueue?: boolean;
  readonly autoResendUnfulfilledCommands?: boolean;
  readonly maxRetriesPerRequest?: number | null;
  readonly reconnectOnError?: null;
}

/** Makes a client, which connects when it is told to. `behaviour` in place of what is usual here. */
export function makeRedisClient(
  { Redis, Cluster }: Library,
  address: RedisAddress,
  retry: Retry,
  behaviour: Behaviour,
): RedisClient {
  const { hosts, isTls, user, password, database, master, sentinelPassword } = address;
  const one = {
    ...(user !== null && { username: user }),
    ...(password !== null && { password }),
    ...(isTls && { tls: {} }),
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    disableClientInfo: true,
    maxRetriesPerRequest: null,
    // After a failover the old primary may still be there, as a replica.
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? (2 as const) : false),
    ...behaviour,
  };
  const endpoints = hosts.map(({ host, port }) => ({ host, port }));
  const [{ host, port }] = hosts;
  if (address.mode === 'cluster') {
    return new Cluster(endpoints, { lazyConnect: true, clusterRetryStrategy: retry, redisOptions: one });
  }
  const rest = { ...one, db: database, lazyConnect: true, retryStrategy: retry };
  if (address.mode === 'single') return new Redis({ ...rest, host, port });
  return new Redis({
    ...rest,
    sentinels: endpoints,
    name: master ?? '',
    sentinelRetryStrategy: retry,
    ...(sentinelPassword !== null && { sentinelPassword }),
    ...(isTls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  });
}

/** The library, which takes a while to load. @throws HEDDLE_QUEUE_DRIVER */
export async function loadIoredis(): Promise<Library> {
  try {
    return await import('ioredis');
  } catch (error) {
    throw driverMissing('ioredis', error);
  }
}

/** The error for a library that is not there. */
export function driverMissing(name: string, cause: unknown): HeddleError {
  return new HeddleError(
    'HEDDLE_QUEUE_DRIVER',
    `The library '${name}' could not be loaded: ${reasonOf(cause).split('\n', 1)[0] ?? ''}. Install it beside heddle: \`npm install ${name}\`.`,
    { cause },
  );
}
