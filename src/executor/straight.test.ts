import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import { Executor } from '../node/executor.ts';
import { parseWorkflow } from '../node/load-workflow.ts';
import type { RunResult } from './events.ts';
import { FakeClock, settle } from './testing/fake-clock.ts';

/** What a call of the action does; `fails`: how many of its attempts do. */
interface Behaviour {
  readonly answers: 'at once' | 'later' | 'much later';
  readonly gives: 'a number' | 'an object' | 'nothing' | 'null' | 'a function' | 'a thenable';
  readonly fails: number;
}

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  answers: fc.constantFrom('at once', 'later', 'much later'),
  gives: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('a number' as const, 'an object' as const, 'nothing' as const) },
    { weight: 1, arbitrary: fc.constantFrom('null' as const, 'a function' as const, 'a thenable' as const) },
  ),
  fails: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) }),
});

const task = fc.record({
  items: fc.array(behaviour, { maxLength: 40 }),
  concurrency: fc.integer({ min: 1, max: 6 }),
  rest: fc.constantFrom('', 'on-item-failure: continue', 'tolerate: 2', 'retry: { count: 2 }', 'results: none'),
});

function valueOf({ gives }: Behaviour, index: number): unknown {
  switch (gives) {
    case 'a number':
      return index;
    case 'an object':
      return { index };
    case 'null':
      return null;
    case 'nothing':
      return undefined;
    case 'a function':
      return () => index;
    case 'a thenable':
      return { then: (resolve: (value: number) => void) => resolve(-index) };
  }
}

async function run(
  { items, concurrency, rest }: { items: readonly Behaviour[]; concurrency: number; rest: string },
  isHeard: boolean,
): Promise<unknown> {
  const attempts = items.map(() => 0);
  const started: number[] = [];
  const action = defineAction({
    name: 't.behave',
    run: ({ item }: { item: Behaviour }, { index }) => {
      const at = index as number;
      started.push(at);
      const fails = (attempts[at] = (attempts[at] as number) + 1) <= item.fails;
      const end = (): unknown => {
        if (fails) throw new Error(`attempt ${attempts[at] as number} of ${at}`);
        return valueOf(item, at);
      };
      if (item.answers === 'at once') return end();
      if (item.answers === 'later') return Promise.resolve().then(end);
      return new Promise((resolve) => setImmediate(resolve)).then(end);
    },
  });
  const text = `
parameters: { items: { type: array } }
tasks:
  - name: work
    action: t.behave
    with-items: << parameters.items >>
    concurrency: ${concurrency}
    input: { item: << item >> }
    ${rest}
output: { result: << task.work >>, stats: << stats('work') >>, failures: << failures('work') >> }
`;
  const executor = new Executor();
  if (isHeard) executor.on('events', () => undefined);
  const result = await executor.run(parseWorkflow(text, { actions: [action] }), { items });
  const { status, output, errors, tasks } = result;
  return { status, output, errors, tasks, started };
}

describe('the plain loops', () => {
  it('come to what single units come to', async () => {
    const property = fc.asyncProperty(task, async (drawn) => {
      const [straight, single] = [await run(drawn, false), await run(drawn, true)];
      // Which of several in flight end first, and so what is started after a failure, is nobody's promise.
      if (drawn.concurrency === 1) expect(straight).toEqual(single);
      else if (!drawn.items.some(({ fails, gives }) => fails > 0 || gives === 'a function')) {
        expect({ ...(straight as object), started: null }).toEqual({ ...(single as object), started: null });
      } else expect((straight as RunResult).status).toBe((single as RunResult).status);
    });
    await fc.assert(property, { seed: 7, numRuns: 300 });
  });

  it('keep to the concurrency', async () => {
    let inFlight = 0;
    let most = 0;
    const action = defineAction({
      name: 't.count',
      run: async () => {
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight--;
      },
    });
    const text = 'tasks: [{ name: a, action: t.count, with-items: "<< range(0, 500) >>", concurrency: 7, input: {} }]';
    const result = await new Executor().run(parseWorkflow(text, { actions: [action] }));
    expect(result.status).toBe('succeeded');
    expect(most).toBe(7);
  });

  it('give the event loop its turn where every promise is kept at once', async () => {
    const clock = new FakeClock();
    const action = defineAction({
      name: 't.burn',
      run: ({ x }: { x: number }) => {
        clock.burn(1);
        return Promise.resolve(x);
      },
    });
    const text =
      'parameters: { list: { type: array } }\ntasks: [{ name: a, action: t.burn, with-items: << parameters.list >>, concurrency: 3, input: { x: << item >> } }]\noutput: { list: << task.a >> }';
    const list = Array.from({ length: 100 }, (_, index) => index);
    const result = await new Executor({ clock }).run(parseWorkflow(text, { actions: [action] }), { list });
    expect(result.output).toEqual({ list });
    // 100 ms of work, a turn at least every 10.
    expect(clock.turns).toBeGreaterThanOrEqual(10);
  });
});

describe('a cancelled task', () => {
  const start = (run: Parameters<typeof defineAction>[0]['run']) => {
    const action = defineAction({ name: 't.work', run });
    const text =
      'parameters: { list: { type: array } }\ntasks: [{ name: a, action: t.work, with-items: << parameters.list >>, concurrency: 2, input: {} }]\noutput: { list: << task.a >> }';
    const clock = new FakeClock();
    const running = new Executor({ clock }).start(parseWorkflow(text, { actions: [action] }), { list: [1, 2, 3, 4] });
    return { run: running, clock };
  };

  it('does not wait for actions that never asked for their signal', async () => {
    const { run } = start(() => new Promise(() => {}));
    await settle();
    run.cancel();
    const result = await run.result;
    expect(result.status).toBe('cancelled');
    expect(result.tasks['a']?.stats).toEqual({ total: 4, succeeded: 0, failed: 0, skipped: 2 });
  });

  it('waits for those that did, and takes what they still give for cancelled', async () => {
    const aborted: string[] = [];
    const { run, clock } = start(
      (_, { signal, index }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.push(`${index}: ${(signal.reason as Error).message}`);
            if (index === 0) setImmediate(() => resolve('tidied up'));
          });
        }),
    );
    await settle();
    run.cancel('enough');
    await settle();
    expect(aborted).toEqual(['0: enough', '1: enough']);
    expect(run.status).toBe('running');
    await clock.advance(5_000);
    const result = await run.result;
    expect(result.status).toBe('cancelled');
    expect(result.errors).toEqual([]);
  });

  it('hears out an action that brings the cancel about itself', async () => {
    const started: (number | undefined)[] = [];
    const { run } = start((_, { index }) => {
      started.push(index);
      if (index === 1) run.cancel();
      return new Promise((resolve) => setImmediate(resolve, index));
    });
    const result = await run.result;
    expect(result.status).toBe('cancelled');
    expect(started).toEqual([0, 1]);
  });

  it('may do so after others of its lane have ended', async () => {
    const { run } = start(async (_, { index }) => {
      await Promise.resolve();
      if (index === 2) run.cancel();
      return index;
    });
    expect((await run.result).status).toBe('cancelled');
  });
});
