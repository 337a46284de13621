import { beforeEach, describe, expect, test } from 'vitest';
import { hasRedis } from '../servers/redis-server.ts';
import { scene, seen, until, workflowOf } from './scene.ts';

describe.runIf(hasRedis)('schedules', () => {
  const stage = scene();
  beforeEach(() => {
    seen.calls.length = 0;
  });
  const everySecond = (overlap: string, ms: number) =>
    workflowOf({
      name: 'every second',
      parameters: { n: { type: 'integer', default: 1 }, who: { type: 'string', default: 'nobody' } },
      schedule: { cron: '* * * * * *', parameters: { n: 2 }, overlap },
      tasks: [{ name: 'a', action: 't.note', input: { value: '<< parameters.who >> << parameters.n >>', ms } }],
    });
  const scheduled = () => stage.events.flatMap((event) => (event.type === 'scheduled' ? [event.run] : []));

  test('a run is started whenever it is time, until the schedule is removed', async () => {
    const queue = await stage.queue();
    await stage.worker();
    expect(await queue.schedule(everySecond('skip', 0))).toBe('every-second');
    const [registered] = await queue.schedules();
    expect(registered).toMatchObject({
      id: 'every-second',
      workflow: 'every second',
      queue: 'default',
      cron: '* * * * * *',
      timezone: 'UTC',
      parameters: { n: 2, who: 'nobody' },
      overlap: 'skip',
    });
    await until(() => seen.calls.length >= 2);
    expect(seen.calls.slice(0, 2)).toEqual(['nobody 2', 'nobody 2']);
    expect(await queue.unschedule('every-second')).toBe(true);
    expect(await queue.unschedule('every-second')).toBe(false);
    const [first = '', second = ''] = scheduled().map(String);
    const secondsApart = Number(second.split('-').at(-1)) - Number(first.split('-').at(-1));
    expect([first.startsWith('every-second-'), secondsApart % 1000]).toEqual([true, 0]);
  });

  test('skip: none beside one that goes on', async () => {
    const queue = await stage.queue();
    await stage.worker();
    await queue.schedule(everySecond('skip', 2500));
    await until(() => scheduled().includes(null));
    expect(scheduled()[0]).not.toBeNull();
    expect(seen.calls).toEqual([]);
    await queue.unschedule('every-second');
  });

  test('queue: one beside the other', async () => {
    const queue = await stage.queue();
    await stage.worker();
    await queue.schedule(everySecond('queue', 2500), { id: 'beside' });
    await until(() => scheduled().length === 2);
    await queue.unschedule('beside');
    expect(new Set(scheduled()).size).toBe(2);
    await until(() => seen.calls.length >= 2);
  });

  test('replace: the one before is cancelled', async () => {
    const queue = await stage.queue();
    await stage.worker();
    await queue.schedule(everySecond('replace', 5000));
    await until(() => scheduled().length >= 2);
    await queue.unschedule('every-second');
    const [first = ''] = scheduled().map(String);
    expect(await queue.wait(first, { pollMs: 20 })).toMatchObject({ status: 'cancelled' });
  });

  test('a workflow without one is refused, and so is a secret', async () => {
    const queue = await stage.queue();
    await expect(queue.schedule(workflowOf({ name: 'x', tasks: [{ name: 'a' }] }))).rejects.toThrow(
      'The workflow x has no schedule',
    );
  });
});
