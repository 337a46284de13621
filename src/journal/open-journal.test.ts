import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasPostgres, PostgresServer } from '../../test/servers/postgres-server.ts';
import { hasRedis, RedisServer } from '../../test/servers/redis-server.ts';
import { openJournal } from './open-journal.ts';
import { newRun } from './testing/server-journal.ts';
import { temporaryDirectory } from './testing/sqlite-file.ts';

async function createIn(place: string): Promise<void> {
  const journal = await openJournal(place);
  await journal.createRun(newRun('r1'));
  await journal.close();
}

describe('openJournal', () => {
  test('opens files, by path and by URL', async () => {
    const file = path.join(await temporaryDirectory(), 'a b.db');
    await createIn(pathToFileURL(file).href);
    expect(existsSync(file)).toBe(true);
    const journal = await openJournal(file);
    onTestFinished(() => journal.close());
    expect((await journal.runs()).runs.map(({ id }) => id)).toEqual(['r1']);
  });

  test.skipIf(!hasRedis)('opens a Redis, with its prefix', async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.stop());
    await createIn(`${server.url(3)}?prefix=team`);
    const client = new Redis(server.url(3));
    onTestFinished(() => client.disconnect());
    expect(await client.exists('{team}:run:r1')).toBe(1);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(openJournal(server.url())).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_EVICTION' });
    await (await openJournal(server.url(), { allowEviction: true })).close();
  });

  test.skipIf(!hasPostgres)('opens a PostgreSQL, with its schema', async () => {
    const server = await PostgresServer.start();
    onTestFinished(() => server.stop());
    await createIn(`${server.url()}?schema=team`);
    const client = new pg.Client(server.url());
    await client.connect();
    const { rows } = await client.query('SELECT id FROM team.runs');
    await client.end();
    expect(rows).toEqual([{ id: 'r1' }]);
  });

  test('refuses other kinds, and tells no password', async () => {
    const refused = openJournal('mysql://root:secret@host/db');
    await expect(refused).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
    await expect(refused).rejects.not.toThrow('secret');
    await expect(openJournal('redis://user:secret@:x')).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
  });
});
