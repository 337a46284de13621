import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../../test/servers/program.ts';
import { Proxy } from '../../../test/servers/proxy.ts';
import { hasRedis, RedisServer } from '../../../test/servers/redis-server.ts';
import type { Journal } from '../journal.ts';
import { noise, notes } from '../testing/conformance.ts';
import {
  expectBackup,
  expectParts,
  expectPruningWhileWriting,
  manyMegabytes,
  newRun,
  startRun,
  valuesOf,
} from '../testing/server-journal.ts';
import { openRedisJournal, type RedisJournalOptions } from './open.ts';

const PREFIX = 'faults';

describe.skipIf(!hasRedis)('a Redis', () => {
  let server: RedisServer;
  let raw: Redis;
  beforeAll(async () => {
    server = await RedisServer.start();
    raw = new Redis(server.url(), { retryStrategy: () => 5 });
    raw.on('error', () => {});
  });
  afterAll(async () => {
    raw.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await raw.flushall();
    await raw.config('SET', 'maxmemory', '0');
  });

  const open = async (more: Partial<RedisJournalOptions> = {}): Promise<Journal> => {
    const journal = await openRedisJournal({ url: server.url(), prefix: PREFIX, ...more });
    onTestFinished(() => journal.close());
    return journal;
  };
  const openThrough = async (proxy: Proxy): Promise<Journal> => open({ url: `redis://127.0.0.1:${proxy.port}` });
  const proxied = async (): Promise<Proxy> => {
    const proxy = await Proxy.start(server.port);
    onTestFinished(() => proxy.stop());
    return proxy;
  };
  const key = (name: string): string => `{${PREFIX}}:${name}`;

  describe('that dies', () => {
    test('is waited for, and every batch is there once', async () => {
      const journal = await open();
      const lease = await startRun(journal, 'r1');
      await journal.append(lease, notes(1));
      await server.kill();
      const appended = [2, 3].map((value) => journal.append(lease, notes(value)));
      await server.restart();
      expect(await Promise.all(appended)).toMatchObject([{ seq: 2 }, { seq: 3 }]);
      expect(await valuesOf(journal, 'r1')).toEqual([1, 2, 3]);
      expect(await journal.check()).toEqual([]);
    });

    test('and comes back without what it had acknowledged ends the lease', async () => {
      const journal = await open();
      const lease = await startRun(journal, 'r1');
      await journal.append(lease, notes(1, 2));
      // As after a crash with `appendfsync everysec`.
      await raw.rpop(key('run:r1:entries'));
      await raw.hincrby(key('run:r1'), 'seq', -1);
      const lost = journal.append(lease, notes(3));
      await expect(lost).rejects.toMatchObject({ code: 'HEDDLE_FENCED', run: 'r1' });
      await expect(lost).rejects.toThrow('acknowledged');
      const again = await journal.acquire('r1', { owner: 'b', ttlMs: 1000 }, 'a');
      if (again === null) throw new Error('the lease is taken');
      expect(await journal.append(again, notes('on'))).toMatchObject({ seq: 2 });
      expect(await valuesOf(journal, 'r1')).toEqual([1, 'on']);
    });

    test('and stays away is an error after a while', async () => {
      const other = await RedisServer.start();
      const journal = await open({ url: other.url(), patienceMs: 30 });
      const lease = await startRun(journal, 'r1');
      await other.stop();
      await expect(journal.append(lease, notes(1))).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_UNREACHABLE' });
    });

    test('or hangs, likewise', async () => {
      const other = await RedisServer.start();
      const lease = await startRun(await open({ url: other.url() }), 'r1');
      const journal = await open({ url: other.url(), patienceMs: 10, silenceMs: 300 });
      other.pause();
      const appended = journal.append(lease, notes(1));
      await expect(appended).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_UNREACHABLE' });
      other.resume();
      await other.stop();
    });
  });

  describe('whose connection breaks before the reply', () => {
    test('does nothing twice', async () => {
      const proxy = await proxied();
      const journal = await openThrough(proxy);
      const during = async <T>(call: () => Promise<T>): Promise<T> => {
        const swallowed = proxy.swallowReply();
        const result = await call();
        await swallowed;
        return result;
      };
      const lease = await during(() => journal.start(newRun('r1'), { owner: 'a', ttlMs: 60_000 }, notes(1)));
      expect(lease).toEqual({ run: 'r1', owner: 'a', epoch: 1 });
      if (lease === null) return;
      const both = await during(() => Promise.all([journal.append(lease, notes(2)), journal.append(lease, notes(3))]));
      expect(both).toMatchObject([{ seq: 2 }, { seq: 3 }]);
      const id = await during(() => journal.request('r1', { type: 'cancel' }));
      expect((await journal.requests('r1')).map((request) => request.id)).toEqual([id]);
      await during(() => journal.append(lease, { ...notes(4), patch: { endedAtMs: 5 }, release: true }));
      expect(await during(() => journal.acquire('r1', { owner: 'b', ttlMs: 60_000 }))).toMatchObject({ epoch: 2 });
      expect(await valuesOf(journal, 'r1')).toEqual([1, 2, 3, 4]);
      await journal.release({ run: 'r1', owner: 'b', epoch: 2 });
      expect(await during(() => journal.prune({ endedBeforeMs: 10 }))).toEqual(['r1']);
    });

    test('reads again', async () => {
      const proxy = await proxied();
      const journal = await openThrough(proxy);
      await startRun(journal, 'r1', notes(1, noise(20_000)));
      proxy.cut();
      expect(await valuesOf(journal, 'r1')).toEqual([1, noise(20_000)]);
    });
  });

  test('that forgot the scripts gets them again', async () => {
    const journal = await open();
    const lease = await startRun(journal, 'r1');
    await raw.script('FLUSH');
    const appended = [1, 2, 3].map((value) => journal.append(lease, notes(value)));
    expect((await Promise.all(appended)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test('where others removed a value gets it again, and what was called later stays later', async () => {
    const journal = await open();
    const text = noise(20_000);
    await startRun(journal, 'r1', { ...notes(text), patch: { endedAtMs: 1 }, release: true });
    expect(await (await open()).prune({ endedBeforeMs: 10 })).toEqual(['r1']);
    expect(await raw.keys(key('value:*'))).toEqual([]);
    const lease = await startRun(journal, 'r2');
    await Promise.all([journal.append(lease, notes(text)), journal.append(lease, notes(2))]);
    expect(await valuesOf(journal, 'r2')).toEqual([text, 2]);
  });

  test('gets the bytes of a value once', async () => {
    const first = await open();
    const second = await open();
    const text = noise(1_000_000);
    await startRun(first, 'r1', notes(text));
    const [read] = await valuesOf(second, 'r1');
    const received = async (): Promise<number> =>
      Number(/^total_net_input_bytes:(\d+)/m.exec(await raw.info('stats'))?.[1]);
    const before = await received();
    await startRun(second, 'r2', notes({ read }));
    await startRun(first, 'r3', notes([text]));
    expect((await received()) - before).toBeLessThan(20_000);
    expect(await valuesOf(first, 'r2')).toEqual([{ read: text }]);
  });

  test('without memory writes nothing and says so; leases, ends and pruning go on', async () => {
    const journal = await open({ now: () => 1000 });
    const old = await startRun(journal, 'old', notes(noise(2_000_000)));
    await journal.append(old, { patch: { status: 'failed', endedAtMs: 1 }, release: true });
    const lease = await startRun(journal, 'r1', notes(1));
    const used = Number(/^used_memory:(\d+)/m.exec(await raw.info('memory'))?.[1]);
    await raw.config('SET', 'maxmemory', String(used - 1_000_000));
    const full = { code: 'HEDDLE_JOURNAL_FULL' };
    await expect(journal.append(lease, notes(2, noise(20_000)))).rejects.toMatchObject(full);
    await expect(journal.start(newRun('r2'), { owner: 'a', ttlMs: 1 })).rejects.toMatchObject(full);
    expect(await journal.run('r2')).toBeNull();
    await journal.renew(lease, 500);
    expect((await journal.run('r1'))?.lease).toMatchObject({ expiresAtMs: 1500 });
    expect(await journal.prune({ endedBeforeMs: 10 })).toEqual(['old']);
    expect(await journal.append(lease, notes(3))).toMatchObject({ seq: 2 });
    expect(await valuesOf(journal, 'r1')).toEqual([1, 3]);
    expect(await journal.check()).toEqual([]);
  });

  test('what a prune left half done is removed by the next one', async () => {
    const journal = await open();
    await startRun(journal, 'r1', { ...notes(noise(20_000)), patch: { endedAtMs: 1 }, release: true });
    await raw.rename(key('run:r1:uses'), key('removed:9:uses'));
    await raw.sadd(key('removed'), key('removed:9:uses'));
    await raw.del(key('run:r1'), key('run:r1:entries'), key('runs'), key('ended'), key('status:running'));
    expect(await journal.prune({ endedBeforeMs: 0 })).toEqual([]);
    expect((await raw.keys(key('*'))).filter((name) => !name.startsWith(key('calls:')))).toEqual([key('meta')]);
  });

  test('where others removed a definition gets it again', async () => {
    const journal = await open();
    await startRun(journal, 'r1');
    await raw.del(key('definition:d'));
    await startRun(journal, 'r2');
    expect(await journal.definition('d')).toEqual({ tasks: [] });
    expect(await journal.check()).toEqual([]);
  });

  describe('with values of several megabytes', () => {
    const parts = async (): Promise<number> => {
      const counts = (await raw.keys(key('parts:*'))).map((name) => raw.hlen(name));
      // Each has one field that began its upload.
      return (await Promise.all(counts)).reduce((sum, count) => sum + count - 1, 0);
    };
    const uploads = (): Promise<string[]> => raw.keys(key('upload:*'));

    test('has them once, in parts, as long as somebody holds them', async () => {
      await expectParts(await open(), await open(), parts);
      expect(await uploads()).toEqual([]);
    });

    test('gets a part again whose connection broke', async () => {
      const proxy = await proxied();
      const journal = await openThrough(proxy);
      const lease = await startRun(journal, 'r1');
      const broken = proxy.swallowReply('upload:');
      const appended = [
        journal.append(lease, notes(...manyMegabytes().slice(1))),
        journal.append(lease, notes('later')),
      ];
      await broken;
      expect(await Promise.all(appended)).toMatchObject([{ seq: 2 }, { seq: 3 }]);
      expect((await valuesOf(await open(), 'r1'))[2]).toBe('later');
      expect(await parts()).toBe(5);
      expect(await journal.check()).toEqual([]);
    });

    test('gets all of one again that others removed', async () => {
      const [text] = manyMegabytes().slice(1);
      const journal = await open();
      const lease = await startRun(journal, 'r1', notes(text));
      await raw.del(...(await raw.keys(key('value:*'))), ...(await raw.keys(key('parts:*'))));
      expect(await journal.append(lease, notes(text))).toMatchObject({ seq: 2 });
      expect(await valuesOf(await open(), 'r1')).toEqual([text, text]);
      expect(await uploads()).toEqual([]);
    });

    test('forgets what a process that died had sent of one', async () => {
      const proxy = await proxied();
      const journal = await open({ url: `redis://127.0.0.1:${proxy.port}`, patienceMs: 20 });
      const lease = await startRun(journal, 'r1');
      const dead = proxy.swallowReply('upload:');
      journal.append(lease, notes(...manyMegabytes().slice(2))).catch(() => undefined);
      await dead;
      await proxy.stop();
      await expect.poll(uploads).toHaveLength(1);
      expect(await raw.pttl((await uploads())[0] ?? '')).toBeGreaterThan(1_000_000);
    });

    test('says so where a part is lost', async () => {
      const journal = await open();
      await startRun(journal, 'r1', notes(...manyMegabytes().slice(2)));
      await raw.hdel((await raw.keys(key('parts:*')))[0] ?? '', '2');
      const [problem] = await journal.check();
      expect(problem?.message).toContain('a large value lacks parts');
      await expect(valuesOf(await open(), 'r1')).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_CORRUPT' });
    });
  });

  test('what was below runs that a prune removed is removed by the next one', async () => {
    const journal = await open();
    await startRun(journal, 'r1', { patch: { endedAtMs: 1 }, release: true });
    await startRun(journal, 'p1', notes(noise(20_000)), { parent: { run: 'r1', task: 't' }, piece: true });
    await startRun(journal, 'p2', notes(noise(20_000)), { parent: { run: 'r1', task: 't' }, piece: true });
    await raw.rename(key('run:r1:pieces'), key('removed:9:pieces'));
    await raw.sadd(key('removed-runs'), key('removed:9:pieces'));
    // Another of that id, which came after the prune.
    await raw.hset(key('run:p2'), 'member', '0000000000000008:p2');
    expect(await journal.prune({ endedBeforeMs: 0 })).toEqual([]);
    expect(await journal.run('p1')).toBeNull();
    expect(await journal.run('p2')).toMatchObject({ id: 'p2' });
    expect(await raw.exists(key('removed-runs'))).toBe(0);
  });

  describe('is refused', () => {
    test('where nobody answers', async () => {
      const url = `redis://heddle:secret@127.0.0.1:${await freePort()}`;
      const opened = open({ url });
      await expect(opened).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_UNREACHABLE' });
      await expect(opened).rejects.not.toThrow('secret');
    });

    test('with a wrong password', async () => {
      await raw.call('ACL', 'SETUSER', 'somebody', 'on', '>right', '~*', '+@all');
      const of = (password: string): string => `redis://somebody:${password}@127.0.0.1:${server.port}`;
      const opened = open({ url: of('wrong') });
      await expect(opened).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_DENIED' });
      await expect(opened).rejects.toThrow('somebody@127.0.0.1');
      expect(await (await open({ url: of('right') })).run('r1')).toBeNull();
    });

    test('with an URL of another kind', async () => {
      await expect(open({ url: 'http://secret@host' })).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
      await expect(open({ url: 'secret' })).rejects.not.toThrow('secret');
    });

    test('with keys of a newer heddle', async () => {
      await raw.hset(key('meta'), 'version', 3);
      await expect(open()).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_VERSION' });
    });

    test('where keys may be evicted', async () => {
      await raw.config('SET', 'maxmemory-policy', 'allkeys-lru');
      onTestFinished(async () => void (await raw.config('SET', 'maxmemory-policy', 'noeviction')));
      await expect(open()).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_EVICTION' });
      expect(await (await open({ allowEviction: true })).run('r1')).toBeNull();
    });
  });

  test.each<[string, (name: (name: string) => string) => Promise<unknown>, string]>([
    ['a lost entry', (name) => raw.lpop(name('run:r1:entries')), 'its entries have a gap: 2 of 3'],
    ['a lost row', (name) => raw.del(name('run:r1')), 'its row is missing'],
    ['a lost definition', (name) => raw.del(name('definition:d')), 'its definition is missing'],
    ['a lost value', async (name) => raw.del(...(await raw.keys(name('value:*')))), 'a large value is missing'],
    ['a lost count', (name) => raw.del(name('uses')), 'a large value is held by nobody'],
    [
      'a changed value',
      async (name) => raw.set((await raw.keys(name('value:*')))[0] ?? '', '\u0000"1"'),
      'is not what was written',
    ],
  ])('check finds %s', async (_, damage, message) => {
    const journal = await open();
    await startRun(journal, 'r1', notes(1, noise(20_000), 3));
    expect(await journal.check()).toEqual([]);
    await damage(key);
    expect((await journal.check()).map((problem) => problem.message).join('\n')).toContain(message);
  });

  test('whose value is lost fails reading', async () => {
    const journal = await open();
    await startRun(journal, 'r1', notes(noise(20_000)));
    await raw.del(...(await raw.keys(key('value:*'))));
    await expect(valuesOf(await open(), 'r1')).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_CORRUPT' });
  });

  test('is backed up into a file that is a journal', async () => {
    await expectBackup(await open());
  });

  test('may be pruned by one while others write', async () => {
    await expectPruningWhileWriting(await open(), await open());
  });

  test('lists of thousands are read in pages', async () => {
    const journal = await open();
    await Promise.all(
      Array.from({ length: 2500 }, (_, n) =>
        journal.createRun({ ...newRun(`r${n}`), createdAtMs: 7, workflow: n === 3 ? 'rare' : 'deploy' }),
      ),
    );
    expect((await journal.runs({ workflow: 'rare' })).runs.map(({ id }) => id)).toEqual(['r3']);
    const ids: string[] = [];
    for (let cursor: string | null = null; ;) {
      const page = await journal.runs({ limit: 700, status: ['running'], ...(cursor === null ? {} : { cursor }) });
      ids.push(...page.runs.map(({ id }) => id));
      ({ cursor } = page);
      if (cursor === null) break;
    }
    expect(ids).toEqual(Array.from({ length: 2500 }, (_, n) => `r${2499 - n}`));
  });
});
