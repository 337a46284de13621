import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPostgres, POSTGRES_PASSWORD, PostgresServer } from '../../../test/servers/postgres-server.ts';
import { describeFaults } from '../testing/faults.ts';
import { openBroker } from './open-broker.ts';

describe.skipIf(!hasPostgres)('PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());

  const url = (port: number, password = POSTGRES_PASSWORD): string =>
    `postgres://heddle:${password}@127.0.0.1:${port}/postgres`;
  describeFaults('and its faults', {
    server: () => server,
    url,
    deniedUrl: () => url(server.port, 'wrong'),
    journal: (port, prefix) => `${url(port)}?schema=${prefix}`,
    completes: () => 'move_to_completed',
  });

  test('takes prefixes that are names', async () => {
    const opened = openBroker({ url: server.url(), prefix: 'a-b' });
    await expect(opened).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
  });
});
