import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { journalBeside, queueUrl } from './queue-url.ts';
import { HeapWatch } from './heap-watch.ts';
import { readChunkName } from './chunk-name.ts';
import { readChunkJob, readRunJob, runJob, tagsOf } from './jobs.ts';
import { StartTimes } from './start-times.ts';
import { fieldsOf } from './schedules.ts';
import { memoryBackend } from './testing/backend.ts';

describe('the server of the queue', () => {
  test.each([
    ['redis://a', {}, 'redis://a'],
    [undefined, { HEDDLE_QUEUE_URL: 'redis://b', REDIS_URL: 'redis://c' }, 'redis://b'],
    [undefined, { HEDDLE_QUEUE_URL: '', REDIS_URL: 'redis://c' }, 'redis://c'],
  ])('%s with %j', (given, env, url) => {
    expect(queueUrl(given, env)).toBe(url);
  });

  test('has to be named', () => {
    expect(() => queueUrl(undefined, {})).toThrow('HEDDLE_QUEUE_URL');
  });

  test.each([
    ['redis://a/1', undefined, 'redis://a/1'],
    ['redis://a/1', 'team', 'redis://a/1?prefix=team'],
    ['rediss://a?x=1', 'team', 'rediss://a?x=1&prefix=team'],
    ['postgres://u:p@a/db', 'team', 'postgres://u:p@a/db?schema=team'],
  ])('the journal beside %s of prefix %s', (url, prefix, place) => {
    expect(journalBeside(url, prefix)).toBe(place);
  });
});

describe('ids', () => {
  test('of chunks', () => {
    expect(readChunkName('a.b-1.3.0.400')).toEqual({ task: { run: 'a.b-1', execution: 3, generation: 0 }, from: 400 });
    expect(readChunkName('r.3.12.call')).toEqual({ task: { run: 'r', execution: 3, generation: 12 }, from: null });
    expect(readChunkName('r')).toBeNull();
    expect(readChunkJob('r.3.0.400.25')).toEqual({ count: 25, hasRate: false });
    expect(readChunkJob('r.3.0.call.1r')).toEqual({ count: 1, hasRate: true });
  });

  test('of jobs say what they are for', () => {
    const tags = { queue: 'q', priority: 1 };
    for (const type of ['start', 'wake', 'again'] as const) {
      expect(readRunJob(runJob('my-run-1', tags, { type }).id)).toEqual({ run: 'my-run-1', type });
    }
    expect(readRunJob(runJob('r', tags, { type: 'timer', dueAtMs: 12.7 }).id)).toEqual({ run: 'r', type: 'timer' });
    expect(runJob('r', tags, { type: 'timer', dueAtMs: 12.7 }).id).toBe('r-t-12');
    expect(readRunJob('anything')).toBeNull();
  });

  test('queue and priority of a run', () => {
    expect(tagsOf({})).toBeNull();
    expect(tagsOf({ 'heddle:queue': 'gpu' })).toEqual({ queue: 'gpu', priority: 1000 });
    expect(tagsOf({ 'heddle:queue': 'gpu', 'heddle:priority': 'high' })).toEqual({ queue: 'gpu', priority: 1000 });
  });
});

test.each([
  ['@daily', '0 0 * * *'],
  [' 5 4 * * * ', '5 4 * * *'],
])('%s as fields', (cron, fields) => {
  expect(fieldsOf(cron)).toBe(fields);
});

describe('the heap', () => {
  const GIB = 1024 ** 3;
  let used = 0;
  let garbage = 0;
  const heap = {
    statistics: () => ({ used_heap_size: used + garbage, heap_size_limit: GIB }),
    collect: () => void (garbage = 0),
  };
  const told: (string | null)[] = [];
  let watch: HeapWatch;
  beforeEach(() => {
    used = garbage = 0;
    told.length = 0;
    watch = new HeapWatch(undefined, (reason) => told.push(reason), heap);
  });
  afterEach(() => watch.close());

  test('that is too large is told once, and when it has fallen', () => {
    used = 0.9 * GIB;
    watch.look();
    watch.look();
    expect(told).toEqual(['the heap holds 922 MiB, and may hold 870 MiB']);
    used = 0.8 * GIB;
    watch.look();
    expect(told).toHaveLength(1);
    used = 0.7 * GIB;
    watch.look();
    expect(told[1]).toBeNull();
  });

  test('is collected before anything is said', () => {
    garbage = 0.9 * GIB;
    watch.look();
    expect([told, garbage]).toEqual([[], 0]);
  });

  test('is measured and collected for real', () => {
    const own = new HeapWatch(1, (reason) => told.push(reason));
    own.look();
    own.close();
    expect(told[0]).toMatch(/^the heap holds \d+ MiB, and may hold 0 MiB$/);
  });
});

describe('starts at a rate', () => {
  const KEY = { run: 'r', execution: 1, generation: 0 };
  const { coordination } = memoryBackend();
  const asked: number[] = [];
  let reserve: () => Promise<{ inMs: number; spacingMs: number }>;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
    asked.length = 0;
    coordination.reserve = ((_: unknown, count: number) => {
      asked.push(count);
      return reserve();
    }) as typeof coordination.reserve;
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const settled = async () => {
    for (let turns = 0; turns < 5; turns++) await Promise.resolve();
  };
  const startsOf = (count: number, errors: unknown[] = []) =>
    new StartTimes({ coordination, task: KEY, count, onError: (error) => errors.push(error) }, () => {});

  test('come one by one, then in batches', async () => {
    reserve = () => Promise.resolve({ inMs: 0, spacingMs: 10 });
    const starts = startsOf(100);
    expect(starts.take()).toBeGreaterThan(0);
    await settled();
    expect(starts.take()).toBe(0);
    await settled();
    expect(asked).toEqual([1, 25]);
    expect(starts.take()).toBe(0);
    expect(starts.take()).toBe(10);
    vi.advanceTimersByTime(10);
    expect(starts.take()).toBe(0);
  });

  test('whose time is long over are lost', async () => {
    reserve = () => Promise.resolve({ inMs: 0, spacingMs: 50 });
    const starts = startsOf(100);
    starts.take();
    await settled();
    expect(starts.take()).toBe(0);
    await settled();
    expect(asked).toEqual([1, 5]);
    vi.advanceTimersByTime(120);
    // Those for 0, 50 and 100 ms: two are over, one may just start.
    expect(starts.take()).toBe(0);
    expect(starts.take()).toBe(30);
  });

  test('are never more than there are iterations', async () => {
    reserve = () => Promise.resolve({ inMs: 0, spacingMs: 1 });
    const starts = startsOf(3);
    starts.take();
    await settled();
    expect(starts.take()).toBe(0);
    await settled();
    expect(asked).toEqual([1, 2]);
  });

  test('that could not be reserved are asked for again, after a while', async () => {
    const errors: unknown[] = [];
    reserve = () => Promise.reject(new Error('away'));
    const starts = startsOf(3, errors);
    starts.take();
    await settled();
    starts.take();
    expect([asked, errors.length]).toEqual([[1], 1]);
    vi.advanceTimersByTime(1000);
    starts.take();
    expect(asked).toEqual([1, 1]);
  });
});
