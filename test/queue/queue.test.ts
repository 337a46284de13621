import { beforeEach, describe, expect, test } from 'vitest';
import { hasRedis } from '../servers/redis-server.ts';
import { scene, seen, workflowOf } from './scene.ts';

describe.runIf(hasRedis)('a queue and its workers', () => {
  const stage = scene();
  beforeEach(() => {
    seen.calls.length = 0;
    seen.peak = 0;
  });

  test('a run goes from the one to the others and back', async () => {
    await stage.worker();
    const { queue } = stage;
    const workflow = workflowOf({
      name: 'hello',
      parameters: { who: { type: 'string', default: 'world' } },
      tasks: [
        { name: 'greet', action: 't.note', input: { value: 'Hello << parameters.who >>' } },
        { name: 'shout', action: 't.note', input: { value: '<< upper(task.greet) >>' } },
      ],
      output: { text: '<< task.shout >>' },
    });
    const { id, isNew } = await queue.enqueue(workflow);
    expect(isNew).toBe(true);
    expect(await queue.wait(id, { pollMs: 20 })).toMatchObject({
      id,
      workflow: 'hello',
      status: 'succeeded',
      output: { text: 'HELLO WORLD' },
      error: null,
    });
  });

  test('iterations are spread', async () => {
    await stage.worker();
    await stage.worker();
    const { queue } = stage;
    const workflow = workflowOf({
      name: 'spread',
      tasks: [
        {
          name: 'each',
          'with-items': '<< range(0, 500) >>',
          distribute: true,
          concurrency: 20,
          action: 't.note',
          input: { value: '<< item * 2 >>', ms: 1 },
        },
      ],
      output: { sum: '<< sum(task.each) >>', count: '<< length(task.each) >>' },
    });
    const { id } = await queue.enqueue(workflow);
    const result = await queue.wait(id, { pollMs: 20 });
    expect(result).toMatchObject({ status: 'succeeded', output: { sum: 249_500, count: 500 } });
    expect(seen.calls).toHaveLength(500);
    expect(stage.events.filter(({ type }) => type === 'chunk.ended').length).toBeGreaterThan(4);
    expect(seen.peak).toBeLessThanOrEqual(20);
  });
});
