import { beforeEach, describe, expect, test } from 'vitest';
import { hasPostgres, PostgresServer } from '../servers/postgres-server.ts';
import { scene, seen, until, workflowOf } from './scene.ts';

const POLL = { pollMs: 20 };

describe.runIf(hasPostgres)('a queue in PostgreSQL', () => {
  const stage = scene(() => PostgresServer.start());
  beforeEach(() => {
    seen.calls.length = 0;
    seen.peak = 0;
  });

  const spread = workflowOf({
    name: 'spread',
    parameters: { count: { type: 'integer', default: 500 }, pause: { type: 'integer', default: 1 } },
    tasks: [
      {
        name: 'each',
        'with-items': '<< range(0, parameters.count) >>',
        distribute: true,
        concurrency: 20,
        action: 't.note',
        input: { value: '<< item * 2 >>', ms: '<< parameters.pause >>' },
      },
    ],
    output: { sum: '<< sum(task.each) >>', count: '<< length(task.each) >>' },
  });

  test('iterations are spread over workers', async () => {
    const queue = await stage.queue();
    await stage.worker();
    await stage.worker();
    const { id } = await queue.enqueue(spread);
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'succeeded', output: { sum: 249_500, count: 500 } });
    expect(seen.calls).toHaveLength(500);
    expect(seen.peak).toBeLessThanOrEqual(20);
    expect((await queue.counts()).length).toBe(2);
    expect(await queue.bytes()).toBeGreaterThan(0);
  });

  test('a worker that leaves hands back what it has, and another goes on', async () => {
    const queue = await stage.queue();
    const first = await stage.worker();
    const { id } = await queue.enqueue(spread, { count: 200, pause: 30 });
    await until(() => seen.calls.length > 20);
    await first.close();
    expect(seen.calls.length).toBeLessThan(200);
    await stage.worker();
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'succeeded', output: { count: 200 } });
    expect(seen.calls).toHaveLength(200);
  });

  test('a cancel reaches what is spread, and a lost job is made again', async () => {
    const queue = await stage.queue();
    const { id } = await queue.enqueue(spread, { count: 2000, pause: 300 });
    await stage.loseJobs();
    await stage.worker();
    await until(() => seen.calls.length > 10);
    expect(stage.events).toContainEqual({ type: 'requeued', runs: [id] });
    await queue.cancel(id);
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'cancelled' });
    await until(async () => (await queue.counts()).every(({ waiting, active }) => waiting + active === 0));
    expect(seen.calls.length).toBeLessThan(300);
  });
});
