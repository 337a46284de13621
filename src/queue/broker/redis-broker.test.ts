import { afterAll, beforeAll, describe } from 'vitest';
import { hasRedis, RedisServer } from '../../../test/servers/redis-server.ts';
import { describeBroker } from '../testing/conformance.ts';
import { openBroker } from './open-broker.ts';

describe.skipIf(!hasRedis)('on a server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start('--appendfsync', 'no');
  });
  afterAll(() => server.stop());

  let places = 0;
  describeBroker('a broker in Redis', () => {
    const prefix = `place-${++places}`;
    return (options) => openBroker({ url: server.url(), prefix, ...options });
  });
});
