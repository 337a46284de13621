import { beforeEach, describe, expect, test } from 'vitest';
import { hasRedis } from '../servers/redis-server.ts';
import { scene, seen, until, workflowOf } from './scene.ts';

const POLL = { pollMs: 20 };

describe.runIf(hasRedis)('a queue and its workers', () => {
  const stage = scene();
  beforeEach(() => {
    seen.calls.length = 0;
    seen.peak = 0;
  });

  const hello = workflowOf({
    name: 'hello',
    parameters: { who: { type: 'string', default: 'world' } },
    tasks: [
      { name: 'greet', action: 't.note', input: { value: 'Hello << parameters.who >>' } },
      { name: 'shout', action: 't.note', input: { value: '<< upper(task.greet) >>' } },
    ],
    output: { text: '<< task.shout >>' },
  });
  const spread = (more: object = {}, count = 500) =>
    workflowOf({
      name: 'spread',
      tasks: [
        {
          name: 'each',
          'with-items': `<< range(0, ${count}) >>`,
          distribute: true,
          concurrency: 20,
          action: 't.note',
          input: { value: '<< item * 2 >>', ms: 1 },
          ...more,
        },
      ],
      output: { sum: '<< sum(task.each) >>', count: '<< length(task.each) >>' },
    });

  test('a run goes from the one to the others and back', async () => {
    const queue = await stage.queue();
    const { id, isNew } = await queue.enqueue(hello);
    expect(isNew).toBe(true);
    expect(await queue.status(id)).toBe('pending');
    await stage.worker();
    expect(await queue.wait(id, POLL)).toMatchObject({
      id,
      workflow: 'hello',
      status: 'succeeded',
      output: { text: 'HELLO WORLD' },
      error: null,
    });
    expect(stage.events).toContainEqual({ type: 'run.started', run: id, workflow: 'hello' });
    await until(() => stage.events.some(({ type }) => type === 'run.ended'));
    expect(stage.events).toContainEqual({ type: 'run.ended', run: id, workflow: 'hello', status: 'succeeded' });
  });

  test('what is enqueued twice runs once', async () => {
    const queue = await stage.queue();
    await stage.worker();
    const options = { id: 'deploy-42' };
    const both = await Promise.all([queue.enqueue(hello, {}, options), queue.enqueue(hello, {}, options)]);
    expect(both.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
    await queue.wait('deploy-42', POLL);
    expect(await queue.enqueue(hello, {}, options)).toEqual({ id: 'deploy-42', isNew: false });
    expect(seen.calls).toEqual(['Hello world', 'HELLO WORLD']);
  });

  test('iterations are spread over workers', async () => {
    const queue = await stage.queue();
    await stage.worker();
    await stage.worker();
    const { id } = await queue.enqueue(spread());
    expect(await queue.wait(id, POLL)).toMatchObject({
      status: 'succeeded',
      output: { sum: 249_500, count: 500 },
    });
    expect(seen.calls).toHaveLength(500);
    expect(new Set(seen.calls).size).toBe(500);
    expect(stage.events.filter(({ type }) => type === 'chunk.ended').length).toBeGreaterThan(4);
    expect(seen.peak).toBeLessThanOrEqual(20);
    expect(await queue.progress(id)).toEqual([]);
  });

  test('a file is read by who holds the run, and sent in pieces', async () => {
    const queue = await stage.queue();
    await stage.worker();
    const file = await stage.file('numbers.txt', Array.from({ length: 2500 }, (_, index) => `${index}\n`).join(''));
    const { id } = await queue.enqueue(
      spread({ 'with-items': { from: 'file', path: file }, input: { value: '<< number(item) >>' } }),
    );
    expect(await queue.wait(id, POLL)).toMatchObject({ output: { sum: (2500 * 2499) / 2, count: 2500 } });
    expect(seen.calls).toHaveLength(2500);
  });

  test('two spread tasks go on side by side', async () => {
    const queue = await stage.queue();
    await stage.worker();
    await stage.worker();
    const items = { 'with-items': '<< range(0, 40) >>', distribute: true, concurrency: 10, action: 't.note' };
    const workflow = workflowOf({
      name: 'side-by-side',
      order: 'graph',
      tasks: [
        { name: 'short', ...items, input: { value: 'short', ms: 20 } },
        { name: 'long', ...items, input: { value: 'long', ms: 400 } },
        { name: 'after_short', needs: ['short'], action: 't.note', input: { value: 'after short' } },
      ],
    });
    const { id } = await queue.enqueue(workflow);
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'succeeded' });
    const next = seen.calls.indexOf('after short');
    expect(next).toBeGreaterThan(0);
    expect(next).toBeLessThan(seen.calls.lastIndexOf('long'));
  });

  test('a task goes where its queue is, and comes back', async () => {
    const queue = await stage.queue();
    await stage.worker({ queues: ['default'] });
    const workflow = workflowOf({
      name: 'elsewhere',
      tasks: [
        { name: 'here', action: 't.note', input: { value: 1 } },
        { name: 'there', queue: 'gpu', action: 't.note', input: { value: '<< task.here + 1 >>' } },
        { name: 'back', action: 't.note', input: { value: '<< task.there + 1 >>' } },
      ],
      output: { sum: '<< task.back >>' },
    });
    const { id } = await queue.enqueue(workflow);
    await until(async () => (await queue.counts()).some(({ queue: name, waiting }) => name === 'gpu' && waiting === 1));
    expect(seen.calls).toEqual([1]);
    expect(await queue.unclaimed()).toMatchObject([
      { workflow: 'elsewhere', runs: [id], reason: "no worker listens to the queue 'gpu' of one of its tasks" },
    ]);
    await stage.worker({ queues: ['gpu'] });
    expect(await queue.wait(id, POLL)).toMatchObject({ output: { sum: 3 } });
    expect(await queue.unclaimed()).toEqual([]);
  });

  test('of many runs those of a higher priority come first', async () => {
    const queue = await stage.queue();
    const note = workflowOf({
      name: 'note',
      parameters: { n: { type: 'integer' } },
      tasks: [{ name: 'a', action: 't.note', input: { value: '<< parameters.n >>' } }],
    });
    const ids = await Promise.all(
      Array.from(
        { length: 100 },
        async (_, n) => (await queue.enqueue(note, { n }, { priority: 1 + ((n * 37) % 100) })).id,
      ),
    );
    await stage.worker({ concurrency: 1 });
    await stage.worker({ concurrency: 1 });
    for (const id of ids) await queue.wait(id, POLL);
    const order = seen.calls.map((n) => (Number(n) * 37) % 100);
    expect(order).toHaveLength(100);
    // Two at a time: neighbours may change places, and nobody more.
    for (const [at, priority] of order.entries()) expect(Math.abs(priority - at)).toBeLessThan(4);
  });

  test('a failed run goes on where it failed', async () => {
    const queue = await stage.queue();
    await stage.worker();
    seen.failing = true;
    const workflow = workflowOf({
      name: 'flaky',
      tasks: [
        { name: 'first', action: 't.note', input: { value: 'first' } },
        { name: 'second', action: 't.flaky' },
      ],
      output: { got: '<< task.second >>' },
    });
    const { id } = await queue.enqueue(workflow);
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'failed', error: { task: 'second' } });
    await expect(queue.resume(id)).rejects.toMatchObject({ code: 'HEDDLE_RUN_ENDED' });
    await expect(queue.resume(id, { from: 'third' })).rejects.toMatchObject({ code: 'HEDDLE_RERUN' });
    seen.failing = false;
    expect(await queue.retry()).toEqual([id]);
    await until(async () => (await queue.status(id)) === 'succeeded');
    expect(await queue.result(id)).toMatchObject({ output: { got: 'well' } });
    expect(seen.calls).toEqual(['first']);
    await queue.resume(id, { from: 'first' });
    await until(() => seen.calls.length === 2);
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'succeeded' });
  });

  test('what failed in spread iterations runs again', async () => {
    const queue = await stage.queue();
    await stage.worker();
    seen.failing = true;
    const { id } = await queue.enqueue(
      spread({
        action: 't.flaky',
        input: { value: '<< item >>', fails: '<< item % 100 == 7 >>' },
        'on-item-failure': 'continue',
      }),
    );
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'failed', error: { task: 'each' } });
    expect(seen.calls).toHaveLength(495);
    seen.failing = false;
    await queue.resume(id, { failed: true });
    await until(async () => (await queue.status(id)) === 'succeeded');
    expect(seen.calls).toHaveLength(500);
  });

  test('people answer, signals arrive, and times come, without a worker that waits', async () => {
    const queue = await stage.queue();
    await stage.worker();
    const workflow = workflowOf({
      name: 'waits',
      tasks: [
        { name: 'ask', action: 'approval.request', input: { prompt: 'Go on?' } },
        { name: 'hear', action: 'wait.signal', input: { name: 'ready' } },
        { name: 'pause', delay: '1500ms' },
        { name: 'end', action: 't.note', input: { value: '<< task.ask >> << task.hear >>' } },
      ],
      output: { got: '<< task.end >>' },
    });
    const { id } = await queue.enqueue(workflow);
    await until(async () => (await queue.status(id)) === 'waiting');
    await queue.approve(id, 'ask', 'yes');
    await queue.signal(id, 'ready', 7);
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'succeeded', output: { got: 'yes 7' } });
    await expect(queue.signal(id, 'late')).rejects.toMatchObject({ code: 'HEDDLE_RUN_ENDED' });
  });

  test('a cancel reaches what is spread', async () => {
    const queue = await stage.queue();
    await stage.worker();
    await stage.worker();
    const { id } = await queue.enqueue(spread({ input: { value: '<< item >>', ms: 300 } }, 2000));
    await until(() => seen.calls.length > 10);
    await queue.cancel(id, 'enough');
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'cancelled' });
    const after = seen.calls.length;
    expect(after).toBeLessThan(300);
    await until(() => seen.inFlight === 0);
    await until(async () => (await queue.counts()).every(({ waiting, active }) => waiting + active === 0));
    expect(seen.calls.length - after).toBeLessThanOrEqual(20);
  });

  test('the first failure stops the rest', async () => {
    const queue = await stage.queue();
    await stage.worker();
    await stage.worker();
    seen.failing = true;
    const input = { value: '<< item >>', fails: '<< item == 30 >>', ms: 20 };
    const { id } = await queue.enqueue(spread({ action: 't.flaky', input, concurrency: 4 }, 2000));
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'failed', error: { task: 'each' } });
    // Item 30 is reached while other chunks go on beside it; then half a second of four at a time.
    expect(seen.calls.length).toBeLessThan(500);
    const waits = (await queue.counts()).filter(({ waiting }) => waiting > 0);
    expect(waits).toEqual([]);
  });

  test('a worker that leaves hands back what it has, and another goes on', async () => {
    const queue = await stage.queue();
    const first = await stage.worker();
    const { id } = await queue.enqueue(spread({ input: { value: '<< item >>', ms: 20 }, concurrency: 5 }, 300));
    await until(() => seen.calls.length > 20);
    await first.close();
    expect(first.state).toBe('closed');
    const done = seen.calls.length;
    expect(done).toBeLessThan(300);
    expect(seen.inFlight).toBe(0);
    await stage.worker();
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'succeeded', output: { count: 300 } });
    expect(seen.calls).toHaveLength(300);
  });

  test('work that a worker lacks something for is left to others', async () => {
    const queue = await stage.queue();
    const { id } = await queue.enqueue(hello);
    const lacking = await stage.worker({ actions: [] });
    await until(() => stage.events.some(({ type }) => type === 'handed-back'));
    expect(stage.events).toContainEqual({
      type: 'handed-back',
      run: id,
      chunk: null,
      reason: "tasks[0].action: there is no action or workflow 't.note'",
      againInMs: 1000,
    });
    expect(await queue.unclaimed()).toEqual([
      {
        queue: 'default',
        workflow: 'hello',
        runs: [id],
        count: 1,
        reason: "no worker of the queue 'default' knows the action t.note",
      },
    ]);
    // While both are there either may take it first, and each time it is left for longer.
    await lacking.close();
    await stage.worker();
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'succeeded' });
  });

  test('a secret is never queued: workers are given it', async () => {
    const queue = await stage.queue();
    const workflow = workflowOf({
      name: 'secretive',
      parameters: { token: { type: 'string', secret: true, required: true }, n: { type: 'integer', default: 1 } },
      tasks: [{ name: 'use', action: 't.note', input: { value: '<< length(parameters.token) + parameters.n >>' } }],
      output: { length: '<< task.use >>' },
    });
    await expect(queue.enqueue(workflow, { token: 'geheim' })).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_SECRET' });
    await expect(queue.enqueue(workflow, { n: 'x' })).rejects.toMatchObject({ code: 'HEDDLE_PARAMETERS' });
    const { id } = await queue.enqueue(workflow, { n: 2 });
    const first = await stage.worker();
    await until(async () => (await queue.status(id)) === 'blocked');
    expect(stage.events).toContainEqual({
      type: 'handed-back',
      run: id,
      chunk: null,
      reason: `run ${id} needs secrets that were not given: parameters.token`,
      againInMs: 1000,
    });
    expect(await queue.unclaimed()).toMatchObject([{ workflow: 'secretive', runs: [id], count: 1 }]);
    await first.close();
    await stage.worker({ secrets: { token: 'geheim', other: 'geheimer' } });
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'succeeded', output: { length: 8 } });
  });

  test('what is too large is refused at the door', async () => {
    const queue = await stage.queue({ maxRunBytes: 10_000 });
    await expect(queue.enqueue(hello, { who: 'x'.repeat(20_000) })).rejects.toMatchObject({
      code: 'HEDDLE_QUEUE_LIMIT',
    });
    expect((await queue.counts()).every(({ waiting }) => waiting === 0)).toBe(true);
    await expect(queue.enqueue(hello, {}, { id: 'a:b' })).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
    await expect(queue.enqueue(hello, {}, { priority: 0 })).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
    const full = await stage.queue({ maxTotalBytes: 1000 });
    await expect(full.enqueue(hello)).rejects.toThrow(/The server of the queue holds \d+ bytes, and may hold 1000/);
  });

  test('a queue is paused, goes on, and is drained', async () => {
    const queue = await stage.queue();
    await queue.pause();
    await stage.worker();
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push((await queue.enqueue(hello)).id);
    expect((await queue.counts()).find(({ kind }) => kind === 'run')).toMatchObject({ isPaused: true });
    expect([...(await queue.drain())].sort()).toEqual([...ids].sort());
    expect(await queue.status(ids[0] ?? '')).toBe('cancelled');
    const { id } = await queue.enqueue(hello);
    await queue.unpause();
    expect(await queue.wait(id, POLL)).toMatchObject({ status: 'succeeded' });
    expect(seen.calls).toHaveLength(2);
    expect((await queue.clean(Date.now() + 1000)).length).toBe(4);
  });

  test('a job that was lost is made again', async () => {
    const queue = await stage.queue();
    const { id } = await queue.enqueue(hello);
    await stage.loseJobs();
    const waits = queue.wait(id, POLL);
    await stage.worker();
    expect(await waits).toMatchObject({ status: 'succeeded' });
    expect(stage.events).toContainEqual({ type: 'requeued', runs: [id] });
  });
});
