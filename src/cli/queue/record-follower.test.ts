import { beforeEach, expect, test } from 'vitest';
import type { RunEntry } from '../../executor/entries.ts';
import type { Lease } from '../../journal/index.ts';
import { MemoryJournal } from '../../journal/index.ts';
import { defineWorkflow } from '../../node/load-workflow.ts';
import { RecordFollower } from './record-follower.ts';

const { definition } = defineWorkflow({
  name: 'shop',
  tasks: [
    { name: 'list', action: 'core.echo', next: [{ when: 'failed()', do: 'noop' }, { do: 'check' }] },
    { name: 'check', 'with-items': [1, 2, 3], action: 'core.echo' },
  ],
});
const run = {
  workflow: 'shop',
  definition: { hash: 'h', data: {} },
  parameters: {},
  status: 'running',
  createdAtMs: 1,
} as const;

let journal: MemoryJournal;
let lease: Lease;
let follower: RecordFollower;

beforeEach(async () => {
  journal = new MemoryJournal();
  await journal.createRun({ ...run, id: 'r' });
  lease = (await journal.acquire('r', { owner: 'o', ttlMs: 1000 })) as Lease;
  follower = new RecordFollower(journal, 'r', definition);
});

const recorded = (...entries: RunEntry[]) => journal.append(lease, { entries });
const told = async (...progress: Parameters<RecordFollower['look']>[0]) =>
  (await follower.look(progress)).map(({ run: _, seq: __, atMs: ___, ...event }) => event);
const BEGUN: RunEntry = { type: 'begun', version: 1, atMs: 10, variables: {} };

test('what has been recorded is told once, as it happened', async () => {
  await recorded(BEGUN, {
    type: 'completed',
    execution: 1,
    task: 'list',
    status: 'succeeded',
    startedAtMs: 11,
    atMs: 15,
  });
  expect(await told()).toEqual([
    { type: 'run.started', workflow: 'shop', parameters: {} },
    { type: 'task.started', task: 'list', execution: 1, action: 'core.echo', route: 0 },
    {
      type: 'task.completed',
      task: 'list',
      execution: 1,
      status: 'succeeded',
      result: null,
      error: null,
      handled: false,
      terminal: false,
      attempts: 1,
      durationMs: 4,
    },
  ]);
  expect(await told()).toEqual([]);
  expect(follower.result).toBeNull();
});

test('a failure that a transition forgives is handled', async () => {
  const error = { code: 'E', message: 'm', task: 'list', index: null, attempt: 1 };
  const failed = {
    type: 'completed',
    execution: 1,
    task: 'list',
    status: 'failed',
    error,
    startedAtMs: 1,
    atMs: 1,
  } as const;
  await recorded({ ...failed, decision: { fired: [0], published: [] } });
  expect((await told())[1]).toMatchObject({ status: 'failed', error, handled: true });
  await recorded({ ...failed, execution: 2, decision: { fired: [], published: [] } });
  expect((await told())[1]).toMatchObject({ handled: false });
});

test('iterations are counted, here and elsewhere, with what went wrong', async () => {
  await recorded(
    BEGUN,
    { type: 'started', execution: 2, task: 'check', atMs: 20 },
    { type: 'sent', execution: 2, sending: 1, atMs: 21 },
  );
  expect(await told({ execution: 2, total: 3, ended: 2, failed: 1 })).toEqual([
    { type: 'run.started', workflow: 'shop', parameters: {} },
    { type: 'task.started', task: 'check', execution: 2, action: 'core.echo', route: 0, items: null },
    {
      type: 'items.progressed',
      task: 'check',
      execution: 2,
      started: 2,
      stats: { total: 3, succeeded: 1, failed: 1, skipped: 0 },
    },
  ]);
  await journal.createRun({ ...run, id: 'r.2.0.0', parent: { run: 'r', task: 'check' }, piece: true });
  const chunk = (await journal.acquire('r.2.0.0', { owner: 'o', ttlMs: 1000 })) as Lease;
  const error = { code: 'E', message: 'over the edge', task: 'check', index: 2, attempt: 1 };
  await journal.append(chunk, {
    entries: [
      { type: 'items', execution: 2, from: 0, count: 2 } as RunEntry,
      { type: 'item', execution: 2, index: 2, status: 'failed', attempts: 1, key: 'web-3', error } as RunEntry,
    ],
  });
  await recorded(
    { type: 'chunks', execution: 2, runs: ['r.2.0.0'] },
    {
      type: 'completed',
      execution: 2,
      task: 'check',
      status: 'failed',
      items: { total: 3, started: 3 },
      startedAtMs: 20,
      atMs: 50,
    },
    { type: 'ended', status: 'failed', output: { a: 1 }, errors: [], durationMs: 40, atMs: 50 },
  );
  expect(await told()).toMatchObject([
    {
      type: 'task.completed',
      durationMs: 30,
      stats: { total: 3, succeeded: 2, failed: 1, skipped: 0 },
      failureGroups: [{ reason: 'over the edge', count: 1, examples: ['web-3'] }],
    },
  ]);
  expect(follower.result).toMatchObject({
    id: 'r',
    workflow: 'shop',
    status: 'failed',
    output: { a: 1 },
    error: null,
    tasks: { check: { status: 'failed', executions: 1, attempts: 1 } },
    startedAtMs: 10,
    durationMs: 40,
  });
});

test('iterations of the process that holds the run are told as they are recorded', async () => {
  await recorded(
    BEGUN,
    { type: 'started', execution: 2, task: 'check', atMs: 20 },
    { type: 'source', execution: 2, total: 3 },
    { type: 'items', execution: 2, from: 0, count: 2 },
  );
  expect((await told()).at(-1)).toMatchObject({
    type: 'items.progressed',
    stats: { total: 3, succeeded: 2, failed: 0 },
  });
});

test('a run that goes on after its end has not ended', async () => {
  await recorded(
    BEGUN,
    { type: 'cancelling', reason: 'enough' },
    { type: 'ended', status: 'cancelled', output: {}, errors: [], durationMs: 1, atMs: 20 },
  );
  expect((await told()).at(-1)).toEqual({ type: 'run.cancelling', reason: 'enough' });
  expect(follower.result?.status).toBe('cancelled');
  await recorded({ type: 'rerun', selection: { failed: true }, atMs: 30 });
  await told();
  expect(follower.result).toBeNull();
});
