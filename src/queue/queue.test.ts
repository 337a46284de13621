import { beforeEach, describe, expect, test } from 'vitest';
import { defineWorkflow } from '../node/load-workflow.ts';
import { Queue } from './queue.ts';
import { endUnstarted } from './recorded-chunks.ts';
import { startScheduled } from './schedules.ts';
import { memoryBackend, type MemoryBackend } from './testing/backend.ts';

const hello = defineWorkflow({
  name: 'hello',
  priority: 7,
  parameters: { who: { type: 'string', default: 'world' } },
  tasks: [{ name: 'greet', action: 'core.echo', input: { message: '<< parameters.who >>' } }],
});
const own = defineWorkflow({ name: 'own', tasks: [{ name: 'a', action: 'shop.order', queue: 'gpu' }] });

let backend: MemoryBackend;
let queue: Queue;

beforeEach(() => {
  backend = memoryBackend();
  queue = new Queue(backend);
});

describe('enqueueing', () => {
  test('records the run, and queues one job', async () => {
    const { id } = await queue.enqueue(hello, { who: 'Ada' }, { queue: 'gpu', delayMs: 50, labels: { team: 'x' } });
    expect(await backend.journal.run(id)).toMatchObject({
      workflow: 'hello',
      status: 'pending',
      parameters: { who: 'Ada' },
      labels: { team: 'x', 'heddle:queue': 'gpu', 'heddle:priority': '7' },
    });
    const data = { run: id, format: 1 };
    expect(backend.broker.added).toEqual([
      { kind: 'run', queue: 'gpu', priority: 7, id: `${id}-s-0`, data, delayMs: 50 },
    ]);
  });

  test('the same run again is harmless, and does what is left of it', async () => {
    const options = { id: 'r-1', priority: 3 };
    expect(await queue.enqueue(hello, {}, options)).toEqual({ id: 'r-1', isNew: true });
    expect(await queue.enqueue(hello, {}, options)).toEqual({ id: 'r-1', isNew: false });
    expect(backend.broker.added).toHaveLength(1);
    // Whoever enqueued it died between the record and the job.
    await backend.broker.drain();
    await queue.enqueue(hello, {}, options);
    expect(backend.broker.added).toHaveLength(2);
    await endUnstarted(backend.journal, 'r-1', 'over');
    await backend.broker.drain();
    await queue.enqueue(hello, {}, options);
    expect(backend.broker.jobs.size).toBe(0);
  });

  test.each([
    [{ who: 5 }, {}, 'HEDDLE_PARAMETERS'],
    [{}, { id: '' }, 'HEDDLE_USAGE'],
    [{}, { id: 'a:b' }, 'HEDDLE_USAGE'],
    [{}, { priority: 1.5 }, 'HEDDLE_USAGE'],
  ])('%j with %j is refused: %s', async (parameters, options, code) => {
    await expect(queue.enqueue(hello, parameters, options)).rejects.toMatchObject({ code });
    expect(backend.broker.added).toEqual([]);
  });

  test('a workflow of secret parameters takes no other', async () => {
    const workflow = defineWorkflow({ name: 's', parameters: { key: { secret: true } }, tasks: [{ name: 'a' }] });
    await expect(queue.enqueue(workflow, { other: 1 })).rejects.toThrow("there is no parameter 'other'");
    await expect(queue.enqueue(workflow, { key: 'x' })).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_SECRET' });
    expect((await queue.enqueue(workflow)).isNew).toBe(true);
  });

  test('limits', async () => {
    backend.coordination.held = 2000;
    const full = new Queue(backend, { maxTotalBytes: 1000 });
    await expect(full.enqueue(hello)).rejects.toThrow('holds 2000 bytes, and may hold 1000');
    const small = new Queue(backend, { maxRunBytes: 100 });
    await expect(small.enqueue(hello)).rejects.toThrow('more than 100 bytes');
    expect((await new Queue(backend, { maxTotalBytes: 2000 }).enqueue(hello)).isNew).toBe(true);
  });
});

describe('asking', () => {
  test('wakes the run', async () => {
    const { id } = await queue.enqueue(hello);
    await queue.signal(id, 'go', 5);
    await queue.cancel(id, 'enough');
    expect((await backend.journal.requests(id)).map(({ request }) => request)).toEqual([
      { type: 'signal', name: 'go', data: 5 },
      { type: 'cancel', reason: 'enough' },
    ]);
    const woken = backend.broker.added.slice(1);
    expect(woken.map((job) => [job.queue, job.priority, job.id.replace(/[0-9a-f]{12}$/, '…')])).toEqual([
      ['default', 7, `${id}-w-…`],
      ['default', 7, `${id}-w-…`],
    ]);
    await expect(queue.approve(id, 'greet')).rejects.toMatchObject({ code: 'HEDDLE_NOT_WAITING' });
    await expect(queue.cancel('nobody')).rejects.toMatchObject({ code: 'HEDDLE_RUN_UNKNOWN' });
    expect(await queue.wake('nobody')).toBe(false);
  });

  test('for a result that is not there', async () => {
    const { id } = await queue.enqueue(hello);
    expect(await queue.result(id)).toBeNull();
    expect(await queue.status('nobody')).toBeNull();
    await expect(queue.result('nobody')).rejects.toMatchObject({ code: 'HEDDLE_RUN_UNKNOWN' });
    const reason = new Error('no time');
    await expect(queue.wait(id, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const soon = queue.wait(id, { pollMs: 1 });
    await endUnstarted(backend.journal, id, 'over');
    expect(await soon).toMatchObject({
      id,
      workflow: 'hello',
      status: 'cancelled',
      output: {},
      errors: [],
      error: null,
    });
  });

  test('for what others do', async () => {
    const terms = {
      total: 10, window: 1, concurrency: 1, rate: null, continues: false, tolerate: null, rangeMs: 1, firstCount: 4, maxCount: 4,
    }; // prettier-ignore
    await backend.coordination.open({ run: 'r', execution: 3, generation: 0 }, terms);
    expect(await queue.progress('r')).toEqual([{ execution: 3, total: 10, ended: 0, failed: 0 }]);
    expect(await queue.progress('other')).toEqual([]);
  });
});

describe('going on', () => {
  test('with a run as it stands', async () => {
    const { id } = await queue.enqueue(hello);
    await queue.resume(id);
    expect(backend.broker.added.at(-1)?.id).toMatch(/-a-[0-9a-f]{12}$/);
    await expect(queue.resume(id, { failed: true })).rejects.toMatchObject({ code: 'HEDDLE_RERUN' });
    await expect(queue.resume('nobody')).rejects.toMatchObject({ code: 'HEDDLE_RUN_UNKNOWN' });
  });

  test('never with one that was not enqueued, has ended, or is being worked on', async () => {
    const definition = { hash: 'h', data: {} };
    const run = { workflow: 'w', definition, parameters: {}, status: 'pending', createdAtMs: 1 } as const;
    await backend.journal.createRun({ ...run, id: 'local' });
    await expect(queue.resume('local')).rejects.toThrow('run local was not enqueued');
    const { id } = await queue.enqueue(hello);
    await endUnstarted(backend.journal, id, 'over');
    await expect(queue.resume(id)).rejects.toMatchObject({ code: 'HEDDLE_RUN_ENDED' });
    await backend.journal.acquire(id, { owner: 'somebody', ttlMs: 60_000 });
    await expect(queue.resume(id, { failed: true })).rejects.toMatchObject({ code: 'HEDDLE_RUN_ACTIVE' });
  });
});

test('drained are runs that nobody has begun', async () => {
  const { id } = await queue.enqueue(hello);
  const { id: held } = await queue.enqueue(hello);
  const { id: elsewhere } = await queue.enqueue(hello, {}, { queue: 'other' });
  await backend.journal.acquire(held, { owner: 'somebody', ttlMs: 60_000 });
  expect(await queue.drain()).toEqual([id]);
  expect(await queue.status(id)).toBe('cancelled');
  expect([await queue.status(held), await queue.status(elsewhere)]).toEqual(['pending', 'pending']);
  await queue.pause('other');
  expect(backend.broker.paused.has('other')).toBe(true);
  await queue.unpause('other');
  expect(backend.broker.paused.has('other')).toBe(false);
});

describe('work that nobody can take', () => {
  const worker = (id: string, queues: readonly string[], actions: readonly string[]) =>
    backend.coordination.announce({
      id,
      host: 'h',
      pid: 1,
      queues,
      actions: Object.fromEntries(actions.map((name) => [name, null])),
      concurrency: 1,
      startedAtMs: 1,
      state: 'taking',
      reason: null,
    });

  test('is told by reason, until somebody can', async () => {
    const { id } = await queue.enqueue(own);
    const reasons = async (): Promise<readonly string[]> => (await queue.unclaimed()).map(({ reason }) => reason);
    expect(await queue.unclaimed()).toEqual([
      { queue: 'default', workflow: 'own', reason: "no worker listens to the queue 'default'", runs: [id], count: 1 },
    ]);
    await worker('a', ['default'], []);
    expect(await reasons()).toEqual(["no worker listens to the queue 'gpu' of one of its tasks"]);
    await worker('b', ['gpu'], ['shop.order']);
    expect(await reasons()).toEqual(["no worker of the queue 'default' knows the action shop.order"]);
    await worker('a', ['default'], ['shop.order']);
    expect(await reasons()).toEqual([]);
  });

  test('is that of a blocked run, too', async () => {
    const { id } = await queue.enqueue(hello);
    await worker('a', ['default'], []);
    const lease = await backend.journal.acquire(id, { owner: 'o', ttlMs: 1000 });
    if (lease !== null) await backend.journal.append(lease, { patch: { status: 'blocked' }, release: true });
    expect(await queue.unclaimed()).toMatchObject([
      { runs: [id], reason: expect.stringContaining('secret') as string },
    ]);
  });
});

describe('schedules', () => {
  const nightly = (overlap: string, cron = '@daily') =>
    defineWorkflow({
      name: 'nightly report',
      priority: 2,
      schedule: { cron, timezone: 'Europe/Berlin', overlap, parameters: { n: 1 } },
      parameters: { n: { type: 'integer' }, m: { type: 'integer', default: 5 } },
      tasks: [{ name: 'a' }],
    });
  const at = async (atMs: number): Promise<string | null> => {
    const [schedule] = backend.broker.registered.values();
    return schedule === undefined ? null : startScheduled(backend, schedule, atMs);
  };

  test('hold all that their runs need', async () => {
    expect(await queue.schedule(nightly('queue'))).toBe('nightly-report');
    expect(await queue.schedules()).toEqual([
      {
        id: 'nightly-report',
        workflow: 'nightly report',
        queue: 'default',
        cron: '0 0 * * *',
        timezone: 'Europe/Berlin',
        parameters: { n: 1, m: 5 },
        overlap: 'queue',
        nextAtMs: null,
      },
    ]);
    expect([await at(1000), await at(1000), await at(2000)]).toEqual([
      'nightly-report-1000',
      'nightly-report-1000',
      'nightly-report-2000',
    ]);
    expect(backend.broker.added.map(({ id, priority }) => [id, priority])).toEqual([
      ['nightly-report-1000-s-0', 2],
      ['nightly-report-2000-s-0', 2],
    ]);
    expect(await backend.journal.run('nightly-report-1000')).toMatchObject({ parameters: { n: 1, m: 5 } });
    expect(await queue.unschedule('nightly-report')).toBe(true);
  });

  test('skip, where the run before goes on', async () => {
    await queue.schedule(nightly('skip'), { id: 'n', queue: 'reports', priority: 9 });
    expect(await at(1000)).toBe('n-1000');
    expect(await at(2000)).toBeNull();
    await endUnstarted(backend.journal, 'n-1000', 'over');
    expect(await at(3000)).toBe('n-3000');
    expect(backend.broker.added[0]).toMatchObject({ queue: 'reports', priority: 9 });
  });

  test('replace it', async () => {
    await queue.schedule(nightly('replace', '0 30 2 * * *'), { id: 'n' });
    await at(1000);
    expect(await at(2000)).toBe('n-2000');
    expect((await backend.journal.requests('n-1000')).map(({ request }) => request)).toEqual([
      { type: 'cancel', reason: 'the schedule n replaces it by run n-2000' },
    ]);
    expect((await queue.schedules())[0]?.cron).toBe('0 30 2 * * *');
  });
});
