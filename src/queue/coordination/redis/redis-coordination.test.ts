import { afterAll, beforeAll, describe } from 'vitest';
import { hasRedis, RedisServer } from '../../../../test/servers/redis-server.ts';
import { openCoordination } from '../open-coordination.ts';
import { describeCoordination } from '../testing/conformance.ts';

describe.skipIf(!hasRedis)('on a server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    // Nothing here asks for the disk, and the suite writes a lot.
    server = await RedisServer.start('--appendfsync', 'no');
  });
  afterAll(() => server.stop());

  let places = 0;
  describeCoordination('RedisCoordination', async (now) => {
    const prefix = `place-${++places}`;
    return {
      open: () => openCoordination({ url: server.url(), prefix, now }),
      remove: async () => {},
    };
  });
});
