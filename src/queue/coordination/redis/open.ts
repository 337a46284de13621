import { randomUUID } from 'node:crypto';
import { Calls, type Line } from '../../../journal/redis/calls.ts';
import { RedisConnection } from '../../../journal/redis/connection.ts';
import { redisError } from '../../../journal/redis/redis-error.ts';
import { nameOfUrl, parseServerUrl, tooNew } from '../../../journal/server-url.ts';
import type { Coordination } from '../coordination.ts';
import type { CoordinationOptions } from '../options.ts';
import { RedisCoordination } from './redis-coordination.ts';
import { SCRIPTS } from './scripts/index.ts';

const DEFAULT_PATIENCE_MS = 30_000;
const DEFAULT_SILENCE_MS = 30_000;
/** Of the keys and what they hold. */
const VERSION = 1;

/** See `openCoordination`, which loads this when it is called with the URL of a Redis. */
export async function openRedisCoordination(options: CoordinationOptions): Promise<Coordination> {
  const { prefix = 'heddle', patienceMs = DEFAULT_PATIENCE_MS, silenceMs = DEFAULT_SILENCE_MS } = options;
  const { now = () => '' as const } = options;
  const url = parseServerUrl(options.url, ['redis', 'rediss']);
  const name = nameOfUrl(url);
  const tag = `{${prefix}}:coordination:`;
  const connect = (): Promise<RedisConnection> => RedisConnection.open({ url, silenceMs }, SCRIPTS);
  const line: Line = { client: randomUUID(), tag, name, patienceMs, connect };
  try {
    const connection = await connect();
    try {
      await verifyVersion(connection, tag, name);
    } catch (error) {
      connection.close();
      throw error;
    }
    return new RedisCoordination(new Calls(line, connection), tag, now);
  } catch (error) {
    throw redisError(error, name);
  }
}

/** @throws HEDDLE_JOURNAL_VERSION */
async function verifyVersion(connection: RedisConnection, tag: string, name: string): Promise<void> {
  await connection.send('HSETNX', [`${tag}meta`, 'version', VERSION]);
  const version = Number(String(await connection.send('HGET', [`${tag}meta`, 'version'])));
  if (version > VERSION) throw tooNew(name, version, VERSION);
}
