import { tooNew } from '../server-url.ts';
import type { Queryable } from './driver.ts';
import { creationOf, missingPartitions } from './partitions.ts';
import { MIGRATIONS, SCHEMA_VERSION } from './schema.ts';
import { LOCK_SPACE, quoteName, sessionOn, type SchemaName } from './session.ts';

/** Brings a schema to {@link SCHEMA_VERSION}; makes it where there is none. @throws HEDDLE_JOURNAL_VERSION */
export async function migrate(client: Queryable, schema: SchemaName, name: string): Promise<void> {
  if ((await versionOf(client, schema, name)) === SCHEMA_VERSION) return;
  await locked(client, schema, async () => {
    // Another process may have been quicker.
    const version = await versionOf(client, schema, name);
    if (version === SCHEMA_VERSION) return;
    if (version === 0) {
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema.name)}`);
      await client.query(
        schema.textOf(
          'CREATE TABLE heddle.migrations (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
        ),
      );
    }
    for (const [at, sql] of MIGRATIONS.entries()) {
      if (at < version) continue;
      await client.query(schema.textOf(sql));
      await client.query(schema.textOf('INSERT INTO heddle.migrations (version) VALUES ($1)'), [at + 1]);
    }
  });
}

/** Makes the partitions of this month and the next. */
export async function makePartitions(client: Queryable, schema: SchemaName): Promise<void> {
  const session = sessionOn(client, schema);
  if ((await missingPartitions(session)).length === 0) return;
  await locked(client, schema, async () => {
    for (const partition of await missingPartitions(session)) {
      await client.query(schema.textOf(creationOf(partition)));
    }
  });
}

/** Does something in a transaction that only one process at a time is in. */
async function locked(client: Queryable, { tablesLockKey }: SchemaName, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_SPACE, tablesLockKey]);
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function versionOf(client: Queryable, schema: SchemaName, name: string): Promise<number> {
  // Of the catalogue itself: `to_regclass` may remember from before the lock that there is nothing.
  const found = await client.query(
    `SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = $1 AND relname = 'migrations'`,
    [schema.name],
  );
  if (found.rows.length === 0) return 0;
  const { rows } = await client.query(schema.textOf('SELECT max(version) AS version FROM heddle.migrations'));
  const [newest] = rows as readonly { version: number | null }[];
  const version = newest?.version ?? 0;
  if (version > SCHEMA_VERSION) throw tooNew(name, version, SCHEMA_VERSION);
  return version;
}
