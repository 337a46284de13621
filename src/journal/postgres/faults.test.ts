import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { POSTGRES_PASSWORD, hasPostgres, PostgresServer } from '../../../test/servers/postgres-server.ts';
import { freePort } from '../../../test/servers/program.ts';
import { Proxy } from '../../../test/servers/proxy.ts';
import type { Journal } from '../journal.ts';
import { hasOpenssl, makeCertificate, roundTrip } from '../testing/certificate.ts';
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
import { temporaryDirectory } from '../testing/sqlite-file.ts';
import { openPostgresJournal, type PostgresJournalOptions } from './open.ts';
import { SCHEMA_VERSION } from './schema.ts';

describe.skipIf(!hasPostgres)('a PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());

  let schema = 'faults_0';
  let tests = 0;
  beforeEach(() => {
    schema = `faults_${++tests}`;
  });

  const open = async (more: Partial<PostgresJournalOptions> = {}): Promise<Journal> => {
    const journal = await openPostgresJournal({ url: server.url(), schema, ...more });
    onTestFinished(() => journal.close());
    return journal;
  };
  const raw = async <Row extends object>(sql: string): Promise<Row[]> => {
    const client = new pg.Client(server.url());
    await client.connect();
    try {
      return (await client.query<Row>(sql.replaceAll('heddle.', `${schema}.`))).rows;
    } finally {
      await client.end();
    }
  };
  const at = (port: number, password = POSTGRES_PASSWORD): string =>
    `postgres://heddle:${password}@127.0.0.1:${port}/postgres`;
  const proxied = async (): Promise<{ readonly proxy: Proxy; readonly journal: Journal }> => {
    const proxy = await Proxy.start(server.port);
    onTestFinished(() => proxy.stop());
    return { proxy, journal: await open({ url: at(proxy.port) }) };
  };

  describe('that dies', () => {
    test('is waited for, and every batch is there once', async () => {
      const journal = await open();
      const lease = await startRun(journal, 'r1');
      await journal.append(lease, notes(1));
      await server.kill();
      const appended = [2, 3].map((value) => journal.append(lease, notes(value)));
      const read = valuesOf(journal, 'r1');
      await server.restart();
      expect(await Promise.all(appended)).toMatchObject([{ seq: 2 }, { seq: 3 }]);
      expect(await read).toEqual([1, 2, 3]);
      expect(await journal.check()).toEqual([]);
    });

    test('and comes back without what it had acknowledged ends the lease', async () => {
      const journal = await open();
      const lease = await startRun(journal, 'r1');
      await journal.append(lease, notes(1, 2));
      await raw('DELETE FROM heddle.entries WHERE seq = 2; UPDATE heddle.leases SET seq = 1');
      const lost = journal.append(lease, notes(3));
      await expect(lost).rejects.toMatchObject({ code: 'HEDDLE_FENCED', run: 'r1' });
      await expect(lost).rejects.toThrow('acknowledged');
      const again = await journal.acquire('r1', { owner: 'b', ttlMs: 1000 }, 'a');
      if (again === null) throw new Error('the lease is taken');
      expect(await journal.append(again, notes('on'))).toMatchObject({ seq: 2 });
      expect(await valuesOf(journal, 'r1')).toEqual([1, 'on']);
    });

    test('and stays away is an error after a while', async () => {
      const journal = await open({ patienceMs: 50 });
      const lease = await startRun(journal, 'r1');
      await server.kill();
      const away = { code: 'HEDDLE_JOURNAL_UNREACHABLE' };
      try {
        await expect(journal.append(lease, notes(1))).rejects.toMatchObject(away);
        await expect(journal.run('r1')).rejects.toMatchObject(away);
      } finally {
        await server.restart();
      }
    });
  });

  describe('whose connection breaks', () => {
    type Break = 'swallowReply' | 'swallowCall';
    test.each<Break>(['swallowReply', 'swallowCall'])('in a commit does nothing twice (%s)', async (breaks) => {
      const { proxy, journal } = await proxied();
      const during = async <T>(call: () => Promise<T>): Promise<T> => {
        const swallowed = proxy[breaks]('COMMIT');
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

    test('in a batch writes it once', async () => {
      const { proxy, journal } = await proxied();
      const lease = await startRun(journal, 'r1');
      const swallowed = proxy.swallowReply('INSERT INTO');
      expect(await journal.append(lease, notes(1))).toMatchObject({ seq: 1 });
      await swallowed;
      expect(await valuesOf(journal, 'r1')).toEqual([1]);
    });

    test('in a read reads again', async () => {
      const { proxy, journal } = await proxied();
      await startRun(journal, 'r1', notes(1, noise(20_000)));
      proxy.cut();
      expect(await valuesOf(journal, 'r1')).toEqual([1, noise(20_000)]);
    });
  });

  test('refuses one of several calls, and the others are done', async () => {
    const journal = await open();
    const lease = await startRun(journal, 'r1');
    const [first, second, third] = await Promise.allSettled([
      journal.append(lease, notes(1)),
      journal.createRun({ ...newRun('r2'), workflow: 'a\u0000b' }),
      journal.append(lease, notes(2)),
    ]);
    expect(first).toMatchObject({ value: { seq: 1 } });
    expect(second).toMatchObject({ reason: { code: 'HEDDLE_JOURNAL_IO' } });
    expect(third).toMatchObject({ value: { seq: 2 } });
    expect(await valuesOf(journal, 'r1')).toEqual([1, 2]);
  });

  test('is on disk with a durable batch, whatever it is set to', async () => {
    await raw(`ALTER ROLE heddle SET synchronous_commit = off`);
    onTestFinished(async () => void (await raw('ALTER ROLE heddle RESET synchronous_commit')));
    const journal = await open();
    const lease = await startRun(journal, 'r1');
    const positions = async (): Promise<{ isFlushed: boolean }> => {
      const [row] = await raw<{ isFlushed: boolean }>(
        'SELECT pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn() AS "isFlushed"',
      );
      return row ?? { isFlushed: false };
    };
    // The server writes something of its own now and then, which may come between; not three times in a row.
    let found = { isFlushed: false };
    for (let attempt = 0; attempt < 3 && !found.isFlushed; attempt++) {
      await journal.append(lease, { ...notes(1), durable: true });
      found = await positions();
    }
    expect(found).toEqual({ isFlushed: true });
  });

  describe('keeps entries by month', () => {
    const months = async (): Promise<string[]> => {
      const rows = await raw<{ name: string }>(
        `SELECT c.relname AS name FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
         WHERE inhparent = 'heddle.entries'::regclass ORDER BY 1`,
      );
      return rows.map(({ name }) => name);
    };
    const moveTo2020 = (run: string): Promise<unknown> =>
      raw(`UPDATE heddle.runs SET first_at = '2020-02-03Z' WHERE id = '${run}';
        UPDATE heddle.leases SET last_at = '2020-02-04Z' WHERE run = (SELECT key FROM heddle.runs WHERE id = '${run}');
        UPDATE heddle.entries SET at = '2020-02-03Z' WHERE run = (SELECT key FROM heddle.runs WHERE id = '${run}')`);
    const february = `CREATE TABLE heddle.entries_2020_02 PARTITION OF heddle.entries
      FOR VALUES FROM ('2020-02-01 00:00:00+00') TO ('2020-03-01 00:00:00+00')`;

    test('this one and the next are there, also when a month begins while runs go on', async () => {
      const journal = await open();
      const lease = await startRun(journal, 'r1', notes(1));
      const made = await months();
      expect(made).toHaveLength(2);
      await raw(`${made.map((name) => `DROP TABLE heddle.${name}`).join(';')}; UPDATE heddle.leases SET seq = 0`);
      // The client knows of no loss: it is the month that is new, not the journal.
      const other = await open();
      expect(await months()).toEqual(made);
      await raw(made.map((name) => `DROP TABLE heddle.${name}`).join(';'));
      await other.release(lease);
      const again = await other.acquire('r1', { owner: 'b', ttlMs: 1000 });
      if (again === null) throw new Error('the lease is taken');
      expect(await other.append(again, notes(2))).toMatchObject({ seq: 1 });
      expect(await valuesOf(other, 'r1')).toEqual([2]);
    });

    test('a month goes as a whole when its last run does', async () => {
      const journal = await open();
      await raw(february);
      for (const run of ['r1', 'r2']) {
        await startRun(journal, run, { ...notes(run), patch: { endedAtMs: run === 'r1' ? 1 : 50 }, release: true });
        await moveTo2020(run);
      }
      expect(await valuesOf(journal, 'r2')).toEqual(['r2']);
      expect(await journal.prune({ endedBeforeMs: 10 })).toEqual(['r1']);
      expect(await months()).toContain('entries_2020_02');
      expect(await raw('SELECT seq FROM heddle.entries')).toHaveLength(1);
      expect(await journal.prune({ endedBeforeMs: 100 })).toEqual(['r2']);
      expect(await months()).not.toContain('entries_2020_02');
      expect(await journal.check()).toEqual([]);
    });

    test('a month that somebody reads stays until the next prune', async () => {
      const journal = await open();
      await raw(february);
      await startRun(journal, 'r1', { ...notes(1), patch: { endedAtMs: 1 }, release: true });
      await moveTo2020('r1');
      const reader = new pg.Client(server.url());
      await reader.connect();
      await reader.query(`BEGIN; SELECT * FROM ${schema}.entries`);
      expect(await journal.prune({ endedBeforeMs: 10 })).toEqual(['r1']);
      expect(await months()).toContain('entries_2020_02');
      await reader.end();
      await journal.compact();
      expect(await months()).not.toContain('entries_2020_02');
    });
  });

  test('where others removed a definition gets it again', async () => {
    const journal = await open();
    await startRun(journal, 'r1');
    await raw('DELETE FROM heddle.definitions');
    await startRun(journal, 'r2');
    expect(await journal.definition('d')).toEqual({ tasks: [] });
    expect(await journal.check()).toEqual([]);
  });

  describe('with values of several megabytes', () => {
    const parts = async (): Promise<number> =>
      Number((await raw<{ count: string }>('SELECT count(*) FROM heddle.value_parts'))[0]?.count);

    test('has them once, in parts, as long as somebody holds them', async () => {
      await expectParts(await open(), await open(), parts);
    });

    test('says so where a part is lost', async () => {
      const journal = await open();
      await startRun(journal, 'r1', notes(...manyMegabytes().slice(2)));
      await raw('DELETE FROM heddle.value_parts WHERE part = 2');
      const [problem] = await journal.check();
      expect(problem?.message).toContain('a large value lacks parts');
      await expect(valuesOf(await open(), 'r1')).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_CORRUPT' });
    });
  });

  test.skipIf(!hasOpenssl)('that speaks TLS is spoken to so, where its certificate is trusted', async () => {
    const certificate = await makeCertificate(await temporaryDirectory());
    const put = async (file: string, name: string): Promise<unknown> => {
      const lines = `string_to_array('${(await readFile(file, 'utf8')).trim()}', E'\\n')`;
      return raw(`COPY (SELECT unnest(${lines})) TO PROGRAM 'umask 077; cat > ${name}'`);
    };
    // Names that the server has for them by itself, in its own directory.
    await put(certificate.keyFile, 'server.key');
    await put(certificate.file, 'server.crt');
    await raw('ALTER SYSTEM SET ssl = on');
    await raw('SELECT pg_reload_conf()');
    onTestFinished(async () => {
      await raw('ALTER SYSTEM RESET ssl');
      await raw('SELECT pg_reload_conf()');
    });
    const url = `${server.url()}?schema=${schema}&sslmode=verify-full`;
    await expect.poll(() => raw('SHOW ssl')).toEqual([{ ssl: 'on' }]);
    const refused = open({ url: `${server.url()}?sslmode=verify-full` });
    await expect(refused).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_UNREACHABLE' });
    await expect(refused).rejects.toThrow('self-signed');
    expect(await roundTrip(url, certificate)).toBe('20000 5');
    expect(await valuesOf(await open(), 'r1')).toHaveLength(2);
  });

  describe('is refused', () => {
    test('where nobody answers', async () => {
      const opened = open({ url: at(await freePort()) });
      await expect(opened).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_UNREACHABLE' });
      await expect(opened).rejects.not.toThrow(POSTGRES_PASSWORD);
    });

    test('with a wrong password, a database that is not there, or without rights', async () => {
      const denied = { code: 'HEDDLE_JOURNAL_DENIED' };
      await expect(open({ url: at(server.port, 'wrong') })).rejects.toMatchObject(denied);
      await expect(open({ url: at(server.port).replace(/postgres$/, 'nothing') })).rejects.toMatchObject(denied);
      await raw("CREATE ROLE guest LOGIN PASSWORD 'guest'");
      const guest = `postgres://guest:guest@127.0.0.1:${server.port}/postgres`;
      await expect(open({ url: guest })).rejects.toMatchObject(denied);
    });

    test('with tables of a newer heddle', async () => {
      await (await open()).close();
      await raw('INSERT INTO heddle.migrations (version) VALUES (99)');
      await expect(open()).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_VERSION' });
    });

    test('with tables of another program', async () => {
      await raw(`CREATE SCHEMA ${schema}; CREATE TABLE heddle.runs (id int)`);
      await expect(open()).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_INVALID' });
    });

    test('with an URL or a schema that is none', async () => {
      const usage = { code: 'HEDDLE_USAGE' };
      await expect(open({ url: 'mysql://host/db' })).rejects.toMatchObject(usage);
      await expect(open({ schema: 'x"; DROP' })).rejects.toMatchObject(usage);
    });
  });

  test('is made by one of many who open it at once', async () => {
    const journals = await Promise.all(Array.from({ length: 5 }, () => open()));
    await startRun(journals[0] as Journal, 'r1', notes(1));
    expect(await valuesOf(journals[4] as Journal, 'r1')).toEqual([1]);
    expect(await raw('SELECT version FROM heddle.migrations')).toHaveLength(SCHEMA_VERSION);
  });

  test.each<[string, string, string]>([
    ['a lost entry', 'DELETE FROM heddle.entries WHERE seq = 2', 'its entries have a gap: 2 of 3'],
    ['entries without a run', 'DELETE FROM heddle.runs', 'entries belong to no run'],
    ['a lost definition', 'DELETE FROM heddle.definitions', 'its definition is missing'],
    ['a lost lease', 'DELETE FROM heddle.leases', 'its lease is missing'],
    ['a lost value', 'DELETE FROM heddle.large_values', 'a large value is missing'],
    ['a value without a holder', 'DELETE FROM heddle.uses', 'a large value is held by nobody'],
    ['a changed value', "UPDATE heddle.large_values SET data = '\\x0031'", 'a large value is not what was written'],
  ])('check finds %s', async (_, sql, message) => {
    const journal = await open();
    await startRun(journal, 'r1', notes(1, noise(20_000), 3));
    expect(await journal.check()).toEqual([]);
    await raw(sql);
    expect((await journal.check()).map((problem) => problem.message).join('\n')).toContain(message);
  });

  test('whose value is lost fails reading', async () => {
    const journal = await open();
    await startRun(journal, 'r1', notes(noise(20_000)));
    await raw('DELETE FROM heddle.large_values');
    await expect(valuesOf(journal, 'r1')).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_CORRUPT' });
  });

  test('what a prune left half done is removed by the next one', async () => {
    const journal = await open();
    await startRun(journal, 'r1', { ...notes(1, noise(20_000)), release: true });
    await raw('UPDATE heddle.runs SET is_removed = true');
    expect(await journal.run('r1')).toBeNull();
    expect((await journal.runs()).runs).toEqual([]);
    expect(await journal.acquire('r1', { owner: 'b', ttlMs: 1 })).toBeNull();
    expect(await valuesOf(journal, 'r1')).toEqual([]);
    expect(await journal.prune({ endedBeforeMs: 0 })).toEqual([]);
    for (const table of ['runs', 'entries', 'large_values', 'uses', 'definitions', 'leases']) {
      expect(await raw(`SELECT 1 FROM heddle.${table}`)).toEqual([]);
    }
  });

  test('is backed up into a file that is a journal', async () => {
    await expectBackup(await open());
  });

  test('may be pruned by one while others write', async () => {
    await expectPruningWhileWriting(await open(), await open());
  });
});
