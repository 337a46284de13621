import { describe, expect, it } from 'vitest';
import { interpret, type Timing } from './interpreter.ts';
import type { ModelTask, ModelTransition, ModelWorkflow, Script, When } from './workflow.ts';

function task(name: string, next: readonly ModelTransition[] = [], extra: Partial<ModelTask> = {}): ModelTask {
  return { name, next, ...extra };
}
function to(...names: readonly string[]): ModelTransition {
  return { when: 'always', do: names };
}
function when(condition: When, ...names: readonly string[]): ModelTransition {
  return { when: condition, do: names };
}
function graph(...tasks: readonly ModelTask[]): ModelWorkflow {
  return { order: 'graph', tasks, variables: { n: 0 } };
}
function starts(workflow: ModelWorkflow, script: Script = {}): string {
  return interpret(workflow, script).starts.join(' ');
}
function ends(workflow: ModelWorkflow, script: Script = {}, timing: Timing = 'at once'): string {
  return interpret(workflow, script, timing)
    .ends.map(({ task: name, status }) => `${name}:${status}`)
    .join(' ');
}

describe('where a run begins', () => {
  it('starts tasks without an inbound edge in file order, self-loops not counted', () => {
    const loop = when(['counter-below', 'n', 0], 'b');
    expect(starts(graph(task('a', [to('c')]), task('b', [loop]), task('c'), task('d')))).toBe('a b d c');
  });

  it('counts needs as an inbound edge', () => {
    expect(starts(graph(task('b', [], { needs: ['a'] }), task('a')))).toBe('a b');
  });

  it('starts a cycle that nothing enters at its first task, and one that something enters through that', () => {
    const back = (name: string): ModelTransition => when(['succeeded-and-below', 'n', 0], name);
    expect(starts(graph(task('a', [to('b')]), task('b', [back('a')])))).toBe('a b');
    expect(starts(graph(task('a', [to('b')]), task('b', [back('a')]), task('c', [to('b')])))).toBe('c b');
  });
});

describe('completion', () => {
  it('evaluates every condition before anything is published', () => {
    const both = graph(
      task('a', [
        { when: ['counter-below', 'n', 1], publish: [['n', { increment: 'n' }]], do: ['b'] },
        { when: ['counter-below', 'n', 1], publish: [['n', { increment: 'n' }]], do: ['c'] },
      ]),
      task('b'),
      task('c'),
    );
    expect(starts(both)).toBe('a b c');
    expect(interpret(both).variables).toEqual({ n: 2 });
  });

  it('starts a task on a cycle once for several transitions, on a route of its own never', () => {
    const workflow = graph(
      task('a', [to('b'), to('b')]),
      task('b', [when(['succeeded-and-below', 'n', 0], 'a'), to('c')]),
      task('c', [], { join: 'all' }),
    );
    expect(starts(workflow)).toBe('a b c');
  });

  it('starts a whole step before any of it ends', () => {
    const workflow = graph(task('a', [to('c')]), task('b', [to('d')]), task('c', [to('e')]), task('d'), task('e'));
    expect(starts(workflow)).toBe('a b c d e');
  });
});

describe('failure', () => {
  it('that is not handled leaves what is ready to start, and nothing that becomes ready later', () => {
    const workflow = graph(
      task('a', [to('x')]),
      task('b'),
      task('c', [to('y')]),
      task('x', [to('z')]),
      task('y'),
      task('z'),
    );
    const run = interpret(workflow, { b: ['failed'] });
    expect(run.starts).toEqual(['a', 'b', 'c', 'x']);
    expect(run.status).toBe('failed');
    expect(run.errors).toEqual([{ task: 'b', handled: false, code: 'HEDDLE_ACTION_FAILED' }]);
  });

  it.each(['noop', 'b'])('is handled by a transition that names %s', (name) => {
    const run = interpret(graph(task('a', [when('failed', name)]), task('b', [], { join: 1 })), { a: ['failed'] });
    expect(run.status).toBe('succeeded');
    expect(run.errors).toEqual([{ task: 'a', handled: true, code: 'HEDDLE_ACTION_FAILED' }]);
  });

  it('is not handled by continue, but its transition publishes', () => {
    const publish = [['n', { const: 7 }]] as const;
    const run = interpret(graph(task('a', [{ when: 'failed', publish, do: ['continue'] }])), { a: ['failed'] });
    expect(run).toMatchObject({ status: 'failed', variables: { n: 7 } });
  });

  it('by time is failed() no more than success is', () => {
    const run = interpret(graph(task('a', [when('failed', 'noop')])), { a: ['timed_out'] });
    expect(run.errors).toEqual([{ task: 'a', handled: false, code: 'HEDDLE_TIMEOUT' }]);
  });
});

describe('commands', () => {
  it('fail lets the tasks named beside it start, not their successors', () => {
    const run = interpret(graph(task('a', [to('fail'), to('b')]), task('b', [to('c')]), task('c')));
    expect(run.starts).toEqual(['a', 'b']);
    expect(run.status).toBe('failed');
    expect(run.errors).toEqual([{ task: 'a', handled: false, code: 'HEDDLE_RUN_FAILED' }]);
  });

  it('fail does not fail a run that is failing', () => {
    const run = interpret(graph(task('a', [to('fail')]), task('b', [to('fail')])));
    expect(run.errors).toEqual([{ task: 'a', handled: false, code: 'HEDDLE_RUN_FAILED' }]);
  });

  it('retry tries three times more while its condition holds, and never fires', () => {
    const workflow = graph(task('a', [when('failed', 'retry'), when('succeeded', 'b')]), task('b'));
    expect(interpret(workflow, { a: ['failed', 'failed', 'failed'] }).calls).toEqual(['a', 'a', 'a', 'a', 'b']);
    const exhausted = interpret(workflow, { a: ['failed', 'failed', 'failed', 'failed'] });
    expect(exhausted).toMatchObject({ status: 'failed', calls: ['a', 'a', 'a', 'a'], starts: ['a'] });
  });
});

describe('retry', () => {
  it('makes one execution of several attempts', () => {
    const workflow = graph(task('a', [], { retry: 2 }));
    expect(interpret(workflow, { a: ['failed', 'failed'] })).toMatchObject({ calls: ['a', 'a', 'a'], starts: ['a'] });
    expect(ends(workflow, { a: ['failed', 'failed'] })).toBe('a:succeeded');
    expect(ends(workflow, { a: ['failed', 'failed', 'failed'] })).toBe('a:failed');
  });

  it('queues behind what is in flight when outcomes come later', () => {
    const workflow = graph(task('a', [], { retry: 1 }), task('b'));
    expect(ends(workflow, { a: ['failed'] }, 'at once')).toBe('a:succeeded b:succeeded');
    expect(ends(workflow, { a: ['failed'] }, 'later')).toBe('b:succeeded a:succeeded');
  });
});

describe('skipping', () => {
  it('fires unconditional transitions and those on skipped() and completed()', () => {
    const tests: readonly When[] = ['always', 'succeeded', 'failed', 'skipped', 'completed', ['counter-below', 'n', 1]];
    const workflow = graph(
      task(
        's',
        tests.map((test, index) => when(test, `t${index}`)),
        { skipWhen: true },
      ),
      ...tests.map((_, index) => task(`t${index}`)),
    );
    expect(starts(workflow)).toBe('t0 t3 t4');
    expect(interpret(workflow).status).toBe('succeeded');
  });

  it('judges the condition when the task starts, and ends at once', () => {
    const raise: ModelTransition = { when: 'always', publish: [['n', { const: 1 }]], do: [] };
    const workflow = graph(task('a', [to('c')]), task('b', [raise]), task('c', [], { skipWhen: ['n', 1] }));
    expect(ends(workflow)).toBe('a:succeeded b:succeeded c:succeeded');
    expect(ends(workflow, {}, 'later')).toBe('a:succeeded c:skipped b:succeeded');
  });
});

describe('needs', () => {
  const diamond = graph(
    task('a'),
    task('b'),
    task('c', [when('skipped', 'e')], { needs: ['a', 'b'] }),
    task('d', [], { needs: ['c'] }),
    task('e'),
  );

  it('waits for all', () => {
    expect(ends(diamond)).toBe('a:succeeded b:succeeded c:succeeded d:succeeded');
  });

  it('skips what needs a skipped or failed task, and so on down, and never handles the failure', () => {
    const run = interpret(diamond, { b: ['failed'] });
    expect(run.status).toBe('failed');
    expect(run.starts).toEqual(['a', 'b']);
    expect(ends(diamond, { b: ['failed'] })).toBe('a:succeeded b:failed c:skipped d:skipped');
  });

  it('stays pending, and no error, while a task it needs was never reached', () => {
    const workflow = graph(task('a', [when('failed', 'b')]), task('b'), task('c', [], { needs: ['a', 'b'] }));
    expect(interpret(workflow)).toMatchObject({ status: 'succeeded', starts: ['a'], errors: [] });
  });

  it('lets the skipped rule start other tasks where the failure is handled', () => {
    const tasks = diamond.tasks.map((each) => (each.name === 'b' ? { ...each, next: [when('failed', 'noop')] } : each));
    const handled = { ...diamond, tasks };
    expect(ends(handled, { b: ['failed'] })).toBe('a:succeeded b:failed c:skipped e:succeeded d:skipped');
    expect(interpret(handled, { b: ['failed'] }).status).toBe('succeeded');
  });
});

describe('joins', () => {
  it('count a task once however many of its transitions name them', () => {
    const workflow = graph(task('a', [to('c'), to('c')]), task('b', [when('failed', 'c')]), task('c', [], { join: 2 }));
    const run = interpret(workflow);
    expect(run).toMatchObject({ status: 'failed', unreachable: ['c'], starts: ['a', 'b'] });
    expect(run.errors).toEqual([{ task: 'c', handled: false, code: 'HEDDLE_JOIN_UNREACHABLE' }]);
  });

  it('of one open once for a completion that names them twice', () => {
    expect(starts(graph(task('a', [to('j'), to('j')]), task('j', [], { join: 1 })))).toBe('a j');
  });

  it('that nobody reached are no error', () => {
    const workflow = graph(
      task('a', [when('failed', 'c')]),
      task('b', [when('failed', 'c')]),
      task('c', [], { join: 2 }),
    );
    expect(interpret(workflow)).toMatchObject({ status: 'succeeded', unreachable: [] });
  });

  it('ignore who is late, and open the next round for who comes again', () => {
    const again: ModelTransition = { when: ['counter-below', 'n', 1], publish: [['n', { increment: 'n' }]], do: ['a'] };
    const workflow = graph(
      task('s', [to('a', 'b')]),
      task('a', [to('j'), again]),
      task('b', [to('j')]),
      task('j', [to('k')], { join: 1 }),
      task('k'),
    );
    // a fires the first round, b is late in it, a comes again and fires the second.
    expect(starts(workflow)).toBe('s a b j a k j k');
  });

  it('keep who has come when another comes again before they open', () => {
    const again: ModelTransition = { when: ['counter-below', 'n', 1], publish: [['n', { increment: 'n' }]], do: ['a'] };
    const workflow = graph(
      task('s', [to('a', 'b', 'c')]),
      task('a', [to('j'), again]),
      task('b', [to('j')]),
      task('c', [to('d')]),
      task('d', [to('e')]),
      task('e', [to('j')]),
      task('j', [], { join: 'all' }),
    );
    expect(starts(workflow)).toBe('s a b c a d e j');
  });

  it('exist once on each route', () => {
    const workflow = graph(
      task('a', [to('s')]),
      task('b', [to('s')]),
      task('s', [to('x', 'y')]),
      task('x', [to('j')]),
      task('y', [when('succeeded', 'j'), when('failed', 'noop')]),
      task('j', [], { join: 'all' }),
    );
    expect(starts(workflow)).toBe('a b s s x x y y j j');
    const run = interpret(workflow, { y: ['failed'] });
    expect(run.starts.filter((name) => name === 'j')).toHaveLength(1);
    expect(run.unreachable).toEqual(['j']);
  });
});

describe('order: sequence', () => {
  const tasks = [task('a'), task('b', [when('failed', 'noop')]), task('c', [], { skipWhen: true }), task('d')];
  const workflow: ModelWorkflow = { order: 'sequence', tasks, variables: {} };

  it('goes on after success, a skip and a forgiven failure', () => {
    expect(ends(workflow)).toBe('a:succeeded b:succeeded c:skipped d:succeeded');
    expect(ends(workflow, { b: ['failed'] })).toBe('a:succeeded b:failed c:skipped d:succeeded');
  });

  it('ends at a failure that nothing forgives', () => {
    expect(ends(workflow, { a: ['failed'] })).toBe('a:failed');
  });
});

describe('limits', () => {
  it('do not count what needs skip', () => {
    const workflow = graph(task('a', [], { skipWhen: true }), task('b', [to('c')], { needs: ['a'] }), task('c'));
    expect(interpret({ ...workflow, limit: 2 }).status).toBe('succeeded');
    expect(interpret({ ...workflow, limit: 1 })).toMatchObject({ status: 'failed', limitExceeded: true });
  });

  it('are reported once, however much was ready', () => {
    const run = interpret({ ...graph(task('a'), task('b'), task('c')), limit: 1 });
    expect(run.starts).toEqual(['a']);
    expect(run.errors).toHaveLength(1);
  });

  it('ends a run that goes round for ever, skipped executions counted', () => {
    for (const extra of [{}, { skipWhen: true }] as const) {
      const run = interpret({ ...graph(task('a', [to('a')], extra)), limit: 5 });
      expect(run).toMatchObject({ status: 'failed', limitExceeded: true });
      expect(run.ends).toHaveLength(5);
      expect(run.errors).toEqual([{ task: null, handled: false, code: 'HEDDLE_TASK_RUN_LIMIT' }]);
    }
  });
});
