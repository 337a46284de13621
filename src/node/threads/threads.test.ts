import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Action, ActionContext, Logger } from '../../actions/action.ts';
import { defineAction } from '../../actions/define-action.ts';
import { actionContext, failureOf } from '../../actions/testing/action-context.ts';
import { ActionError, HeddleError } from '../../errors/index.ts';
import { runText } from '../../executor/testing/run-text.ts';
import { evaluate } from '../../expression/index.ts';
import { loadConfig } from '../config.ts';
import { loadActions } from '../load-actions.ts';

const FILE = join(import.meta.dirname, 'testing/actions.ts');

// A thread reads the source of heddle before its first call.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let actions: readonly Action[];
beforeAll(async () => {
  actions = await loadActions(FILE);
  await call('t.where');
});

function named(name: string): Action {
  const action = actions.find((each) => each.name === name);
  if (action === undefined) throw new Error(name);
  return action;
}

function call(name: string, input: object = {}, given: Partial<ActionContext> = {}): Promise<unknown> {
  return named(name).run(input as never, actionContext(given)) as Promise<unknown>;
}

/** A log that keeps its lines, and says when one has come. */
function lines() {
  const all: unknown[] = [];
  let tell: () => void = () => undefined;
  const first = new Promise<void>((resolve) => (tell = resolve));
  const write = (level: keyof Logger) => (message: string, fields: unknown) => {
    all.push([level, message, fields]);
    tell();
  };
  const log: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  return { all, first, log };
}

describe('an action with cpu: true', () => {
  it('runs in another thread, which is used again', async () => {
    const first = await call('t.where');
    expect(first).toMatchObject({ isMainThread: false });
    expect(await call('t.where')).toEqual(first);
  });

  it('is told what any action is told', async () => {
    const given = {
      run: 'run-1',
      task: 'work',
      index: 7,
      attempt: 2,
      cwd: '/data',
      idempotencyKey: 'abc',
      secrets: { token: 's3cret' },
    };
    expect(await call('t.facts', {}, given)).toEqual(given);
  });

  it.each([
    ['a scalar', 5],
    ['nothing', undefined],
    ['a tree', { list: [1, { deep: [null, 'text'] }], flag: true }],
    ['other things that can be copied', { at: new Date(0), map: new Map([['a', 1n]]), bytes: new Uint8Array([1]) }],
  ])('gets a copy of %s and gives one back', async (_, value) => {
    const result = await call('t.echo', { value });
    expect(result).toEqual(value);
  });

  it('gets ranges as lists', async () => {
    const range = evaluate('range(0, 3)', {});
    expect(await call('t.echo', { value: range })).toEqual([0, 1, 2]);
    expect(await call('t.echo', { value: { a: [{ range }] } })).toEqual({ a: [{ range: [0, 1, 2] }] });
    expect(await failureOf(() => call('t.echo', { value: evaluate('range(0, 2000000)', {}) }))).toMatchObject({
      code: 'HEDDLE_NOT_SERIALISABLE',
    });
  });

  it('may change what it gets, since nobody else has it', async () => {
    const list = Object.freeze([1, 2, 3]);
    expect(await call('t.change', { list })).toEqual([1, 2, 3, 4]);
    expect(list).toEqual([1, 2, 3]);
  });

  it.each(['function', 'symbol', 'inside', 'generator', 'promise'])('cannot give a %s, and says so', async (kind) => {
    const { threadId } = (await call('t.where')) as { threadId: number };
    expect(await failureOf(() => call('t.give', { kind }))).toMatchObject({
      code: 'HEDDLE_NOT_SERIALISABLE',
      message: expect.stringMatching(/^action 't.give' returned something that cannot leave its thread/) as string,
    });
    expect(await call('t.where')).toMatchObject({ threadId });
  });

  it('can give whatever can be copied', async () => {
    expect(await call('t.give', { kind: 'nothing' })).toBeUndefined();
    const dates = { at: new Date(0), big: 10n, map: new Map([['a', new Set([1])]]) };
    expect(await call('t.give', { kind: 'dates' })).toEqual(dates);
    const circle = (await call('t.give', { kind: 'circle' })) as { self: unknown };
    expect(circle.self).toBe(circle);
  });

  it('cannot be given what cannot be copied', async () => {
    const given = { secrets: { sign: () => 'signature' } };
    expect(await failureOf(() => call('t.where', {}, given))).toMatchObject({
      code: 'HEDDLE_NOT_SERIALISABLE',
      message: expect.stringContaining("action 't.where' runs in a thread") as string,
    });
  });

  it('cannot wait', async () => {
    expect(await failureOf(() => call('t.wait'))).toMatchObject({
      retryable: false,
      message: expect.stringContaining('wait()') as string,
    });
  });

  it('logs where any action logs, before its result', async () => {
    const { all, log } = lines();
    expect(await call('t.talk', { lines: 200 }, { log })).toBe(200);
    expect(all).toHaveLength(201);
    expect(all[199]).toEqual(['info', 'line 200', { line: 200 }]);
    expect(all[200]).toEqual(['warn', 'odd', { call: '() => 1', n: '1' }]);
  });
});

describe('what it throws', () => {
  const failure = (kind: string) => failureOf(() => call('t.fail', { kind }));

  it('keeps result, code and retryable', async () => {
    const error = await failure('action');
    expect(error).toBeInstanceOf(ActionError);
    expect(error).toMatchObject({
      message: 'no stock',
      code: 'SHOP_EMPTY',
      result: { units: 0 },
      retryable: false,
      stack: expect.stringContaining('testing/actions.ts') as string,
    });
  });

  it('keeps the code and place of an error of heddle', async () => {
    const error = await failure('heddle');
    expect(error).toBeInstanceOf(HeddleError);
    expect(error).not.toBeInstanceOf(ActionError);
    expect(error).toMatchObject({ code: 'HEDDLE_PARSE', location: { file: 'a.csv', line: 3, column: 4 } });
  });

  it('keeps name, code and cause of any other error', async () => {
    const error = await failure('error');
    expect(error).toMatchObject({ name: 'RangeError', message: 'too far', code: 'E_FAR', cause: { message: 'deep' } });
    expect(error).not.toBeInstanceOf(HeddleError);
  });

  it('may be no error', async () => {
    expect(await failure('text')).toBe('plain text');
    expect(await failure('nothing')).toBeUndefined();
    expect(await failure('symbol')).toBe('the action threw Symbol(s), which is not an Error');
  });

  it('says where its result cannot be copied', async () => {
    expect(await failure('unclear')).toMatchObject({ code: 'HEDDLE_NOT_SERIALISABLE' });
  });

  it.each([
    ['t.exit', /3/],
    ['t.crash', /out of the blue/],
  ])('may be the end of its thread: %s', async (name, reason) => {
    const error = await failureOf(() => call(name));
    expect(error).toMatchObject({
      code: 'HEDDLE_ACTION_FAILED',
      message: expect.stringMatching(`^the thread of action '${name}' ended: `) as string,
    });
    expect(error['message']).toMatch(reason);
    expect(await call('t.where')).toMatchObject({ isMainThread: false });
  });
});

describe('an abort', () => {
  const reason = new HeddleError('HEDDLE_TIMEOUT', 'timed out after 5 ms');

  it.each(['t.listen', 't.look'])('reaches the signal of %s', async (name) => {
    const controller = new AbortController();
    const { first, log } = lines();
    const running = call(name, {}, { signal: controller.signal, log });
    await first;
    controller.abort(reason);
    const error = await failureOf(() => running);
    expect(error).toBeInstanceOf(HeddleError);
    expect(error).toMatchObject({ code: 'HEDDLE_TIMEOUT', message: reason.message });
  });

  it('ends the thread of one that has not asked for its signal, and another takes its place', async () => {
    const controller = new AbortController();
    const { first, log } = lines();
    const beats = new Int32Array(new SharedArrayBuffer(4));
    const running = call('t.loop', { beats }, { signal: controller.signal, log });
    await first;
    controller.abort(reason);
    expect(await failureOf(() => running)).toBe(reason);
    await vi.waitFor(
      async () => {
        const before = Atomics.load(beats, 0);
        await new Promise((resolve) => setImmediate(resolve));
        await call('t.where');
        expect(Atomics.load(beats, 0)).toBe(before);
      },
      { timeout: 10_000 },
    );
  });

  it('before it began keeps it from beginning', async () => {
    const signal = AbortSignal.abort(reason);
    const { all, log } = lines();
    expect(await failureOf(() => call('t.talk', { lines: 1 }, { signal, log }))).toBe(reason);
    expect(all).toEqual([]);
  });
});

describe('in a run', () => {
  it('a loop without end is timed out, and what comes after it runs', async () => {
    const text = `
tasks:
  - { name: loop, action: t.loop, timeout: 200ms, next: [{ do: after }] }
  - { name: after, action: t.where }
output: { where: << task.after.isMainThread >> }
`;
    const result = await runText(text, { actions });
    expect(result.output).toEqual({ where: false });
    expect(result.tasks['loop']?.status).toBe('timed_out');
    expect(result.errors).toMatchObject([{ code: 'HEDDLE_TIMEOUT', message: 'timed out after 200 ms', handled: true }]);
  });

  it('iterations are spread over threads, with their results in order', async () => {
    const text = `
tasks:
  - { name: work, action: t.facts, with-items: '<< range(0, 40) >>', concurrency: 8 }
output:
  indexes: << map(task.work, r => r.index) >>
  keys: << length(unique(map(task.work, r => r.idempotencyKey))) >>
  secrets: << unique(map(task.work, r => r.secrets.a)) >>
`;
    const executor = { keystore: { a: 'abc' } };
    const { output } = await runText(text, { actions, executor });
    expect(output).toEqual({ indexes: Array.from({ length: 40 }, (_, index) => index), keys: 40, secrets: ['abc'] });
  });

  it('a failure that says so is not retried', async () => {
    const text = `
tasks:
  - { name: work, action: t.fail, input: { kind: action }, retry: { count: 5 }, next: [{ do: noop, publish: [{ r: << result() >> }] }] }
output: { attempts: << attempts('work') >>, r: << vars.r >> }
`;
    const { output, errors } = await runText(text, { actions });
    expect(output).toEqual({ attempts: 1, r: { units: 0 } });
    expect(errors).toMatchObject([{ code: 'SHOP_EMPTY', message: 'no stock' }]);
  });
});

describe('where the action lives', () => {
  const text = 'tasks: [{ name: work, action: t.where }]\noutput: { main: << task.work.isMainThread >> }\n';
  const define = (given: object) =>
    defineAction({ name: 't.where', cpu: true, ...given, run: () => ({ isMainThread: true }) });

  it('may be said in code; else it runs in the main thread', async () => {
    expect((await runText(text, { actions: [define({})] })).output).toEqual({ main: true });
    const placed = define({ module: pathToFileURL(FILE).href });
    expect((await runText(text, { actions: [placed] })).output).toEqual({ main: false });
    expect((await runText(text, { actions: [define({ module: FILE, cpu: false })] })).output).toEqual({ main: true });
  });

  it('must export it', async () => {
    const action = defineAction({ name: 't.other', cpu: true, module: FILE, run: () => 1 });
    const result = await runText('tasks: [{ name: work, action: t.other }]', { actions: [action] });
    expect(result.error).toMatchObject({
      code: 'HEDDLE_ACTION_INVALID',
      message: expect.stringContaining(`${FILE} does not export action 't.other'`) as string,
    });
  });

  it('may be a configuration', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'heddle-threads-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, 'heddle.config.ts');
    await writeFile(
      file,
      `import { isMainThread } from 'node:worker_threads';
       import { defineAction } from 'heddle';
       export default { actions: [defineAction({ name: 't.where', cpu: true, run: () => ({ isMainThread }) })] };`,
    );
    const { actions: load } = await loadConfig(file);
    expect((await runText(text, { actions: await load() })).output).toEqual({ main: false });
  });

  it('is one action, however often it is loaded', async () => {
    const again = await loadActions(FILE);
    expect(again.map((action) => actions.includes(action))).toEqual(again.map(() => true));
  });
});
