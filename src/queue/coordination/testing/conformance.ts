import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Coordination, WorkerInfo } from '../coordination.ts';
import { describePermits } from './permits.ts';
import { ended, rangesFrom, TASK, terms, type Bench, type CoordinationPlace } from './place.ts';
import { describeRanges } from './ranges.ts';
import { describeRates } from './rates.ts';

const WORKER: WorkerInfo = {
  id: 'w1',
  host: 'mill',
  pid: 12,
  queues: ['default', 'gpu'],
  actions: { 'http.get': null, 'team.deploy': '2' },
  concurrency: 8,
  startedAtMs: 1_700_000_000_000,
  state: 'taking',
  reason: null,
};

/** What every coordination must do. `place` makes an empty place whose coordinations take the time from `now`. */
export function describeCoordination(name: string, place: (now: () => number) => Promise<CoordinationPlace>): void {
  describe(name, () => {
    let where: CoordinationPlace;
    let bench: Bench;
    let opened: Coordination[];

    beforeEach(async () => {
      let nowMs = 1_700_000_000_000;
      opened = [];
      where = await place(() => nowMs);
      const open = async (): Promise<Coordination> => {
        const coordination = await where.open();
        opened.push(coordination);
        return coordination;
      };
      bench = {
        coordination: await open(),
        open,
        get nowMs() {
          return nowMs;
        },
        set nowMs(value) {
          nowMs = value;
        },
      };
    });
    afterEach(async () => {
      await Promise.all(opened.map((coordination) => coordination.disconnect()));
      await where.remove();
    });
    const here = (): Coordination => bench.coordination;

    describe('ranges', () => describeRanges(() => bench));
    describe('permits', () => describePermits(() => bench));
    describe('rates', () => describeRates(() => bench));

    describe('executions', () => {
      test('that are closed are forgotten', async () => {
        const other = { ...TASK, execution: 4 };
        for (const task of [TASK, other]) {
          await here().open(task, terms({ concurrency: 3 }));
          await here().hold(task, 'a', { keeps: 0, wants: 3, failed: 0, ttlMs: 1000 });
          await here().finish(task, ended({ from: 0, count: 10 }));
        }
        await here().close(TASK);
        expect(await here().state(TASK)).toBeNull();
        expect(await here().tasks()).toEqual([other]);
        expect(await here().state(other)).toMatchObject({ ended: 10 });
        expect(await here().open(TASK, terms({ concurrency: 3 }))).toMatchObject({ isNew: true });
        expect(await here().state(TASK)).toMatchObject({ ended: 0, done: [], open: rangesFrom(0, 10, 10, 10, 10) });
        expect(await here().hold(TASK, 'b', { keeps: 0, wants: 3, failed: 0, ttlMs: 1000 })).toMatchObject({
          permits: 3,
        });
      });

      test('of a run are forgotten together', async () => {
        const others = [
          { ...TASK, generation: 1 },
          { ...TASK, execution: 9 },
        ];
        const stays = { ...TASK, run: 'r10' };
        for (const task of [TASK, ...others, stays]) await here().open(task, terms());
        await here().closeRun(TASK.run);
        expect(await here().tasks()).toEqual([stays]);
        expect(await here().state(TASK)).toBeNull();
        await here().closeRun('nothing');
        await here().closeRun(stays.run);
        expect(await here().tasks()).toEqual([]);
      });

      test('that are not known are complete, give no permits and stop nothing', async () => {
        expect(await here().state(TASK)).toBeNull();
        await here().add(TASK, rangesFrom(0, 5));
        await here().stop(TASK);
        await here().letGo(TASK, 'a');
        await here().close(TASK);
        expect(await here().end(TASK, 5)).toBe('complete');
        expect(await here().abandon(TASK, { from: 0, count: 5 })).toBe('complete');
        expect(await here().finish(TASK, ended({ from: 0, count: 5 }))).toEqual({
          claimed: [],
          state: 'complete',
          isStopped: false,
          isHungry: false,
        });
        const request = { keeps: 2, wants: 3, failed: 1, ttlMs: 1000 };
        expect(await here().hold(TASK, 'a', request)).toEqual({ permits: 0, isStopped: false, share: 0 });
        await expect(here().reserve(TASK, 1)).rejects.toMatchObject({ code: 'HEDDLE_RUN_UNKNOWN', run: 'r1' });
        expect(await here().tasks()).toEqual([]);
        expect(await here().state(TASK)).toBeNull();
      });
    });

    describe('workers', () => {
      const ids = async (): Promise<string[]> => (await here().workers()).map(({ id }) => id).toSorted();

      test('are there for a while', async () => {
        expect(await here().workers()).toEqual([]);
        await here().announce(WORKER, 100);
        await (await bench.open()).announce({ ...WORKER, id: 'w2' }, 200);
        expect((await here().workers()).find(({ id }) => id === 'w1')).toEqual(WORKER);
        bench.nowMs += 99;
        expect(await ids()).toEqual(['w1', 'w2']);
        bench.nowMs += 1;
        expect(await ids()).toEqual(['w2']);
        bench.nowMs -= 50;
        expect(await ids()).toEqual(['w2']);
      });

      test('say what changes, and go', async () => {
        await here().announce(WORKER, 100);
        bench.nowMs += 60;
        const pausing = { ...WORKER, state: 'pausing', reason: 'memory: 2 GB' } as const;
        await here().announce(pausing, 100);
        bench.nowMs += 60;
        expect(await here().workers()).toEqual([pausing]);
        await here().withdraw('w1');
        await here().withdraw('w1');
        expect(await here().workers()).toEqual([]);
      });
    });

    test('says how much the server holds', async () => {
      expect(await here().bytes()).toBeGreaterThan(100_000);
    });

    test('takes no calls after it was disconnected', async () => {
      const other = await bench.open();
      const opening = other.open(TASK, terms());
      await other.disconnect();
      expect(await opening).toMatchObject({ isNew: true });
      await expect(other.state(TASK)).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_CLOSED' });
      await other.disconnect();
    });
  });
}
