import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import { Executor } from '../node/executor.ts';
import { loadWorkflow, parseWorkflow } from '../node/load-workflow.ts';
import type { RunEvent } from './events.ts';
import { settle } from './testing/fake-clock.ts';
import { runText, startsOf, startText } from './testing/run-text.ts';

const never = defineAction({ name: 't.never', run: () => new Promise(() => {}) });
const boom = defineAction({
  name: 't.boom',
  run: () => {
    throw new Error('boom');
  },
});

describe('variables and publishing', () => {
  it('sets vars in order, one reading the other', async () => {
    const text = 'vars: { a: 1, b: << vars.a + 1 >> }\ntasks: [{ name: t }]\noutput: { b: << b >> }\n';
    expect((await runText(text)).output).toEqual({ b: 2 });
  });

  it('fails the run where one cannot be set, before any task', async () => {
    const text = 'vars: { a: "<< 1 / 0 >>" }\ntasks: [{ name: t }]\n';
    const result = await runText(text);
    expect(result.error).toMatchObject({ task: null, code: 'HEDDLE_EXPRESSION_VALUE' });
    expect(result.tasks['t']?.status).toBe('pending');
  });

  it('evaluates conditions before anything is published, and publishes in order', async () => {
    const text = `
vars: { n: 0 }
tasks:
  - name: t
    next:
      - { when: n == 0, publish: { n: '<< n + 1 >>' } }
      - { when: n == 0, publish: { n: '<< n + 10 >>' } }
      - { when: n == 1, publish: { n: 99 } }
output: { n: << n >> }
`;
    expect((await runText(text)).output).toEqual({ n: 11 });
  });

  it('publishes into a variable, and tells the patches', async () => {
    const text = `
vars: { s: { region: eu, list: [1] } }
tasks:
  - name: t
    next: [{ publish: { s.region: us, s.deep.er: 1, x: 2 } }]
output: { s: << s >>, x: << x >> }
`;
    const { run, events } = startText(text);
    expect((await run.result).output).toEqual({ s: { region: 'us', list: [1], deep: { er: 1 } }, x: 2 });
    expect(events.find((event) => event.type === 'published')).toMatchObject({
      patches: [
        { op: 'replace', path: ['s', 'region'], value: 'us' },
        { op: 'add', path: ['s', 'deep'], value: { er: 1 } },
        { op: 'add', path: ['x'], value: 2 },
      ],
    });
  });

  it.each([
    ['when', '{ when: "result().missing", do: u }'],
    ['publish', '{ publish: { a: 1, b: "<< result().missing >>" }, do: u }'],
  ])('an error in %s fails the run, commits nothing and starts nothing', async (_, transition) => {
    const text = `
vars: { a: 0, b: 0 }
tasks:
  - { name: t, action: core.set, next: [${transition}] }
  - { name: u }
output: { a: << a >> }
`;
    const { status, output, error, tasks } = await runText(text);
    expect([status, output, tasks['u']?.status]).toEqual(['failed', { a: 0 }, 'pending']);
    expect(error).toMatchObject({ task: 't', code: 'HEDDLE_MISSING', handled: false });
    expect(error?.message).toMatch(/\(line 4:\d+\)$/);
  });

  it('a status alone is a comparison, and a skipped execution is looked at only where that is asked for', async () => {
    const text = `
vars: { log: [] }
tasks:
  - name: t
    when: 1 > 2
    next:
      - { when: succeeded(), publish: { log: << log + 1 >> } }
      - { when: result().x == 1, publish: { log: wrong } }
      - { when: skipped(), publish: { a: yes } }
      - { when: completed() and result() == null, publish: { b: yes } }
      - publish: { c: yes }
output: { a: << a >>, b: << b >>, c: << c >>, log: << log >> }
`;
    expect((await runText(text)).output).toEqual({ a: 'yes', b: 'yes', c: 'yes', log: [] });
  });
});

describe('failure', () => {
  it('of a condition, an input or a source is that of the task', async () => {
    const text = `
tasks:
  - { name: a, when: '1 / 0', next: [{ when: failed(), publish: { a: << error().code >> }, do: b }] }
  - { name: b, input: { x: '<< 1 + "a" >>' }, action: core.set, next: [{ when: failed(), publish: { b: << error().code >> }, do: c }] }
  - { name: c, with-items: << vars.none >>, next: [{ when: failed(), publish: { c: << error().code >>, none: 1 }, do: noop }] }
output: { a: << a >>, b: << b >>, c: << c >> }
`;
    expect(await runText(text)).toMatchObject({
      status: 'succeeded',
      output: { a: 'HEDDLE_EXPRESSION_VALUE', b: 'HEDDLE_EXPRESSION_TYPE', c: 'HEDDLE_MISSING' },
    });
  });

  it('leaves out of the output what cannot be rendered; a success that cannot is none', async () => {
    const failing = 'tasks: [{ name: a, action: t.boom }]\noutput: { x: << task.a.y >>, z: 1 }\n';
    expect(await runText(failing, { actions: [boom] })).toMatchObject({ status: 'failed', output: { z: 1 } });
    const succeeding = 'tasks: [{ name: a }]\noutput: { x: << task.a.y >>, z: 1 }\n';
    expect(await runText(succeeding)).toMatchObject({
      status: 'failed',
      output: { z: 1 },
      error: { code: 'HEDDLE_MISSING', task: null },
    });
  });

  it('aborts what is in flight where the workflow says so', async () => {
    const text = `
on-run-failure: abort
order: graph
tasks:
  - { name: a, action: t.never }
  - { name: b, action: t.boom }
`;
    const result = await runText(text, { actions: [never, boom] });
    expect(result.tasks['a']?.status).toBe('cancelled');
    expect(result.error).toMatchObject({ task: 'b', message: 'boom' });
  });

  it('in a sequence is forgiven by noop', async () => {
    const text = `
tasks:
  - { name: a, action: t.boom, next: [{ when: failed(), do: noop }] }
  - { name: b }
`;
    const { run, events } = startText(text, { actions: [boom] });
    expect((await run.result).errors).toMatchObject([{ task: 'a', handled: true }]);
    expect(startsOf(events)).toEqual(['a', 'b']);
  });
});

describe('concurrency of tasks', () => {
  it('is bounded, and what waits starts as soon as there is room', async () => {
    const resolves: (() => void)[] = [];
    const wait = defineAction({ name: 't.wait', run: () => new Promise<void>((resolve) => resolves.push(resolve)) });
    const names = ['a', 'b', 'c'];
    const text = `concurrency: 2\norder: graph\ntasks:\n${names.map((name) => `  - { name: ${name}, action: t.wait }\n`).join('')}`;
    const { run, events } = startText(text, { actions: [wait] });
    await settle();
    expect(startsOf(events)).toEqual(['a', 'b']);
    resolves[1]?.();
    await settle();
    expect(startsOf(events)).toEqual(names);
    for (const resolve of resolves) resolve();
    expect((await run.result).status).toBe('succeeded');
  });
});

describe('cancel', () => {
  const text = (head: string): string => `${head}
tasks:
  - { name: a, action: t.wait, next: [{ do: b }] }
  - { name: b }
output: { x: 1, y: << task.b >> }
`;
  const waiting = () => {
    const calls: { signal: AbortSignal; resolve: (value: unknown) => void }[] = [];
    const action = defineAction({
      name: 't.wait',
      run: (_, { signal }) =>
        new Promise((resolve, reject) => {
          calls.push({ signal, resolve });
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    });
    return { action, calls };
  };

  it('aborts what is in flight, evaluates no transition and renders the output', async () => {
    const { action, calls } = waiting();
    const { run, events } = startText(text(''), { actions: [action] });
    await settle();
    run.cancel('I changed my mind');
    run.cancel('again');
    const result = await run.result;
    expect((calls[0]?.signal.reason as Error).message).toBe('I changed my mind');
    expect(result).toMatchObject({ status: 'cancelled', output: { x: 1 }, errors: [] });
    expect(result.tasks).toMatchObject({ a: { status: 'cancelled' }, b: { status: 'pending' } });
    expect(events.filter((event) => event.type === 'run.cancelling')).toMatchObject([{ reason: 'I changed my mind' }]);
  });

  it('lets what is in flight end where the workflow says so', async () => {
    const { action, calls } = waiting();
    const { run } = startText(text('on-cancel: finish'), { actions: [action] });
    await settle();
    run.cancel();
    expect(calls[0]?.signal.aborted).toBe(false);
    calls[0]?.resolve('done');
    const result = await run.result;
    expect(result.status).toBe('cancelled');
    expect(result.tasks).toMatchObject({ a: { status: 'succeeded' }, b: { status: 'pending' } });
  });

  it('follows a signal, also one that was aborted before', async () => {
    const { action } = waiting();
    const { run } = startText(text(''), { actions: [action], signal: AbortSignal.abort(new Error('too late')) });
    expect(await run.result).toMatchObject({ status: 'cancelled', tasks: { a: { status: 'pending' } } });
  });

  it('does nothing once the run has ended', async () => {
    const { run } = startText('tasks: [{ name: a }]');
    await run.result;
    run.cancel();
    expect(run.status).toBe('succeeded');
  });
});

describe('sub-workflows', () => {
  const directory = (files: Readonly<Record<string, string>>): string => {
    const path = mkdtempSync(join(tmpdir(), 'heddle-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    return path;
  };
  const child = `
parameters: { n: { type: integer, required: true } }
vars: { v: child }
tasks: [{ name: double, action: core.set, input: { n: << parameters.n * 2 >>, v: << vars.v >>, c: << config.c >> } }]
output: { result: << task.double >> }
`;

  it('run by name, give their output, inherit config and not variables', async () => {
    const parent = `
vars: { v: parent }
tasks:
  - { name: one, action: child, input: { n: 4 } }
  - { name: two, action: ./child.yaml, with-items: [1, 2], input: { n: << item >> } }
  - { name: three, action: workflow.run, input: { workflow: child, parameters: { n: 10 } } }
output: { one: << task.one >>, two: '<< map(task.two, r => r.result.n) >>', three: << task.three.result.n >> }
`;
    const workflow = await loadWorkflow(join(directory({ 'parent.yaml': parent, 'child.yaml': child }), 'parent.yaml'));
    const result = await new Executor({ config: { c: 'from config' } }).run(workflow);
    expect(result.output).toEqual({ one: { result: { n: 8, v: 'child', c: 'from config' } }, two: [2, 4], three: 20 });
  });

  it('fail the task with their own error, and their events name their parent', async () => {
    const parent = 'tasks: [{ name: call, action: child }]\n';
    const broken = 'tasks: [{ name: bad, action: core.fail, input: { message: broken } }]\n';
    const file = join(directory({ 'parent.yaml': parent, 'child.yaml': broken }), 'parent.yaml');
    const run = new Executor().start(await loadWorkflow(file));
    const events: RunEvent[] = [];
    run.on('events', (event) => events.push(event));
    const result = await run.result;
    expect(result.error).toMatchObject({
      task: 'call',
      code: 'HEDDLE_SUBWORKFLOW_FAILED',
      message: "sub-workflow 'child' failed in task 'bad': broken",
    });
    expect(events.find((event) => event.type === 'task.completed' && event.task === 'bad')?.parent).toEqual({
      run: run.id,
      task: 'call',
    });
  });

  it('that call each other for ever end with the chain', async () => {
    const loop = 'tasks: [{ name: again, action: loop }]\n';
    const workflow = await loadWorkflow(join(directory({ 'loop.yaml': loop }), 'loop.yaml'));
    const result = await new Executor().run(workflow);
    expect(result.status).toBe('failed');
    expect(result.error?.message).toContain("more than 50 levels deep: … 'loop' → 'loop'");
  });

  it('count their task executions with those of the tree', async () => {
    const parent =
      'limits: { task-runs: 5 }\ntasks: [{ name: call, action: child, with-items: [1, 2, 3, 4, 5, 6], input: { n: 1 } }]\n';
    const workflow = await loadWorkflow(join(directory({ 'parent.yaml': parent, 'child.yaml': child }), 'parent.yaml'));
    const result = await new Executor({ config: { c: 1 } }).run(workflow);
    expect(result.status).toBe('failed');
    expect(result.error?.message).toContain('the run started more than 5 tasks');
  });

  it('are cancelled with their parent', async () => {
    const parent = 'tasks: [{ name: call, action: child, timeout: 1s }]\n';
    const slow = 'tasks: [{ name: wait, action: core.sleep, input: { duration: 1h } }]\n';
    const file = join(directory({ 'parent.yaml': parent, 'child.yaml': slow }), 'parent.yaml');
    const run = new Executor().start(await loadWorkflow(file));
    const ended: string[] = [];
    run.on('events', (event) => {
      if (event.type === 'task.started' && event.task === 'wait') run.cancel();
      if (event.type === 'task.completed') ended.push(`${event.task} ${event.status}`);
    });
    expect((await run.result).status).toBe('cancelled');
    expect(ended).toEqual(['wait cancelled', 'call cancelled']);
  });

  it('get parameters that fit, or the task fails', async () => {
    const parent = 'vars: { n: five }\ntasks: [{ name: call, action: child, input: { n: << vars.n >> } }]\n';
    const file = join(directory({ 'parent.yaml': parent, 'child.yaml': child }), 'parent.yaml');
    const result = await new Executor().run(await loadWorkflow(file));
    expect(result.error).toMatchObject({ task: 'call', code: 'HEDDLE_PARAMETERS' });
  });
});

describe('events', () => {
  const text =
    'vars: { n: 1 }\ntasks: [{ name: a, action: core.set, input: { x: 1 }, next: [{ publish: { n: 2 } }] }]\n';

  it('tell everything in order', async () => {
    const { run, events } = startText(text);
    await run.result;
    expect(events.map((event) => [event.seq, event.type])).toEqual([
      [1, 'run.started'],
      [2, 'task.started'],
      [3, 'task.completed'],
      [4, 'published'],
      [5, 'run.completed'],
    ]);
  });

  it.each([
    [
      'of a graph: neither one that leads to a barrier, nor one that succeeded before the run failed',
      `
tasks:
  - { name: a, next: [{ do: [b, c] }] }
  - { name: b, next: [{ do: join }] }
  - { name: c, action: core.fail, next: [{ when: succeeded(), do: join }] }
  - { name: join, join: all }
`,
      ['c'],
    ],
    [
      'of a run that was failing already: what would have led on',
      `
tasks:
  - { name: a, action: core.fail, next: [{ when: succeeded(), do: c }] }
  - { name: b, next: [{ do: c, publish: { x: 1 } }] }
  - { name: c }
`,
      ['a', 'b'],
    ],
    ['of a sequence', 'tasks: [{ name: a }, { name: b, when: false }, { name: c }]\n', ['c']],
    ['of needs', 'tasks: [{ name: a }, { name: b, needs: [a] }, { name: c, needs: [a] }]\n', ['b', 'c']],
  ])('tell where a run ended %s', async (_, workflow, expected) => {
    const { run, events } = startText(workflow);
    await run.result;
    const ended = events.flatMap((event) => (event.type === 'task.completed' && event.terminal ? [event.task] : []));
    expect(ended).toEqual(expected);
  });

  it('have views', async () => {
    const workflow = parseWorkflow(text);
    const views: Record<string, string[]> = { updates: [], values: [] };
    const run = new Executor().start(workflow);
    run.on('updates', (event) => views['updates']?.push(event.type));
    run.on('values', (event) =>
      views['values']?.push(JSON.stringify(event.type === 'values' && [event.variables, event.results])),
    );
    await run.result;
    expect(views).toEqual({
      updates: ['run.started', 'task.completed', 'published', 'run.completed'],
      values: ['[{"n":2},{"a":{"x":1}}]'],
    });
  });

  it('can be iterated over', async () => {
    const run = new Executor().start(parseWorkflow(text));
    const types: string[] = [];
    for await (const event of run.events('updates')) types.push(event.type);
    expect(types).toEqual(['run.started', 'task.completed', 'published', 'run.completed']);
  });

  it('leave out iterations for who does not want them', async () => {
    const run = new Executor().start(parseWorkflow('tasks: [{ name: a, with-items: [1, 2] }]'));
    const all: string[] = [];
    const few: string[] = [];
    run.on('events', (event) => all.push(event.type));
    run.on('events', (event) => few.push(event.type), { items: false });
    await run.result;
    expect(all.filter((type) => type === 'item.completed')).toHaveLength(2);
    expect(few).not.toContain('item.completed');
    expect(few).toContain('items.progressed');
  });

  it('mask secrets, in whatever they show', async () => {
    const secret = `
parameters: { token: { type: string, secret: true } }
tasks:
  - { name: a, action: core.set, input: { t: << parameters.token >>, k: << keystore.key >> } }
  - { name: b, action: core.fail, input: { message: "refused << keystore.key >>" } }
output: { t: << task.a >> }
`;
    const { run, events } = startText(secret, {
      parameters: { token: 'tok-12345' },
      executor: { keystore: { key: 'key-67890' } },
    });
    const result = await run.result;
    expect(JSON.stringify(events)).not.toMatch(/12345|67890/);
    expect(result.errors[0]?.message).toBe('refused ***');
    expect(run.mask(result.output)).toEqual({ t: { t: '***', k: '***' } });
  });

  it('of actions that log go to the logger too', async () => {
    const lines: unknown[] = [];
    const write = (message: string, fields: unknown) => void lines.push([message, fields]);
    const logger = { debug: write, info: write, warn: write, error: write };
    const { run } = startText('tasks: [{ name: a, action: core.log, input: { message: hello } }]', {
      executor: { logger },
    });
    await run.result;
    expect(lines).toEqual([['hello', { run: run.id, task: 'a' }]]);
  });

  it('are for all runs of an executor where that is asked', async () => {
    const executor = new Executor();
    const names: string[] = [];
    const off = executor.on('updates', (event) => event.type === 'run.started' && names.push(event.workflow));
    await executor.run(parseWorkflow('name: one\ntasks: [{ name: a }]'));
    off();
    await executor.run(parseWorkflow('name: two\ntasks: [{ name: a }]'));
    expect(names).toEqual(['one']);
  });
});

describe('results nobody can read any more', () => {
  const text = (output: string): string => `
tasks:
  - { name: a, action: t.big }
  - { name: b, action: core.set, input: { n: << length(task.a) >> } }
  - { name: c, action: t.look }
output: ${output}
`;
  const watch = async (output: string, keepResults = false): Promise<boolean> => {
    let held: unknown;
    const big = defineAction({ name: 't.big', run: () => [1, 2, 3] });
    const look = defineAction({ name: 't.look', run: () => 1 });
    const run = new Executor().start(parseWorkflow(text(output), { actions: [big, look] }), {}, { keepResults });
    run.on('values', (event) => {
      if (event.type === 'values' && event.task === 'c') held = event.results['a'];
    });
    await run.result;
    return held !== undefined;
  };

  it('are released', async () => {
    expect(await watch('{ n: << task.b.n >> }')).toBe(false);
  });

  it('stay where the output reads them, or the run keeps all', async () => {
    expect(await watch('{ a: << task.a >> }')).toBe(true);
    expect(await watch('{ n: 1 }', true)).toBe(true);
  });
});

describe('cost', () => {
  it('tells what iterations share and own', async () => {
    const text = `
vars: { big: '<< range(0, 1000) >>' }
tasks: [{ name: a, action: core.set, with-items: [{ x: 1 }, { x: 22 }], input: { item: << item >>, own: abcdef } }]
`;
    const { tasks } = await runText(text, { cost: true });
    const cost = tasks['a']?.cost;
    expect(cost).toMatchObject({ iterations: 2 });
    expect(cost?.ownedBytesPerItem).toBeGreaterThan(50);
    expect(cost?.ownedBytesPerItem).toBeLessThan(400);
    expect((await runText(text)).tasks['a']).not.toHaveProperty('cost');
  });

  it('fails a run whose iterations own more than they may', async () => {
    const text = `
limits: { owned-bytes-per-item: 1KiB }
vars: { small: x }
tasks: [{ name: a, action: core.set, with-items: [1, 2000], input: { own: "<< join(map(range(0, item), i => 'xx')) >>" } }]
`;
    const { error } = await runText(text);
    expect(error).toMatchObject({ task: 'a', code: 'HEDDLE_OWNED_BYTES' });
    expect(error?.message).toMatch(/iteration 1 owns \d+ bytes; limits.owned-bytes-per-item allows 1024/);
  });
});

describe('long runs', () => {
  it('do not overflow the stack', async () => {
    const text = `
limits: { task-runs: 300000 }
vars: { n: 0 }
tasks:
  - name: a
    next: [{ when: n < 200000, publish: { n: '<< n + 1 >>' }, do: a }]
output: { n: << n >> }
`;
    expect((await runText(text)).output).toEqual({ n: 200_000 });
  });

  it('do not grow the heap', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heaps: number[] = [];
    const step = defineAction({
      name: 't.step',
      run: ({ x }: { x: number }) => {
        if (x === 20_000 || x === 199_999) {
          collect();
          heaps.push(process.memoryUsage().heapUsed);
        }
        return x + 1;
      },
    });
    const text = `
limits: { task-runs: 300000 }
vars: { x: 0 }
tasks:
  - name: a
    action: t.step
    input: { x: << x >> }
    next: [{ when: result() < 200000, publish: { x: << result() >> }, do: a }]
`;
    expect((await runText(text, { actions: [step] })).status).toBe('succeeded');
    // An execution that were kept would be at least 80 bytes, 14 MB in all.
    expect((heaps[1] as number) - (heaps[0] as number)).toBeLessThan(4e6);
  });

  it('that go round for ever end with the cycle', async () => {
    const text = `
limits: { task-runs: 50 }
tasks:
  - { name: a, next: [{ do: b }] }
  - { name: b, next: [{ do: a }] }
`;
    const { error } = await runText(text);
    expect(error).toMatchObject({ task: null, code: 'HEDDLE_TASK_RUN_LIMIT' });
    expect(error?.message).toBe("the run started more than 50 tasks; it goes round 'a' (26 times) → 'b' (25 times)");
  });
});
