import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Coordination } from '../coordination.ts';
import { TASK, terms, type Bench } from './place.ts';

/** What every coordination must do with rates. */
export function describeRates(bench: () => Bench): void {
  const here = (): Coordination => bench().coordination;

  /** Reserves, and gives the times of the starts. */
  const starts = async (coordination: Coordination, count: number, run = TASK.run): Promise<number[]> => {
    const askedAtMs = bench().nowMs;
    const { inMs, spacingMs } = await coordination.reserve({ ...TASK, run }, count);
    return Array.from({ length: count }, (_, n) => askedAtMs + inMs + n * spacingMs);
  };

  test('without a rate everything starts at once', async () => {
    await here().open(TASK, terms());
    expect(await here().reserve(TASK, 100)).toEqual({ inMs: 0, spacingMs: 0 });
  });

  test('starts are spaced, a little further apart than the rate says', async () => {
    await here().open(TASK, terms({ rate: { count: 10, perMs: 1000 } }));
    const other = await bench().open();
    expect(await here().reserve(TASK, 3)).toEqual({ inMs: 0, spacingMs: 102 });
    expect(await other.reserve(TASK, 1)).toEqual({ inMs: 306, spacingMs: 102 });
    bench().nowMs += 100;
    expect(await here().reserve(TASK, 1)).toEqual({ inMs: 308, spacingMs: 102 });
  });

  test('time that nobody used is lost', async () => {
    await here().open(TASK, terms({ rate: { count: 10, perMs: 1000 } }));
    await here().reserve(TASK, 1);
    bench().nowMs += 60_000;
    expect(await here().reserve(TASK, 5)).toEqual({ inMs: 0, spacingMs: 102 });
    expect(await here().reserve(TASK, 1)).toMatchObject({ inMs: 510 });
  });

  test('many at once over several connections: evenly spaced', async () => {
    await here().open(TASK, terms({ rate: { count: 60, perMs: 60_000 } }));
    const coordinations = [here(), await bench().open(), await bench().open()];
    const reserved = await Promise.all(
      Array.from({ length: 60 }, (_, n) => starts(coordinations[n % 3] ?? here(), 1 + (n % 3))),
    );
    const times = reserved.flat().toSorted((a, b) => a - b);
    expect(times).toEqual(Array.from({ length: 120 }, (_, n) => bench().nowMs + n * 1020));
  });

  test('never more than so many in any such time', async () => {
    let run = 0;
    const step = fc.record({ waitMs: fc.nat(3000), count: fc.integer({ min: 1, max: 5 }) });
    const given = fc.record({
      count: fc.integer({ min: 1, max: 40 }),
      perMs: fc.constantFrom(100, 1000, 60_000),
      steps: fc.array(step, { minLength: 1, maxLength: 25 }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ count, perMs, steps }) => {
        const name = `property-${++run}`;
        await here().open({ ...TASK, run: name }, terms({ rate: { count, perMs } }));
        const times: number[] = [];
        for (const each of steps) {
          bench().nowMs += each.waitMs;
          times.push(...(await starts(here(), each.count, name)));
        }
        times.forEach((time, at) => {
          expect(time).toBeGreaterThan(at === 0 ? 0 : (times[at - 1] ?? 0));
          const further = times[at + count];
          if (further !== undefined) expect(further - time).toBeGreaterThan(perMs);
        });
      }),
      { numRuns: 30 },
    );
  });
}
