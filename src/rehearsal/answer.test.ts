import { describe, expect, it } from 'vitest';
import { ActionError, HeddleError } from '../errors/index.ts';
import type { ActionCall } from '../executor/services.ts';
import { createInterceptor, isAllowed } from './answer.ts';
import type { Mock } from './definition.ts';
import { MockTable } from './mocks.ts';
import { VirtualClock } from './virtual-clock.ts';

function mock(fields: Partial<Mock>): Mock {
  return { path: [], status: 'succeeded', result: null, delayMs: 0, isOptional: false, ...fields };
}

interface Setting {
  readonly mocks?: readonly Mock[];
  readonly allow?: readonly string[];
  readonly call?: Partial<ActionCall>;
  readonly hasTimeout?: boolean;
  readonly proceed?: () => unknown;
}

/** Makes one call; answers what came of it, and the virtual time it took. */
async function call(setting: Setting): Promise<{ value?: unknown; error?: unknown; tookMs: number; unmocked: number }> {
  const clock = new VirtualClock(0);
  let unmocked = 0;
  const intercept = createInterceptor({
    mocks: new MockTable(setting.mocks ?? []),
    allow: setting.allow ?? [],
    clock,
    isWorkflow: (action) => action === 'child',
    hasTimeout: () => setting.hasTimeout ?? false,
    onCall: () => undefined,
    onResult: () => undefined,
    onUnmocked: () => unmocked++,
  });
  const signal = new AbortController().signal;
  const base = {
    workflow: 'w',
    callers: [],
    task: 't',
    action: 'http.get',
    execution: 1,
    index: null,
    attempt: 1,
    input: {},
    signal,
  };
  const stalled = new Promise<never>((_, reject) => {
    clock.start(() => {
      reject(new Error('stalled'));
    });
  });
  try {
    const given = intercept({ ...base, ...setting.call }, setting.proceed ?? (() => 'real'));
    const value = given instanceof Promise ? await Promise.race([given, stalled]) : given;
    return { value, tookMs: clock.monotonic(), unmocked };
  } catch (error) {
    return { error, tookMs: clock.monotonic(), unmocked };
  } finally {
    stalled.catch(() => undefined);
    clock.stop();
  }
}

describe('createInterceptor', () => {
  it('answers at once, without a promise', async () => {
    expect(await call({ mocks: [mock({ result: 5 })] })).toEqual({ value: 5, tookMs: 0, unmocked: 0 });
  });

  it('answers after a delay of virtual time', async () => {
    expect(await call({ mocks: [mock({ result: 5, delayMs: 3_600_000 })] })).toMatchObject({
      value: 5,
      tookMs: 3_600_000,
    });
  });

  it('fails with the error and the result of the mock', async () => {
    const error = { message: 'HTTP 503', code: 'HEDDLE_HTTP_STATUS', retryable: false };
    const failed = await call({ mocks: [mock({ status: 'failed', error, result: { status: 503 } })] });
    expect(failed.error).toBeInstanceOf(ActionError);
    expect(failed.error).toMatchObject({ ...error, result: { status: 503 } });
    expect((await call({ mocks: [mock({ status: 'failed' })] })).error).toMatchObject({
      message: 'the rehearsal let http.get fail',
      code: 'HEDDLE_ACTION_FAILED',
      retryable: true,
    });
  });

  it('times out itself where the engine would not', async () => {
    const { error } = await call({ mocks: [mock({ status: 'timed_out', delayMs: 10 })] });
    expect(error).toBeInstanceOf(HeddleError);
    expect(error).toMatchObject({ code: 'HEDDLE_TIMEOUT', message: 'the rehearsal let http.get time out' });
  });

  it.each([
    ['a mock that never answers', { mocks: [mock({ status: 'never' })] }],
    ['a timeout that the engine sees to', { mocks: [mock({ status: 'timed_out' })], hasTimeout: true }],
  ])('leaves %s open', async (_, setting) => {
    expect((await call(setting)).error).toMatchObject({ message: 'stalled' });
  });

  it.each([
    ['never', mock({ status: 'never' })],
    ['delayed', mock({ delayMs: 1000 })],
  ])('ends a call that is %s when it is aborted', async (_, given) => {
    const reason = new Error('aborted');
    const before = AbortSignal.abort(reason);
    expect((await call({ mocks: [given], call: { signal: before } })).error).toBe(reason);
    const controller = new AbortController();
    queueMicrotask(() => {
      controller.abort('why');
    });
    const { error, tookMs } = await call({ mocks: [given], call: { signal: controller.signal } });
    expect(error).toMatchObject({ code: 'HEDDLE_CANCELLED' });
    expect(tookMs).toBe(0);
  });

  it('runs what is allowed, and sub-workflows, for real', async () => {
    expect(await call({ allow: ['http.*'] })).toMatchObject({ value: 'real' });
    expect(await call({ call: { action: 'template.render' } })).toMatchObject({ value: 'real' });
    expect(await call({ call: { action: 'child' } })).toMatchObject({ value: 'real' });
  });

  it('lets no virtual time pass while a real action is in flight', async () => {
    const proceed = (): Promise<string> =>
      new Promise((resolve) => {
        setTimeout(() => {
          resolve('later');
        }, 60);
      });
    expect(await call({ allow: ['*'], proceed })).toMatchObject({ value: 'later', tookMs: 0 });
    expect((await call({ call: { action: 'child' }, proceed })).error).toMatchObject({ message: 'stalled' });
  });

  it('lets core.sleep take virtual time only', async () => {
    expect(await call({ call: { action: 'core.sleep', input: { duration: '2h' } } })).toMatchObject({
      value: null,
      tookMs: 7_200_000,
    });
    expect(await call({ call: { action: 'core.sleep', input: { duration: 1.5 } } })).toMatchObject({ tookMs: 1500 });
  });

  it('refuses any other call for good', async () => {
    const { error, unmocked } = await call({});
    expect(error).toMatchObject({ code: 'HEDDLE_REHEARSAL_UNMOCKED', retryable: false });
    expect(unmocked).toBe(1);
  });
});

describe('isAllowed', () => {
  it.each([
    ['core.set', true],
    ['json.parse', true],
    ['csv.parse', true],
    ['template.render', true],
    ['shell.run', false],
    ['file.read_json', false],
    ['http.get', false],
  ])('%s by default: %s', (action, allowed) => {
    expect(isAllowed(action, [])).toBe(allowed);
  });
});
