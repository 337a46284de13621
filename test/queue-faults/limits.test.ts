import { describe, expect, test } from 'vitest';
import { hasRedis } from '../servers/redis-server.ts';
import { describePermits } from './permits.ts';
import { REDIS } from './place.ts';
import { piecesOf } from './record.ts';
import { Stage } from './stage.ts';
import { verdict } from './verdict.ts';
import { until } from './waiting.ts';
import type { Call } from './witness.ts';
import { spread } from './workflow.ts';

const ITEMS = 1000;
const EFFECT_MS = 10;
/** After a task was stopped nothing of it starts later than this, in milliseconds. */
const STOP_MS = 500;

describe.runIf(hasRedis)('what all workers agree on', () => {
  const stage = Stage.create(REDIS);

  describePermits(stage);

  test('the first failure stops the rest on all workers', async () => {
    const { witness } = stage;
    await stage.workers(2);
    witness.delayMs = EFFECT_MS;
    const failing = ITEMS / 4;
    let failedAtMs = Infinity;
    witness.answer = ({ index }) => {
      if (index !== failing) return 'ok';
      failedAtMs = Date.now();
      return 'fail';
    };
    const run = await stage.enqueue(spread({ items: ITEMS }));
    await verdict(stage, run, { status: 'failed', items: ITEMS });
    const result = await stage.queue.result(run);
    expect(result?.errors.filter(({ index }) => index !== null)).toMatchObject([{ index: failing, handled: false }]);
    const late = witness.calls.map(({ startedAtMs }) => startedAtMs - failedAtMs).filter((lateMs) => lateMs > 0);
    console.log(`stopped: the last of ${late.length} started ${Math.max(0, ...late)} ms after the failure`);
    expect(Math.max(0, ...late)).toBeLessThan(STOP_MS);
    expect(witness.calls.length).toBeLessThan(ITEMS);
  });

  test('so many failures are tolerated, and one more is not', async () => {
    const { witness } = stage;
    const workflow = spread({ items: ITEMS, task: { tolerate: 5 } });
    const failing = new Set([3, 250, 251, 600, 999]);
    const { output } = await stage.undisturbed(workflow, {}, ({ index }) => (failing.has(index) ? 'fail' : 'ok'));
    await stage.workers(2);
    witness.answer = ({ index }) => (failing.has(index) ? 'fail' : 'ok');
    const run = await stage.enqueue(workflow);
    expect(await verdict(stage, run, { output, items: ITEMS })).toBe(0);
    witness.calls.length = 0;
    for (const index of [4, 5, 6]) failing.add(index);
    witness.delayMs = EFFECT_MS;
    const second = await stage.enqueue(workflow);
    await verdict(stage, second, { status: 'failed', items: ITEMS });
    const codes = (await stage.queue.result(second))?.errors.map(({ code }) => code);
    expect(codes).toContain('HEDDLE_ITEMS_FAILED');
  });

  test('a run that is cancelled ends on all workers, and leaves nothing behind', async () => {
    const { witness } = stage;
    const workers = await stage.workers(2);
    witness.delayMs = EFFECT_MS;
    const middle = witness.when((_, count) => count > ITEMS / 4);
    // As many at once as there are, so that no worker has all that may be.
    const run = await stage.enqueue(spread({ items: ITEMS, task: { concurrency: ITEMS } }));
    await middle;
    const before = witness.calls.length;
    witness.holds = () => true;
    const held = (): readonly Call[] => witness.calls.slice(before);
    await until('all workers have something in flight', () =>
      workers.every((worker) => held().some(({ pid }) => pid === worker.pid)),
    );
    await stage.queue.cancel(run, 'enough');
    await verdict(stage, run, { status: 'cancelled', items: ITEMS });
    expect(held().filter(({ isAborted }) => !isAborted)).toEqual([]);
    const statuses = (await piecesOf(stage.backend.journal, run)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(['succeeded', 'cancelled']));
  });

  test('jobs that are delivered twice, while they are worked on and afterwards, change nothing', async () => {
    const { witness } = stage;
    const workflow = spread({ items: ITEMS });
    const { output } = await stage.undisturbed(workflow);
    await stage.workers(2);
    witness.delayMs = EFFECT_MS;
    const third = witness.when((_, count) => count > ITEMS / 3);
    const run = await stage.enqueue(workflow);
    await third;
    expect(await stage.redeliver(run)).toBeGreaterThan(2);
    await until(`run ${run} has ended`, () => stage.queue.result(run), 20);
    await stage.redeliver(run);
    const twice = await verdict(stage, run, { output, items: ITEMS });
    expect(twice).toBe(0);
  });
});
