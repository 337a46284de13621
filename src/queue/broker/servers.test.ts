import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasPostgres, PostgresServer } from '../../../test/servers/postgres-server.ts';
import { hasRedis, RedisServer } from '../../../test/servers/redis-server.ts';
import { parseServerAddress } from '../../journal/server-address.ts';
import { runJob } from '../testing/waiting.ts';
import { openBroker } from './open-broker.ts';
import { openServer } from './open-server.ts';
import type { JobLock, QueueServer } from './server.ts';

const NAME = 'heddle-default-run';
const OPTIONS = { prefix: 'locks', lockMs: 60_000, allowEviction: false, isHelper: true };

/** A server with so many jobs that were taken, and their locks. */
async function taken(url: string, count: number): Promise<{ server: QueueServer; locks: JobLock[] }> {
  const broker = await openBroker({ url, prefix: OPTIONS.prefix });
  onTestFinished(() => broker.close());
  await broker.add(Array.from({ length: count }, (_, index) => runJob(`job-${index}`)));
  const server = await openServer(parseServerAddress(url), OPTIONS);
  onTestFinished(() => server.close());
  const locks: JobLock[] = [];
  for (let index = 0; index < count; index++) {
    const token = `token-${index}`;
    const reply: readonly unknown[] = await server.queue(NAME).moveToActive(token);
    locks.push({ id: String(reply[1]), token });
  }
  return { server, locks };
}

/** A job that is done, one that somebody else has, and one that waits again are lost; others are not. */
async function expectLost(server: QueueServer, locks: readonly JobLock[]): Promise<void> {
  const [held, done, others, waiting] = locks;
  if (held === undefined || done === undefined || others === undefined || waiting === undefined) throw new Error('no');
  expect(await server.extend(NAME, locks)).toEqual([]);
  await server.queue(NAME).moveToDelayed(waiting.id, Date.now(), 60_000, waiting.token, {});
  expect(await server.queue(NAME).remove(done.id, false)).toBe(0);
  const stranger = { id: others.id, token: 'another' };
  expect(await server.extend(NAME, [held, stranger, waiting])).toEqual([stranger, waiting]);
}

describe.skipIf(!hasRedis)('locks in Redis', () => {
  test('that expired are taken again, unless somebody else has the job', async () => {
    const redis = await RedisServer.start('--appendfsync', 'no');
    onTestFinished(() => redis.stop());
    const raw = new Redis(redis.url());
    onTestFinished(() => raw.disconnect());
    const { server, locks } = await taken(redis.url(), 4);
    await expectLost(server, locks);
    const [held, done] = locks;
    if (held === undefined || done === undefined) throw new Error('no');
    for (const { id } of [held, done]) await raw.del(`{locks}:${NAME}:${id}:lock`);
    await raw.lrem(`{locks}:${NAME}:active`, 1, done.id);
    expect(await server.extend(NAME, [held, done])).toEqual([done]);
    expect(await raw.get(`{locks}:${NAME}:${held.id}:lock`)).toBe(held.token);
    expect(await raw.pttl(`{locks}:${NAME}:${held.id}:lock`)).toBeGreaterThan(50_000);
  });

  test('that expired just before the end of a job do not keep it from ending', async () => {
    const redis = await RedisServer.start('--appendfsync', 'no');
    onTestFinished(() => redis.stop());
    const raw = new Redis(redis.url());
    onTestFinished(() => raw.disconnect());
    const broker = await openBroker({ url: redis.url(), prefix: 'locks', lockMs: 3000 });
    onTestFinished(() => broker.close());
    await broker.add([runJob('a')]);
    const errors: unknown[] = [];
    const consumer = broker.work('run', 'default', 1, async () => {
      await raw.del(`{locks}:${NAME}:a:lock`).catch((error: unknown) => errors.push(error));
    });
    while (await broker.isLive('run', 'default', 'a')) await new Promise((resolve) => setTimeout(resolve, 20));
    // Its worker tries again until the thread has the lock again, or somebody else has found the job first.
    await consumer.close();
    expect(errors).toEqual([]);
    expect(await broker.live('run', 'default')).toEqual(new Set());
  });
});

describe.skipIf(!hasPostgres)('locks in PostgreSQL', () => {
  test('are lost when somebody else has the job', async () => {
    const postgres = await PostgresServer.start();
    onTestFinished(() => postgres.stop());
    const { server, locks } = await taken(postgres.url(), 4);
    await expectLost(server, locks);
  });
});
