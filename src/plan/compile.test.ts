import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../context/index.ts';
import { ContextVersion, WorkflowContext } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import { checkWorkflow, parseWorkflow } from '../node/load-workflow.ts';
import type { NumberPlan, Plan, Scope, TaskPlan } from './plan.ts';

const planOf = (text: string): Plan => parseWorkflow(text, { file: 'flow.yaml' }).plan;
const taskOf = (keys: string, top = ''): TaskPlan =>
  planOf(`${top}\ntasks:\n  - name: a\n${keys.replace(/^/gm, '    ')}\n`).tasks[0] as TaskPlan;

/** A scope over a plan's names. */
function scopeOf(plan: Plan, variables: Record<string, unknown> = {}, outcome?: Outcome): Scope {
  const base = new ContextVersion(plan.shape, WorkflowContext.create({ parameters: variables }).base.constants);
  return { base, item: undefined, index: -1, attempt: 1, ...(outcome === undefined ? {} : { outcome }) };
}

describe('transitions', () => {
  const [S, F, T, C, K] = [1, 2, 4, 8, 16];
  it.each<[when: string | null, statuses: number, conditional: boolean]>([
    [null, S | F | T | K, false],
    ['true', S | F | T | K, false],
    ['false', 0, false],
    ['succeeded()', S, false],
    ['<< failed() >>', F, false],
    ['timed_out()', T, false],
    ['cancelled()', C, false],
    ['skipped()', K, false],
    ['completed()', S | F | T | C | K, false],
    ['succeeded() and result().x > 1', S, true],
    ['result().x > 1 and failed()', F, true],
    ['result().x > 1', S | F | T | C, true],
    ['failed() or timed_out()', S | F | T | C, true],
    ['not succeeded()', S | F | T | C, true],
    ['skipped() or failed()', S | F | T | C | K, true],
    ['completed() and result() == null', S | F | T | C | K, true],
  ])('when: %s', (when, statuses, conditional) => {
    const [transition] = taskOf(`next: [{ ${when === null ? '' : `when: "${when}", `}do: noop }]`).transitions;
    expect([transition?.statuses, transition?.condition !== null]).toEqual([statuses, conditional]);
  });

  it('know what they do: targets, failing, handling', () => {
    const { tasks } = planOf(`tasks:
  a: { next: [{ do: [b, c, b] }, { do: noop }, { do: continue }, { do: fail }, { do: [fail, c] }, { publish: { x: 1, y.z: << result() >> } }] }
  b: {}
  c: {}`);
    expect(tasks[0]?.transitions.map(({ targets, handles, fails }) => [targets, handles, fails])).toEqual([
      [[1, 2], true, false],
      [[], true, false],
      [[], false, false],
      [[], false, true],
      [[2], true, true],
      [[], false, false],
    ]);
    const published = tasks[0]?.transitions[5]?.publish.map(({ slot, path }) => [slot, path]);
    expect(published).toEqual([
      [0, []],
      [1, ['z']],
    ]);
  });
});

describe('older forms of transitions', () => {
  it('hold in their status, and branches of a decision in order', () => {
    const statusesOf = (keys: string): unknown =>
      planOf(`tasks:\n  - { name: a, ${keys} }\n  - { name: b }\n  - { name: c }`).tasks[0]?.transitions.map((each) => [
        each.statuses,
        each.condition !== null,
        each.targets,
      ]);
    expect(statusesOf('on-success: b, on-failure: c')).toEqual([
      [1, false, [1]],
      [expect.any(Number), false, [2]],
    ]);
    expect(statusesOf('on-timeout: b')).toEqual([[4, false, [1]]]);
  });
});

describe('tasks', () => {
  it('split where several transitions lead to them outside a cycle, and not where they join', () => {
    const { tasks } = planOf(`tasks:
  a: { next: [{ do: [x, j, once, c] }] }
  b: { next: [{ do: [x, j, c] }] }
  x: {}
  j: { join: all }
  once: {}
  c: { next: { when: failed(), do: c } }
  k: { join: 1 }
  l: { next: { do: k } }`);
    expect(tasks.map(({ name, splits, join }) => [name, splits, join])).toEqual([
      ['a', false, 0],
      ['b', false, 0],
      ['x', true, 0],
      ['j', false, 2],
      ['once', false, 0],
      ['c', false, 0],
      ['k', false, 1],
      ['l', false, 0],
    ]);
    expect(tasks[3]?.joinSources).toEqual([0, 1]);
  });

  it('know what follows in a sequence', () => {
    expect(planOf('tasks: { a: {}, b: {} }').tasks.map((task) => task.following)).toEqual([1, -1]);
    expect(planOf('order: graph\ntasks: { a: {}, b: {} }').tasks.map((task) => task.following)).toEqual([-1, -1]);
  });

  it.each([
    ['items.ndjson', 'ndjson'],
    ['items.jsonl', 'ndjson'],
    ['items.JSON', 'json'],
    ['items.csv', 'csv'],
    ['items.tsv', 'csv'],
    ['items.log', 'lines'],
    ['items', 'lines'],
    ['<< parameters.x >>.csv', 'csv'],
  ])('a file %s is read as %s', (path, format) => {
    const task = taskOf(`with-items: { from: file, path: '${path}' }`);
    const plan = planOf('tasks: [{ name: a }]');
    const source = task.items?.source;
    if (source?.kind !== 'file') throw new Error('no file');
    const request = source.request.evaluate(scopeOf(plan, { x: 'p' })) as Record<string, unknown>;
    expect([request['format'], request['delimiter']]).toEqual([format, path.endsWith('tsv') ? '\t' : undefined]);
  });

  it('a format that is written wins', () => {
    const source = taskOf('with-items: { from: file, path: a.csv, format: lines }').items?.source;
    if (source?.kind !== 'file') throw new Error('no file');
    expect(source.request.evaluate(scopeOf(planOf('tasks: [{ name: a }]')))).toMatchObject({ format: 'lines' });
  });

  it('that retry nothing have no retry', () => {
    expect(taskOf('retry: { count: 0 }').retry).toBeNull();
    expect(taskOf('retry: { count: 2, when: failed() }').retry).toMatchObject({
      count: 2,
      delayMs: 0,
      backoff: 'constant',
      maxDelayMs: Infinity,
      jitter: 0,
    });
    expect(taskOf('cache: { key: k }').cache?.ttlMs).toBe(Infinity);
  });
});

describe('numbers that are templates', () => {
  const evaluate = (number: NumberPlan | null | undefined, x: unknown): number => {
    if (typeof number !== 'object' || number === null) throw new Error('no template');
    return number.evaluate(scopeOf(planOf('tasks: [{ name: a }]'), { x })) as number;
  };

  it.each<[unknown, number]>([
    [5, 5000],
    [0, 0],
    [0.25, 250],
    ['250ms', 250],
    ['2m', 120_000],
  ])('a timeout of %j', (x, durationMs) => {
    expect(evaluate(taskOf('timeout: << parameters.x >>').timeoutMs, x)).toBe(durationMs);
  });

  it.each([-1, 'soon', null, true, []])('no timeout of %j', (x) => {
    expect(() => evaluate(taskOf('timeout: << parameters.x >>').timeoutMs, x)).toThrow(
      expect.objectContaining({
        code: 'HEDDLE_DURATION',
        message: `expected seconds or text such as 250ms, 5s or 2m, found ${JSON.stringify(x)}`,
      }) as Error,
    );
  });

  it('a concurrency is a whole number from 1', () => {
    const { concurrency } = taskOf('with-items: [1]\nconcurrency: << parameters.x >>').items ?? {};
    expect(evaluate(concurrency, 5)).toBe(5);
    for (const x of [0, 1.5, '5', null]) {
      expect(() => evaluate(concurrency, x)).toThrow(`expected a whole number from 1, found ${JSON.stringify(x)}`);
    }
  });

  it('stay numbers where they are written as such', () => {
    expect(taskOf('timeout: 5s\ndelay: 1').timeoutMs).toBe(5000);
  });
});

describe('errors of evaluation', () => {
  it('are given their place in the file', () => {
    const text =
      'tasks:\n  - name: a\n    when: parameters.x.y > 1\n    action: core.echo\n    input: { list: [ok, "n: << parameters.x.z >>"] }\n';
    const plan = planOf(text);
    const [task] = plan.tasks;
    const located = (run: () => unknown, locate: ((error: unknown) => unknown) | undefined): unknown => {
      try {
        run();
      } catch (error) {
        return locate?.(error);
      }
      throw new Error('nothing was thrown');
    };
    const scope = scopeOf(plan, { x: {} });
    expect(located(() => task?.when?.evaluate(scope), task?.when?.locate)).toMatchObject({
      code: 'HEDDLE_MISSING',
      location: { file: 'flow.yaml', line: 3, column: expect.any(Number) as number },
    });
    const error = located(() => task?.input.render(scope), task?.input.locate);
    expect((error as HeddleError).location).toMatchObject({ file: 'flow.yaml', line: 5 });
    const other = new Error('x');
    expect(task?.when?.locate(other)).toBe(other);
    const known = new HeddleError('HEDDLE_MISSING', 'x', { location: { line: 9, column: 9 } });
    expect((task?.when?.locate(known) as HeddleError).location).toEqual({ line: 9, column: 9 });
  });
});

describe('liveness', () => {
  const named = (plan: Plan, slots: readonly number[] | undefined): string[] =>
    (slots ?? []).map((slot) => plan.tasks[slot]?.name ?? '');

  it('knows who reads whose result, and whose may be released when a task has ended', () => {
    const plan = planOf(`tasks:
  - { name: one }
  - { name: two, action: core.echo, input: { m: << task.one >> } }
  - { name: three, when: task.one == task.two, next: [{ when: task.three == 1 }] }
  - { name: shown, action: core.echo, input: { m: << task.one ?? 0 >> } }
  - { name: unread }
output: { s: << task.shown.x >> }`);
    const { readers, candidates, reaches } = plan.liveness;
    expect(readers.map((slots) => named(plan, slots))).toEqual([
      ['two', 'three', 'shown'],
      ['three'],
      ['three'],
      [],
      [],
    ]);
    expect(candidates.map((slots) => named(plan, slots))).toEqual([
      ['one'],
      ['one', 'two'],
      ['one', 'two', 'three'],
      ['one'],
      ['unread'],
    ]);
    expect([reaches(0, 3), reaches(3, 0), reaches(2, 2)]).toEqual([true, false, false]);
  });

  it('keeps everything that is named only while it runs', () => {
    const all = planOf('tasks: [{ name: a }, { name: b }]\noutput: { x: << keys(task) >> }');
    expect(all.liveness.candidates).toEqual([[], []]);
    const one = planOf(
      'parameters: { n: {} }\ntasks: [{ name: a }, { name: b, when: "task[parameters.n] == 1" }, { name: c }]',
    );
    expect(one.liveness.readers).toEqual([[1], [1], [1]]);
  });

  it('goes round cycles', () => {
    const plan = planOf(
      'tasks: { a: { next: { do: b } }, b: { next: [{ when: failed(), do: a }, { do: c }] }, c: {} }',
    );
    const { reaches } = plan.liveness;
    expect([reaches(0, 0), reaches(1, 0), reaches(2, 0), reaches(0, 2)]).toEqual([true, true, false, true]);
  });
});

describe('sub-workflows', () => {
  it('that cannot be read are told where they are named', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'heddle-plan-'));
    await mkdir(path.join(directory, 'folder.yaml'));
    await writeFile(path.join(directory, 'bytes.yaml'), Buffer.from([0xff, 0xfe, 0]));
    const text = 'tasks:\n  - { name: a, action: ./folder.yaml }\n  - { name: b, action: bytes.yaml }\n';
    const diagnostics = checkWorkflow(text, { file: path.join(directory, 'parent.yaml') });
    await rm(directory, { recursive: true });
    expect(diagnostics.map(({ code, line, column }) => [code, line, column])).toEqual([
      ['HEDDLE_FILE_UNREADABLE', 2, 24],
      ['HEDDLE_FILE_UNREADABLE', 3, 24],
    ]);
  });

  it('are checked like actions: their parameters are the inputs', () => {
    const child = parseWorkflow(`name: child
parameters: { region: { type: string, required: true }, count: { type: integer, default: 1, required: true } }
tasks: [{ name: x }]`);
    const check = (input: string): string[] => {
      try {
        parseWorkflow(`tasks: [{ name: a, action: child, input: ${input} }]`, { workflows: [child], actions: [] });
        return [];
      } catch (error) {
        return (error as { diagnostics: { code: string; message: string }[] }).diagnostics.map((each) => each.message);
      }
    };
    expect(check('{ region: eu }')).toEqual([]);
    expect(check('{ regoin: eu, count: x }')).toEqual([
      "workflow 'child' needs the input 'region'",
      "workflow 'child' takes no input 'regoin'",
      "input 'count' of workflow 'child' must be of type integer, found string (\"x\")",
    ]);
    expect(planOf('tasks: [{ name: a }]').resolveWorkflow('./none.yaml')).toBeNull();
  });

  it('that declare no parameters take any', () => {
    const child = parseWorkflow('name: child\ntasks: [{ name: x }]');
    const { plan } = parseWorkflow(
      'tasks: [{ name: a, action: child, input: { any: 1 } }, { name: b, action: workflow.run, input: { workflow: child } }]',
      {
        workflows: [child],
      },
    );
    expect(plan.tasks.map((task) => task.action.kind)).toEqual(['workflow', 'dynamic-workflow']);
    expect(plan.resolveWorkflow('child')).toBe(child.plan);
  });
});

describe('work for other machines', () => {
  it('where a task is to run, and whether its iterations are spread', () => {
    expect(taskOf('queue: gpu')).toMatchObject({ queue: 'gpu', distribute: null });
    expect(taskOf('with-items: [1]\ndistribute: true')).toMatchObject({ queue: null, distribute: true });
    expect(taskOf('with-items: [1]\ndistribute: false').distribute).toBe(false);
  });

  it('whether other machines see the file of items', () => {
    const plan = planOf('tasks: [{ name: a, with-items: { from: file, path: a.csv, shared: true } }]');
    const source = plan.tasks[0]?.items?.source;
    expect(source?.kind === 'file' && source.request.evaluate(scopeOf(plan))).toMatchObject({ shared: true });
  });

  it('a schedule may leave out what has a default, and what is secret', () => {
    const parameters =
      'parameters: { a: { type: string, default: x, required: true }, b: { secret: true, required: true } }';
    expect(checkWorkflow(`${parameters}\nschedule: { cron: "@hourly" }\ntasks: [{ name: a }]`)).toEqual([]);
  });
});
