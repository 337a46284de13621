import { expect, test } from 'vitest';
import { MOST_CALLED, type Loss, type Stage } from './stage.ts';
import { verdict } from './verdict.ts';
import type { WorkerProcess } from './worker-process.ts';
import { ITEMS, spread } from './workflow.ts';

/** How long an effect takes, in milliseconds: some are in flight at any time. */
const EFFECT_MS = 10;

/** Workers that are killed while they work on chunks. */
export function describeKills(stage: Stage): void {
  const report = (what: string, losses: readonly Loss[], twice: number): void => {
    const told = losses.map(({ called, indexes }) => `${called} in flight, ${indexes.size} not recorded`);
    console.log(`${what}: ${told.join('; ')}; ${twice} happened twice`);
  };
  const find = (workers: readonly WorkerProcess[], pid: number): WorkerProcess =>
    workers.find((worker) => worker.pid === pid) as WorkerProcess;

  test('none: every effect happens once', async () => {
    const workflow = spread();
    const { output } = await stage.undisturbed(workflow);
    await stage.workers(2);
    const run = await stage.enqueue(workflow);
    expect(await verdict(stage, run, { output, items: ITEMS })).toBe(0);
    expect(new Set(stage.witness.calls.map(({ pid }) => pid)).size).toBe(2);
  });

  test.each(['batched', 'strict'] as const)(
    'one of two in mid-chunk (%s): the other goes on alone',
    async (durability) => {
      const { witness } = stage;
      const workflow = spread();
      const { output } = await stage.undisturbed(workflow);
      const workers = await stage.workers(2, { durability });
      witness.delayMs = EFFECT_MS;
      const middle = witness.when(({ pid }, count) => count > ITEMS / 3 && witness.inFlight(pid).length > 1);
      const run = await stage.enqueue(workflow);
      const { pid } = await middle;
      const loss = await stage.kill(find(workers, pid), run);
      expect(loss.called).toBeGreaterThan(0);
      expect(loss.called).toBeLessThanOrEqual(MOST_CALLED);
      // With `strict` a chunk starts nothing before what has ended is recorded; other chunks have its permits meanwhile.
      if (durability === 'strict') expect(loss.indexes.size).toBeLessThanOrEqual(2 * MOST_CALLED);
      const twice = await verdict(stage, run, { output, items: ITEMS, losses: [loss] });
      report(`killed in mid-chunk, ${durability}`, [loss], twice);
    },
  );

  test('all of them: new ones go on', async () => {
    const { witness } = stage;
    const workflow = spread();
    const { output } = await stage.undisturbed(workflow);
    const workers = await stage.workers(2);
    witness.delayMs = EFFECT_MS;
    const middle = witness.when(({ pid }, count) => count > ITEMS / 3 && witness.inFlight(pid).length > 1);
    const run = await stage.enqueue(workflow);
    await middle;
    for (const worker of workers) worker.signal('SIGKILL');
    const losses = await Promise.all(workers.map((worker) => stage.kill(worker, run)));
    await stage.workers(2);
    const twice = await verdict(stage, run, { output, items: ITEMS, losses });
    report('all killed', losses, twice);
    expect(twice).toBeLessThanOrEqual(losses.reduce((sum, { indexes }) => sum + indexes.size, 0));
  });
}
