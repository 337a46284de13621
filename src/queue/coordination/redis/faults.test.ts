import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasRedis, RedisServer } from '../../../../test/servers/redis-server.ts';
import { openCoordination } from '../open-coordination.ts';
import { describeFaults } from '../testing/faults.ts';
import { ended, rangesFrom, TASK, terms } from '../testing/place.ts';

describe.skipIf(!hasRedis)('a Redis', () => {
  describeFaults(
    () => RedisServer.start(),
    (port) => `redis://127.0.0.1:${port}/0`,
    (server, open) => {
      const connect = (): Redis => {
        const client = new Redis(server().url());
        onTestFinished(() => client.disconnect());
        return client;
      };

      test('that forgot the scripts gets them again', async () => {
        const coordination = await open();
        await coordination.open(TASK, terms());
        await connect().script('FLUSH');
        expect(await coordination.finish(TASK, ended({ from: 0, count: 10 }))).toMatchObject({ state: 'open' });
      });

      test('that hangs is an error after a while', async () => {
        const other = await RedisServer.start();
        const coordination = await open({ url: other.url(), patienceMs: 10, silenceMs: 300 });
        other.pause();
        await expect(coordination.tasks()).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_UNREACHABLE' });
        other.resume();
        await other.stop();
      });

      test('without memory says so; it still finishes, stops and forgets', async () => {
        const raw = connect();
        const coordination = await open();
        await coordination.open(TASK, terms({ concurrency: 3 }));
        await raw.config('SET', 'maxmemory', '1mb');
        onTestFinished(async () => void (await new Redis(server().url()).config('SET', 'maxmemory', '0')));
        const other = { ...TASK, run: 'r2' };
        await expect(coordination.open(other, terms())).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_FULL' });
        expect(await coordination.state(other)).toBeNull();
        expect(await coordination.finish(TASK, ended({ from: 0, count: 10 }))).toMatchObject({ state: 'open' });
        await coordination.stop(TASK);
        expect(await coordination.state(TASK)).toMatchObject({ isStopped: true, ended: 10 });
        await coordination.closeRun(TASK.run);
        expect(await coordination.tasks()).toEqual([]);
      });

      test('leaves nothing behind', async () => {
        const raw = connect();
        await raw.flushall();
        const coordination = await open({ prefix: 'tidy' });
        await coordination.open(TASK, terms({ concurrency: 3 }));
        await coordination.hold(TASK, 'a', { keeps: 0, wants: 3, failed: 0, ttlMs: 1000 });
        await coordination.finish(TASK, ended({ from: 0, count: 10 }));
        expect(await raw.keys('*')).toSatisfy((keys: string[]) =>
          keys.every((key) => key.startsWith('{tidy}:coordination:')),
        );
        await coordination.closeRun(TASK.run);
        const left = (await raw.keys('*')).map((key) => key.replace(/calls:.*/, 'calls:CLIENT'));
        expect(left.toSorted()).toEqual(['{tidy}:coordination:calls:CLIENT', '{tidy}:coordination:meta']);
      });

      test('is small: ten thousand finished ranges take less than a megabyte', async () => {
        const raw = connect();
        const coordination = await open();
        await coordination.open(TASK, terms({ total: null }));
        const used = async (): Promise<number> => Number(/^used_memory:(\d+)/m.exec(await raw.info('memory'))?.[1]);
        const before = await used();
        const counts = Array.from({ length: 10_000 }, () => 100);
        await coordination.open({ ...TASK, execution: 4 }, terms({ total: 1_000_000, done: rangesFrom(0, ...counts) }));
        expect((await used()) - before).toBeLessThan(1_000_000);
      });

      test('used by a newer heddle is refused', async () => {
        await connect().hset('{newer}:coordination:meta', 'version', 9);
        await expect(open({ prefix: 'newer' })).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_VERSION' });
      });
    },
  );

  test('may be a Cluster', async () => {
    const server = await RedisServer.start('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
    onTestFinished(() => server.stop());
    const raw = new Redis({ port: server.port });
    onTestFinished(() => raw.disconnect());
    await raw.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    while (!String(await raw.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    const coordination = await openCoordination(`redis+cluster://127.0.0.1:${server.port}?prefix=team`);
    onTestFinished(() => coordination.disconnect());
    await coordination.open(TASK, terms());
    expect(await coordination.finish(TASK, ended({ from: 0, count: 10 }))).toMatchObject({ state: 'open' });
    expect(await coordination.state(TASK)).toMatchObject({ ended: 10 });
    expect(await coordination.bytes()).toBeGreaterThan(100_000);
    expect(await coordination.tasks()).toEqual([TASK]);
  });
});
