import { tooNew } from '../server-url.ts';
import type { Queryable } from './driver.ts';
import { creationOf, missingPartitions } from './partitions.ts';
import { MIGRATIONS } from './schema.ts';
import { LOCK_SPACE, quoteName, sessionOn, type SchemaName } from './session.ts';

/** What lies in a schema and is brought from version to version together. */
export interface Tables {
  /** Lists the versions. */
  readonly table: string;
  /** Each brings the tables from the version before to the next. */
  readonly migrations: readonly string[];
}

const JOURNAL: Tables = { table: 'migrations', migrations: MIGRATIONS };

/** Brings tables to their newest version; makes them, and the schema, where there are none. @throws HEDDLE_JOURNAL_VERSION */
export async function migrate(client: Queryable, schema: SchemaName, name: string, tables = JOURNAL): Promise<void> {
  const { table, migrations } = tables;
  if ((await versionOf(client, schema, name, tables)) === migrations.length) return;
  await locked(client, schema, async () => {
    // Another process may have been quicker.
    const version = await versionOf(client, schema, name, tables);
    if (version === migrations.length) return;
    if (version === 0) {
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema.name)}`);
      await client.query(
        schema.textOf(
          `CREATE TABLE heddle.${table} (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
        ),
      );
    }
    for (const [at, sql] of migrations.entries()) {
      if (at < version) continue;
      await client.query(schema.textOf(sql));
      await client.query(schema.textOf(`INSERT INTO heddle.${table} (version) VALUES ($1)`), [at + 1]);
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

async function versionOf(
  client: Queryable,
  schema: SchemaName,
  name: string,
  { table, migrations }: Tables,
): Promise<number> {
  // Of the catalogue itself: `to_regclass` may remember from before the lock that there is nothing.
  const found = await client.query(
    `SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = $1 AND relname = $2`,
    [schema.name, table],
  );
  if (found.rows.length === 0) return 0;
  const { rows } = await client.query(schema.textOf(`SELECT max(version) AS version FROM heddle.${table}`));
  const [newest] = rows as readonly { version: number | null }[];
  const version = newest?.version ?? 0;
  if (version > migrations.length) throw tooNew(name, version, migrations.length);
  return version;
}
