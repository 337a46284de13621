import { beforeEach, describe, expect, test } from 'vitest';
import type { RunEntry } from '../executor/entries.ts';
import { MemoryJournal } from '../journal/memory/memory-journal.ts';
import {
  compareRuns,
  readHistory,
  readIterations,
  readRecord,
  type Present,
  type ReadJournal,
  type RunHistory,
} from './index.ts';
import { completed, failedItem, record, started, START_MS } from './testing/recorded-run.ts';

const secret = { $heddle: { text: ['token ', { secret: ['keystore', 'token'], form: 'text', part: 0 }, '!'] } };

const atStart = present(START_MS);

let journal: MemoryJournal;

beforeEach(() => {
  journal = new MemoryJournal({ now: () => START_MS });
});

function present(nowMs: number, isGone = false): Present {
  return { nowMs, isGone: () => isGone };
}

async function historyOf(entries: readonly RunEntry[]): Promise<RunHistory> {
  await record(journal, entries);
  const history = await readHistory(journal, 'run-1', atStart);
  if (history === null) throw new Error('the run is not there');
  return history;
}

describe('a run', () => {
  test('that is not there is null', async () => {
    expect(await readHistory(journal, 'run-1', atStart)).toBeNull();
  });

  test('is active while its lease lasts', async () => {
    await record(journal, [], { isHeld: true });
    expect(await readHistory(journal, 'run-1', present(START_MS + 999))).toMatchObject({
      isActive: true,
      status: 'running',
    });
    expect(await readHistory(journal, 'run-1', present(START_MS + 1000))).toMatchObject({ isActive: false });
  });

  test('is not active where its process is known to be gone', async () => {
    await record(journal, [], { isHeld: true });
    expect(await readHistory(journal, 'run-1', present(START_MS, true))).toMatchObject({ isActive: false });
  });

  test('has its end, its errors and how often it was resumed', async () => {
    const error = { task: 'a', execution: 1, index: null, key: null, code: 'X', message: 'm', handled: false } as const;
    const history = await historyOf([
      { type: 'resumed', atMs: START_MS + 50 },
      { type: 'resumed', atMs: START_MS + 60 },
      completed(1, 'a', 0, { status: 'failed' }),
      {
        type: 'ended',
        status: 'failed',
        output: { n: 1 },
        errors: [error],
        durationMs: 100,
        atMs: START_MS + 100,
      },
    ]);
    expect(history).toMatchObject({ resumes: 2, output: { n: 1 }, errors: [error], entries: 5 });
  });

  test('that has not ended tells the last time that it speaks of', async () => {
    const running = { type: 'running', execution: 1, indexes: [2], atMs: START_MS + 70 } as const;
    const { recordedAtMs } = await historyOf([
      { type: 'started', execution: 1, task: 'a', atMs: START_MS + 10 },
      running,
      { type: 'items', execution: 1, from: 0, count: 2 },
    ]);
    expect(recordedAtMs).toBe(START_MS + 70);
  });

  test('that has not ended tells the errors up to now', async () => {
    const error = { code: 'HEDDLE_TIMEOUT', message: 'too slow', task: 'a', index: null, attempt: 1 };
    const failing = { code: 'HEDDLE_RUN_TIMEOUT', message: 'out of time', task: '', index: null, attempt: null };
    const { errors } = await historyOf([
      completed(1, 'a', 0, { status: 'timed_out', error }),
      { type: 'failing', error: failing, drops: true },
    ]);
    expect(errors.map(({ task, code }) => [task, code])).toEqual([
      [null, 'HEDDLE_RUN_TIMEOUT'],
      ['a', 'HEDDLE_TIMEOUT'],
    ]);
  });

  test('shows no secret, in whatever it stands', async () => {
    await record(
      journal,
      [
        completed(1, 'a', 0, {
          result: {
            [`x`]: secret,
            list: [secret, 1],
            number: { $heddle: { number: ['keystore', 'pin'] } },
            entries: { $heddle: { entries: [['$heddle', secret]] } },
            map: new Map([['key', secret]]),
            date: new Date(0),
          },
        }),
      ],
      { run: { parameters: { password: secret, plain: 'x' } } },
    );
    const history = await readHistory(journal, 'run-1', atStart);
    expect(history?.parameters).toEqual({ password: 'token ***!', plain: 'x' });
    expect(history?.executions[0]?.result).toEqual({
      x: 'token ***!',
      list: ['token ***!', 1],
      number: '***',
      entries: { $heddle: 'token ***!' },
      map: new Map([['key', 'token ***!']]),
      date: new Date(0),
    });
    const pages = [];
    for await (const page of readRecord(journal, 'run-1')) pages.push(...page);
    expect(JSON.stringify(pages)).not.toContain('keystore');
    expect(pages.map(({ seq }) => seq)).toEqual([1, 2]);
  });
});

describe('executions', () => {
  test('are running, waiting, retried or ended, in the order of their numbers', async () => {
    const { executions, waits } = await historyOf([
      started(1, 'a', 10),
      started(2, 'ask', 20),
      {
        type: 'waiting',
        execution: 2,
        task: 'ask',
        index: -1,
        key: null,
        wait: { kind: 'approval', prompt: 'ok?' },
        atMs: START_MS + 21,
      },
      started(3, 'slow', 30),
      { type: 'retrying', execution: 3, index: -1, attempt: 1, dueAtMs: START_MS + 90 },
      completed(1, 'a', 10, { attempts: 2, result: [1] }),
      completed(4, 'skipped', 40, { status: 'skipped' }),
    ]);
    expect(executions.map(({ task, status, attempts }) => [task, status, attempts])).toEqual([
      ['a', 'succeeded', 2],
      ['ask', 'waiting', 1],
      ['slow', 'running', 2],
      ['skipped', 'skipped', 0],
    ]);
    expect(executions[0]).toMatchObject({
      startedAtMs: START_MS + 10,
      endedAtMs: START_MS + 110,
      result: [1],
      items: null,
    });
    expect(waits).toEqual([
      { task: 'ask', execution: 2, index: null, key: null, kind: 'approval', prompt: 'ok?', sinceMs: START_MS + 21 },
    ]);
  });

  test('do not wait any more once they were answered', async () => {
    const wait: RunEntry = {
      type: 'waiting',
      execution: 1,
      task: 'w',
      index: -1,
      key: null,
      wait: { kind: 'signal', name: 'go' },
      atMs: START_MS,
    };
    const { executions, waits } = await historyOf([
      started(1, 'w', 0),
      wait,
      { type: 'answered', execution: 1, index: -1, data: 1 },
    ]);
    expect(executions[0]?.status).toBe('running');
    expect(waits).toEqual([]);
  });

  test('end no earlier than they began', async () => {
    const { executions } = await historyOf([completed(1, 'a', 10, { atMs: START_MS + 9.5 })]);
    expect(executions[0]).toMatchObject({ startedAtMs: START_MS + 10, endedAtMs: START_MS + 10 });
  });

  test('what failed runs again after a rerun of that', async () => {
    const { executions, output } = await historyOf([
      completed(1, 'a', 0),
      started(2, 'check', 100),
      { type: 'source', execution: 2, total: 3 },
      { type: 'items', execution: 2, from: 0, count: 2 },
      failedItem(2, 2, 'HTTP 503'),
      completed(2, 'check', 100, { status: 'failed', items: { total: 3, started: 3 } }),
      {
        type: 'ended',
        status: 'failed',
        output: { old: 1 },
        errors: [],
        durationMs: 1,
        atMs: START_MS + 300,
      },
      { type: 'rerun', selection: { failed: true }, atMs: START_MS + 400 },
      { type: 'items', execution: 2, from: 2, count: 1 },
    ]);
    expect(output).toBeNull();
    expect(executions.map(({ task, status }) => [task, status])).toEqual([
      ['a', 'succeeded'],
      ['check', 'running'],
    ]);
    expect(executions[1]?.items).toEqual({
      stats: { total: 3, succeeded: 3, failed: 0, skipped: 0 },
      started: 3,
      failureGroups: [],
    });
  });

  test('are those of the resolved record where it can be resolved', async () => {
    await record(journal, [
      { type: 'resumed', atMs: START_MS + 50 },
      completed(1, 'a', 0),
      completed(2, 'b', 100),
      { type: 'rerun', selection: { from: 'a' }, atMs: START_MS + 400 },
    ]);
    const read = (resolve: ReadJournal['resolve']): Promise<RunHistory | null> =>
      readHistory(
        { run: (id) => journal.run(id), entries: (id) => journal.entries(id), ...(resolve && { resolve }) },
        'run-1',
        atStart,
      );
    const resolved = await read((_, entries) => Promise.resolve([entries[0] as RunEntry, completed(1, 'b', 100)]));
    expect(resolved?.executions.map(({ task }) => task)).toEqual(['b']);
    expect(resolved?.resumes).toBe(1);
    const unresolved = await read(() => Promise.reject(new Error('no definition')));
    expect(unresolved?.executions).toEqual([]);
    expect(await read(undefined)).toEqual(unresolved);
  });

  test('what a task came to is gone after a rerun from it', async () => {
    const { executions } = await historyOf([
      completed(1, 'a', 0),
      completed(2, 'b', 100),
      completed(3, 'c', 200),
      { type: 'rerun', selection: { from: 'b' }, atMs: START_MS + 400 },
    ]);
    expect(executions.map(({ task }) => task)).toEqual(['a']);
  });
});

describe('iterations', () => {
  const entries: readonly RunEntry[] = [
    started(1, 'check', 0),
    { type: 'source', execution: 1, total: 8 },
    { type: 'items', execution: 1, from: 0, count: 2, results: ['r0', 'r1'] },
    failedItem(1, 2, 'HTTP 503\nat line 1'),
    failedItem(1, 4, 'HTTP 503\nat line 2'),
    { type: 'items', execution: 1, from: 3, count: 2, indexes: [3, 5], results: ['r3', 'r5'] },
    failedItem(1, 6, 'other'),
    { type: 'running', execution: 1, indexes: [5, 7], atMs: START_MS + 50 },
  ];

  test('are counted, and failures grouped by the first line of their message', async () => {
    const { executions } = await historyOf(entries);
    expect(executions[0]?.items).toEqual({
      stats: { total: 8, succeeded: 4, failed: 3, skipped: 0 },
      started: 8,
      failureGroups: [
        { reason: 'HTTP 503', code: 'HEDDLE_ACTION_FAILED', count: 2, examples: ['server-2', 'server-4'] },
        { reason: 'other', code: 'HEDDLE_ACTION_FAILED', count: 1, examples: ['server-6'] },
      ],
    });
  });

  test('come page by page', async () => {
    await record(journal, entries);
    const page = async (from: number, end: number): Promise<unknown> =>
      (await readIterations(journal, 'run-1', { task: 'check', window: { from, end } }))?.list.map(
        ({ index, status, result }) => [index, status, result],
      );
    expect(await page(1, 4)).toEqual([
      [1, 'succeeded', 'r1'],
      [2, 'failed', undefined],
      [3, 'succeeded', 'r3'],
    ]);
    expect(await page(5, 100)).toEqual([
      [5, 'succeeded', 'r5'],
      [6, 'failed', undefined],
      [7, 'running', undefined],
    ]);
    expect(await page(100, 200)).toEqual([]);
  });

  test('of a task without items, or one that did not run, are null', async () => {
    await record(journal, [completed(1, 'a', 0)]);
    const window = { from: 0, end: 10 };
    expect(await readIterations(journal, 'run-1', { task: 'a', window })).toBeNull();
    expect(await readIterations(journal, 'run-1', { task: 'b', window })).toBeNull();
  });
});

describe('a comparison', () => {
  const run = (id: string, check: readonly unknown[], status: 'succeeded' | 'failed', output: object): Promise<void> =>
    record(
      journal,
      [
        completed(1, 'a', 0, { result: { n: 1 } }),
        { type: 'started', execution: 2, task: 'check', atMs: START_MS + 100 },
        { type: 'items', execution: 2, from: 0, count: check.length, results: check },
        completed(2, 'check', 100, { status, items: { total: check.length, started: check.length } }),
        { type: 'ended', status, output: { ...output }, errors: [], durationMs: 1, atMs: START_MS + 300 },
      ],
      { id, run: { parameters: { region: id === 'b' ? 'eu' : 'us' } } },
    );

  test('names tasks, items, outputs and parameters that differ', async () => {
    await run('a', [1, 2, 3], 'succeeded', { n: 1, same: [1] });
    await run('b', [1, 5, 3, 4], 'failed', { n: 2, same: [1], more: true });
    const comparison = await compareRuns(journal, ['a', 'b'], atStart);
    expect(comparison).toMatchObject({ outputs: ['n', 'more'], parameters: ['region'] });
    expect(
      comparison?.tasks.map(({ task, statusDiffers, resultDiffers, iterations }) => [
        task,
        statusDiffers,
        resultDiffers,
        iterations,
      ]),
    ).toEqual([
      ['a', false, false, null],
      ['check', true, true, { count: 2, first: [1, 3] }],
    ]);
  });

  test('of equal runs finds nothing', async () => {
    await run('a', [1, 2], 'succeeded', { n: 1 });
    await run('c', [1, 2], 'succeeded', { n: 1 });
    const comparison = await compareRuns(journal, ['a', 'c'], atStart);
    expect(comparison).toMatchObject({ outputs: [], parameters: [] });
    expect(comparison?.tasks.some(({ statusDiffers, resultDiffers }) => statusDiffers || resultDiffers)).toBe(false);
    expect(await compareRuns(journal, ['a', 'x'], atStart)).toBeNull();
  });
});
