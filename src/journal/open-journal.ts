import { fileURLToPath } from 'node:url';
import { HeddleError } from '../errors/index.ts';
import type { Journal } from './journal.ts';

/** Kinds of places, as an error names them. */
const KINDS = 'a file, file://, redis://, rediss:// or postgres://';

/**
 * Opens the journal in a file (SQLite), in Redis or in PostgreSQL, as the place says: a path or a URL. Those of servers may
 * name a prefix of keys (`redis://host/0?prefix=team`) or a schema (`postgres://host/app?schema=team`). Loads only what that
 * place needs.
 *
 * @throws HEDDLE_USAGE for a URL of another kind, and HEDDLE_JOURNAL_…
 * @example
 * const journal = await openJournal(process.env.HEDDLE_JOURNAL ?? '.heddle/heddle.db');
 */
export async function openJournal(place: string): Promise<Journal> {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
    case 'file': {
      const { openSqliteJournal } = await import('./sqlite/open.ts');
      return openSqliteJournal({ file: scheme === undefined ? place : fileURLToPath(place) });
    }
    case 'redis':
    case 'rediss': {
      const { openRedisJournal } = await import('./redis/open.ts');
      const { url, value: prefix } = takeParameter(place, 'prefix');
      return openRedisJournal(prefix === null ? { url } : { url, prefix });
    }
    case 'postgres':
    case 'postgresql': {
      const { openPostgresJournal } = await import('./postgres/open.ts');
      const { url, value: schema } = takeParameter(place, 'schema');
      return openPostgresJournal(schema === null ? { url } : { url, schema });
    }
    default:
      throw new HeddleError('HEDDLE_USAGE', `A journal is ${KINDS}, but got ${scheme}://.`);
  }
}

/** Takes what is ours out of a URL. */
function takeParameter(place: string, name: string): { readonly url: string; readonly value: string | null } {
  // What is no URL is refused by who opens it.
  if (!URL.canParse(place)) return { url: place, value: null };
  const url = new URL(place);
  const value = url.searchParams.get(name);
  url.searchParams.delete(name);
  return { url: url.href, value };
}
