import { makePool } from '../../../journal/postgres/driver.ts';
import { migrate } from '../../../journal/postgres/migrate.ts';
import { verifySchemaName } from '../../../journal/postgres/open.ts';
import { postgresError } from '../../../journal/postgres/postgres-error.ts';
import { SchemaName } from '../../../journal/postgres/session.ts';
import type { PostgresAddress } from '../../../journal/server-address.ts';
import type { Coordination } from '../coordination.ts';
import type { ServerOptions } from '../options.ts';
import { PostgresCoordination } from './postgres-coordination.ts';
import { MIGRATIONS } from './schema.ts';

/** See `openCoordination`, which loads this when it is called with the URL of a PostgreSQL. */
export async function openPostgresCoordination(
  { url, name }: PostgresAddress,
  { prefix, maxConnections, patienceMs, silenceMs, now }: ServerOptions,
): Promise<Coordination> {
  verifySchemaName(prefix);
  const schema = new SchemaName(prefix);
  const pool = await makePool({ url: new URL(url), maxConnections, silenceMs });
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
  return new PostgresCoordination({ pool, schema, name, patienceMs }, now ?? (() => null));
}
