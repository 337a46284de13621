import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';
import { hasRedis, RedisServer } from '../../../test/servers/redis-server.ts';
import { describeJournal } from '../testing/conformance.ts';
import { openRedisJournal } from './open.ts';

describe.skipIf(!hasRedis)('on a server', () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    // Nothing here asks for the disk, and the suite writes a lot.
    server = await RedisServer.start('--appendfsync', 'no');
    client = new Redis(server.url());
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
  });

  let places = 0;
  describeJournal('RedisJournal', async (now) => {
    const prefix = `place-${++places}`;
    const directory = await mkdtemp(path.join(tmpdir(), 'heddle-journal-'));
    return {
      open: () => openRedisJournal({ url: server.url(), prefix, now }),
      countLargeValues: async () => (await client.keys(`{${prefix}}:value:*`)).length,
      backupFile: path.join(directory, 'backup.db'),
      remove: () => rm(directory, { recursive: true }),
    };
  });
});
