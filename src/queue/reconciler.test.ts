import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunStatus } from '../executor/index.ts';
import { runJob } from './jobs.ts';
import { Reconciler } from './reconciler.ts';
import { memoryBackend, type MemoryBackend } from './testing/backend.ts';

let backend: MemoryBackend;
let reconciler: Reconciler;

beforeEach(() => {
  vi.useFakeTimers();
  backend = memoryBackend();
  reconciler = new Reconciler(backend);
});
afterEach(() => {
  vi.useRealTimers();
});

const TAGS = { queue: 'default', priority: 5 };
const KEY = { run: 'r', execution: 1, generation: 0 };
const TERMS = {
  total: 100, window: 2, concurrency: 1, rate: null, continues: false, tolerate: null, rangeMs: 1, firstCount: 10, maxCount: 10,
} as const; // prettier-ignore

async function recorded(id: string, status: RunStatus, more: object = {}): Promise<void> {
  await backend.journal.createRun({
    id,
    workflow: 'w',
    definition: { hash: 'h', data: {} },
    parameters: {},
    status,
    createdAtMs: Date.now() - 10_000,
    labels: { 'heddle:queue': 'default', 'heddle:priority': '5' },
    ...more,
  });
}
async function look(): Promise<readonly string[]> {
  const looked = reconciler.look();
  await vi.advanceTimersByTimeAsync(1000);
  return looked;
}
async function patched(id: string, patch: object): Promise<void> {
  const lease = await backend.journal.acquire(id, { owner: 'o', ttlMs: 1000 });
  if (lease !== null) await backend.journal.append(lease, { patch, release: true });
}

test('nothing to do where all is well', async () => {
  await recorded('has-a-job', 'pending');
  await backend.broker.add([runJob('has-a-job', TAGS, { type: 'start' })]);
  await recorded('waits', 'waiting');
  await recorded('ended', 'succeeded');
  await recorded('local', 'running', { labels: {} });
  await recorded('is-worked-on', 'running');
  await backend.journal.acquire('is-worked-on', { owner: 'somebody', ttlMs: 60_000 });
  await recorded('just-made', 'pending', { createdAtMs: Date.now() });
  expect(await look()).toEqual([]);
  expect(backend.broker.added).toHaveLength(1);
});

test.each(['pending', 'running'] as const)('a run that is %s and has no job gets one', async (status) => {
  await recorded('r', status);
  expect(await look()).toEqual(['r']);
  expect(backend.broker.added).toMatchObject([{ kind: 'run', queue: 'default', priority: 5, data: { run: 'r' } }]);
  expect(await look()).toEqual([]);
});

describe('a run that waits', () => {
  test('for a time gets its job', async () => {
    await recorded('r', 'waiting');
    await patched('r', {
      summary: { waiting: [{ untilMs: Date.now() + 90_000 }, { untilMs: Date.now() + 60_000 }, {}] },
    });
    expect(await look()).toEqual(['r']);
    expect(backend.broker.added[0]?.delayMs).toBeLessThanOrEqual(60_000);
    expect(backend.broker.added[0]?.delayMs).toBeGreaterThan(50_000);
  });

  test('and was asked something gets one, at every sixth look', async () => {
    expect(await look()).toEqual([]);
    await recorded('r', 'waiting');
    await backend.journal.request('r', { type: 'signal' });
    for (let times = 0; times < 5; times++) expect(await look()).toEqual([]);
    expect(await look()).toEqual(['r']);
    expect(backend.broker.added[0]?.id).toMatch(/^r-w-/);
  });
});

describe('work that is spread', () => {
  const chunkJob = (from: number) => ({
    kind: 'chunk' as const,
    queue: 'default',
    id: `r.1.0.${from}.10`,
    data: { run: 'r', chunk: `r.1.0.${from}`, format: 1 },
  });

  test('whose chunks have jobs needs nothing, and its run neither', async () => {
    await recorded('r', 'running');
    await backend.coordination.open(KEY, TERMS);
    await backend.broker.add([chunkJob(0), chunkJob(10)]);
    expect(await look()).toEqual([]);
  });

  test('without a job for one of them has its run woken', async () => {
    await recorded('r', 'running');
    await backend.coordination.open(KEY, TERMS);
    await backend.broker.add([chunkJob(0)]);
    expect(await look()).toEqual(['r']);
    expect((await backend.journal.requests('r')).map(({ request }) => request)).toEqual([
      { type: 'chunks', execution: 1 },
    ]);
    expect(await look()).toEqual([]);
  });

  test('that only looked so for a moment is left alone', async () => {
    await recorded('r', 'running');
    await backend.coordination.open(KEY, TERMS);
    const looked = reconciler.look();
    await vi.advanceTimersByTimeAsync(100);
    await backend.broker.add([chunkJob(0), chunkJob(10)]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await looked).toEqual([]);
  });

  test('that is complete and of which nobody told the run', async () => {
    await recorded('r', 'running');
    await backend.coordination.open(KEY, { ...TERMS, total: 0 });
    expect(await look()).toEqual(['r']);
  });

  test('of a run that has ended is forgotten', async () => {
    await recorded('r', 'failed');
    await backend.coordination.open(KEY, TERMS);
    expect(await look()).toEqual([]);
    expect(await backend.coordination.tasks()).toEqual([]);
  });
});

describe('chunks whose task nobody knows', () => {
  const piece = (from: number) =>
    recorded(`r.1.0.${from}`, 'pending', { parent: { run: 'r', task: 'a' }, piece: true });

  test('have their run woken, once', async () => {
    await recorded('r', 'waiting');
    await piece(0);
    await piece(10);
    await recorded('r.sub', 'pending', { parent: { run: 'r', task: 'a' }, piece: true });
    expect(await look()).toEqual(['r']);
    expect(await backend.journal.requests('r')).toHaveLength(1);
  });

  test('come to nothing where it has ended', async () => {
    await recorded('r', 'running');
    await piece(0);
    await patched('r', { status: 'succeeded', endedAtMs: 5 });
    expect(await look()).toEqual([]);
    expect((await backend.journal.run('r.1.0.0'))?.status).toBe('cancelled');
  });
});

test('many runs are gone through in parts', async () => {
  for (let at = 0; at < 4500; at++) await recorded(`r${at}`, 'pending', { createdAtMs: at });
  expect(await look()).toHaveLength(4000);
  expect(await look()).toHaveLength(500);
  expect(await look()).toHaveLength(0);
});
