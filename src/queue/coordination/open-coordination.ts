import { HeddleError } from '../../errors/index.ts';
import { takeParameter } from '../../journal/server-url.ts';
import type { Coordination } from './coordination.ts';
import type { CoordinationOptions } from './options.ts';

/**
 * Opens what workers agree through, in Redis (version 6 or later) or in PostgreSQL (13 or later), as the URL says. Loads only
 * what that server needs, the library `ioredis` or `pg` among it.
 *
 * @throws HEDDLE_USAGE for a URL of another kind; HEDDLE_JOURNAL_DENIED, _DRIVER, _INVALID, _IO, _UNREACHABLE, _VERSION
 * @example
 * const coordination = await openCoordination('redis://queue.example/0?prefix=team');
 */
export async function openCoordination(place: string | CoordinationOptions): Promise<Coordination> {
  const options = typeof place === 'string' ? { url: place } : place;
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(options.url)?.[1]?.toLowerCase() ?? '';
  switch (scheme) {
    case 'redis':
    case 'rediss': {
      const { url, value: prefix } = takeParameter(options.url, 'prefix');
      const { openRedisCoordination } = await import('./redis/open.ts');
      return openRedisCoordination({ ...options, url, ...(prefix === null ? {} : { prefix }) });
    }
    case 'postgres':
    case 'postgresql': {
      const { url, value: schema } = takeParameter(options.url, 'schema');
      const { openPostgresCoordination } = await import('./postgres/open.ts');
      return openPostgresCoordination({ ...options, url, ...(schema === null ? {} : { schema }) });
    }
    default:
      // Not the text itself, which may hold a password.
      throw new HeddleError(
        'HEDDLE_USAGE',
        `A queue is redis://, rediss:// or postgres://, but got ${scheme === '' ? 'no URL' : `${scheme}://`}.`,
      );
  }
}
