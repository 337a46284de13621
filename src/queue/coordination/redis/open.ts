import { randomUUID } from 'node:crypto';
import { Calls, type Line } from '../../../journal/redis/calls.ts';
import { RedisConnection } from '../../../journal/redis/connection.ts';
import { redisError } from '../../../journal/redis/redis-error.ts';
import { tooNew } from '../../../journal/server-url.ts';
import type { RedisAddress } from '../../../journal/server-address.ts';
import { makeRedisClient } from '../../../journal/redis/client.ts';
import { loadIoredis } from '../../connection/redis-client.ts';
import type { Coordination } from '../coordination.ts';
import type { ServerOptions } from '../options.ts';
import { RedisCoordination } from './redis-coordination.ts';
import { SCRIPTS } from './scripts/index.ts';

/** Of the keys and what they hold. */
const VERSION = 1;

/** See `openCoordination`, which loads this when it is called with the URL of a Redis. */
export async function openRedisCoordination(address: RedisAddress, options: ServerOptions): Promise<Coordination> {
  const { prefix, patienceMs, now } = options;
  const { name } = address;
  const tag = `{${prefix}}:coordination:`;
  const connect = (): Promise<RedisConnection> => openConnection(address, options);
  const line: Line = { client: randomUUID(), tag, name, patienceMs, connect };
  try {
    const connection = await connect();
    try {
      await verifyVersion(connection, tag, name);
    } catch (error) {
      connection.close();
      throw error;
    }
    return new RedisCoordination(new Calls(line, connection), line, now ?? (() => ''));
  } catch (error) {
    throw redisError(error, name);
  }
}

/** What breaks is not mended by the library: the calls know what to send again, and for how long to try. */
async function openConnection(address: RedisAddress, { silenceMs }: ServerOptions): Promise<RedisConnection> {
  const client = makeRedisClient(await loadIoredis(), address, () => null, {
    connectionName: 'heddle',
    socketTimeout: silenceMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    reconnectOnError: null,
  });
  return RedisConnection.over(client, SCRIPTS);
}

/** @throws HEDDLE_JOURNAL_VERSION */
async function verifyVersion(connection: RedisConnection, tag: string, name: string): Promise<void> {
  await connection.send('HSETNX', [`${tag}meta`, 'version', VERSION]);
  const version = Number(String(await connection.send('HGET', [`${tag}meta`, 'version'])));
  if (version > VERSION) throw tooNew(name, version, VERSION);
}
