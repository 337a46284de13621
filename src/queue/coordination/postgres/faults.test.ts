import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hasPostgres, POSTGRES_PASSWORD, PostgresServer } from '../../../../test/servers/postgres-server.ts';
import { openPostgresJournal } from '../../../journal/index.ts';
import { openCoordination } from '../open-coordination.ts';
import { describeFaults } from '../testing/faults.ts';
import { ended, TASK, terms } from '../testing/place.ts';

describe.skipIf(!hasPostgres)('a PostgreSQL', () => {
  describeFaults(
    () => PostgresServer.start(),
    (port) => `postgres://heddle:${POSTGRES_PASSWORD}@127.0.0.1:${port}/postgres`,
    (server, open) => {
      const raw = async <Row extends object>(sql: string): Promise<Row[]> => {
        const client = new pg.Client(server().url());
        await client.connect();
        try {
          return (await client.query<Row>(sql)).rows;
        } finally {
          await client.end();
        }
      };

      test('may hold the journal in the same schema', async () => {
        const journal = await openPostgresJournal({ url: server().url(), schema: 'shared_by_all' });
        onTestFinished(() => journal.close());
        const coordination = await open({ url: `${server().url()}?schema=shared_by_all`, prefix: 'shared_by_all' });
        await coordination.open(TASK, terms());
        const again = await open({ prefix: 'shared_by_all' });
        expect(await again.tasks()).toEqual([TASK]);
        expect(await journal.check()).toEqual([]);
        expect(await raw('SELECT version FROM shared_by_all.coordination_migrations')).toEqual([{ version: 1 }]);
      });

      test('takes the schema from the URL', async () => {
        const coordination = await openCoordination(`${server().url()}?schema=named`);
        onTestFinished(() => coordination.disconnect());
        await coordination.open(TASK, terms());
        expect(await raw('SELECT run FROM named.coordination_tasks')).toEqual([{ run: 'r1' }]);
      });

      test('leaves nothing behind', async () => {
        const coordination = await open({ prefix: 'tidy' });
        await coordination.open(TASK, terms({ concurrency: 3 }));
        await coordination.hold(TASK, 'a', { keeps: 0, wants: 3, failed: 0, ttlMs: 1000 });
        await coordination.finish(TASK, ended({ from: 0, count: 10 }));
        await coordination.closeRun(TASK.run);
        for (const table of ['tasks', 'ranges', 'holders']) {
          expect(await raw(`SELECT * FROM tidy.coordination_${table}`)).toEqual([]);
        }
      });

      test('used by a newer heddle is refused', async () => {
        await open({ prefix: 'newer' });
        await raw('INSERT INTO newer.coordination_migrations (version) VALUES (99)');
        await expect(open({ prefix: 'newer' })).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_VERSION' });
      });

      test('that refuses the user, or has no such schema name, says so', async () => {
        const denied = open({ url: server().url().replace(POSTGRES_PASSWORD, 'wrong') });
        await expect(denied).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_DENIED' });
        await expect(denied).rejects.not.toThrow('wrong');
        await expect(open({ prefix: 'a-b' })).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
      });

      test('counts failures once when a holder calls again after its time', async () => {
        const coordination = await open();
        await coordination.open(TASK, terms({ continues: true }));
        const request = { keeps: 0, wants: 1, failed: 2, ttlMs: 1000 };
        await coordination.hold(TASK, 'a', request);
        await coordination.hold(TASK, 'a', request);
        expect(await coordination.state(TASK)).toMatchObject({ failed: 4 });
      });
    },
  );
});
