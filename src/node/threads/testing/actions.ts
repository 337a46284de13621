/** Actions for tests, which threads load from this file. */
import { isMainThread, threadId } from 'node:worker_threads';
import { ActionError, defineAction, HeddleError, type ActionContext } from 'heddle';

const cpu = (name: string, run: (input: never, context: ActionContext) => unknown) =>
  defineAction({ name, cpu: true, run });

export const where = cpu('t.where', () => ({ isMainThread, threadId }));

export const echo = cpu('t.echo', ({ value }: { value: unknown }) => value);

export const facts = cpu('t.facts', (_, context) => {
  const { run, task, index, attempt, cwd, idempotencyKey, secrets } = context;
  return { run, task, index, attempt, cwd, idempotencyKey, secrets };
});

export const change = cpu('t.change', (input: { list: number[] }) => {
  input.list.push(4);
  return input.list;
});

export const give = cpu('t.give', ({ kind }: { kind: string }) => {
  const kinds: Readonly<Record<string, () => unknown>> = {
    function: () => () => 1,
    symbol: () => Symbol('s'),
    inside: () => ({ list: [{ call: () => 1 }] }),
    generator: function* () {
      yield 1;
    },
    promise: () => Promise.resolve({ nested: [Promise.resolve(1)] }),
    nothing: () => undefined,
    dates: () => ({ at: new Date(0), big: 10n, map: new Map([['a', new Set([1])]]) }),
    circle: () => {
      const circle: Record<string, unknown> = {};
      circle['self'] = circle;
      return circle;
    },
  };
  return kinds[kind]?.();
});

export const fail = cpu('t.fail', ({ kind }: { kind: string }) => {
  const failures: Readonly<Record<string, () => unknown>> = {
    action: () => new ActionError('no stock', { result: { units: 0 }, retryable: false, code: 'SHOP_EMPTY' }),
    unclear: () => new ActionError('no stock', { result: () => 1 }),
    heddle: () => new HeddleError('HEDDLE_PARSE', 'bad', { location: { file: 'a.csv', line: 3, column: 4 } }),
    error: () => Object.assign(new RangeError('too far', { cause: new Error('deep') }), { code: 'E_FAR' }),
    text: () => 'plain text',
    nothing: () => undefined,
    symbol: () => Symbol('s'),
  };
  throw failures[kind]?.();
});

export const talk = cpu('t.talk', ({ lines }: { lines: number }, { log }) => {
  for (let line = 1; line <= lines; line++) log.info(`line ${line}`, { line });
  log.warn('odd', { call: () => 1, n: 1 });
  return lines;
});

export const listen = cpu('t.listen', async (_, { signal, log }) => {
  log.info('listening');
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });
  throw signal.reason;
});

export const look = cpu('t.look', (_, { signal, log }) => {
  log.info(`begins, ${signal.aborted ? 'aborted' : 'not aborted'}`);
  for (;;) signal.throwIfAborted();
});

/** Computes for ever, and counts. */
export const loop = cpu('t.loop', ({ beats = new Int32Array(1) }: { beats?: Int32Array }, { log }) => {
  log.info('begins');
  for (;;) Atomics.add(beats, 0, 1);
});

export const exit = cpu('t.exit', () => process.exit(3));

/** Something goes wrong beside it, where nobody catches it. */
export const crash = cpu('t.crash', () => {
  setImmediate(() => {
    throw new Error('out of the blue');
  });
  return new Promise(() => undefined);
});

export const wait = cpu('t.wait', (_, context) => context.wait({ kind: 'time', forMs: 1 }));

/** Adds up for so many milliseconds. */
export const burn = cpu('t.burn', ({ ms }: { ms: number }) => {
  const end = performance.now() + ms;
  let sum = 0;
  while (performance.now() < end) sum += 1;
  return sum > 0;
});
