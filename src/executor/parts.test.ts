import { describe, expect, it, vi } from 'vitest';
import type { ActionContext } from '../actions/action.ts';
import { defineAction } from '../actions/define-action.ts';
import { Executor } from '../node/executor.ts';
import { parseWorkflow } from '../node/load-workflow.ts';
import { describeError } from './error-record.ts';
import { EventListeners, EventSink } from './event-sink.ts';
import { ItemsTally } from './items-tally.ts';
import { sourceOf } from './item-source.ts';
import { Masker } from './masker.ts';
import { ResultCache } from './result-cache.ts';
import { restoreRun, type RunSnapshot } from './snapshot.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { runText } from './testing/run-text.ts';
import { HeddleError } from '../errors/index.ts';

describe('the context of an action', () => {
  const seen: ActionContext[] = [];
  const look = defineAction({ name: 't.look', run: (_: object, context) => void seen.push(context) });

  it('knows where it is', async () => {
    seen.length = 0;
    const text = 'tasks: [{ name: a, action: t.look, with-items: [1, 2] }, { name: b, action: t.look }]\n';
    const result = await runText(text, { actions: [look], executor: { keystore: { k: 'secret' } } });
    expect(seen.map((context) => [context.task, context.index, context.attempt])).toEqual([
      ['a', 0, 1],
      ['a', 1, 1],
      ['b', undefined, 1],
    ]);
    const [first] = seen as [ActionContext];
    expect([first.run, first.cwd, first.secrets]).toEqual([result.id, process.cwd(), { k: 'secret' }]);
    const keys = seen.map((context) => context.idempotencyKey);
    expect(new Set(keys).size).toBe(3);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has the same key for every attempt', async () => {
    seen.length = 0;
    const fail = defineAction({
      name: 't.look',
      run: (_: object, context) => {
        seen.push(context);
        throw new Error('no');
      },
    });
    await runText('tasks: [{ name: a, action: t.look, retry: { count: 2 } }]', { actions: [fail] });
    expect(new Set(seen.map((context) => context.idempotencyKey)).size).toBe(1);
    expect(seen.map((context) => context.attempt)).toEqual([1, 2, 3]);
  });

  it('logs at every level, for who listens', async () => {
    const chatty = defineAction({
      name: 't.chatty',
      run: (_: object, { log }) => {
        log.debug('d');
        log.info('i', { n: 1 });
        log.warn('w');
        log.error('e');
      },
    });
    const run = new Executor().start(parseWorkflow('tasks: [{ name: a, action: t.chatty }]', { actions: [chatty] }));
    const lines: unknown[] = [];
    run.on('events', (event) => event.type === 'log' && lines.push([event.level, event.message, event.fields]));
    await run.result;
    expect(lines).toEqual([
      ['debug', 'd', {}],
      ['info', 'i', { n: 1 }],
      ['warn', 'w', {}],
      ['error', 'e', {}],
    ]);
  });

  it('has a signal that is aborted already where it is asked for too late', async () => {
    let late: ActionContext | undefined;
    const slow = defineAction({
      name: 't.slow',
      run: (_: object, context) => {
        late = context;
        return new Promise(() => {});
      },
    });
    const run = new Executor().start(parseWorkflow('tasks: [{ name: a, action: t.slow }]', { actions: [slow] }));
    run.on('events', (event) => {
      if (event.type === 'task.started') setImmediate(() => run.cancel('over'));
    });
    await run.result;
    expect(late?.signal.aborted).toBe(true);
    expect((late?.signal.reason as Error).message).toBe('over');
  });
});

describe('Masker', () => {
  it('masks text, numbers, keys and what is nested, and leaves the rest the same', () => {
    const masker = new Masker(['topsecret', { deep: [12345, 'x', true, null] }, 'line one is long\nline two is long']);
    const clean = { a: [1, 2], b: new Date(0) };
    expect(masker.value(clean)).toBe(clean);
    expect(masker.value({ a: 'my topsecret', topsecret: 1, n: [12345, 5], l: 'line two is long', k: clean })).toEqual({
      a: 'my ***',
      '***': 1,
      n: ['***', 5],
      l: '***',
      k: clean,
    });
    expect(masker.text('port 12345')).toBe('port ***');
  });

  it('is not led astray by cycles or by patterns in secrets', () => {
    const masker = new Masker(['a.*b(c']);
    const cycle: Record<string, unknown> = { s: 'a.*b(c', same: 'axxb' };
    cycle['self'] = cycle;
    expect(masker.value(cycle)).toMatchObject({ s: '***', same: 'axxb' });
    expect(masker.isActive).toBe(true);
  });

  it('does nothing where there are no secrets', () => {
    const value = { a: 'x' };
    expect(Masker.of({}, []).value(value)).toBe(value);
    expect(Masker.of({}, ['parameter']).text('a parameter')).toBe('a ***');
    expect(Masker.of({ k: 'stored' }, []).text('stored')).toBe('***');
    expect(new Masker([new Map(), 'ab', 7]).isActive).toBe(false);
  });
});

describe('ItemsTally', () => {
  it('tells so many kinds of failure apart, and counts the others together', () => {
    const tally = new ItemsTally(10);
    const error = (message: string) => ({ code: 'X', message, task: 't', index: 0, attempt: 1 });
    for (let index = 0; index < 60; index++) tally.fail(index, null, error(`reason ${index}`), 1, () => `key ${index}`);
    const groups = tally.groups();
    expect(groups).toHaveLength(51);
    expect(groups[0]).toEqual({
      reason: 'other',
      code: 'HEDDLE_ACTION_FAILED',
      count: 10,
      examples: ['key 50', 'key 51', 'key 52'],
    });
    expect(tally.outcome(60, 60).failures).toHaveLength(10);
  });

  it('calls a timeout a timeout, and cuts what is long', () => {
    const tally = new ItemsTally(10);
    tally.fail(
      0,
      null,
      { code: 'HEDDLE_TIMEOUT', message: 'timed out after 5 ms', task: 't', index: 0, attempt: 1 },
      1,
      () => 0,
    );
    tally.fail(
      1,
      null,
      { code: 'X', message: `${'long '.repeat(40)}\nsecond line`, task: 't', index: 1, attempt: 1 },
      1,
      () => 1,
    );
    const [first, second] = tally.groups();
    expect(first?.reason).toBe('timeout');
    expect(second?.reason).toHaveLength(120);
    expect(second?.reason.endsWith('…')).toBe(true);
  });
});

describe('ResultCache', () => {
  it('keeps entries while they are young, and so many of them', () => {
    const cache = new ResultCache(2);
    cache.set('a', 1, 100);
    cache.set('b', 2, Infinity);
    expect(cache.get('a', 99)).toMatchObject({ result: 1 });
    expect(cache.get('a', 100)).toBeUndefined();
    cache.set('c', 3, Infinity);
    cache.set('d', 4, Infinity);
    expect([cache.get('b', 0), cache.get('c', 0)?.result, cache.get('d', 0)?.result]).toEqual([undefined, 3, 4]);
  });
});

describe('sourceOf', () => {
  it('takes Maps as keys and values, and Sets as lists', () => {
    const map = sourceOf(new Map([['a', 1]]));
    expect([map.total, map.take()]).toEqual([1, { key: 'a', value: 1 }]);
    const set = sourceOf(new Set([5, 6]));
    expect([set.total, set.take(), set.take(), set.ready]).toEqual([2, 5, 6, false]);
  });

  it('closes an iterable that is not read to its end', () => {
    const close = vi.fn();
    function* values() {
      try {
        yield* [1, 2, 3];
      } finally {
        close();
      }
    }
    const source = sourceOf(values());
    source.take();
    source.close();
    expect(close).toHaveBeenCalledOnce();
  });
});

describe('errors as data', () => {
  it('carry their place', () => {
    const error = new HeddleError('HEDDLE_MISSING', 'not there', { location: { file: 'w.yaml', line: 3, column: 7 } });
    expect(describeError(error, 't')).toMatchObject({ message: 'not there (w.yaml:3:7)', index: null });
  });
});

describe('listeners', () => {
  it('that throw do not disturb the run, and are not hidden either', async () => {
    const uncaught: unknown[] = [];
    const original = globalThis.queueMicrotask;
    vi.stubGlobal('queueMicrotask', (callback: () => void) =>
      original(() => {
        try {
          callback();
        } catch (error) {
          uncaught.push(error);
        }
      }),
    );
    const listeners = new EventListeners();
    const heard: string[] = [];
    listeners.add('events', () => {
      throw new Error('listener');
    });
    listeners.add('events', (event) => heard.push(event.type));
    new EventSink('run', new FakeClock(), listeners, new Masker([]), null).emit({
      type: 'run.cancelling',
      reason: 'r',
    });
    await Promise.resolve();
    vi.unstubAllGlobals();
    expect(heard).toEqual(['run.cancelling']);
    expect(uncaught).toMatchObject([{ message: 'listener' }]);
  });

  it('can be taken off, and an iteration over events can be left', async () => {
    const run = new Executor().start(parseWorkflow('tasks: [{ name: a }, { name: b }]'));
    const off = run.on('events', () => expect.unreachable());
    off();
    const types: string[] = [];
    for await (const event of run.events()) {
      types.push(event.type);
      if (types.length === 2) break;
    }
    expect(types).toEqual(['run.started', 'task.started']);
    await run.result;
    const after: string[] = [];
    for await (const event of run.events()) after.push(event.type);
    expect(after).toEqual([]);
  });
});

describe('restoreRun', () => {
  it('refuses data of another version', () => {
    const { plan } = parseWorkflow('tasks: [{ name: a }]');
    const constants = { parameters: {}, config: {}, keystore: {}, runId: '', workflow: '', startedAtMs: 0 };
    const ports = { now: () => 0, random: () => 0, uuid: () => '', sha256: () => '', env: {} };
    const restore = () => restoreRun(plan, { version: 2 } as unknown as RunSnapshot, { ...constants, ports });
    expect(restore).toThrow('expected a run of state version 1, found 2');
  });
});

describe('routes', () => {
  const text = `
tasks:
  - { name: start, next: [{ do: [left, right] }] }
  - { name: left, action: core.set, input: { from: left }, next: [{ do: both }] }
  - { name: right, action: core.set, input: { from: right }, next: [{ do: both }] }
  - { name: both, action: core.set, input: { n: << 1 >>, of: '<< attempts("both") >>' }, next: [{ do: after }] }
  - name: after
    action: t.see
    input: { both: << task.both >>, left: << task.left.from >> }
`;

  it('keep their own results, and see those of the run they came from', async () => {
    let n = 0;
    const seen: unknown[] = [];
    const see = defineAction({ name: 't.see', run: (input: object) => void seen.push(input) });
    const count = defineAction({ name: 't.count', run: () => ++n });
    await runText(
      text.replace('action: core.set, input: { n: << 1 >>, of: \'<< attempts("both") >>\' }', 'action: t.count'),
      {
        actions: [see, count],
      },
    );
    expect(seen).toEqual([
      { both: 1, left: 'left' },
      { both: 2, left: 'left' },
    ]);
  });
});

describe('timeouts and numbers that cannot be evaluated', () => {
  it.each([
    ['delay', "delay: '<< 1 / 0 >>'"],
    ['timeout', 'timeout: \'<< "soon" >>\', retry: { count: 1 }'],
    ['concurrency', "with-items: [1], concurrency: '<< 0 >>'"],
    ['retry.delay', "action: core.fail, retry: { count: 1, delay: '<< -1 >>' }"],
    ['cache.key', "cache: { key: '<< 1 / 0 >>' }"],
    ['path', "with-items: { from: file, path: '<< 1 / 0 >>' }"],
  ])('%s fails the task', async (_, keys) => {
    const result = await runText(`tasks: [{ name: a, ${keys} }]`);
    expect(result.status).toBe('failed');
    expect(result.error?.task).toBe('a');
    expect(result.error?.code).toMatch(/HEDDLE_(EXPRESSION_VALUE|DURATION)/);
  });

  it('a task-timeout that is none ends the task at once', async () => {
    const never = defineAction({ name: 't.never', run: () => new Promise(() => {}) });
    const result = await runText("tasks: [{ name: a, action: t.never, task-timeout: '<< 1 / 0 >>' }]", {
      actions: [never],
    });
    expect(result.error).toMatchObject({ task: 'a', code: 'HEDDLE_EXPRESSION_VALUE' });
  });
});
