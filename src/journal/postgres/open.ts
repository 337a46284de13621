import { HeddleError } from '../../errors/index.ts';
import type { Journal } from '../journal.ts';
import { DEFAULT_CACHE_BYTES } from '../limits.ts';
import { nameOfUrl, parseServerUrl } from '../server-url.ts';
import { makePool } from './driver.ts';
import { makePartitions, migrate } from './migrate.ts';
import { postgresError } from './postgres-error.ts';
import { PostgresJournal } from './postgres-journal.ts';
import { SchemaName } from './session.ts';

/** Options of {@link openPostgresJournal}. */
export interface PostgresJournalOptions {
  /** `postgres://[user:password@]host[:port]/database[?sslmode=require]`; `postgresql://` too. */
  readonly url: string;
  /** Where the tables are; made where there is none. Default `heddle`. */
  readonly schema?: string;
  /** Connections at most. Default 4. */
  readonly maxConnections?: number;
  /** How long a call waits for a server that is away, in milliseconds. Default 30000. */
  readonly patienceMs?: number;
  /** How long a call may stay without an answer before its connection counts as broken, in milliseconds. Default 30000. */
  readonly silenceMs?: number;
  /**
   * Large values that are read are kept in memory for the next who reads them, the latest first, up to so many bytes of
   * their encodings. Default 64 MiB.
   */
  readonly cacheBytes?: number;
  /** Milliseconds since the epoch, for leases. Default the clock of the server, which all machines share. */
  readonly now?: () => number;
}

const DEFAULT_MAX_CONNECTIONS = 4;
const DEFAULT_PATIENCE_MS = 30_000;
const DEFAULT_SILENCE_MS = 30_000;

/** See `openPostgresJournal` of `open-journal.ts`, which loads this when it is called. */
export async function openPostgresJournal(options: PostgresJournalOptions): Promise<Journal> {
  const { schema: schemaName = 'heddle', patienceMs = DEFAULT_PATIENCE_MS, now = () => null } = options;
  const url = parseServerUrl(options.url, ['postgres', 'postgresql']);
  verifySchemaName(schemaName);
  const name = nameOfUrl(url);
  const schema = new SchemaName(schemaName);
  const { maxConnections = DEFAULT_MAX_CONNECTIONS, silenceMs = DEFAULT_SILENCE_MS } = options;
  const pool = await makePool({ url, maxConnections, silenceMs });
  try {
    const client = await pool.connect();
    try {
      await migrate(client, schema, name);
      await makePartitions(client, schema);
    } finally {
      client.release();
    }
  } catch (error) {
    await pool.end();
    throw postgresError(error, name);
  }
  return new PostgresJournal({ pool, schema, name, patienceMs }, now, options.cacheBytes ?? DEFAULT_CACHE_BYTES);
}

/** @throws HEDDLE_USAGE for what cannot be the name of a schema */
export function verifySchemaName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)) return;
  throw new HeddleError(
    'HEDDLE_USAGE',
    `The schema is '${name}'; expected letters, digits and _, not a digit first, 63 at most.`,
  );
}
