import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createQueue } from '../../src/queue/index.ts';
import { hasRedis, RedisServer } from '../servers/redis-server.ts';

describe.skipIf(!hasRedis)('a Redis that removes keys when it is full', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start('--maxmemory-policy', 'allkeys-lru');
  });
  afterAll(() => server.stop());

  test('is refused', async () => {
    await expect(createQueue({ url: server.url() })).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_EVICTION' });
  });

  test('is used, with its journal, where somebody insists', async () => {
    const queue = await createQueue({ url: server.url(), allowEviction: true });
    expect(await queue.journal.run('none')).toBeNull();
    await queue.close();
  });
});
