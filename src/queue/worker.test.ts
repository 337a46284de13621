import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WorkExecutor } from './job-handlers.ts';
import { memoryBackend, type MemoryBackend } from './testing/backend.ts';
import { Worker } from './worker.ts';
import type { WorkerEvent, WorkerOptions } from './worker-options.ts';

const EXECUTOR: WorkExecutor = {
  advance: () => Promise.reject(new Error('not expected')),
  workChunk: () => Promise.reject(new Error('not expected')),
};

let backend: MemoryBackend;
let events: WorkerEvent[];
const workers: Worker[] = [];

beforeEach(() => {
  backend = memoryBackend();
  events = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
});

async function started(options: WorkerOptions = {}): Promise<Worker> {
  const worker = new Worker(options, { backend, executor: EXECUTOR });
  workers.push(worker);
  worker.on((event) => events.push(event));
  await worker.start();
  return worker;
}
const announced = () => [...backend.coordination.announced.values()];
/** Lets what was announced get through. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a worker says who it is, and takes what its queues have', async () => {
  const worker = await started({
    queues: ['default', 'gpu'],
    slots: 3,
    actions: [{ name: 'shop.order', run: () => null }],
  });
  expect(worker.state).toBe('taking');
  await settle();
  expect(announced()).toMatchObject([
    {
      id: worker.id,
      pid: process.pid,
      queues: ['default', 'gpu'],
      actions: { 'shop.order': null },
      concurrency: 3,
      state: 'taking',
      reason: null,
    },
  ]);
  expect(backend.broker.consumers.map(({ kind, queue }) => `${kind} ${queue}`)).toEqual([
    'run default',
    'chunk default',
    'schedule default',
    'run gpu',
    'chunk gpu',
    'schedule gpu',
  ]);
  expect(worker.active).toBe(0);
  await worker.close();
  expect(announced()).toEqual([]);
  expect(backend.broker.consumers.every(({ isClosed }) => isClosed)).toBe(true);
  expect(events.map((event) => (event.type === 'state' ? event.state : event.type))).toEqual([
    'taking',
    'leaving',
    'closed',
  ]);
});

test('one that is told to leave while it starts starts, and leaves', async () => {
  const worker = new Worker({}, { backend, executor: EXECUTOR });
  worker.on((event) => events.push(event));
  const begun = worker.start();
  await worker.close();
  await begun;
  expect(events.map((event) => (event.type === 'state' ? event.state : event.type))).toEqual(['taking', 'leaving', 'closed']); // prettier-ignore
  expect(announced()).toEqual([]);
});

test('it takes nothing while its server is lost, and says so', async () => {
  const worker = await started();
  backend.broker.becomes('lost', 'connection refused');
  expect([worker.state, worker.reason]).toEqual(['pausing', 'the server of the queue is lost: connection refused']);
  expect(backend.broker.consumers.every(({ isPaused }) => isPaused)).toBe(true);
  await settle();
  expect(announced()).toMatchObject([{ state: 'pausing', reason: worker.reason }]);
  backend.broker.becomes('back');
  expect([worker.state, worker.reason]).toEqual(['taking', null]);
  expect(backend.broker.consumers.some(({ isPaused }) => isPaused)).toBe(false);
});

test('a server without room is tried again', async () => {
  vi.useFakeTimers();
  const worker = await started();
  backend.broker.becomes('full', 'out of memory');
  expect(worker.reason).toBe('the server of the queue has no room left: out of memory');
  await vi.advanceTimersByTimeAsync(5000);
  expect(worker.state).toBe('taking');
});

test('the oldest worker looks for lost work', async () => {
  vi.useFakeTimers();
  const lost = () =>
    backend.journal.createRun({
      id: 'r',
      workflow: 'w',
      definition: { hash: 'h', data: {} },
      parameters: {},
      status: 'running',
      createdAtMs: Date.now() - 10_000,
      labels: { 'heddle:queue': 'default' },
    });
  await lost();
  const other = {
    id: 'a',
    host: 'h',
    pid: 1,
    queues: [],
    actions: {},
    concurrency: 1,
    state: 'taking',
    reason: null,
  } as const;
  await backend.coordination.announce({ ...other, startedAtMs: 1 });
  await started({ lockMs: 1000 });
  await vi.advanceTimersByTimeAsync(3000);
  expect(backend.broker.added).toEqual([]);
  await backend.coordination.withdraw('a');
  await vi.advanceTimersByTimeAsync(1500);
  expect(backend.broker.added).toHaveLength(1);
  expect(events).toContainEqual({ type: 'requeued', runs: ['r'] });
  backend.journal.runs = () => Promise.reject(new Error('away'));
  await vi.advanceTimersByTimeAsync(1500);
  expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'HEDDLE_INTERNAL', message: 'away' } });
});

describe('/health and /ready', () => {
  const asked = async (worker: Worker, path: string): Promise<readonly [number, unknown]> => {
    const response = await fetch(`http://127.0.0.1:${worker.healthPort ?? 0}${path}`);
    return [response.status, await response.json()];
  };

  test('tell whether it is alive, and whether it takes work', async () => {
    const worker = await started({ healthPort: 0 });
    expect(await asked(worker, '/health')).toEqual([200, { status: 'alive' }]);
    expect(await asked(worker, '/ready?x')).toEqual([200, { status: 'taking', reason: null }]);
    backend.broker.becomes('lost', 'gone');
    expect(await asked(worker, '/ready')).toEqual([
      503,
      { status: 'pausing', reason: 'the server of the queue is lost: gone' },
    ]);
    expect(await asked(worker, '/health')).toEqual([200, { status: 'alive' }]);
    expect((await asked(worker, '/metrics'))[0]).toBe(404);
  });

  test('a port that is taken', async () => {
    const first = await started({ healthPort: 0 });
    await expect(started({ healthPort: first.healthPort ?? 0 })).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
  });
});

test('without a server it does not start', async () => {
  vi.stubEnv('HEDDLE_QUEUE_URL', '');
  vi.stubEnv('REDIS_URL', '');
  await expect(new Worker({}).start()).rejects.toThrow('No server of the queue is named');
  vi.unstubAllEnvs();
});
