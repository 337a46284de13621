import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Coordination } from '../coordination.ts';
import { ended, rangesFrom, TASK, terms, type Bench } from './place.ts';
import { workOn } from './work.ts';

/** What every coordination must do with ranges. */
export function describeRanges(bench: () => Bench): void {
  const here = (): Coordination => bench().coordination;

  test('claims the first ranges once', async () => {
    const claimed = rangesFrom(0, 10, 10, 10, 10);
    expect(await here().open(TASK, terms())).toEqual({ isNew: true, claimed });
    const other = await bench().open();
    expect(await other.open(TASK, terms({ total: 5 }))).toEqual({ isNew: false, claimed: [] });
    expect(await other.state(TASK)).toEqual({
      state: 'open',
      isStopped: false,
      isHungry: false,
      total: 1000,
      failed: 0,
      ended: 0,
      open: claimed,
      done: [],
      itemMs: null,
    });
  });

  test('keeps executions apart', async () => {
    await here().open(TASK, terms());
    const others = [
      { ...TASK, execution: 4 },
      { ...TASK, generation: 1 },
      { ...TASK, run: 'r2:1' },
    ];
    for (const other of others) {
      expect(await here().state(other)).toBeNull();
      expect(await here().open(other, terms({ total: 1 }))).toEqual({ isNew: true, claimed: rangesFrom(0, 1) });
    }
    expect(await here().tasks()).toHaveLength(4);
    expect(await here().tasks()).toEqual(expect.arrayContaining([TASK, ...others]));
  });

  test('who finishes a range claims the next', async () => {
    const { claimed } = await here().open(TASK, terms({ total: 45, firstCount: 10, window: 2 }));
    expect(claimed).toEqual(rangesFrom(0, 10, 10));
    expect(await here().finish(TASK, ended({ from: 10, count: 10 }))).toEqual({
      claimed: rangesFrom(20, 25),
      state: 'open',
      isStopped: false,
      isHungry: false,
    });
  });

  test('is complete with the last range, in any order', async () => {
    await here().open(TASK, terms({ total: 3, firstCount: 1 }));
    expect(await here().finish(TASK, ended({ from: 2, count: 1 }))).toMatchObject({ state: 'open', claimed: [] });
    expect(await here().finish(TASK, ended({ from: 0, count: 1 }))).toMatchObject({ state: 'open', claimed: [] });
    expect(await here().finish(TASK, ended({ from: 1, count: 1 }))).toMatchObject({ state: 'complete', claimed: [] });
    expect(await here().state(TASK)).toMatchObject({ state: 'complete', ended: 3, done: rangesFrom(0, 1, 1, 1) });
  });

  test('nothing to do is complete at once', async () => {
    expect(await here().open(TASK, terms({ total: 0 }))).toEqual({ isNew: true, claimed: [] });
    expect(await here().state(TASK)).toMatchObject({ state: 'complete', total: 0, ended: 0 });
  });

  test('a range that is finished twice counts once', async () => {
    const { claimed } = await here().open(TASK, terms({ continues: true }));
    const [range] = claimed;
    if (range === undefined) throw new Error('nothing was claimed');
    expect((await here().finish(TASK, ended(range, 1, 2))).claimed).toHaveLength(1);
    const before = await here().state(TASK);
    for (const again of [ended(range, 9, 5), { ...ended(range), count: 3 }, { ...ended(range), ended: 0 }]) {
      expect(await here().finish(TASK, again)).toMatchObject({ claimed: [], state: 'open' });
    }
    expect(await here().state(TASK)).toEqual(before);
    expect(before).toMatchObject({ ended: 10, failed: 2, done: [range] });
  });

  test('200 workers over several connections: every iteration is in one range, and the window is never exceeded', async () => {
    const coordinations = [here(), await bench().open(), await bench().open()];
    const [first] = await Promise.all(
      coordinations.map((one) =>
        one.open(TASK, terms({ total: 100_000, window: 150, rangeMs: 200, firstCount: 100, maxCount: 300 })),
      ),
    );
    const opened = (await here().state(TASK))?.open ?? [];
    expect(opened).toHaveLength(150);
    expect([0, 150]).toContain(first?.claimed.length);
    let looks = 0;
    const sorted = await workOn(coordinations, 200, opened, async () => {
      looks++;
      expect((await here().state(TASK))?.open.length).toBeLessThanOrEqual(150);
    });
    expect(looks).toBeGreaterThan(3);
    expect(sorted).toEqual(rangesFrom(0, ...sorted.map(({ count }) => count)));
    expect(await here().state(TASK)).toMatchObject({ state: 'complete', ended: 100_000, open: [], done: sorted });
  });

  describe('sizes', () => {
    test.each([
      ['follow the time that an iteration takes', 5, 200],
      ['are limited', 0.5, 500],
      ['are limited where no time passes', 0, 500],
      ['are one at least', 5000, 1],
      ['are whole', 3, 333],
    ])('%s', async (_, itemMs, count) => {
      await here().open(TASK, terms({ total: 1_000_000, maxCount: 500 }));
      const { claimed } = await here().finish(TASK, ended({ from: 10, count: 10 }, itemMs));
      expect(claimed).toEqual([{ from: 40, count }]);
      expect((await here().state(TASK))?.itemMs).toBe(itemMs);
    });

    test('follow what a range took, not the work in it', async () => {
      await here().open(TASK, terms({ total: 1_000_000 }));
      const report = { ...ended({ from: 0, count: 10 }, 200), tookMs: 250 };
      expect((await here().finish(TASK, report)).claimed).toEqual([{ from: 40, count: 40 }]);
      expect((await here().state(TASK))?.itemMs).toBe(200);
    });

    test('follow the later ranges when the pace changes, and take no account of ranges in which nothing ended', async () => {
      const { claimed } = await here().open(TASK, terms({ total: 1_000_000 }));
      const waiting = [...claimed];
      const counts: number[] = [];
      for (let n = 0; n < 60; n++) {
        const range = waiting.shift();
        if (range === undefined) break;
        const finished = await here().finish(
          TASK,
          n === 30 ? { ...ended(range), ended: 0 } : ended(range, n < 20 ? 50 : 10),
        );
        waiting.push(...finished.claimed);
        counts.push(...finished.claimed.map(({ count }) => count));
      }
      expect(counts[19]).toBe(20);
      expect(counts[59]).toBeGreaterThan(90);
    });

    test('get smaller towards the end, down to a twentieth of the time that a range should take', async () => {
      const { claimed } = await here().open(TASK, terms({ total: 1000, firstCount: 100, window: 2, rangeMs: 2000 }));
      expect(claimed).toEqual(rangesFrom(0, 100, 100));
      const waiting = [...claimed];
      const counts: number[] = [];
      for (let range = waiting.shift(); range !== undefined; range = waiting.shift()) {
        const finished = await here().finish(TASK, ended(range, 5));
        waiting.push(...finished.claimed);
        counts.push(...finished.claimed.map(({ count }) => count));
      }
      let left = 800;
      for (const count of counts.slice(0, -1)) {
        expect(count).toBe(Math.min(100, Math.max(Math.floor(left / 4), 20)));
        left -= count;
      }
      expect(counts.at(-1)).toBe(left);
      expect(counts.filter((count) => count === 100)).toHaveLength(5);
      expect(counts.filter((count) => count === 20)).toHaveLength(3);
    });

    test('of the first ranges are what was given, and not more than the most', async () => {
      const { claimed } = await here().open(TASK, terms({ total: 205, firstCount: 300, window: 8 }));
      expect(claimed).toEqual(rangesFrom(0, 100, 100, 5));
    });
  });

  describe('rebuilding', () => {
    test('claims what is neither done nor claimed, in order', async () => {
      const done = [...rangesFrom(0, 5, 5), ...rangesFrom(30, 20), ...rangesFrom(90, 10)];
      const claimed = rangesFrom(12, 8);
      const opened = await here().open(TASK, terms({ total: 100, window: 5, firstCount: 15, done, claimed }));
      expect(opened).toEqual({
        isNew: true,
        claimed: [...rangesFrom(10, 2), ...rangesFrom(20, 10), ...rangesFrom(50, 15, 15)],
      });
      const state = await here().state(TASK);
      expect(state).toMatchObject({ ended: 40, done, open: [...rangesFrom(10, 2, 8, 10), ...rangesFrom(50, 15, 15)] });
      // At most a tenth of the ten that are left, at that pace.
      const next = await here().finish(TASK, ended({ from: 12, count: 8 }, 100));
      expect(next.claimed).toEqual(rangesFrom(80, 1));
    });

    test('with all done is complete', async () => {
      const done = rangesFrom(0, 40, 60);
      expect(await here().open(TASK, terms({ total: 100, done }))).toEqual({ isNew: true, claimed: [] });
      expect(await here().state(TASK)).toMatchObject({ state: 'complete', ended: 100, done, open: [] });
    });

    test('passes over what is told twice, or does not belong there', async () => {
      const done = [...rangesFrom(0, 10), ...rangesFrom(0, 10), ...rangesFrom(5, 10), ...rangesFrom(95, 10)];
      await here().open(TASK, terms({ total: 100, done, claimed: rangesFrom(9, 2) }));
      expect(await here().state(TASK)).toMatchObject({ ended: 10, done: rangesFrom(0, 10) });
    });

    test('a done range that nobody claimed counts, and is not claimed later', async () => {
      await here().open(TASK, terms({ total: 100, window: 1, firstCount: 10 }));
      expect(await here().finish(TASK, ended({ from: 15, count: 5 }))).toMatchObject({ claimed: [], state: 'open' });
      const { claimed } = await here().finish(TASK, ended({ from: 0, count: 10 }));
      expect(claimed).toEqual(rangesFrom(10, 5));
      expect(await here().finish(TASK, ended({ from: 10, count: 5 }))).toMatchObject({ claimed: [{ from: 20 }] });
      expect(await here().state(TASK)).toMatchObject({ ended: 20, done: rangesFrom(0, 10, 5, 5) });
    });

    test('a range that overlaps others changes nothing', async () => {
      await here().open(TASK, terms({ total: 100, window: 1, firstCount: 10 }));
      await here().finish(TASK, ended({ from: 0, count: 10 }));
      const before = await here().state(TASK);
      for (const range of [...rangesFrom(5, 50), ...rangesFrom(10, 3), ...rangesFrom(19, 2), ...rangesFrom(99, 2)]) {
        expect(await here().finish(TASK, ended(range))).toMatchObject({ claimed: [] });
      }
      expect(await here().state(TASK)).toEqual(before);
    });

    test('whatever is known, every iteration is in one range', async () => {
      let run = 0;
      const someRanges = fc.array(fc.record({ from: fc.nat(60), count: fc.integer({ min: 1, max: 20 }) }), {
        maxLength: 8,
      });
      const given = fc.record({
        done: someRanges,
        claimed: someRanges,
        late: someRanges,
        window: fc.integer({ min: 1, max: 5 }),
      });
      await fc.assert(
        fc.asyncProperty(given, async ({ done, claimed, late, window }) => {
          const task = { ...TASK, run: `property-${++run}` };
          await here().open(task, terms({ total: 60, window, firstCount: 7, done, claimed }));
          for (const range of late) await here().finish(task, ended(range));
          for (;;) {
            const state = await here().state(task);
            const [range] = state?.open ?? [];
            if (range === undefined) {
              expect(state).toMatchObject({ state: 'complete', ended: 60 });
              expect(state?.done).toEqual(rangesFrom(0, ...(state?.done ?? []).map(({ count }) => count)));
              return;
            }
            await here().finish(task, ended(range));
          }
        }),
        { numRuns: 25 },
      );
    });
  });

  describe('ranges that are handed over', () => {
    const open = (): Promise<unknown> => here().open(TASK, terms({ total: null, window: 4 }));

    test('are asked for while fewer than half a window are at hand', async () => {
      expect(await open()).toEqual({ isNew: true, claimed: [] });
      expect(await here().state(TASK)).toMatchObject({ state: 'open', isHungry: true, total: null });
      await here().add(TASK, rangesFrom(0, 10, 10));
      expect(await here().state(TASK)).toMatchObject({ isHungry: false, open: rangesFrom(0, 10, 10) });
      const finished = await here().finish(TASK, ended({ from: 0, count: 10 }));
      expect(finished).toEqual({ claimed: [], state: 'open', isStopped: false, isHungry: true });
    });

    test('count once', async () => {
      await open();
      await here().add(TASK, rangesFrom(0, 10));
      await here().finish(TASK, ended({ from: 0, count: 10 }));
      await here().add(TASK, rangesFrom(0, 10, 10));
      await here().add(TASK, rangesFrom(10, 10));
      expect(await here().state(TASK)).toMatchObject({ open: rangesFrom(10, 10), done: rangesFrom(0, 10), ended: 10 });
    });

    test('are complete when there are no more', async () => {
      await open();
      await here().add(TASK, rangesFrom(0, 10, 5));
      await here().finish(TASK, ended({ from: 0, count: 10 }));
      expect(await here().end(TASK, 15)).toBe('open');
      expect(await here().state(TASK)).toMatchObject({ total: 15, isHungry: false });
      await here().add(TASK, rangesFrom(15, 5));
      expect(await here().finish(TASK, ended({ from: 10, count: 5 }))).toMatchObject({
        state: 'complete',
        claimed: [],
      });
      expect(await here().end(TASK, 15)).toBe('complete');
    });

    test('are complete at once where there are none', async () => {
      await open();
      expect(await here().end(TASK, 0)).toBe('complete');
    });

    test('are not asked for after a stop, which is complete when nothing is claimed', async () => {
      await open();
      await here().add(TASK, rangesFrom(0, 10));
      await here().stop(TASK);
      expect(await here().state(TASK)).toMatchObject({ state: 'open', isStopped: true, isHungry: false });
      expect(await here().finish(TASK, { ...ended({ from: 0, count: 10 }), ended: 4 })).toMatchObject({
        state: 'complete',
        isStopped: true,
      });
    });
  });

  test('numbers are exact up to 2^53', async () => {
    const total = Number.MAX_SAFE_INTEGER;
    const done = [{ from: 0, count: total - 10 }];
    const opened = await here().open(TASK, terms({ total, window: 2, firstCount: 2, done }));
    expect(opened.claimed).toEqual(rangesFrom(total - 10, 2, 2));
    const finished = await here().finish(TASK, ended({ from: total - 10, count: 2 }, 1));
    // At most a twentieth of the second that a range should take.
    expect(finished.claimed).toEqual(rangesFrom(total - 6, 6));
    expect(await here().finish(TASK, ended({ from: total - 8, count: 2 }))).toMatchObject({ claimed: [] });
    expect(await here().finish(TASK, ended({ from: total - 6, count: 6 }))).toMatchObject({ state: 'complete' });
    expect(await here().state(TASK)).toMatchObject({ ended: total, total, done: rangesFrom(0, total - 10, 2, 2, 6) });
    const added = { ...TASK, run: 'added' };
    await here().open(added, terms({ total: null }));
    const last = { from: total - 1, count: 1 };
    await here().add(added, [last]);
    expect(await here().state(added)).toMatchObject({ open: [last] });
    expect(await here().end(added, total)).toBe('open');
  });
}
