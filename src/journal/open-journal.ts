import { fileURLToPath } from 'node:url';
import { HeddleError } from '../errors/index.ts';
import type { Journal } from './journal.ts';
import type { PostgresJournalOptions } from './postgres/open.ts';
import type { RedisJournalOptions } from './redis/open.ts';
import { takeParameter } from './server-url.ts';

/** Kinds of places, as an error names them. */
const KINDS = 'a file, file://, redis://, rediss://, redis+sentinel://, redis+cluster:// or postgres://';

/** Options of {@link openJournal}: for journals on servers, of which each takes what concerns it. */
export type JournalOptions = Pick<RedisJournalOptions, 'cacheBytes' | 'allowEviction' | 'patienceMs'>;

/**
 * Opens the journal in a file (SQLite), in Redis or in PostgreSQL, as the place says: a path or a URL. Those of servers may
 * name a prefix of keys (`redis://host/0?prefix=team`) or a schema (`postgres://host/app?schema=team`). Loads only what that
 * place needs.
 *
 * @throws HEDDLE_USAGE for a URL of another kind, and HEDDLE_JOURNAL_…
 * @example
 * const journal = await openJournal(process.env.HEDDLE_JOURNAL ?? '.heddle/heddle.db');
 */
export async function openJournal(place: string, options: JournalOptions = {}): Promise<Journal> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
    case 'file': {
      const { openSqliteJournal } = await import('./sqlite/open.ts');
      return openSqliteJournal({ file: scheme === undefined ? place : fileURLToPath(place) });
    }
    case 'redis':
    case 'rediss':
    case 'redis+sentinel':
    case 'rediss+sentinel':
    case 'redis+cluster':
    case 'rediss+cluster':
      return openRedisJournal({ ...options, url: place });
    case 'postgres':
    case 'postgresql': {
      const { url, value: schema } = takeParameter(place, 'schema');
      const { allowEviction: _, ...more } = options;
      return openPostgresJournal(schema === null ? { ...more, url } : { ...more, url, schema });
    }
    default:
      throw new HeddleError('HEDDLE_USAGE', `A journal is ${KINDS}, but got ${scheme}://.`);
  }
}

/**
 * Opens the journal in a Redis of version 6 or later. Needs the library `ioredis`.
 *
 * What is acknowledged lasts as the server is set: with `appendonly yes` and `appendfsync always` it survives a power cut;
 * with `everysec` the last second or two may go, and the run that lost them is fenced and goes on from what is left; without
 * `appendonly` all since the last dump goes. `durable` in a batch cannot change that.
 *
 * @throws HEDDLE_JOURNAL_DENIED, _DRIVER, _EVICTION, _FULL, _IO, _READONLY, _UNREACHABLE, _VERSION; HEDDLE_USAGE for the URL
 * @example
 * const journal = await openRedisJournal({ url: 'rediss://heddle:secret@redis.example:6380' });
 */
export async function openRedisJournal(options: RedisJournalOptions): Promise<Journal> {
  const { openRedisJournal: open } = await import('./redis/open.ts');
  return open(options);
}

/**
 * Opens the journal in a PostgreSQL of version 13 or later, and brings its tables to the version of this heddle. Needs the
 * library `pg`. What is acknowledged is on disk unless the server has `synchronous_commit` or `fsync` off; `durable` in a
 * batch makes up for the former.
 *
 * @throws HEDDLE_JOURNAL_DENIED, _DRIVER, _FULL, _INVALID, _IO, _READONLY, _UNREACHABLE, _VERSION; HEDDLE_USAGE for the URL or
 *   the schema
 * @example
 * const journal = await openPostgresJournal({ url: 'postgres://heddle:secret@db.example/app' });
 */
export async function openPostgresJournal(options: PostgresJournalOptions): Promise<Journal> {
  const { openPostgresJournal: open } = await import('./postgres/open.ts');
  return open(options);
}
