import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import { startText, runText } from './testing/run-text.ts';

const run = (act: (input: never) => unknown, input = '{}') =>
  runText(
    `
tasks:
  - { name: work, action: t.act, input: ${input} }
output: { r: << task.work >> }
`,
    { actions: [defineAction({ name: 't.act', run: act })] },
  );

describe('an action that throws', () => {
  it.each([
    ['an Error', new Error('boom'), 'boom'],
    ['an Error without message', new RangeError(), 'RangeError'],
    ['text', 'plain text', 'plain text'],
    ['nothing', undefined, 'the action threw undefined, which is not an Error'],
    ['null', null, 'the action threw null, which is not an Error'],
    ['a number', 42, 'the action threw 42, which is not an Error'],
    ['a symbol', Symbol('s'), 'the action threw Symbol(s), which is not an Error'],
    ['an object', { a: 1 }, 'the action threw {"a":1}, which is not an Error'],
    ['something like an Error', { message: 'nearly' }, 'nearly'],
    [
      'what cannot be described',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
        },
      ),
      'the action threw something that cannot be described',
    ],
  ])('%s', async (_, thrown, message) => {
    for (const act of [
      () => {
        throw thrown;
      },
      async () => {
        await Promise.resolve();
        throw thrown;
      },
    ]) {
      const result = await run(act);
      expect(result.status).toBe('failed');
      expect(result.error).toMatchObject({ task: 'work', code: 'HEDDLE_ACTION_FAILED', message });
    }
  });
});

describe('an action that returns', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;

  it.each([
    ['undefined', undefined, null],
    ['a BigInt', 12345678901234567890n, 12345678901234567890n],
    ['a Date', new Date(0), new Date(0)],
    ['a Map', new Map([['a', 1]]), new Map([['a', 1]])],
    ['a circular value', circular, circular],
  ])('%s simply works', async (_, value, expected) => {
    const result = await run(() => value);
    expect(result.status).toBe('succeeded');
    expect(result.output['r']).toEqual(expected);
  });

  it.each([
    ['a function', () => 1, 'function'],
    ['a symbol', Symbol('s'), 'symbol'],
  ])('%s fails', async (_, value, type) => {
    const result = await run(() => value);
    expect(result.error).toMatchObject({
      code: 'HEDDLE_ACTION_RESULT',
      message: `action 't.act' returned a ${type}; return data instead`,
    });
  });

  it('a thenable that settles twice counts once', async () => {
    const twice = {
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve('first');
        resolve('second');
        reject(new Error('third'));
      },
    };
    expect((await run(() => twice)).output).toEqual({ r: 'first' });
  });

  it('a thenable that throws fails', async () => {
    const broken = {
      then: () => {
        throw new Error('no then');
      },
    };
    expect((await run(() => broken)).error).toMatchObject({ message: 'no then' });
  });

  it('a circular value cannot become text, and says so', async () => {
    const text =
      'tasks:\n  - { name: a, action: t.act }\n  - { name: b, action: core.echo, input: { message: "x << task.a >>" } }\n';
    const result = await runText(text, { actions: [defineAction({ name: 't.act', run: () => circular })] });
    expect(result.error).toMatchObject({ task: 'b', code: 'HEDDLE_NOT_SERIALISABLE' });
  });

  it('a million results', async () => {
    const text = `
tasks:
  - { name: work, action: t.act, with-items: '<< range(0, 1000000) >>', input: { x: << item >> } }
output: { n: << length(task.work) >>, last: << last(task.work) >> }
`;
    const act = defineAction({ name: 't.act', run: ({ x }: { x: number }) => x });
    expect((await runText(text, { actions: [act] })).output).toEqual({ n: 1_000_000, last: 999_999 });
  });
});

describe('an action that never settles', () => {
  it('does not keep a cancelled run', async () => {
    const action = defineAction({ name: 't.act', run: () => new Promise(() => {}) });
    const { run: started, clock } = startText('tasks: [{ name: work, action: t.act }]', { actions: [action] });
    await clock.advance(1000);
    started.cancel();
    expect((await started.result).tasks['work']?.status).toBe('cancelled');
  });
});

describe('an action that changes its input', () => {
  const changing = (change: (input: { own: { n: number }; shared: { n: number; list: number[] } }) => void) => {
    const text = `
vars: { shared: { n: 1, list: [1] } }
tasks:
  - { name: one, action: t.change, input: { own: { n: 1 }, shared: << vars.shared >> }, next: [{ do: noop }] }
output: { shared: << vars.shared >> }
`;
    return runText(text, { actions: [defineAction({ name: 't.change', run: change })] });
  };

  it('may change what is its own', async () => {
    const result = await changing((input) => {
      input.own.n = 2;
    });
    expect(result.errors).toEqual([]);
  });

  it.each([
    [
      'writes',
      (input: { shared: { n: number } }) => {
        input.shared.n = 2;
      },
      "'n'",
    ],
    [
      'adds',
      (input: { shared: object }) => {
        Object.assign(input.shared, { extra: 1 });
      },
      "'extra'",
    ],
    [
      'deletes',
      (input: { shared: { n?: number } }) => {
        delete input.shared.n;
      },
      "'n'",
    ],
    [
      'pushes',
      (input: { shared: { list: number[] } }) => {
        input.shared.list.push(2);
      },
      "'1'",
    ],
  ])('cannot change what is shared: %s', async (_, change, property) => {
    const result = await changing(change);
    expect(result.errors).toMatchObject([{ code: 'HEDDLE_INPUT_FROZEN', handled: true }]);
    expect(result.errors[0]?.message).toContain("action 't.change'");
    expect(result.errors[0]?.message).toContain(property);
    expect(result.output).toEqual({ shared: { n: 1, list: [1] } });
  });

  it('cannot disturb another iteration, whatever it does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 5 }),
        async (items) => {
          const before = structuredClone(items);
          const wreck = (value: unknown): void => {
            if (typeof value !== 'object' || value === null) return;
            for (const key of Object.keys(value)) {
              wreck((value as Record<string, unknown>)[key]);
              try {
                (value as Record<string, unknown>)[key] = 'wrecked';
              } catch {
                // That it is refused is what the test is about.
              }
            }
          };
          const seen: unknown[] = [];
          const action = defineAction({
            name: 't.wreck',
            run: (input: { item: unknown; copy: { inner: unknown } }) => {
              seen.push(structuredClone(input.item));
              wreck(input);
            },
          });
          const give = defineAction({ name: 't.give', run: () => items });
          const text = `
tasks:
  - { name: make, action: t.give }
  - { name: first, action: t.wreck, with-items: << task.make >>, input: { item: << item >>, copy: { inner: << item >> } } }
  - { name: second, action: t.wreck, with-items: << task.make >>, input: { item: << item >> } }
`;
          const result = await runText(text, { actions: [action, give] });
          expect(result.status).toBe('succeeded');
          expect(seen).toEqual([...before, ...before]);
          expect(items).toEqual(before);
        },
      ),
      { numRuns: 50, seed: 20261121 },
    );
  });

  it('may, where the embedder says so', async () => {
    const text = 'vars: { shared: { n: 1 } }\ntasks: [{ name: a, action: t.act, input: { x: << vars.shared >> } }]\n';
    const action = defineAction({ name: 't.act', run: ({ x }: { x: { n: number } }) => void (x.n = 2) });
    const result = await runText(text, { actions: [action], executor: { freeze: false } });
    expect(result.status).toBe('succeeded');
  });
});
