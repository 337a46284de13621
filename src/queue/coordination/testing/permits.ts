import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Coordination, HoldRequest } from '../coordination.ts';
import { ended, TASK, terms, type Bench } from './place.ts';

/** What a holder says in tests that are about something else. */
function wanting(wants: number, more: Partial<HoldRequest> = {}): HoldRequest {
  return { keeps: 0, wants, failed: 0, ttlMs: 1000, ...more };
}

interface Held {
  readonly permits: number;
  readonly wants: number;
  readonly expiresAtMs: number;
}

type Step =
  | {
      readonly type: 'hold';
      readonly holder: number;
      readonly keeps: number;
      readonly wants: number;
      readonly ttlMs: number;
    }
  | { readonly type: 'letGo'; readonly holder: number }
  | { readonly type: 'wait'; readonly ms: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('hold' as const),
      holder: fc.nat(4),
      keeps: fc.nat(12),
      wants: fc.nat(12),
      ttlMs: fc.constantFrom(50, 200),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('letGo' as const), holder: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 120 }) }) },
);

/** Equal shares, of which nobody gets more than it wants; the parts that cannot be divided are left out. */
function fairShares(concurrency: number, wants: readonly number[]): { readonly least: number[]; readonly sum: number } {
  let level = 0;
  const given = (at: number): number => wants.reduce((sum, want) => sum + Math.min(want, at), 0);
  while (level < Math.max(...wants) && given(level + 1) <= concurrency) level++;
  return {
    least: wants.map((want) => Math.min(want, level)),
    sum: Math.min(concurrency, given(Infinity)),
  };
}

/** What every coordination must do with permits. */
export function describePermits(bench: () => Bench): void {
  const here = (): Coordination => bench().coordination;
  const hold = async (holder: string, request: HoldRequest): Promise<number> =>
    (await here().hold(TASK, holder, request)).permits;

  test('without a limit everybody gets what they want', async () => {
    await here().open(TASK, terms());
    expect(await here().hold(TASK, 'a', wanting(1000))).toEqual({ permits: 1000, isStopped: false, share: 1000 });
    expect(await hold('b', wanting(5))).toBe(5);
  });

  test('one holder gets all that it wants, and no more than there are', async () => {
    await here().open(TASK, terms({ concurrency: 10 }));
    expect(await hold('a', wanting(4))).toBe(4);
    expect(await hold('a', wanting(14))).toBe(10);
    expect(await hold('a', wanting(2))).toBe(2);
  });

  test('holders get equal shares as others let go', async () => {
    await here().open(TASK, terms({ concurrency: 10 }));
    const other = await bench().open();
    expect(await hold('a', wanting(20))).toBe(10);
    expect(await other.hold(TASK, 'b', wanting(20))).toMatchObject({ permits: 0 });
    // It keeps what it has in flight, and is told how much of that it should have.
    const held = await here().hold(TASK, 'a', wanting(20, { keeps: 10 }));
    expect(held).toEqual({ permits: 10, isStopped: false, share: 5 });
    expect(await hold('a', wanting(20, { keeps: 8 }))).toBe(8);
    expect(await hold('b', wanting(20))).toBe(2);
    expect(await hold('a', wanting(20, { keeps: 3 }))).toBe(5);
    expect(await hold('b', wanting(20, { keeps: 2 }))).toBe(5);
    expect(await hold('c', wanting(20))).toBe(0);
    // One cannot be divided; it is for who still has more than the others.
    expect(await hold('a', wanting(20))).toBe(3);
    expect(await hold('b', wanting(20))).toBe(4);
    expect(await hold('c', wanting(20))).toBe(3);
  });

  test('who wants less leaves the rest to the others', async () => {
    await here().open(TASK, terms({ concurrency: 10 }));
    await hold('a', wanting(1));
    await hold('b', wanting(2));
    expect(await hold('c', wanting(20))).toBe(7);
    expect(await hold('b', wanting(20, { keeps: 2 }))).toBe(2);
    expect(await hold('c', wanting(20))).toBe(5);
    expect(await hold('b', wanting(20))).toBe(4);
  });

  test('of fewer permits than holders the first ones have one each', async () => {
    await here().open(TASK, terms({ concurrency: 2 }));
    const got = [];
    for (const holder of ['a', 'b', 'c', 'd']) got.push(await hold(holder, wanting(5)));
    expect(got).toEqual([2, 0, 0, 0]);
    expect(await hold('a', wanting(5))).toBe(1);
    expect(await hold('d', wanting(5))).toBe(1);
    expect(await hold('b', wanting(5))).toBe(0);
    await here().letGo(TASK, 'a');
    expect(await hold('c', wanting(5))).toBe(1);
  });

  test('permits are free after their time, on the clock of the server', async () => {
    await here().open(TASK, terms({ concurrency: 4 }));
    expect(await hold('a', wanting(4, { ttlMs: 100 }))).toBe(4);
    bench().nowMs += 99;
    expect(await hold('b', wanting(4, { ttlMs: 100 }))).toBe(0);
    bench().nowMs += 1;
    expect(await hold('b', wanting(4, { ttlMs: 100 }))).toBe(4);
    // Somebody else has them now.
    expect(await hold('a', wanting(4, { keeps: 3 }))).toBe(0);
  });

  test('permits whose time is over stay where nobody else wanted them', async () => {
    await here().open(TASK, terms({ concurrency: 4 }));
    await hold('a', wanting(4, { ttlMs: 100 }));
    bench().nowMs += 5000;
    expect(await hold('a', wanting(1, { keeps: 3 }))).toBe(3);
  });

  test('the sum is never above the limit, nothing in flight is cut, and all is shared in the end', async () => {
    let run = 0;
    const given = fc.record({ concurrency: fc.integer({ min: 1, max: 12 }), steps: fc.array(STEP, { maxLength: 40 }) });
    await fc.assert(
      fc.asyncProperty(given, async ({ concurrency, steps }) => {
        const task = { ...TASK, run: `property-${++run}` };
        await here().open(task, terms({ concurrency }));
        const held = new Map<number, Held>();
        const live = (): [number, Held][] => [...held].filter(([, { expiresAtMs }]) => expiresAtMs > bench().nowMs);
        const take = async (holder: number, request: HoldRequest): Promise<void> => {
          const had = live().find(([who]) => who === holder)?.[1].permits ?? 0;
          const { permits } = await here().hold(task, `h${holder}`, request);
          expect(permits).toBeGreaterThanOrEqual(Math.min(request.keeps, had));
          expect(permits).toBeLessThanOrEqual(Math.max(request.wants, request.keeps));
          held.set(holder, { permits, wants: request.wants, expiresAtMs: bench().nowMs + request.ttlMs });
          expect(live().reduce((sum, [, { permits: some }]) => sum + some, 0)).toBeLessThanOrEqual(concurrency);
        };
        for (const step of steps) {
          if (step.type === 'wait') bench().nowMs += step.ms;
          else if (step.type === 'hold') await take(step.holder, { ...step, failed: 0 });
          else {
            await here().letGo(task, `h${step.holder}`);
            held.delete(step.holder);
          }
        }
        const holders = live();
        if (holders.length === 0) return;
        for (let round = 0; round < 2; round++) {
          for (const [holder, { wants }] of holders) await take(holder, wanting(wants));
        }
        const { least, sum } = fairShares(
          concurrency,
          holders.map(([, { wants }]) => wants),
        );
        const got = holders.map(([holder]) => held.get(holder)?.permits ?? 0);
        expect(got.reduce((total, permits) => total + permits, 0)).toBe(sum);
        got.forEach((permits, at) => expect([0, 1]).toContain(permits - (least[at] ?? 0)));
      }),
      { numRuns: 40 },
    );
  });

  describe('failures', () => {
    const failing = (failed: number): Promise<{ readonly isStopped: boolean }> =>
      here().hold(TASK, 'a', wanting(1, { failed }));

    test('the first one stops the rest', async () => {
      await here().open(TASK, terms());
      expect(await failing(0)).toMatchObject({ isStopped: false });
      expect(await failing(1)).toMatchObject({ isStopped: true });
      expect(await here().hold(TASK, 'b', wanting(1))).toMatchObject({ isStopped: true });
      expect(await here().state(TASK)).toMatchObject({ isStopped: true, failed: 1, state: 'open' });
    });

    test('the first one stops the rest also when a range reports it, which then claims nothing', async () => {
      await here().open(TASK, terms());
      expect(await here().finish(TASK, ended({ from: 0, count: 10 }, 1, 1))).toEqual({
        claimed: [],
        state: 'open',
        isStopped: true,
        isHungry: false,
      });
    });

    test('none stops where iterations go on', async () => {
      await here().open(TASK, terms({ continues: true }));
      expect(await failing(500)).toMatchObject({ isStopped: false });
    });

    test('so many are tolerated, counted over ranges and holders', async () => {
      await here().open(TASK, terms({ continues: true, tolerate: { count: 3 } }));
      expect(await failing(2)).toMatchObject({ isStopped: false });
      expect(await here().finish(TASK, ended({ from: 0, count: 10 }, 1, 1))).toMatchObject({ isStopped: false });
      expect(await failing(0)).toMatchObject({ isStopped: false });
      expect(await here().hold(TASK, 'b', wanting(1, { failed: 1 }))).toMatchObject({ isStopped: true });
      expect(await here().state(TASK)).toMatchObject({ failed: 4 });
    });

    test('such a share is tolerated', async () => {
      await here().open(TASK, terms({ total: 50, continues: true, tolerate: { share: 0.1 } }));
      expect(await failing(5)).toMatchObject({ isStopped: false });
      expect(await failing(1)).toMatchObject({ isStopped: true });
    });

    test('a share of what nobody knows stops nothing', async () => {
      await here().open(TASK, terms({ total: null, continues: true, tolerate: { share: 0.1 } }));
      expect(await failing(500)).toMatchObject({ isStopped: false });
    });
  });

  describe('after a stop', () => {
    test('nothing is claimed, and it is complete when what was claimed is done or abandoned', async () => {
      const { claimed } = await here().open(TASK, terms({ concurrency: 5 }));
      const [first, second, third, fourth] = claimed;
      if (!first || !second || !third || !fourth) throw new Error('nothing was claimed');
      await here().stop(TASK);
      expect(await here().hold(TASK, 'a', wanting(3))).toMatchObject({ isStopped: true });
      expect(await here().finish(TASK, { ...ended(first), ended: 4 })).toMatchObject({ claimed: [], state: 'open' });
      expect(await here().abandon(TASK, second)).toBe('open');
      expect(await here().abandon(TASK, third)).toBe('open');
      expect(await here().abandon(TASK, third)).toBe('open');
      expect(await here().abandon(TASK, first)).toBe('open');
      expect(await here().abandon(TASK, fourth)).toBe('complete');
      expect(await here().state(TASK)).toMatchObject({ state: 'complete', ended: 4, done: [first], open: [] });
    });

    test('a range that was abandoned is not finished later', async () => {
      const { claimed } = await here().open(TASK, terms({ total: 10, window: 1 }));
      await here().stop(TASK);
      for (const range of claimed) {
        expect(await here().abandon(TASK, range)).toBe('complete');
        expect(await here().finish(TASK, ended(range))).toMatchObject({ claimed: [], state: 'complete' });
      }
      expect(await here().state(TASK)).toMatchObject({ ended: 0, done: [] });
    });
  });
}
