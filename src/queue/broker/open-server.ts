import type { ServerAddress } from '../../journal/server-address.ts';
import type { QueueServer, ServerOptions } from './server.ts';

/**
 * Connects.
 *
 * @throws HEDDLE_QUEUE_DRIVER, _EVICTION; HEDDLE_USAGE for the prefix; and what the library or the server says
 */
export async function openServer(address: ServerAddress, options: ServerOptions): Promise<QueueServer> {
  if (address.kind === 'redis') {
    const { RedisQueueServer } = await import('./redis-server.ts');
    return RedisQueueServer.open(address, options);
  }
  const { PostgresQueueServer } = await import('./postgres-server.ts');
  return PostgresQueueServer.open(address, options);
}
