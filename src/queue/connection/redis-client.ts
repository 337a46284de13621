import { HeddleError } from '../../errors/index.ts';
import { makeRedisClient, type IoredisLibrary, type RedisClient } from '../../journal/redis/client.ts';
import type { RedisAddress } from '../../journal/server-address.ts';
import { reasonOf } from '../../journal/server-url.ts';

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

/** The library, which takes a while to load. @throws HEDDLE_QUEUE_DRIVER */
export async function loadIoredis(): Promise<IoredisLibrary> {
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
