import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'vitest';
import { LOCK_MS, type Stage } from './stage.ts';
import { verdict } from './verdict.ts';
import { ITEMS, spread } from './workflow.ts';

const EFFECT_MS = 10;

/** A server that dies in the middle of a run, and comes back with what it had. */
export function describeServerDeaths(stage: Stage): void {
  test.each([
    ['at once', 0],
    ['after the locks have expired', LOCK_MS * 1.5],
  ])('a server that is killed in mid-run, and comes back %s', async (_, awayMs) => {
    const { witness } = stage;
    const workflow = spread();
    const { output } = await stage.undisturbed(workflow);
    await stage.workers(2);
    witness.delayMs = EFFECT_MS;
    const middle = witness.when((_call, count) => count > ITEMS / 3);
    const run = await stage.enqueue(workflow);
    await middle;
    const before = await stage.recorded(run);
    await stage.server.kill();
    if (awayMs > 0) await sleep(awayMs);
    const called = witness.inFlight().length;
    await stage.server.restart();
    // What went on while the server was away is not recorded, until it is there again.
    const begun = witness.calls.map(({ index }) => index).filter((index) => !before.has(index));
    const atStake = { indexes: new Set(begun), called };
    const twice = await verdict(stage, run, { output, items: ITEMS, losses: [atStake] });
    console.log(`server away for ${awayMs} ms: ${begun.length} not recorded, ${twice} happened twice`);
  });
}
