import { describe, expect, test } from 'vitest';
import { hasRedis } from '../servers/redis-server.ts';
import { describeKills } from './kills.ts';
import { REDIS } from './place.ts';
import { Stage } from './stage.ts';
import { verdict } from './verdict.ts';
import { until } from './waiting.ts';
import type { WorkerProcess } from './worker-process.ts';
import { AFTER, BEFORE, ITEMS, spread } from './workflow.ts';

describe.runIf(hasRedis)('workers that are killed', () => {
  const stage = Stage.create(REDIS);

  describeKills(stage);

  const find = (workers: readonly WorkerProcess[], pid: number): WorkerProcess =>
    workers.find((worker) => worker.pid === pid) as WorkerProcess;

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
});
