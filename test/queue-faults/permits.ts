import { expect, test } from 'vitest';
import type { Stage } from './stage.ts';
import { verdict } from './verdict.ts';
import { spread, BEFORE } from './workflow.ts';

const ITEMS = 400;
const CONCURRENCY = 7;
const EFFECT_MS = 20;
const RATE = 20;
/** An iteration may start so much later than its turn, in milliseconds. */
const LATE_MS = 25;

/** A sink never sees more than it was told, with a worker killed that had a share of it. */
export function describePermits(stage: Stage): void {
  test('concurrency, with a worker killed that holds permits', async () => {
    const { witness } = stage;
    const workflow = spread({ items: ITEMS, task: { concurrency: CONCURRENCY } });
    const { output } = await stage.undisturbed(workflow);
    const workers = await stage.workers(2);
    witness.delayMs = EFFECT_MS;
    witness.countsAsInFlight = ({ index }) => index < BEFORE;
    const [victim] = workers;
    const middle = witness.when(
      ({ pid }, count) => count > ITEMS / 3 && pid === victim?.pid && witness.inFlight(pid).length > 1,
    );
    const run = await stage.enqueue(workflow);
    await middle;
    const loss = await stage.kill(victim!, run);
    expect(loss.called).toBeGreaterThan(0);
    await verdict(stage, run, { output, items: ITEMS, losses: [loss] });
    expect(witness.peak).toBeLessThanOrEqual(CONCURRENCY);
    // Nor were far fewer allowed than could be.
    expect(witness.peak).toBeGreaterThan(CONCURRENCY / 2);
  });

  test('rate, with a worker killed that has starts reserved', async () => {
    const { witness } = stage;
    const items = RATE * 3;
    const workflow = spread({ items, task: { concurrency: 10, rate: `${RATE}/s` } });
    const { output } = await stage.undisturbed(spread({ items }));
    const workers = await stage.workers(2);
    const [victim] = workers;
    const middle = witness.when(({ pid }, count) => count > items / 3 && pid === victim?.pid);
    const run = await stage.enqueue(workflow);
    await middle;
    const loss = await stage.kill(victim!, run);
    await verdict(stage, run, { output, items, losses: [loss] });
    const starts = witness.calls.filter(({ index }) => index < BEFORE).map(({ startedAtMs }) => startedAtMs);
    starts.sort((a, b) => a - b);
    const most = Math.max(
      ...starts.map((from) => starts.filter((at) => at >= from && at < from + 1000 - LATE_MS).length),
    );
    console.log(`most starts in a second: ${most} of ${RATE}`);
    expect(most).toBeLessThanOrEqual(RATE);
  });
}
