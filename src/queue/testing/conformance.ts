import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Broker, Consumer, Schedule } from '../broker/broker.ts';
import type { BrokerOptions } from '../broker/open-broker.ts';
import { deferred, Hands, Log, runJob } from './waiting.ts';

/** Opens a broker for the suite. */
export type OpenBroker = (options?: Partial<BrokerOptions>) => Promise<Broker>;

/** What every broker must do. `place`: gives, for each test, a way to open brokers of queues of its own. */
export function describeBroker(name: string, place: () => OpenBroker): void {
  describe(name, () => {
    let open: OpenBroker;
    let broker: Broker;
    const opened: Broker[] = [];
    const consumers: Consumer[] = [];
    const busy: Hands[] = [];
    beforeEach(async () => {
      const make = place();
      open = async (options) => {
        const one = await make(options);
        opened.push(one);
        return one;
      };
      broker = await open();
    });
    afterEach(async () => {
      for (const hands of busy.splice(0)) for (const { end } of hands.taken.all) end();
      await Promise.all(consumers.splice(0).map((consumer) => consumer.close({ force: true })));
      await Promise.all(opened.splice(0).map((one) => one.close()));
    });

    const work = (hands: Hands, slots = 1, by = broker, kind: 'run' | 'chunk' = 'run', queue = 'default'): Consumer => {
      const consumer = by.work(kind, queue, slots, hands.handle);
      consumers.push(consumer);
      busy.push(hands);
      return consumer;
    };
    /** Ids in the order in which jobs are taken, all done at once. */
    const drainBy = async (count: number): Promise<string[]> => {
      const hands = new Hands();
      work(hands);
      const ids: string[] = [];
      for (let taken = 0; taken < count; taken++) {
        const { job, end } = await hands.taken.next();
        ids.push(job.id);
        end();
      }
      return ids;
    };
    /** Waits until a job has left. */
    const gone = async (id: string): Promise<void> => {
      while (await broker.isLive('run', 'default', id)) await new Promise((resolve) => setTimeout(resolve, 5));
    };

    test('gives a job to a worker, with its ids', async () => {
      await broker.add([runJob('r1-1')]);
      expect(await broker.isLive('run', 'default', 'r1-1')).toBe(true);
      const hands = new Hands();
      const consumer = work(hands);
      const { job, end } = await hands.taken.next();
      expect(job).toMatchObject({ id: 'r1-1', queue: 'default', data: { run: 'r1-1', format: 1 } });
      expect(job.signal.aborted).toBe(false);
      expect(consumer.active).toBe(1);
      expect(await broker.isLive('run', 'default', 'r1-1')).toBe(true);
      end();
      await gone('r1-1');
      expect(await broker.live('run', 'default')).toEqual(new Set());
      expect(consumer.active).toBe(0);
    });

    test('gives a waiting worker what is added', async () => {
      const hands = new Hands();
      work(hands);
      await broker.add([runJob('a')]);
      (await hands.taken.next()).end();
      await gone('a');
      await broker.add([runJob('b')]);
      expect((await hands.taken.next()).job.id).toBe('b');
    });

    test('takes a job of the same id once, and again when it is done', async () => {
      await broker.add([runJob('a'), runJob('a')]);
      await broker.add([runJob('a', { delayMs: 60_000 })]);
      const hands = new Hands();
      work(hands, 2);
      const first = await hands.taken.next();
      await broker.add([runJob('a')]);
      expect(await broker.counts()).toMatchObject([
        { kind: 'run', waiting: 0, active: 1, delayed: 0 },
        { kind: 'chunk' },
      ]);
      first.end();
      await gone('a');
      await broker.add([runJob('a')]);
      expect((await hands.taken.next()).job.id).toBe('a');
      expect(hands.taken.all).toHaveLength(2);
    });

    test('takes by priority, then in the order they came in', async () => {
      await broker.add([runJob('c'), runJob('b', { priority: 2 }), runJob('d'), runJob('a', { priority: 1 })]);
      await broker.add([runJob('e', { priority: 5000 })]);
      expect(await drainBy(5)).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    test('holds delayed jobs back', async () => {
      const hands = new Hands();
      work(hands);
      await broker.add([runJob('first')]);
      const first = await hands.taken.next();
      const startedAtMs = Date.now();
      await broker.add([runJob('late', { delayMs: 500 }), runJob('now')]);
      first.end();
      const now = await hands.taken.next();
      expect(now.job.id).toBe('now');
      now.end();
      expect((await hands.taken.next()).job.id).toBe('late');
      expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(500);
    });

    test('gives a job again when its handler asks for that', async () => {
      await broker.add([runJob('a')]);
      const hands = new Hands();
      work(hands);
      const startedAtMs = Date.now();
      (await hands.taken.next()).end({ againInMs: 200 });
      const second = await hands.taken.next();
      expect(second.job.id).toBe('a');
      expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(200);
      second.end({ againInMs: 60_000 });
      while ((await broker.counts())[0]?.delayed !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
      await broker.remove('run', 'default', ['a']);
      expect(await broker.isLive('run', 'default', 'a')).toBe(false);
    });

    test('keeps a job whose handler throws, for later', async () => {
      const errors = new Log<unknown>();
      const other = await open({ onError: errors.add });
      await other.add([runJob('a')]);
      const hands = new Hands();
      work(hands, 1, other);
      (await hands.taken.next()).end(new Error('no luck'));
      expect(await errors.next()).toMatchObject({ code: 'HEDDLE_INTERNAL', cause: { message: 'no luck' } });
      while ((await broker.counts())[0]?.delayed !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await broker.isLive('run', 'default', 'a')).toBe(true);
    });

    test('takes as many at once as there are slots', async () => {
      await broker.add(['a', 'b', 'c', 'd'].map((id) => runJob(id)));
      const hands = new Hands();
      const consumer = work(hands, 3);
      const first = [await hands.taken.next(), await hands.taken.next(), await hands.taken.next()];
      expect(consumer.active).toBe(3);
      expect(await broker.counts()).toMatchObject([{ waiting: 1, active: 3 }, {}]);
      first[1]?.end();
      expect((await hands.taken.next()).job.id).toBe('d');
    });

    test('keeps kinds and queues apart', async () => {
      const chunk = { run: 'r1', chunk: 'r1.1.0.0', format: 1 };
      await broker.add([
        runJob('a'),
        runJob('a', { kind: 'chunk', data: chunk }),
        runJob('a', { queue: 'gpu', data: { run: 'r2', format: 1 } }),
      ]);
      const hands = new Hands();
      work(hands, 1, broker, 'chunk');
      expect((await hands.taken.next()).job.data).toEqual(chunk);
      work(hands, 1, broker, 'run', 'gpu');
      expect((await hands.taken.next()).job).toMatchObject({ queue: 'gpu', data: { run: 'r2' } });
      expect(await broker.queues()).toEqual(['default', 'gpu']);
      expect(await broker.live('run', 'default')).toEqual(new Set(['a']));
    });

    test('counts what there is', async () => {
      expect(await broker.counts()).toEqual([]);
      const beforeMs = Date.now();
      await broker.add([runJob('late', { delayMs: 60_000 }), runJob('a', { priority: 9 })]);
      const betweenMs = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 2));
      await broker.add([runJob('b', { priority: 1 })]);
      const [runs, chunks] = await broker.counts();
      expect(runs).toMatchObject({ queue: 'default', kind: 'run', waiting: 2, active: 0, delayed: 1, isPaused: false });
      expect(runs?.oldestAtMs).toBeGreaterThanOrEqual(beforeMs);
      expect(runs?.oldestAtMs).toBeLessThanOrEqual(betweenMs);
      const none = { queue: 'default', kind: 'chunk', waiting: 0, active: 0, delayed: 0, isPaused: false };
      expect(chunks).toEqual({ ...none, oldestAtMs: null });
    });

    test('pauses a queue for all workers', async () => {
      const other = await open();
      await broker.pause('default');
      await broker.add([runJob('a')]);
      const hands = new Hands();
      work(hands, 1, other);
      expect(await broker.counts()).toMatchObject([
        { waiting: 1, isPaused: true },
        { kind: 'chunk', isPaused: true },
      ]);
      await broker.add([runJob('b', { queue: 'open' })]);
      work(hands, 1, other, 'run', 'open');
      expect((await hands.taken.next()).job.id).toBe('b');
      await broker.resume('default');
      expect((await hands.taken.next()).job.id).toBe('a');
      expect((await broker.counts())[0]).toMatchObject({ isPaused: false });
    });

    test('pauses one worker, and others go on', async () => {
      const paused = new Hands();
      const consumer = work(paused);
      await broker.add([runJob('a')]);
      const first = await paused.taken.next();
      await consumer.pause();
      await broker.add([runJob('b')]);
      first.end();
      const hands = new Hands();
      const other = work(hands, 1, await open());
      (await hands.taken.next()).end();
      await gone('b');
      await other.pause();
      await broker.add([runJob('c')]);
      consumer.resume();
      expect((await paused.taken.next()).job.id).toBe('c');
      expect(hands.taken.all).toHaveLength(1);
    });

    test('removes and drains what nobody works on', async () => {
      await broker.add(['a', 'b', 'c'].map((id) => runJob(id)));
      await broker.add([
        runJob('late', { delayMs: 60_000 }),
        runJob('x', { kind: 'chunk' }),
        runJob('y', { queue: 'q' }),
      ]);
      const hands = new Hands();
      const consumer = work(hands);
      const { end } = await hands.taken.next();
      await consumer.pause();
      await broker.remove('run', 'default', ['a', 'b', 'unknown']);
      expect(await broker.live('run', 'default')).toEqual(new Set(['a', 'c', 'late']));
      expect([...(await broker.drain('default'))].sort()).toEqual(['c', 'late', 'x']);
      expect(await broker.live('run', 'default')).toEqual(new Set(['a']));
      expect(await broker.live('run', 'q')).toEqual(new Set(['y']));
      end();
      await gone('a');
    });

    test('lets work end when a worker closes', async () => {
      await broker.add([runJob('a'), runJob('b')]);
      const hands = new Hands();
      const consumer = work(hands);
      const { end, job } = await hands.taken.next();
      const closed = consumer.close();
      expect(job.signal.aborted).toBe(false);
      end();
      await closed;
      expect(await broker.live('run', 'default')).toEqual(new Set(['b']));
    });

    test('hands jobs of a worker that is forced to close to others at once', async () => {
      await broker.add([runJob('a'), runJob('b')]);
      const hands = new Hands();
      const consumer = work(hands, 2);
      const [first, second] = [await hands.taken.next(), await hands.taken.next()];
      const others = new Hands();
      work(others, 2, await open());
      const gentle = consumer.close();
      const closed = consumer.close({ force: true });
      expect(await first.aborted).toBe('HEDDLE_CANCELLED');
      first.end();
      // It does not listen.
      expect(await second.aborted).toBe('HEDDLE_CANCELLED');
      await closed;
      await gentle;
      const ids = [(await others.taken.next()).job.id, (await others.taken.next()).job.id];
      expect(ids.sort()).toEqual(['a', 'b']);
    });

    test('does not see queues of another prefix', async () => {
      const other = await open({ prefix: 'another' });
      await broker.add([runJob('a')]);
      expect(await other.queues()).toEqual([]);
      expect(await other.isLive('run', 'default', 'a')).toBe(false);
      await other.add([runJob('b')]);
      const hands = new Hands();
      work(hands, 2, other);
      expect((await hands.taken.next()).job.id).toBe('b');
      expect(await broker.live('run', 'default')).toEqual(new Set(['a']));
    });

    test('takes jobs of many queues, without a warning', async () => {
      const warnings: Error[] = [];
      const note = (warning: Error): void => void warnings.push(warning);
      process.on('warning', note);
      const hands = new Hands();
      const queues = Array.from({ length: 14 }, (_, index) => `queue-${index}`);
      for (const queue of queues) work(hands, 1, broker, 'run', queue);
      await broker.add(queues.map((queue) => runJob(`of-${queue}`, { queue })));
      const taken = new Set<string>();
      while (taken.size < queues.length) taken.add((await hands.taken.next()).job.queue);
      process.off('warning', note);
      expect(warnings).toEqual([]);
    });

    test('takes many jobs', async () => {
      const ids = Array.from({ length: 1200 }, (_, index) => `job-${index}`);
      await broker.add(ids.map((id) => runJob(id)));
      expect((await broker.live('run', 'default')).size).toBe(1200);
      const all = deferred();
      const seen = new Set<string>();
      consumers.push(
        broker.work('run', 'default', 20, async ({ id }) => {
          seen.add(id);
          if (seen.size === 1200) all.resolve();
        }),
      );
      await all.promise;
      expect(seen).toEqual(new Set(ids));
    });

    test.for([
      ['id', { id: '12' }],
      ['id', { id: 'a:b' }],
      ['queue', { queue: 'a b' }],
    ] as const)('refuses a bad %s', async ([, more]) => {
      await expect(broker.add([runJob('a', more)])).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
      expect(await broker.queues()).toEqual([]);
    });

    test('is of no use when it is closed', async () => {
      await broker.close();
      await expect(broker.queues()).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_CLOSED' });
      expect(() => work(new Hands())).toThrow(expect.objectContaining({ code: 'HEDDLE_QUEUE_CLOSED' }));
      await broker.close();
    });

    describe('schedules', () => {
      const daily: Schedule = { id: 'report', queue: 'default', cron: '30 6 * * *', data: { workflow: 'report' } };

      test('are listed with their next time, changed and removed', async () => {
        await broker.schedule({ ...daily, timezone: 'Europe/Berlin' });
        await broker.schedule({ ...daily, id: 'a', queue: 'gpu', cron: '0 0 12 1 1 *' });
        const [first, second] = await broker.schedules();
        expect(first).toEqual({
          ...daily,
          id: 'a',
          queue: 'gpu',
          cron: '0 0 12 1 1 *',
          timezone: 'UTC',
          nextAtMs: expect.any(Number) as number,
        });
        expect(new Date(first?.nextAtMs ?? 0).toISOString()).toMatch(/-01-01T12:00:00.000Z$/);
        expect(second).toMatchObject({ id: 'report', timezone: 'Europe/Berlin', data: { workflow: 'report' } });
        await broker.schedule({ ...daily, queue: 'gpu', data: { workflow: 'other' } });
        expect(await broker.schedules()).toMatchObject([
          { id: 'a' },
          { id: 'report', queue: 'gpu', timezone: 'UTC', data: { workflow: 'other' } },
        ]);
        expect(await broker.unschedule('report')).toBe(true);
        expect(await broker.unschedule('report')).toBe(false);
        expect(await broker.schedules()).toMatchObject([{ id: 'a' }]);
      });

      test.for([
        { cron: '* * *' },
        { cron: '61 * * * *' },
        { cron: 'noon' },
        { cron: '0 0 30 2 *' },
        { timezone: 'Europe/Nowhere' },
      ])('are refused with %o', async (more) => {
        await expect(broker.schedule({ ...daily, ...more })).rejects.toMatchObject({ code: 'HEDDLE_CRON' });
        expect(await broker.schedules()).toEqual([]);
      });

      test('give work to one worker, again and again', async () => {
        const due = new Log<{ readonly id: string; readonly atMs: number }>();
        for (const by of [broker, await open()]) {
          consumers.push(by.workSchedules('default', async ({ id }, atMs) => due.add({ id, atMs })));
        }
        await broker.schedule({ ...daily, cron: '* * * * * *' });
        const [first, second] = [await due.next(), await due.next()];
        expect([first.id, second.id]).toEqual(['report', 'report']);
        expect([first.atMs % 1000, second.atMs % 1000]).toEqual([0, 0]);
        // On a machine that is slow it may leave one out, but never gives one twice.
        expect(second.atMs).toBeGreaterThan(first.atMs);
        await broker.unschedule('report');
      });
    });
  });
}
