import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { hasRedis, RedisServer } from '../../../test/servers/redis-server.ts';
import { describeFaults } from '../testing/faults.ts';
import { Hands, Log, runJob } from '../testing/waiting.ts';
import { openBroker } from './open-broker.ts';

describe.skipIf(!hasRedis)('Redis', () => {
  let server: RedisServer;
  let raw: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    raw = new Redis(server.url(), { retryStrategy: () => 20, maxRetriesPerRequest: null });
    raw.on('error', () => {});
  });
  afterAll(async () => {
    raw.disconnect();
    await server.stop();
  });
  afterEach(async () => {
    await raw.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction');
  });

  describeFaults('and its faults', {
    server: () => server,
    url: (port) => `redis://127.0.0.1:${port}/0`,
    deniedUrl: () => `redis://nobody:wrong@127.0.0.1:${server.port}/0`,
    journal: (port, prefix) => `redis://127.0.0.1:${port}/0?prefix=${prefix}`,
    completes: (id) => id,
  });

  describe('without memory', () => {
    test('says so, takes what is added later, and no job is lost', async () => {
      const broker = await openBroker({ url: server.url(), prefix: 'memory' });
      onTestFinished(() => broker.close());
      const states = new Log<string>();
      broker.onState(states.add);
      await broker.add([runJob('a'), runJob('b')]);
      const hands = new Hands();
      const consumer = broker.work('run', 'default', 1, hands.handle);
      const first = await hands.taken.next();
      await raw.config('SET', 'maxmemory', '1');
      first.end({ againInMs: 0 });
      const added = broker.add([runJob('c')]);
      expect(await states.next()).toBe('full');
      await raw.config('SET', 'maxmemory', '0');
      await added;
      expect(await states.next()).toBe('back');
      const ids: string[] = [];
      for (let taken = 0; taken < 3; taken++) {
        const { job, end } = await hands.taken.next();
        ids.push(job.id);
        end();
      }
      expect(ids.sort()).toEqual(['a', 'b', 'c']);
      await consumer.close();
    });

    test('is an error for whoever adds, after a while', async () => {
      const broker = await openBroker({ url: server.url(), prefix: 'memory', patienceMs: 200 });
      onTestFinished(() => broker.close());
      await raw.config('SET', 'maxmemory', '1');
      await expect(broker.add([runJob('x')])).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_FULL' });
    });
  });

  describe('that may evict keys', () => {
    test.for(['allkeys-lru', 'volatile-ttl'])('%s is refused', async (policy) => {
      await raw.config('SET', 'maxmemory-policy', policy);
      const opened = openBroker({ url: server.url() });
      await expect(opened).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_EVICTION' });
      await expect(opened).rejects.toThrow(policy);
    });

    test('will do where that is wanted', async () => {
      await raw.config('SET', 'maxmemory-policy', 'volatile-ttl');
      const broker = await openBroker({ url: server.url(), prefix: 'evict', allowEviction: true });
      await broker.add([runJob('a')]);
      expect(await broker.queues()).toEqual(['default']);
      await broker.close();
    });
  });
});
