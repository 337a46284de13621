import { beforeEach, describe, expect, test } from 'vitest';
import type { Advanced, ChunkResult, DistributedWork } from '../executor/distribution.ts';
import { HeddleError } from '../errors/index.ts';
import { WorkflowError } from '../workflow/index.ts';
import { ActionVersions } from './action-versions.ts';
import type { TakenJob } from './broker/broker.ts';
import { ChunkHandler } from './chunk-handler.ts';
import { QueueDistributor } from './distributor.ts';
import type { WorkContext, WorkExecutor } from './job-handlers.ts';
import { Peers } from './peers.ts';
import { Permits } from './permits.ts';
import { RunHandler } from './run-handler.ts';
import { TagsCache } from './run-tags.ts';
import { memoryBackend, type MemoryBackend } from './testing/backend.ts';
import type { WorkerEvent } from './worker-options.ts';

let backend: MemoryBackend;
let events: WorkerEvent[];

beforeEach(() => {
  backend = memoryBackend();
  events = [];
});

const TAGS = { queue: 'default', priority: 5 };
const KEY = { run: 'r', execution: 1, generation: 0 };

/** A run that was enqueued. */
async function enqueued(id = 'r', status: 'pending' | 'running' = 'pending'): Promise<void> {
  await backend.journal.createRun({
    id,
    workflow: 'w',
    definition: { hash: 'h', data: {} },
    parameters: {},
    status,
    createdAtMs: 1,
    labels: { 'heddle:queue': 'default', 'heddle:priority': '5' },
  });
}

/** Ids of the jobs of a kind that are there, with what is random in them left out. */
function jobs(kind: 'run' | 'chunk'): readonly string[] {
  return [...backend.broker.jobs.values()]
    .filter((job) => job.kind === kind)
    .map(({ id }) => id.replace(/-([wa])-[0-9a-f]{12}$/, '-$1-…'));
}

function contextOf(
  executor: Partial<WorkExecutor>,
  actions: readonly { name: string; version?: string }[] = [],
): WorkContext {
  const { coordination, journal } = backend;
  return {
    backend,
    executor: {
      advance: () => Promise.reject(new Error('not expected')),
      workChunk: () => Promise.reject(new Error('not expected')),
      ...executor,
    },
    tags: new TagsCache(journal),
    permits: new Permits({ coordination, ttlMs: 1000, onError: () => {} }),
    secrets: {},
    leave: new AbortController().signal,
    tell: (event) => events.push(event),
    slots: 1,
    distributeFrom: 100,
    lockMs: 1000,
    peers: new Peers(coordination),
    versions: new ActionVersions(actions),
  };
}

function jobOf(id: string, data: Partial<TakenJob['data']> = {}): TakenJob {
  const signal = new AbortController().signal;
  return { id, queue: 'default', data: { run: 'r', format: 1, ...data }, signal, keep: () => () => {} };
}

describe('a run is advanced', () => {
  const handlerOf = (came: Partial<Advanced> | Error) =>
    new RunHandler(
      contextOf({
        advance: () =>
          came instanceof Error
            ? Promise.reject(came)
            : Promise.resolve({ status: 'waiting', dueAtMs: null, hasRequests: false, ...came }),
      }),
    );

  test('to its end, which is told once', async () => {
    await enqueued();
    expect(await handlerOf({ status: 'failed' }).handle(jobOf('r-s-0'))).toBeUndefined();
    expect(events).toEqual([
      { type: 'run.started', run: 'r', workflow: 'w' },
      { type: 'run.ended', run: 'r', workflow: 'w', status: 'failed' },
    ]);
    expect(jobs('run')).toEqual([]);
  });

  test('until it waits for a time: a job comes then', async () => {
    await enqueued();
    const dueAtMs = Date.now() + 60_000;
    await handlerOf({ dueAtMs }).handle(jobOf('r-s-0'));
    const [job] = backend.broker.added;
    expect(job).toMatchObject({ id: `r-t-${dueAtMs}`, priority: 5 });
    expect(job?.delayMs).toBeGreaterThan(50_000);
  });

  test('once more where it was asked something meanwhile', async () => {
    await enqueued();
    await handlerOf({ hasRequests: true, dueAtMs: 5 }).handle(jobOf('r-s-0'));
    expect(jobs('run')).toEqual(['r-a-…']);
  });

  test('not where there is nothing to do', async () => {
    const handler = handlerOf(new Error('not expected'));
    await handler.handle(jobOf('r-s-0'));
    await enqueued();
    await handler.handle(jobOf('r-w-0123456789ab'));
    const lease = await backend.journal.acquire('r', { owner: 'o', ttlMs: 1000 });
    if (lease !== null)
      await backend.journal.append(lease, { patch: { status: 'failed', endedAtMs: 5 }, release: true });
    await handler.handle(jobOf('r-a-0123456789ab'));
    expect(events).toEqual([]);
  });

  test('by one at a time: a second job of it is looked at later', async () => {
    await enqueued();
    let end = (_: Advanced): void => {};
    const handler = new RunHandler(contextOf({ advance: () => new Promise((resolve) => (end = resolve)) }));
    const first = handler.handle(jobOf('r-s-0'));
    expect(await handler.handle(jobOf('r-a-0123456789ab'))).toEqual({ againInMs: 1000 });
    await new Promise((resolve) => setTimeout(resolve));
    end({ status: 'succeeded', dueAtMs: null, hasRequests: false });
    expect(await first).toBeUndefined();
  });

  test.each([
    ['HEDDLE_RUN_ACTIVE', { againInMs: 1000 }],
    ['HEDDLE_FENCED', undefined],
    ['HEDDLE_RUN_UNKNOWN', undefined],
    ['HEDDLE_RUN_BLOCKED', { againInMs: 1000 }],
    ['HEDDLE_STATE_VERSION', { againInMs: 1000 }],
  ])('%s', async (code, handled) => {
    await enqueued();
    expect(await handlerOf(new HeddleError(code, 'why')).handle(jobOf('r-s-0'))).toEqual(handled);
  });

  test('what is wrong with a server is for the broker to hear', async () => {
    await enqueued();
    const error = new HeddleError('HEDDLE_JOURNAL_UNREACHABLE', 'away');
    await expect(handlerOf(error).handle(jobOf('r-s-0'))).rejects.toBe(error);
  });

  test('what is lacking here is left to others, for longer and longer', async () => {
    await enqueued();
    const place = { line: 1, column: 1, endLine: 1, endColumn: 1 };
    const unknown = { code: 'HEDDLE_UNKNOWN_ACTION', severity: 'error', message: 'no action x', ...place } as const;
    const handler = handlerOf(new WorkflowError([{ ...unknown, severity: 'warning', message: 'other' }, unknown]));
    const back: unknown[] = [];
    for (let times = 0; times < 7; times++) back.push(await handler.handle(jobOf('r-a-0123456789ab')));
    expect(back.map((handled) => (handled as { againInMs: number }).againInMs)).toEqual([
      1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
    ]);
    expect(events[0]).toEqual({ type: 'handed-back', run: 'r', chunk: null, reason: 'no action x', againInMs: 1000 });
  });

  test('a job of a newer heddle is left to others', async () => {
    expect(await handlerOf({}).handle(jobOf('r-s-0', { format: 2 }))).toEqual({ againInMs: 1000 });
    expect(events[0]).toMatchObject({ reason: 'it is of version 2, and this heddle knows 1' });
  });
});

/** Work of a run of so many iterations, which are fed where `elements` says how many there are. */
function workOf(
  total: number | null,
  more: Partial<DistributedWork> = {},
  elements: number | null = null,
): DistributedWork {
  const chunk = (from: number, count: number) =>
    ({
      id: `r.1.0.${from < 0 ? 'call' : from}`,
      workflow: 'w',
      definition: { hash: 'h', data: {} },
      parameters: { from, count: from < 0 ? null : count },
      status: 'pending',
      createdAtMs: 1,
      parent: { run: 'r', task: 'each' },
      piece: true,
    }) as const;
  const feed = (from: number, count: number) => {
    const given = Math.min(count, (elements ?? 0) - from);
    return Promise.resolve(given > 0 ? { count: given, record: chunk(from, given) } : { count: 0, record: null });
  };
  return {
    ...KEY,
    task: 'each',
    queue: null,
    isCall: false,
    total,
    concurrency: 10,
    rate: null,
    continues: false,
    tolerate: null,
    chunk,
    feed: elements === null ? null : feed,
    ...more,
  };
}

function distributorOf(): QueueDistributor {
  return new QueueDistributor(backend, contextOf({}), TAGS);
}

/** Marks a chunk as ended, as whoever worked on it. */
async function end(id: string): Promise<void> {
  const lease = await backend.journal.acquire(id, { owner: 'o', ttlMs: 1000 });
  if (lease !== null)
    await backend.journal.append(lease, { patch: { status: 'succeeded', endedAtMs: 5 }, release: true });
}

describe('work is sent away', () => {
  test.each<[queue: string | null, distribute: boolean | null, items: number | null, takes: boolean]>([
    [null, null, null, false],
    ['gpu', null, null, true],
    ['gpu', false, 5, true],
    [null, true, 2, true],
    [null, false, 5000, false],
    [null, null, 99, false],
    [null, null, 100, true],
    [null, null, Infinity, false],
    [null, true, Infinity, true],
    ['gpu', true, 0, false],
  ])('queue %s, distribute %s, %s items: %s', (queue, distribute, items, takes) => {
    expect(distributorOf().takes({ queue, distribute }, items)).toBe(takes);
  });

  test('in chunks, as many as the window takes, with their records', async () => {
    await enqueued();
    expect(await distributorOf().place(workOf(1000))).toEqual({ state: 'open' });
    expect(jobs('chunk')).toEqual(['r.1.0.0.100', 'r.1.0.100.100', 'r.1.0.200.100', 'r.1.0.300.100']);
    expect(backend.broker.added[0]).toMatchObject({ priority: 5, data: { run: 'r', chunk: 'r.1.0.0', format: 1 } });
    expect(await backend.journal.run('r.1.0.300')).toMatchObject({ piece: true, status: 'pending' });
  });

  test('to the queue of the task; starts at a rate are told by the id', async () => {
    await enqueued();
    await distributorOf().place(workOf(3, { queue: 'gpu', rate: { count: 1, perMs: 10 } }));
    expect(backend.broker.added.map(({ queue, id }) => [queue, id])).toEqual([
      ['gpu', 'r.1.0.0.1r'],
      ['gpu', 'r.1.0.1.1r'],
      ['gpu', 'r.1.0.2.1r'],
    ]);
  });

  test('as one call', async () => {
    await enqueued();
    await distributorOf().place(workOf(null, { isCall: true, queue: 'gpu' }));
    expect(jobs('chunk')).toEqual(['r.1.0.call.1']);
    await end('r.1.0.call');
    await backend.coordination.finish(KEY, { from: 0, count: 1, ended: 1, workMs: 1, failed: 0 });
    const work = workOf(null, { isCall: true, queue: 'gpu' });
    expect(await distributorOf().place(work)).toEqual({ state: 'complete', chunks: ['r.1.0.call'] });
    expect(await backend.coordination.tasks()).toEqual([]);
  });

  test('and made again where the server has lost it', async () => {
    await enqueued();
    await distributorOf().place(workOf(250));
    for (const from of [0, 63]) await end(`r.1.0.${from}`);
    await backend.coordination.closeRun('r');
    await backend.broker.drain();
    expect(await distributorOf().place(workOf(250))).toEqual({ state: 'open' });
    expect(await backend.coordination.state(KEY)).toMatchObject({ ended: 126, open: [{ from: 126 }, { from: 189 }] });
    expect(jobs('chunk')).toEqual(['r.1.0.126.63', 'r.1.0.189.61']);
  });

  test('ids of chunks come in the order of their iterations', async () => {
    await enqueued();
    const work = workOf(1100);
    await distributorOf().place(work);
    for (let open = (await backend.coordination.state(KEY))?.open ?? []; open.length > 0;) {
      const [{ from, count } = { from: 0, count: 0 }] = open.slice(-1);
      const finished = await backend.coordination.finish(KEY, { from, count, ended: count, workMs: 1, failed: 0 });
      for (const range of finished.claimed) await backend.journal.createRun(work.chunk(range.from, range.count));
      await end(`r.1.0.${from}`);
      open = (await backend.coordination.state(KEY))?.open ?? [];
    }
    const placed = await distributorOf().place(work);
    expect(placed.state === 'complete' && placed.chunks).toEqual(
      Array.from({ length: 11 }, (_, at) => `r.1.0.${at * 100}`),
    );
  });

  test('with its elements where only the holder of the run can read them', async () => {
    await enqueued();
    await distributorOf().place(workOf(null, {}, 650));
    expect(jobs('chunk')).toEqual(['r.1.0.0.100', 'r.1.0.100.100', 'r.1.0.200.100', 'r.1.0.300.100']);
    for (const from of [0, 100, 200]) {
      await end(`r.1.0.${from}`);
      await backend.coordination.finish(KEY, { from, count: 100, ended: 100, workMs: 1, failed: 0 });
    }
    await distributorOf().place(workOf(null, {}, 650));
    expect(jobs('chunk').slice(4)).toEqual(['r.1.0.400.100', 'r.1.0.500.100', 'r.1.0.600.50']);
    expect(await backend.coordination.state(KEY)).toMatchObject({ total: 650, isHungry: false });
    // A job is lost, and then its record too.
    await backend.broker.remove('chunk', 'default', ['r.1.0.600.50']);
    await distributorOf().place(workOf(null, {}, 650));
    expect(jobs('chunk')).toContain('r.1.0.600.50');
  });

  test('and called off: what nobody has begun is dropped, what is worked on is told', async () => {
    await enqueued();
    const work = workOf(400);
    await distributorOf().place(work);
    await backend.journal.acquire('r.1.0.100', { owner: 'worker', ttlMs: 60_000 });
    const remove = backend.broker.remove.bind(backend.broker);
    backend.broker.remove = (kind, queue, ids) => remove(kind, queue, ids.filter((id) => id !== 'r.1.0.100.100')); // prettier-ignore
    await distributorOf().cancel(work);
    expect(jobs('chunk')).toEqual(['r.1.0.100.100']);
    expect((await backend.journal.run('r.1.0.0'))?.status).toBe('cancelled');
    expect((await backend.journal.requests('r.1.0.100')).map(({ request }) => request.type)).toEqual(['cancel']);
    expect(await backend.coordination.state(KEY)).toMatchObject({ isStopped: true, open: [{ from: 100, count: 100 }] });
    // What is stopped is not made again.
    await backend.broker.drain();
    expect(await distributorOf().place(work)).toEqual({ state: 'open' });
    expect(jobs('chunk')).toEqual([]);
  });
});

describe('a chunk is worked on', () => {
  const result = (more: Partial<ChunkResult> = {}): ChunkResult => ({
    state: 'ended',
    ...KEY,
    task: 'each',
    from: 0,
    count: 100,
    ended: 100,
    chunk: workOf(1000).chunk,
    ...more,
  });
  const handlerOf = (work: WorkExecutor['workChunk']) => new ChunkHandler(contextOf({ workChunk: work }));
  const job = jobOf('r.1.0.0.100', { chunk: 'r.1.0.0' });

  test('and the next takes its place', async () => {
    await enqueued();
    await distributorOf().place(workOf(1000));
    await handlerOf(() => Promise.resolve(result())).handle(job);
    expect(jobs('chunk').at(-1)).toBe('r.1.0.400.100');
    expect(await backend.journal.run('r.1.0.400')).toMatchObject({ piece: true });
    expect(events).toMatchObject([{ type: 'chunk.ended', run: 'r', task: 'each', from: 0, ended: 100 }]);
    expect(jobs('run')).toEqual([]);
  });

  test('and the run is woken by the last', async () => {
    await enqueued();
    await distributorOf().place(workOf(1));
    await handlerOf(() => Promise.resolve(result({ ended: 1 }))).handle(jobOf('r.1.0.0.1', { chunk: 'r.1.0.0' }));
    expect(jobs('run')).toEqual(['r-w-…']);
    expect((await backend.journal.requests('r')).map(({ request }) => request)).toEqual([
      { type: 'chunks', execution: 1 },
    ]);
  });

  test('and those that wait are dropped once no further iteration may start', async () => {
    await enqueued();
    await distributorOf().place(workOf(1000));
    await backend.coordination.stop(KEY);
    await handlerOf(() => Promise.resolve(result({ ended: 3 }))).handle(job);
    // Its own is the worker's until it is done.
    expect(jobs('chunk')).toEqual(['r.1.0.0.100']);
    expect((await backend.journal.run('r.1.0.300'))?.status).toBe('cancelled');
    expect(jobs('run')).toEqual(['r-w-…']);
  });

  test('in part, and handed back', async () => {
    await enqueued();
    await distributorOf().place(workOf(1000));
    const handler = handlerOf(() => Promise.resolve(result({ state: 'left', ended: 5 })));
    expect(await handler.handle(job)).toEqual({ againInMs: 0 });
    expect(await backend.coordination.state(KEY)).toMatchObject({ ended: 0 });
  });

  test('failures are told with it that no beat has told', async () => {
    await enqueued();
    await distributorOf().place(workOf(1000, { continues: true }));
    backend.coordination.hold = () => Promise.resolve({ permits: 5, isStopped: false, share: 5 });
    const handler = handlerOf((_, gate) => {
      gate.watch(() => 2);
      expect(gate.take(0)).toBe(0);
      gate.failed();
      return Promise.resolve(result());
    });
    await handler.handle(job);
    expect(await backend.coordination.state(KEY)).toMatchObject({ ended: 100 });
  });

  test('by a worker that has the versions of its actions, as long as there is one', async () => {
    await enqueued();
    const named = { ...workOf(1000).chunk(0, 1), definition: { hash: 'h', data: { text: 'action: shop.order' } } };
    const work = workOf(1000, {
      chunk: (from, count) => ({ ...workOf(1000).chunk(from, count), definition: named.definition }),
    });
    const actions = [{ name: 'shop.order', version: '1' }, { name: 'shop.other', version: '7' }, { name: 'plain' }];
    await new QueueDistributor(backend, contextOf({}, actions), TAGS).place(work);
    expect(backend.broker.added[0]?.data).toEqual({
      run: 'r',
      chunk: 'r.1.0.0',
      format: 1,
      actions: { 'shop.order': '1' },
    });
    const info = {
      host: 'h',
      pid: 1,
      queues: ['default'],
      concurrency: 1,
      startedAtMs: 1,
      state: 'taking',
      reason: null,
    } as const;
    await backend.coordination.announce({ ...info, id: 'old', actions: { 'shop.order': '1' } });
    const handler = (version: string) => {
      const executor = { workChunk: () => Promise.resolve(result()) };
      return new ChunkHandler(contextOf(executor, [{ name: 'shop.order', version }]));
    };
    const taken = jobOf('r.1.0.0.100', { chunk: 'r.1.0.0', actions: { 'shop.order': '1' } });
    expect(await handler('2').handle(taken)).toEqual({ againInMs: 1000 });
    expect(events).toMatchObject([{ reason: 'it needs version 1 of shop.order, and here is 2' }]);
    expect(await handler('1').handle(taken)).toBeUndefined();
    expect(backend.broker.added.at(-1)?.data).toMatchObject({ actions: { 'shop.order': '1' } });
    // The last of the old ones has left.
    await backend.coordination.withdraw('old');
    expect(
      await handler('2').handle(jobOf('r.1.0.100.100', { chunk: 'r.1.0.100', actions: { 'shop.order': '1' } })),
    ).toBeUndefined();
  });

  test('not where its run has ended, or is to see to it', async () => {
    await enqueued();
    await distributorOf().place(workOf(1000));
    await backend.coordination.closeRun('r');
    const handler = () => handlerOf(() => Promise.reject(new Error('not expected')));
    expect(await handler().handle(job)).toEqual({ againInMs: 1000 });
    expect(jobs('run')).toEqual(['r-w-…']);
    await end('r');
    expect(await handler().handle(job)).toBeUndefined();
    expect((await backend.journal.run('r.1.0.0'))?.status).toBe('cancelled');
    expect(await handler().handle(jobOf('x', { chunk: 'of another make' }))).toBeUndefined();
  });
});
