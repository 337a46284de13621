import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { hasPostgres, PostgresServer } from '../../../test/servers/postgres-server.ts';
import { describeJournal } from '../testing/conformance.ts';
import { openPostgresJournal } from './open.ts';

describe.skipIf(!hasPostgres)('on a server', () => {
  let server: PostgresServer;
  let client: pg.Client;
  beforeAll(async () => {
    server = await PostgresServer.start();
    client = new pg.Client(server.url());
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await server.stop();
  });

  let places = 0;
  describeJournal('PostgresJournal', async (now) => {
    const schema = `place_${++places}`;
    const directory = await mkdtemp(path.join(tmpdir(), 'heddle-journal-'));
    return {
      open: () => openPostgresJournal({ url: server.url(), schema, now }),
      countLargeValues: async () => {
        const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${schema}.large_values`);
        return Number(rows[0]?.count);
      },
      backupFile: path.join(directory, 'backup.db'),
      remove: async () => {
        await client.query(`DROP SCHEMA ${schema} CASCADE`);
        await rm(directory, { recursive: true });
      },
    };
  });
});
