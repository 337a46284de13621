import type { Cluster, Redis } from 'ioredis';
import type { RedisAddress } from '../server-address.ts';

/** A connection to a Redis, or connections to a Cluster. */
export type RedisClient = Redis | Cluster;

const CONNECT_TIMEOUT_MS = 10_000;
/** How long a server may owe an answer; blocking reads wait for less. */
const SILENCE_MS = 30_000;

/** Milliseconds before a connection is tried again; null: it is not. */
export type Retry = (times: number) => number | null;
/** What of the library is used. */
export type IoredisLibrary = Pick<typeof import('ioredis'), 'Redis' | 'Cluster'>;

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
  { Redis, Cluster }: IoredisLibrary,
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
