import { parseServerAddress } from '../../journal/server-address.ts';
import type { Coordination } from './coordination.ts';
import type { CoordinationOptions } from './options.ts';
import { queueError } from './queue-error.ts';

const DEFAULT_PREFIX = 'heddle';
const DEFAULT_MAX_CONNECTIONS = 4;
const DEFAULT_PATIENCE_MS = 30_000;
const DEFAULT_SILENCE_MS = 30_000;

/**
 * Opens what workers agree through, in Redis (version 6.2 or later) or in PostgreSQL (13 or later), as the URL says. Loads
 * only what that server needs, the library `ioredis` or `pg` among it.
 *
 * @throws HEDDLE_USAGE for the URL or the prefix; HEDDLE_QUEUE_DENIED, _DRIVER, _IO, _UNREACHABLE, _VERSION
 * @example
 * const coordination = await openCoordination('redis://queue.example/0?prefix=team');
 */
export async function openCoordination(place: string | CoordinationOptions): Promise<Coordination> {
  const options = typeof place === 'string' ? { url: place } : place;
  const address = parseServerAddress(options.url);
  const given = {
    prefix: options.prefix ?? address.prefix,
    maxConnections: options.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
    silenceMs: options.silenceMs ?? DEFAULT_SILENCE_MS,
    now: options.now ?? null,
  };
  try {
    if (address.kind === 'redis') {
      const { openRedisCoordination } = await import('./redis/open.ts');
      return await openRedisCoordination(address, { ...given, prefix: given.prefix ?? DEFAULT_PREFIX });
    }
    const { openPostgresCoordination } = await import('./postgres/open.ts');
    const url = new URL(address.url);
    const schema = url.searchParams.get('schema');
    url.searchParams.delete('schema');
    return await openPostgresCoordination(
      { ...address, url: url.href },
      { ...given, prefix: given.prefix ?? schema ?? DEFAULT_PREFIX },
    );
  } catch (error) {
    throw queueError(error, address.name);
  }
}
