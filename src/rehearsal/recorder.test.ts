import { describe, expect, it } from 'vitest';
import type { Action } from '../actions/action.ts';
import { ActionError } from '../errors/index.ts';
import { Executor } from '../node/executor.ts';
import { parseWorkflow } from '../node/load-workflow.ts';
import { readRehearsals } from './read.ts';
import { createRecorder } from './recorder.ts';

const WORKFLOW = `
name: fetching
parameters:
  token: { type: string, secret: true }
  region: { type: string }
tasks:
  - name: fetch
    action: test.fetch
    with-items: [a, b, c]
    on-item-failure: continue
    retry: { count: 1 }
    input: { page: << item >> }
    next: [{ do: [slow, quick] }]
  - name: slow
    action: test.slow
    timeout: 10ms
    next: [{ do: noop }]
  - name: quick
    action: test.quick
  - name: reckon
    action: core.noop
    needs: [quick]
output: { secret: << task.quick >> }
`;

const actions: readonly Action[] = [
  {
    name: 'test.fetch',
    run: ({ page }: { page: string }, { attempt }) => {
      if (page === 'b' && attempt === 1) throw new ActionError('HTTP 503', { code: 'BUSY', result: { status: 503 } });
      if (page === 'c') return Promise.reject(new Error('the password is hunter22'));
      return { page: 'any' };
    },
  },
  { name: 'test.slow', run: () => new Promise(() => undefined) },
  { name: 'test.quick', run: () => Promise.resolve('my hunter22 and s3cr3t') },
];

describe('createRecorder', () => {
  it('writes a rehearsal with the answers, what came out, and no secret', async () => {
    const workflow = parseWorkflow(WORKFLOW, { actions });
    const keystore = { password: 'hunter22' };
    const parameters = { token: 's3cr3t', region: 'eu' };
    const recorder = createRecorder(workflow.plan, parameters, { keystore });
    const run = new Executor({ actions, keystore }).start(workflow, parameters, { intercept: recorder.intercept });
    run.on('events', recorder.listener);
    const text = recorder.toYaml(await run.result, '../fetching.yaml');
    const { document, diagnostics } = readRehearsals(text);
    expect(diagnostics).toEqual([]);
    expect(document.value).toEqual({
      name: 'fetching: as recorded',
      workflow: '../fetching.yaml',
      parameters: { token: '***', region: 'eu' },
      mocks: [
        {
          task: 'fetch',
          item: 1,
          attempt: 1,
          status: 'failed',
          result: { status: 503 },
          error: { message: 'HTTP 503', code: 'BUSY' },
        },
        { task: 'fetch', item: 2, attempt: 1, status: 'failed', error: { message: 'the password is ***' } },
        { task: 'fetch', item: 2, attempt: 2, status: 'failed', error: { message: 'the password is ***' } },
        { task: 'fetch', result: { page: 'any' } },
        { task: 'slow', status: 'timed_out' },
        { task: 'quick', result: 'my *** and ***' },
      ],
      expect: {
        status: 'succeeded',
        'tasks-unordered': ['fetch', 'slow', 'quick', 'reckon'],
        statuses: { fetch: 'failed', slow: 'timed_out' },
        items: { fetch: { total: 3, succeeded: 2, failed: 1, skipped: 0 } },
        output: { secret: 'my *** and ***' },
        errors: [
          { task: 'fetch', code: 'HEDDLE_ACTION_FAILED', index: 2, handled: true },
          { task: 'fetch', code: 'HEDDLE_ITEMS_FAILED', handled: true },
          { task: 'slow', code: 'HEDDLE_TIMEOUT', handled: true },
        ],
      },
    });
  });

  it('says what it cut, and then expects no more than the order of tasks', async () => {
    const workflow = parseWorkflow('name: w\ntasks: [{ name: long, action: test.long }]', {
      actions: [{ name: 'test.long', run: () => 'x'.repeat(30_000) }],
    });
    const recorder = createRecorder(workflow.plan, {});
    const run = new Executor().start(workflow, {}, { intercept: recorder.intercept });
    run.on('events', recorder.listener);
    const text = recorder.toYaml(await run.result, 'w.yaml');
    expect(text.split('\n')[1]).toContain('were cut');
    expect(readRehearsals(text).document.value).toMatchObject({
      mocks: [{ task: 'long', optional: true }],
      expect: { status: 'succeeded', tasks: ['long'] },
    });
    expect(text).not.toContain('output:');
  });
});
