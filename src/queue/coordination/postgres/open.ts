import { makePool } from '../../../journal/postgres/driver.ts';
import { migrate } from '../../../journal/postgres/migrate.ts';
import { verifySchemaName } from '../../../journal/postgres/open.ts';
import { postgresError } from '../../../journal/postgres/postgres-error.ts';
import { SchemaName } from '../../../journal/postgres/session.ts';
import { nameOfUrl, parseServerUrl } from '../../../journal/server-url.ts';
import type { Coordination } from '../coordination.ts';
import type { CoordinationOptions } from '../options.ts';
import { PostgresCoordination } from './postgres-coordination.ts';
import { MIGRATIONS } from './schema.ts';

const DEFAULT_MAX_CONNECTIONS = 4;
const DEFAULT_PATIENCE_MS = 30_000;
const DEFAULT_SILENCE_MS = 30_000;

/** See `openCoordination`, which loads this when it is called with the URL of a PostgreSQL. */
export async function openPostgresCoordination(options: CoordinationOptions): Promise<Coordination> {
  const { schema: schemaName = 'heddle', patienceMs = DEFAULT_PATIENCE_MS, now = () => null } = options;
  const { maxConnections = DEFAULT_MAX_CONNECTIONS, silenceMs = DEFAULT_SILENCE_MS } = options;
  const url = parseServerUrl(options.url, ['postgres', 'postgresql']);
  verifySchemaName(schemaName);
  const name = nameOfUrl(url);
  const schema = new SchemaName(schemaName);
  const pool = await makePool({ url, maxConnections, silenceMs });
  try {
    const client = await pool.connect();
    try {
      await migrate(client, schema, name, { table: 'coordination_migrations', migrations: MIGRATIONS });
    } finally {
      client.release();
    }
  } catch (error) {
    await pool.end();
    throw postgresError(error, name);
  }
  return new PostgresCoordination({ pool, schema, name, patienceMs }, now);
}
