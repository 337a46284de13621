import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import { ActionError } from '../errors/index.ts';
import { settle } from './testing/fake-clock.ts';
import { runText, startText } from './testing/run-text.ts';

const one = (rest: string, action = 't.act'): string => `
tasks:
  - name: work
    action: ${action}
    ${rest}
    next: [{ when: completed(), publish: { r: << result() >>, e: << error() >> }, do: noop }]
output: { r: << vars.r >>, e: << vars.e >>, status: << status('work') >>, attempts: << attempts('work') >> }
`;

/** An action that fails so many times. */
function flaky(failures: number, error: () => unknown = () => new Error('not yet')) {
  const at: number[] = [];
  let clockNow: () => number = () => 0;
  const action = defineAction({
    name: 't.act',
    run: (_, { attempt }) => {
      at.push(clockNow());
      if (attempt <= failures) throw error();
      return attempt;
    },
  });
  return { action, at, useClock: (now: () => number) => (clockNow = now) };
}

describe('retry', () => {
  const timesOf = async (retry: string, failures: number): Promise<number[]> => {
    const { action, at, useClock } = flaky(failures);
    const { run, clock } = startText(one(`retry: ${retry}`), { actions: [action] });
    useClock(() => clock.monotonic());
    await clock.advance(100_000);
    await run.result;
    return at;
  };

  it('waits constantly', async () => {
    expect(await timesOf('{ count: 3, delay: 2s }', 9)).toEqual([0, 2000, 4000, 6000]);
  });

  it('waits linearly longer', async () => {
    expect(await timesOf('{ count: 3, delay: 1s, backoff: linear }', 9)).toEqual([0, 1000, 3000, 6000]);
  });

  it('waits exponentially longer, up to a maximum', async () => {
    expect(await timesOf('{ count: 4, delay: 1s, backoff: exponential, max-delay: 3s }', 9)).toEqual([
      0, 1000, 3000, 6000, 9000,
    ]);
  });

  it('waits at random where there is jitter', async () => {
    const [first = -1, second = -1] = await timesOf('{ count: 1, delay: 10s, jitter: 0.5 }', 9);
    expect(first).toBe(0);
    expect(second).toBeGreaterThanOrEqual(5000);
    expect(second).toBeLessThanOrEqual(10_000);
  });

  it('ends with the first success', async () => {
    const { action } = flaky(2);
    const { output } = await runText(one('retry: { count: 5 }'), { actions: [action] });
    expect(output).toEqual({ r: 3, e: null, status: 'succeeded', attempts: 3 });
  });

  it('ends with the last failure', async () => {
    const { action } = flaky(9, () => new ActionError('HTTP 503', { result: { status: 503 } }));
    const { output, errors } = await runText(one('retry: { count: 2 }'), { actions: [action] });
    expect(output).toEqual({
      r: { status: 503 },
      e: { code: 'HEDDLE_ACTION_FAILED', message: 'HTTP 503', task: 'work', index: null, attempt: 3 },
      status: 'failed',
      attempts: 3,
    });
    expect(errors).toHaveLength(1);
  });

  it('does not repeat what says it is final, unless `when` asks', async () => {
    const final = () => new ActionError('HTTP 404', { retryable: false });
    expect((await runText(one('retry: { count: 5 }'), { actions: [flaky(9, final).action] })).output['attempts']).toBe(
      1,
    );
    const asked = one('retry: { count: 5, when: failed() }');
    expect((await runText(asked, { actions: [flaky(9, final).action] })).output['attempts']).toBe(6);
  });

  it('polls: `when` is asked after a success too', async () => {
    const { action } = flaky(0);
    const { output } = await runText(one('retry: { count: 9, when: result() < 4 }'), { actions: [action] });
    expect(output).toMatchObject({ r: 4, status: 'succeeded', attempts: 4 });
  });

  it('fails where its condition cannot be evaluated', async () => {
    const { output } = await runText(one('retry: { count: 9, when: result().ready }'), { actions: [flaky(0).action] });
    expect(output).toMatchObject({ status: 'failed', e: { code: 'HEDDLE_MISSING' } });
  });

  it('is what `do: retry` means, and its transition never fires', async () => {
    const { action } = flaky(9);
    const text = `
tasks:
  - name: work
    action: t.act
    next:
      - { when: failed(), do: retry }
      - { when: failed(), do: after }
  - name: after
    action: core.set
    input: { attempts: "<< attempts('work') >>" }
output: { after: << task.after >> }
`;
    expect((await runText(text, { actions: [action] })).output).toEqual({ after: { attempts: 4 } });
  });

  it('gives every attempt an input of its own, and knows which it is', async () => {
    const seen: unknown[] = [];
    const action = defineAction({
      name: 't.act',
      run: (input: { list: number[]; attempt: number }) => {
        seen.push(structuredClone(input));
        input.list.push(4);
        throw new Error('no');
      },
    });
    await runText(one("retry: { count: 1 }\n    input: { list: [1, 2], attempt: '<< system.attempt >>' }"), {
      actions: [action],
    });
    expect(seen).toEqual([
      { list: [1, 2], attempt: 1 },
      { list: [1, 2], attempt: 2 },
    ]);
  });

  it('tells those who listen', async () => {
    const { run, events } = startText(one('retry: { count: 1 }'), { actions: [flaky(1).action] });
    await run.result;
    expect(events.filter((event) => event.type === 'task.retrying')).toMatchObject([
      { task: 'work', attempt: 1, status: 'failed', delayMs: 0, index: null, error: { message: 'not yet' } },
    ]);
  });
});

describe('timeout', () => {
  it('ends an attempt that hears its signal, and waits for it to tidy up', async () => {
    let isTidy = false;
    const action = defineAction({
      name: 't.act',
      run: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            setImmediate(() => {
              isTidy = true;
              reject(signal.reason as Error);
            });
          });
        }),
    });
    const { run, clock } = startText(one('timeout: 5s'), { actions: [action] });
    await clock.advance(5000);
    const { output } = await run.result;
    expect(isTidy).toBe(true);
    expect(output).toMatchObject({
      status: 'timed_out',
      e: { code: 'HEDDLE_TIMEOUT', message: 'timed out after 5000 ms' },
    });
  });

  it('does not wait for an action that never asked for its signal', async () => {
    const action = defineAction({ name: 't.act', run: () => new Promise(() => {}) });
    const { run, clock } = startText(one('timeout: 1s\n    retry: { count: 1 }'), { actions: [action] });
    await clock.advance(2000);
    expect((await run.result).output).toMatchObject({ status: 'timed_out', attempts: 2 });
  });

  it('gives one that heard and does nothing five seconds', async () => {
    const action = defineAction({ name: 't.act', run: (_, { signal }) => new Promise(() => void signal.aborted) });
    const { run, clock } = startText(one('timeout: 1s'), { actions: [action] });
    await clock.advance(5999);
    expect(run.status).toBe('running');
    await clock.advance(1);
    expect((await run.result).output).toMatchObject({ status: 'timed_out' });
  });

  it('does not hear what comes too late', async () => {
    let resolve: (value: unknown) => void = () => {};
    let calls = 0;
    const action = defineAction({
      name: 't.act',
      run: () => (++calls === 1 ? new Promise((done) => (resolve = done)) : 'second'),
    });
    const { run, clock } = startText(one('timeout: 1s\n    retry: { count: 1, delay: 1s }'), { actions: [action] });
    await clock.advance(1500);
    resolve('first, late');
    await clock.advance(1000);
    expect((await run.result).output).toMatchObject({ status: 'succeeded', r: 'second', attempts: 2 });
  });

  it('leaves no timer behind', async () => {
    const action = defineAction({ name: 't.act', run: () => Promise.resolve(1) });
    const { run, clock } = startText(`timeout: 1h\n${one('timeout: 1h\n    task-timeout: 1h').trim()}\n`, {
      actions: [action],
    });
    await run.result;
    expect(clock.pending).toBe(0);
  });

  it('of the task counts its retries and delays', async () => {
    const { run, clock } = startText(one('task-timeout: 5s\n    retry: { count: 9, delay: 2s }'), {
      actions: [flaky(99).action],
    });
    await clock.advance(5000);
    expect((await run.result).output).toMatchObject({
      status: 'timed_out',
      attempts: 3,
      e: { code: 'HEDDLE_TIMEOUT' },
    });
  });

  it('of a with-items task ends its iterations', async () => {
    const action = defineAction({ name: 't.act', run: () => new Promise(() => {}) });
    const text = one("with-items: '<< range(0, 10) >>'\n    concurrency: 2\n    task-timeout: 5s");
    const { run, clock } = startText(text, { actions: [action] });
    await clock.advance(5000);
    const { output, tasks } = await run.result;
    expect(output).toMatchObject({ status: 'timed_out', r: [null, null] });
    expect(tasks['work']?.stats).toEqual({ total: 10, succeeded: 0, failed: 0, skipped: 8 });
  });

  it('of the run aborts what is in flight', async () => {
    const action = defineAction({ name: 't.act', run: () => new Promise(() => {}) });
    const { run, clock } = startText(`timeout: 3s\n${one('').trim()}\n`, { actions: [action] });
    await clock.advance(3000);
    const result = await run.result;
    expect(result.status).toBe('failed');
    expect(result.error).toMatchObject({ task: null, code: 'HEDDLE_RUN_TIMEOUT' });
    expect(result.tasks['work']?.status).toBe('cancelled');
  });

  it('may be a template', async () => {
    const action = defineAction({ name: 't.act', run: () => new Promise(() => {}) });
    const { run, clock } = startText(one("timeout: '<< 1 + 1 >>'"), { actions: [action] });
    await clock.advance(2000);
    expect((await run.result).output).toMatchObject({ e: { message: 'timed out after 2000 ms' } });
  });
});

describe('delay', () => {
  it('comes before the start', async () => {
    const { action, at, useClock } = flaky(0);
    const { run, clock } = startText(one('delay: 90s'), { actions: [action] });
    useClock(() => clock.monotonic());
    await clock.advance(89_999);
    expect(at).toEqual([]);
    await clock.advance(1);
    await run.result;
    expect(at).toEqual([90_000]);
  });

  it('is cut short by a cancel', async () => {
    const { run, clock } = startText(one('delay: 1h'), { actions: [flaky(0).action] });
    await settle();
    run.cancel('enough');
    expect((await run.result).tasks['work']?.status).toBe('cancelled');
    expect(clock.pending).toBe(0);
  });
});

describe('cache', () => {
  const text = `
parameters: { k: { type: string } }
tasks:
  - name: work
    action: t.count
    cache: { key: << parameters.k >>, ttl: 10s }
output: { n: << task.work >> }
`;

  it('uses a result of the same key while it is young', async () => {
    let calls = 0;
    const action = defineAction({ name: 't.count', run: () => ++calls });
    const { parseWorkflow } = await import('../node/load-workflow.ts');
    const { Executor } = await import('../node/executor.ts');
    const { FakeClock } = await import('./testing/fake-clock.ts');
    const clock = new FakeClock();
    const executor = new Executor({ clock });
    const workflow = parseWorkflow(text, { actions: [action] });
    const n = async (k: string): Promise<unknown> => (await executor.run(workflow, { k })).output['n'];
    expect([await n('a'), await n('a'), await n('b')]).toEqual([1, 1, 2]);
    await clock.advance(10_000);
    expect(await n('a')).toBe(3);
  });
});
