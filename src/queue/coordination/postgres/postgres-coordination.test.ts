import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { hasPostgres, PostgresServer } from '../../../../test/servers/postgres-server.ts';
import { openCoordination } from '../open-coordination.ts';
import { describeCoordination } from '../testing/conformance.ts';

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
  describeCoordination('PostgresCoordination', async (now) => {
    const schema = `place_${++places}`;
    return {
      open: () => openCoordination({ url: server.url(), prefix: schema, now }),
      remove: async () => void (await client.query(`DROP SCHEMA ${schema} CASCADE`)),
    };
  });
});
