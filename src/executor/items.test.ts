import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import { ActionError } from '../errors/index.ts';
import { runText, startText } from './testing/run-text.ts';
import { FakeClock, settle } from './testing/fake-clock.ts';

const double = defineAction({ name: 't.double', run: ({ x }: { x: number }) => x * 2 });
const give = (value: unknown) => defineAction({ name: 't.give', run: () => value });
const failOn = (bad: readonly unknown[]) =>
  defineAction({
    name: 't.check',
    run: ({ x }: { x: unknown }) => {
      if (bad.includes(x)) throw new ActionError(`bad ${String(x)}`, { result: { found: x } });
      return x;
    },
  });

/** An action whose calls a test ends one by one. */
function manual() {
  const calls: {
    x: unknown;
    resolve: (value: unknown) => void;
    reject: (error: unknown) => void;
    signal: AbortSignal;
  }[] = [];
  const action = defineAction({
    name: 't.manual',
    run: ({ x }: { x: unknown }, { signal }) =>
      new Promise<unknown>((resolve, reject) => calls.push({ x, resolve, reject, signal })),
  });
  return { action, calls };
}

const over = (source: string, rest = '', action = 't.double'): string => `
tasks:
  - name: make
    action: t.give
  - name: work
    action: ${action}
    with-items: ${source}
    input: { x: << item >> }
    ${rest}
output: { result: << task.work >>, stats: << stats('work') >> }
`;

describe('sources', () => {
  const run = async (source: string, value: unknown = null, rest = 'input: { x: << item >> }') => {
    const echo = defineAction({ name: 't.echo', run: ({ x }: { x: unknown }) => x });
    const text = `
tasks:
  - { name: make, action: t.give }
  - name: work
    action: t.echo
    with-items: ${source}
    ${rest}
output: { result: << task.work >>, stats: << stats('work') >> }
`;
    return runText(text, { actions: [echo, give(value)] });
  };

  it('takes a list of the context', async () => {
    const { output } = await run('<< task.make >>', [3, 1, 2]);
    expect(output).toEqual({ result: [3, 1, 2], stats: { total: 3, succeeded: 3, failed: 0, skipped: 0 } });
  });

  it('takes a literal list with templates in it', async () => {
    expect((await run('[1, << 1 + 1 >>, { a: 3 }]')).output['result']).toEqual([1, 2, { a: 3 }]);
  });

  it('takes an object as keys and values', async () => {
    const { output } = await run('<< task.make >>', { a: 1, b: 2 });
    expect(output['result']).toEqual([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
  });

  it('takes a range without building it', async () => {
    const { output } = await run("'<< range(0, 100000) >>'", null, 'results: none\n    input: { x: << item >> }');
    expect(output).toEqual({ result: null, stats: { total: 100000, succeeded: 100000, failed: 0, skipped: 0 } });
  });

  it('takes an iterable that an action returned', async () => {
    function* three() {
      yield* [1, 2, 3];
    }
    expect((await run('<< task.make >>', three())).output).toEqual({
      result: [1, 2, 3],
      stats: { total: 3, succeeded: 3, failed: 0, skipped: 0 },
    });
  });

  it('takes an async iterable that an action returned, and closes it', async () => {
    let closed = false;
    async function* three() {
      try {
        for (let value = 1; value < 100; value++) yield await Promise.resolve(value);
      } finally {
        closed = true;
      }
    }
    const result = await runText(over('<< task.make >>', '', 't.check'), { actions: [give(three()), failOn([3])] });
    await settle();
    expect(result.output['result']).toEqual([1, 2, { found: 3 }]);
    expect(closed).toBe(true);
  });

  it('succeeds with an empty list', async () => {
    expect((await run('[]')).output).toEqual({ result: [], stats: { total: 0, succeeded: 0, failed: 0, skipped: 0 } });
  });

  it.each([
    ['null', null],
    ['text', 'abc'],
    ['a number', 5],
  ])('fails on %s', async (_, value) => {
    const result = await run('<< task.make >>', value);
    expect(result.status).toBe('failed');
    expect(result.error).toMatchObject({ task: 'work', code: 'HEDDLE_WITH_ITEMS_SOURCE' });
  });

  it('fails where the iterable does, and keeps what there was', async () => {
    async function* broken() {
      yield await Promise.resolve(1);
      throw new Error('line 2 is torn');
    }
    const result = await runText(over('<< task.make >>'), { actions: [double, give(broken())] });
    expect(result.error).toMatchObject({ task: 'work', message: 'line 2 is torn' });
    expect(result.output['result']).toEqual([2]);
  });

  it('keeps its snapshot while parallel tasks publish', async () => {
    const { action, calls } = manual();
    const { run: started } = startText(
      `
vars: { x: before }
tasks:
  - name: a
    action: t.manual
    with-items: [1, 2]
    input: { x: '<< vars.x >>' }
  - name: b
    action: core.noop
    next: [{ publish: { x: after }, do: c }]
  - { name: c, action: core.noop }
output: { x: << vars.x >> }
`,
      { actions: [action] },
    );
    await settle();
    calls[0]?.resolve(null);
    await settle();
    calls[1]?.resolve(null);
    const result = await started.result;
    expect(calls.map((call) => call.x)).toEqual(['before', 'before']);
    expect(result.output).toEqual({ x: 'after' });
  });
});

describe('as, index, key and batches', () => {
  it('names the element and its index', async () => {
    const text = `
tasks:
  - name: work
    action: core.set
    with-items: [a, b]
    as: letter
    input: { text: "<< letter >><< item >><< index >>" }
output: { result: "<< map(task.work, r => r.text) >>" }
`;
    expect((await runText(text)).output['result']).toEqual(['aa0', 'bb1']);
  });

  it('iterates over slices', async () => {
    const text = over("'<< range(0, 7) >>'", 'batch-size: 3').replace('<< item >>', "'<< sum(item) + index >>'");
    const { output } = await runText(text, { actions: [double, give(null)] });
    expect(output).toEqual({ result: [6, 26, 16], stats: { total: 3, succeeded: 3, failed: 0, skipped: 0 } });
  });

  it('names failures by their key', async () => {
    const text = `
tasks:
  - name: work
    action: t.check
    with-items: [{ id: one, x: 1 }, { id: two, x: 2 }]
    key: item.id
    tolerate: 5
    input: { x: << item.x >> }
output: { keys: "<< map(failures('work'), f => f.key) >>" }
`;
    const result = await runText(text, { actions: [failOn([2])] });
    expect(result.output).toEqual({ keys: ['two'] });
    expect(result.errors).toEqual([
      {
        task: 'work',
        execution: 1,
        index: 1,
        key: 'two',
        code: 'HEDDLE_ACTION_FAILED',
        message: 'bad 2',
        handled: true,
      },
    ]);
  });
});

describe('failures', () => {
  const run = (rest: string, bad: readonly number[]) =>
    runText(over("'<< range(0, 10) >>'", rest, 't.check'), { actions: [give(null), failOn(bad)] });

  it('stops at the first by default, up to the highest index that was started', async () => {
    const { status, output, error } = await run('', [2]);
    expect(status).toBe('failed');
    expect(output).toEqual({ result: [0, 1, { found: 2 }], stats: { total: 10, succeeded: 2, failed: 1, skipped: 7 } });
    expect(error).toMatchObject({ code: 'HEDDLE_ACTION_FAILED', index: 2, message: 'bad 2' });
  });

  it('says how many failed, grouped by what went wrong', async () => {
    const { errors, tasks } = await run('on-item-failure: continue', [2, 5]);
    expect(errors.at(-1)).toMatchObject({
      index: null,
      code: 'HEDDLE_ITEMS_FAILED',
      message: '2 of 10 iterations failed: 1 × bad 2, 1 × bad 5',
    });
    expect(tasks['work']?.failureGroups).toEqual([
      { reason: 'bad 2', code: 'HEDDLE_ACTION_FAILED', count: 1, examples: [2] },
      { reason: 'bad 5', code: 'HEDDLE_ACTION_FAILED', count: 1, examples: [5] },
    ]);
  });

  it('tolerates a number', async () => {
    expect((await run('tolerate: 2', [2, 5])).status).toBe('succeeded');
    const { status, output } = await run('tolerate: 1', [2, 5]);
    expect(status).toBe('failed');
    expect(output['stats']).toEqual({ total: 10, succeeded: 4, failed: 2, skipped: 4 });
  });

  it('tolerates a share of a known total', async () => {
    expect((await run('tolerate: 20%', [2, 5])).status).toBe('succeeded');
    expect((await run('tolerate: 10%', [2, 5])).output['stats']).toEqual({
      total: 10,
      succeeded: 4,
      failed: 2,
      skipped: 4,
    });
  });

  it('judges a share of an unknown total at the end', async () => {
    function* ten() {
      for (let value = 0; value < 10; value++) yield value;
    }
    const text = over('<< task.make >>', 'tolerate: 10%', 't.check');
    const { status, output } = await runText(text, { actions: [give(ten()), failOn([0, 1])] });
    expect(status).toBe('failed');
    expect(output['stats']).toEqual({ total: 10, succeeded: 8, failed: 2, skipped: 0 });
  });

  it('keeps at most limits.failures, and counts all', async () => {
    const text = `limits: { failures: 2 }\n${over("'<< range(0, 9) >>'", 'tolerate: 100%', 't.check').trim()}`;
    const result = await runText(`${text}\n`, { actions: [give(null), failOn([0, 1, 2, 3, 4])] });
    expect(result.errors.map((error) => error.index)).toEqual([0, 1]);
    expect(result.tasks['work']?.stats?.failed).toBe(5);
    expect(result.tasks['work']?.failureGroups?.reduce((sum, group) => sum + group.count, 0)).toBe(5);
  });

  it('fails the iteration whose input cannot be rendered, without retrying it', async () => {
    const text = `
tasks:
  - name: work
    action: t.double
    with-items: [{ x: 1 }, { y: 2 }]
    on-item-failure: continue
    retry: { count: 3, delay: 1h }
    input: { x: << item.x >> }
output: { failures: "<< map(failures('work'), f => [f.index, f.error.code, f.attempts]) >>" }
`;
    const { output } = await runText(text, { actions: [double] });
    expect(output['failures']).toEqual([[1, 'HEDDLE_MISSING', 1]]);
  });
});

describe('results', () => {
  it('keeps those of failed iterations only', async () => {
    const text = over('[1, 2, 3]', 'tolerate: 3\n    results: failures', 't.check');
    expect((await runText(text, { actions: [give(null), failOn([2, 3])] })).output['result']).toEqual([
      { found: 2 },
      { found: 3 },
    ]);
  });
});

describe('concurrency', () => {
  it('has so many in flight, and keeps results in the order of the items', async () => {
    const { action, calls } = manual();
    const { run } = startText(over("'<< range(0, 5) >>'", 'concurrency: 2', 't.manual'), {
      actions: [action, give(null)],
    });
    await settle();
    expect(calls.map((call) => call.x)).toEqual([0, 1]);
    calls[1]?.resolve('b');
    await settle();
    expect(calls.map((call) => call.x)).toEqual([0, 1, 2]);
    for (const [at, name] of [
      [2, 'c'],
      [0, 'a'],
    ] as const) {
      calls[at]?.resolve(name);
      await settle();
    }
    calls[4]?.resolve('e');
    calls[3]?.resolve('d');
    expect((await run.result).output['result']).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('may be a template, and is bounded by the executor', async () => {
    const text = over("'<< range(0, 9) >>'", "concurrency: '<< 2 + 5 >>'", 't.manual');
    const { action, calls } = manual();
    const { run, clock } = startText(text, { actions: [action, give(null)], executor: { concurrency: 3 } });
    await settle();
    expect(calls).toHaveLength(3);
    run.cancel();
    expect(calls.every((call) => call.signal.aborted)).toBe(true);
    await clock.advance(10_000);
    expect((await run.result).status).toBe('cancelled');
  });

  it('lets those in flight end after a failure', async () => {
    const { action, calls } = manual();
    const { run } = startText(over("'<< range(0, 9) >>'", 'concurrency: 3', 't.manual'), {
      actions: [action, give(null)],
    });
    await settle();
    calls[0]?.reject(new Error('no'));
    await settle();
    calls[1]?.resolve('b');
    calls[2]?.resolve('c');
    const { output } = await run.result;
    expect(calls).toHaveLength(3);
    expect(output).toEqual({ result: [null, 'b', 'c'], stats: { total: 9, succeeded: 2, failed: 1, skipped: 6 } });
  });
});

describe('an action that cancels its own run', () => {
  describe.each(["'<< range(0, 9) >>'", '[0, 1, 2, 3, 4, 5, 6, 7, 8]'])('over %s', (source) => {
    it.each([
      ['at once', () => 'done'],
      ['and then answers later', () => new Promise((resolve) => setImmediate(resolve, 'late'))],
      ['and never answers', () => new Promise(() => {})],
    ])('%s ends each iteration once', async (_, answer) => {
      const cancel = new AbortController();
      let calls = 0;
      const action = defineAction({
        name: 't.quit',
        run: ({ x }: { x: number }) => {
          calls++;
          if (x < 3) return Promise.resolve(x);
          cancel.abort(new Error('from inside'));
          return answer();
        },
      });
      // A list runs straight through, a range element by element.
      const text = over(source, 'concurrency: 2', 't.quit');
      const result = await runText(text, { actions: [action, give(null)], signal: cancel.signal });
      expect(result.status).toBe('cancelled');
      expect(result.tasks['work']?.status).toBe('cancelled');
      expect(result.tasks['work']?.attempts).toBe(calls);
    });
  });
});

describe('rate', () => {
  it('starts no more than so many in any stretch', async () => {
    const starts: number[] = [];
    const text = over("'<< range(0, 30) >>'", 'rate: 10/s\n    concurrency: 30', 't.stamp');
    const stamp = defineAction({ name: 't.stamp', run: () => void starts.push(clock.monotonic()) });
    const { run, clock } = startText(text, { actions: [stamp, give(null)] });
    await clock.advance(10_000);
    expect((await run.result).status).toBe('succeeded');
    expect(starts).toHaveLength(30);
    for (const [at, start] of starts.entries()) {
      expect(starts.filter((other) => other > start - 1000 && other <= start).length, `at ${at}`).toBeLessThanOrEqual(
        10,
      );
    }
    expect(starts.at(-1)).toBeGreaterThanOrEqual(2000);
    expect(starts.at(-1)).toBeLessThanOrEqual(3000);
  });
});

describe('aggregate', () => {
  const aggregate = (entries: string, items: string, rest = ''): string =>
    `
tasks:
  - name: work
    action: t.check
    with-items: ${items}
    input: { x: << item >> }
    ${rest}
    aggregate:
${entries
  .split('\n')
  .map((line) => `      ${line}`)
  .join('\n')}
output: << task.work >>
`.replace('output: << task.work >>', 'output: { all: << task.work >> }');

  it('folds every kind', async () => {
    const text = aggregate(
      [
        'n: count()',
        'odd: "count(item % 2 == 1 ? item : null)"',
        'by: count_by(item % 3)',
        'sum: sum(item)',
        'sums: sum_by(item % 2, item)',
        'least: min(item)',
        'most: max(item)',
        'mean: avg(item)',
        'head: first(2, item * 10)',
        'best: top(2, item, index)',
        'kinds: unique(item % 2)',
      ].join('\n'),
      '[5, 3, 8, 1, 9]',
    );
    expect((await runText(text, { actions: [failOn([])] })).output['all']).toEqual({
      n: 5,
      odd: 4,
      by: { 0: 2, 1: 1, 2: 2 },
      sum: 26,
      sums: { 0: 8, 1: 18 },
      least: 1,
      most: 9,
      mean: 5.2,
      head: [50, 30],
      best: [4, 2],
      kinds: [1, 0],
    });
  });

  it('sums with compensation, in the order of the indexes', async () => {
    const text = aggregate('sum: sum(item)', '[1e100, 1, -1e100, 1]');
    expect((await runText(text, { actions: [failOn([])] })).output['all']).toEqual({ sum: 2 });
  });

  it('counts failed iterations only where an expression asks for the status', async () => {
    const text = aggregate('n: count()\nby: count_by(status())\nsum: sum(result())', '[1, 2, 3]', 'tolerate: 3');
    expect((await runText(text, { actions: [failOn([2])] })).output['all']).toEqual({
      n: 2,
      by: { succeeded: 2, failed: 1 },
      sum: 4,
    });
  });

  it('does not depend on who completes first', async () => {
    const { action, calls } = manual();
    const text = aggregate('list: first(9, result())', '[0, 1, 2]', 'concurrency: 3').replace('t.check', 't.manual');
    const { run } = startText(text, { actions: [action] });
    await settle();
    for (const [at, value] of [
      [2, 'c'],
      [1, 'b'],
      [0, 'a'],
    ] as const) {
      calls[at]?.resolve(value);
      await settle();
    }
    expect((await run.result).output['all']).toEqual({ list: ['a', 'b', 'c'] });
  });

  it('fails the task where an expression does', async () => {
    const { error } = await runText(aggregate('sum: sum(item)', '[1, "two"]'), { actions: [failOn([])] });
    expect(error).toMatchObject({ task: 'work', code: 'HEDDLE_EXPRESSION_TYPE' });
    expect(error?.message).toContain('sum() takes numbers');
  });
});

describe('fairness', () => {
  it('gives the event loop a turn in a long synchronous stretch', async () => {
    const slow = defineAction({ name: 't.slow', run: () => clock.burn(1) });
    const { run, clock } = startText(over("'<< range(0, 100) >>'", '', 't.slow'), { actions: [slow, give(null)] });
    await run.result;
    expect(clock.turns).toBeGreaterThanOrEqual(9);
  });

  it('gives it one too where nobody listens and iterations run straight through', async () => {
    const clock = new FakeClock();
    let longest = 0;
    let since = 0;
    const slow = defineAction({
      name: 't.slow',
      run: () => {
        clock.burn(1);
        if (clock.turns === since) longest++;
        else [since, longest] = [clock.turns, 1];
        expect(longest).toBeLessThanOrEqual(12);
      },
    });
    const text = over("'<< flat([range(0, 200)]) >>'", 'results: none', 't.slow');
    const result = await runText(text, { actions: [slow, give(null)], executor: { clock } });
    expect(result.errors).toEqual([]);
    expect(clock.turns).toBeGreaterThanOrEqual(18);
  });

  it('lets a cancel in between', async () => {
    let calls = 0;
    const count = defineAction({ name: 't.count', run: () => void calls++ });
    const cancel = new AbortController();
    setImmediate(() => cancel.abort());
    const text = over("'<< range(0, 100000000) >>'", 'results: none', 't.count');
    const result = await runText(text, { actions: [count, give(null)], signal: cancel.signal });
    expect(result.status).toBe('cancelled');
    expect(result.tasks['work']?.status).toBe('cancelled');
    expect(calls).toBeLessThan(100_000_000);
  });
});
