import { describe, expect, test } from 'vitest';
import { HeddleError } from '../../errors/index.ts';
import type { WorkerEvent } from '../../queue/index.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { formatOverview, type Overview } from './overview.ts';
import { workerLog } from './worker-log.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12);

/** What is written of an event, without its time. */
function logged(event: WorkerEvent, options: { verbose?: true; json?: true } = {}): string {
  const { terminal, stderr, stdout } = fakeTerminal();
  workerLog(terminal, { debug: false, ...options }, () => NOW_MS)(event);
  return options.json === true ? stdout() : stderr().replace(/^[\d-]+ [\d:]+ /, '');
}

describe('the log of a worker', () => {
  test.each<[WorkerEvent, string]>([
    [{ type: 'state', state: 'taking', reason: null }, '✓ taking work\n'],
    [{ type: 'state', state: 'pausing', reason: 'the heap is full' }, '⚠ takes no work: the heap is full\n'],
    [{ type: 'state', state: 'leaving', reason: null }, '⊘ takes no more work; what is in flight ends\n'],
    [{ type: 'state', state: 'closed', reason: null }, 'ended\n'],
    [{ type: 'state', state: 'starting', reason: null }, ''],
    [{ type: 'run.started', run: 'r-1', workflow: 'deploy' }, '◌ deploy r-1\n'],
    [{ type: 'run.ended', run: 'r-1', workflow: 'deploy', status: 'failed' }, '✗ deploy failed r-1\n'],
    [
      { type: 'handed-back', run: 'r-1', chunk: null, reason: 'no action x', againInMs: 2000 },
      '⚠ r-1: no action x; looked at again in 2.0s, by whoever can\n',
    ],
    [{ type: 'scheduled', schedule: 'nightly', run: 'nightly-5' }, '  schedule nightly: nightly-5\n'],
    [
      { type: 'scheduled', schedule: 'nightly', run: null },
      '  schedule nightly: left out, since the run before it goes on\n',
    ],
    [{ type: 'requeued', runs: ['a', 'b', 'c', 'd'] }, '⚠ 4 runs without a job queued again: a, b, c\n'],
  ])('%j', (event, line) => {
    expect(logged(event)).toBe(line);
  });

  test('chunks only where all is wanted', () => {
    const chunk = { type: 'chunk.ended', run: 'r', task: 'check', from: 100, ended: 50, tookMs: 1234 } as const;
    expect(logged(chunk)).toBe('');
    expect(logged(chunk, { verbose: true })).toBe('  check: 50 items from 100 in 1.2s r\n');
    expect(logged({ ...chunk, from: null, ended: 1 }, { verbose: true })).toBe('  check: one call in 1.2s r\n');
    expect(logged(chunk, { json: true })).toBe('');
    expect(JSON.parse(logged(chunk, { json: true, verbose: true }))).toEqual({ atMs: NOW_MS, ...chunk });
  });

  test('errors in the shape that all have', () => {
    const event = { type: 'error', error: new HeddleError('HEDDLE_QUEUE_IO', 'It broke.') } as const;
    expect(logged(event)).toMatch(/HEDDLE_QUEUE_IO\s+It broke\./);
    expect(JSON.parse(logged(event, { json: true }))).toMatchObject({
      type: 'error',
      error: { code: 'HEDDLE_QUEUE_IO', message: 'It broke.' },
    });
  });
});

describe('how a queue stands', () => {
  const overview = (more: Partial<Overview> = {}): string[] =>
    formatOverview(
      { queues: [], workers: [], unclaimed: [], bytes: 2048, ...more },
      fakeTerminal().terminal.out,
      NOW_MS,
    );

  test('where there is nothing', () => {
    expect(overview()).toEqual([
      'Nothing was queued yet.',
      '',
      'No worker is there: heddle worker starts one.',
      '',
      'The server holds 2.0 KiB.',
    ]);
  });

  test('jobs, workers, and what nobody can take', () => {
    const counts = { queue: 'gpu', kind: 'run', waiting: 1200, active: 2, delayed: 0, isPaused: true } as const;
    const worker = {
      id: 'w', host: 'web-1', pid: 7, queues: ['gpu', 'default'], actions: {}, concurrency: 4, startedAtMs: NOW_MS - 60_000,
      state: 'pausing', reason: 'the heap is full',
    } as const; // prettier-ignore
    const lines = overview({
      queues: [{ ...counts, oldestAtMs: NOW_MS - 90_000 }],
      workers: [worker, { ...worker, pid: 8, state: 'taking', reason: null }],
      unclaimed: [{ queue: 'gpu', workflow: 'deploy', reason: 'no worker listens', runs: ['a', 'b'], count: 2 }],
    });
    expect(lines).toEqual([
      'queue        waiting  active  delayed  oldest',
      'gpu    runs    1,200       2        0  1m 30s  paused',
      '',
      'worker   queues        slots      up',
      'web-1:7  gpu, default      4  1m 00s  pausing: the heap is full',
      'web-1:8  gpu, default      4  1m 00s  taking',
      '',
      '✗ 2 runs of deploy in gpu: no worker listens',
      '  a b',
      '',
      'The server holds 2.0 KiB.',
    ]);
  });
});
