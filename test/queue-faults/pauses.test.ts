import { describe, expect, test } from 'vitest';
import { hasRedis } from '../servers/redis-server.ts';
import { REDIS } from './place.ts';
import { recordLengths } from './record.ts';
import { Stage } from './stage.ts';
import { verdict } from './verdict.ts';
import { until } from './waiting.ts';
import { CONCURRENCY, ITEMS, spread } from './workflow.ts';

const EFFECT_MS = 10;

describe.runIf(hasRedis)('workers that are stopped, or told to end', () => {
  const stage = Stage.create(REDIS);

  /** A run of which the first of two workers was stopped in the middle, with iterations in flight. */
  const stopped = async () => {
    const { witness } = stage;
    const workflow = spread();
    const { output } = await stage.undisturbed(workflow);
    const [first, second] = await stage.workers(2);
    if (first === undefined || second === undefined) throw new Error('there are two workers');
    const { pid } = first;
    witness.delayMs = EFFECT_MS;
    const middle = witness.when((call, count) => count > ITEMS / 4 && call.pid === pid);
    const run = await stage.enqueue(workflow);
    await middle;
    witness.holds = (call) => call.pid === pid;
    await until('it has something in flight', () => witness.inFlight(pid).length > 0);
    first.signal('SIGSTOP');
    return { output, first, second, run, loss: await stage.atStake(run, pid) };
  };

  test('SIGSTOP beyond the life of a lock, and SIGCONT when others have done the work: nothing of it is recorded', async () => {
    const { witness } = stage;
    const { output, first, second, run, loss } = await stopped();
    await until(`run ${run} has ended`, () => stage.queue.result(run), 20);
    const lengths = await recordLengths(stage.backend.journal, run);
    const calls = witness.calls.length;
    first.signal('SIGCONT');
    witness.release();
    // Where it is well again it does what is asked of it next.
    await second.kill();
    const next = await stage.enqueue(spread({ items: 10 }));
    await until(`run ${next} has ended`, () => stage.queue.result(next), 20);
    expect(await recordLengths(stage.backend.journal, run)).toEqual(lengths);
    const late = witness.calls.slice(calls, -12);
    console.log(`stopped with ${loss.called} in flight; ${late.length} effects happened before it knew`);
    expect(late.length).toBeLessThanOrEqual(CONCURRENCY);
    const lateLoss = { indexes: new Set(late.map(({ index }) => index)), called: 0 };
    witness.calls.length = calls + late.length;
    await verdict(stage, run, { output, items: ITEMS, losses: [loss, lateLoss] });
  });

  test('SIGSTOP beyond the life of a lock, and SIGCONT while others do the same work: it leaves it to them', async () => {
    const { witness } = stage;
    const { output, first, run, loss } = await stopped();
    const { pid } = first;
    const again = witness.when((call) => call.pid !== pid && loss.indexes.has(call.index));
    await again;
    const calls = witness.calls.length;
    first.signal('SIGCONT');
    witness.release();
    await until(`run ${run} has ended`, () => stage.queue.result(run), 20);
    const late = new Set(witness.calls.slice(calls).flatMap((call) => (call.pid === pid ? [call.index] : [])));
    const twice = await verdict(stage, run, { output, items: ITEMS, losses: [loss, { indexes: late, called: 0 }] });
    console.log(`stopped with ${loss.called} in flight, ${loss.indexes.size} not recorded: ${twice} happened twice`);
    expect(twice).toBeLessThanOrEqual(loss.indexes.size + CONCURRENCY);
  });

  test('SIGTERM: what is in flight ends, all else is handed back, and nothing happens twice', async () => {
    const { witness } = stage;
    // A single interruption would make an iteration fail.
    const workflow = spread({ limits: { interruptions: 1 } });
    const { output } = await stage.undisturbed(workflow);
    const workers = await stage.workers(3);
    witness.delayMs = EFFECT_MS;
    const run = await stage.enqueue(workflow);
    for (const [at, worker] of workers.slice(0, 2).entries()) {
      await until('it is at work', () => worker.pid > 0 && witness.calls.length > (ITEMS * (at + 1)) / 4);
      worker.signal('SIGTERM');
      expect(await worker.ended).toEqual({ code: 0, signal: null });
    }
    expect(await verdict(stage, run, { output, items: ITEMS })).toBe(0);
  });

  test('SIGTERM, and what is in flight does not end in time: it is handed back, and no interruption', async () => {
    const { witness } = stage;
    const workflow = spread({ limits: { interruptions: 1 } });
    const { output } = await stage.undisturbed(workflow);
    const [first] = await stage.workers(2, { graceMs: 200 });
    const { pid } = first!;
    witness.delayMs = EFFECT_MS;
    const middle = witness.when((call, count) => count > ITEMS / 4 && call.pid === pid);
    const run = await stage.enqueue(workflow);
    await middle;
    witness.holds = (call) => call.pid === pid;
    await until('it has something in flight', () => witness.inFlight(pid).length > 0);
    first!.signal('SIGTERM');
    expect(await first!.ended).toEqual({ code: 0, signal: null });
    const aborted = witness.calls.filter((call) => call.isAborted);
    expect(aborted.every((call) => call.pid === pid)).toBe(true);
    expect(aborted.length).toBeGreaterThan(0);
    expect(aborted.length).toBeLessThanOrEqual(CONCURRENCY);
    const loss = { indexes: new Set(aborted.map(({ index }) => index)), called: aborted.length };
    const twice = await verdict(stage, run, { output, items: ITEMS, losses: [loss] });
    expect(twice).toBe(aborted.length);
  });
});
