import { describe, expect, test } from 'vitest';
import { hasRedis } from '../servers/redis-server.ts';
import { REDIS } from './place.ts';
import { MOST_CALLED, Stage, type Loss } from './stage.ts';
import { verdict } from './verdict.ts';
import { until } from './waiting.ts';
import type { WorkerProcess } from './worker-process.ts';
import { AFTER, BEFORE, ITEMS, spread } from './workflow.ts';

/** How long an effect takes, in milliseconds, where some are to be in flight. */
const EFFECT_MS = 10;

describe.runIf(hasRedis)('workers that are killed', () => {
  const stage = Stage.create(REDIS);

  const report = (what: string, losses: readonly Loss[], twice: number): void => {
    const told = losses.map(({ called, indexes }) => `${called} in flight, ${indexes.size} not recorded`);
    console.log(`${what}: ${told.join('; ')}; ${twice} happened twice`);
  };
  const areBusy = (workers: readonly WorkerProcess[]): boolean =>
    workers.every(({ pid }) => stage.witness.inFlight(pid).length > 1);
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
      const middle = witness.when((_, count) => count > ITEMS / 3 && areBusy(workers));
      const run = await stage.enqueue(workflow);
      const { pid } = await middle;
      const loss = await stage.kill(find(workers, pid), run);
      expect(loss.called).toBeGreaterThan(0);
      expect(loss.called).toBeLessThanOrEqual(MOST_CALLED);
      // With `strict` nothing else starts before what has ended is recorded.
      if (durability === 'strict') expect(loss.indexes.size).toBeLessThanOrEqual(MOST_CALLED);
      const twice = await verdict(stage, run, { output, items: ITEMS, losses: [loss] });
      report(`killed in mid-chunk, ${durability}`, [loss], twice);
    },
  );

  test.each([
    ['begins', BEFORE],
    ['ends', AFTER],
  ])('the one that holds the run, in the step with which it %s', async (_, step) => {
    const { witness } = stage;
    const workflow = spread();
    const { output } = await stage.undisturbed(workflow);
    const workers = await stage.workers(2);
    witness.holds = ({ index }) => index === step;
    const held = witness.when(({ index }) => index === step);
    const run = await stage.enqueue(workflow);
    const { pid } = await held;
    const loss = await stage.kill(find(workers, pid), run);
    expect([...loss.indexes]).toEqual([step]);
    witness.release();
    expect(await verdict(stage, run, { output, items: ITEMS, losses: [loss] })).toBe(1);
    expect(witness.counts().get(step)).toBe(2);
  });

  test('the one that holds the run, while it collects what others did', async () => {
    const { witness } = stage;
    const workflow = spread();
    const { output } = await stage.undisturbed(workflow);
    const pairs = await Promise.all([stage.behindProxy(), stage.behindProxy()]);
    // The last iterations wait until somebody listens for who asks for the first chunk.
    const last = witness.when(({ index }) => index === ITEMS - 1);
    witness.holds = ({ index }) => index === ITEMS - 1;
    const run = await stage.enqueue(workflow);
    await last;
    const first = `${run}.2.1.0`;
    await until(
      'the first chunk has ended',
      async () => (await stage.backend.journal.run(first))?.status === 'succeeded',
    );
    const collecting = Promise.race(
      pairs.map(async ({ proxy, worker }) => {
        await proxy.swallowCall(first);
        // Before it can send that again; the other one, which comes to it later, may.
        if (!pairs.some((pair) => pair.worker.isKilled)) worker.signal('SIGKILL');
        return worker;
      }),
    );
    witness.release();
    const worker = await collecting;
    const loss = await stage.kill(worker, run);
    expect([...loss.indexes]).toEqual([]);
    expect(await verdict(stage, run, { output, items: ITEMS, losses: [loss] })).toBe(0);
    expect(witness.calls.at(-1)?.pid).not.toBe(worker.pid);
  });

  test('all of them: new ones go on', async () => {
    const { witness } = stage;
    const workflow = spread();
    const { output } = await stage.undisturbed(workflow);
    const workers = await stage.workers(2);
    witness.delayMs = EFFECT_MS;
    const middle = witness.when((_, count) => count > ITEMS / 3 && areBusy(workers));
    const run = await stage.enqueue(workflow);
    await middle;
    for (const worker of workers) worker.signal('SIGKILL');
    const losses = await Promise.all(workers.map((worker) => stage.kill(worker, run)));
    await stage.workers(2);
    const twice = await verdict(stage, run, { output, items: ITEMS, losses });
    report('all killed', losses, twice);
    expect(twice).toBeLessThanOrEqual(losses.reduce((sum, { indexes }) => sum + indexes.size, 0));
  });
});
