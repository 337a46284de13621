import { afterAll, beforeAll, describe } from 'vitest';
import { hasPostgres, PostgresServer } from '../../../test/servers/postgres-server.ts';
import { describeBroker } from '../testing/conformance.ts';
import { openBroker } from './open-broker.ts';

describe.skipIf(!hasPostgres)('on a server', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());

  let places = 0;
  describeBroker('a broker in PostgreSQL', () => {
    const prefix = `place_${++places}`;
    return (options) => openBroker({ url: server.url(), prefix, ...options });
  });
});
