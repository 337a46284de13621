import { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { HeddleError } from '../../errors/index.ts';
import { Log } from '../testing/waiting.ts';
import { LockKeeper, type LockKeeperOptions } from './lock-keeper.ts';

/** A thread that says back what it is told, as the reason of a trouble; told of `die` it ends, of `lose` it loses the job. */
const ECHO = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (message) => {
    if (message.type === 'close') return parentPort.close();
    if (message.lock?.id === 'die') process.exit(3);
    if (message.lock?.id === 'lose') parentPort.postMessage({ type: 'lost', key: message.lock.key, reason: 'gone' });
    parentPort.postMessage({ type: 'trouble', reason: JSON.stringify(message) });
  });
  parentPort.postMessage({ type: 'ready' });
`;

describe('a keeper of locks', () => {
  let told: Log<string>;
  beforeEach(() => {
    told = new Log();
  });
  const make = (more: Partial<LockKeeperOptions> = {}): LockKeeper => {
    const keeper = new LockKeeper({
      url: 'redis://nowhere',
      prefix: 'p',
      lockMs: 1000,
      leaseMs: 1000,
      maxSilenceMs: 1000,
      journal: 'somewhere',
      onError: ({ code, message }: HeddleError) => told.add(`${code} ${message}`),
      start: async (workerData) => new Worker(ECHO, { eval: true, workerData, execArgv: [] }),
      ...more,
    });
    onTestFinished(() => keeper.close());
    return keeper;
  };
  const lock = (id: string): { key: string; queue: string; id: string } => ({ key: `key-${id}`, queue: 'q', id });
  const lease = { run: 'r1', owner: 'me', epoch: 1 };

  test('tells the thread what to keep', async () => {
    const keeper = make();
    await keeper.ready();
    const held = keeper.hold(lock('a'), () => {});
    const leave = held.keep(lease);
    leave();
    leave();
    held.drop();
    held.drop();
    const expected = [
      { type: 'hold', lock: lock('a') },
      { type: 'keep', key: 'key-a', lease },
      { type: 'leave', key: 'key-a', lease },
      { type: 'drop', key: 'key-a' },
    ];
    for (const message of expected) {
      expect(await told.next()).toMatch(/^HEDDLE_QUEUE_LOCKS /);
      expect(told.all.at(expected.indexOf(message))).toContain(JSON.stringify(message));
    }
  });

  test('tells who holds a job that it is lost', async () => {
    const keeper = make();
    await keeper.ready();
    const lost = new Promise<HeddleError>((resolve) => void keeper.hold(lock('lose'), resolve));
    expect(await lost).toMatchObject({ code: 'HEDDLE_FENCED' });
  });

  test('says that a thread has died, starts another and tells it all', async () => {
    const keeper = make();
    await keeper.ready();
    const kept = keeper.hold(lock('a'), () => {});
    kept.keep(lease);
    expect([await told.next(), await told.next()]).toHaveLength(2);
    const fatal = keeper.hold(lock('die'), () => {});
    expect(await told.next()).toMatch(/^HEDDLE_QUEUE_LOCKS .*died/);
    fatal.drop();
    expect(await told.next()).toContain(JSON.stringify({ type: 'hold', lock: lock('a') }));
    expect(await told.next()).toContain(JSON.stringify({ type: 'keep', key: 'key-a', lease }));
  });

  test('says that a thread could not be started, and tries again', async () => {
    const ways = [
      async () => Promise.reject(new Error('no threads left')),
      async () => new Worker('throw new Error("no library")', { eval: true, execArgv: [] }),
      async () => new Worker('', { eval: true, execArgv: [] }),
    ];
    const keeper = make({
      start: (workerData) =>
        ways.shift()?.() ?? Promise.resolve(new Worker(ECHO, { eval: true, workerData, execArgv: [] })),
    });
    await keeper.ready();
    expect(told.all).toHaveLength(3);
    expect(told.all[0]).toMatch(/^HEDDLE_QUEUE_LOCKS .*could not be started: no threads left/);
    expect(told.all[1]).toContain('no library');
    expect(told.all[2]).toContain('it ended at once');
  });

  test('stops trying when it is closed', async () => {
    const keeper = make({ start: () => Promise.reject(new Error('no threads left')) });
    const ready = keeper.ready();
    expect(await told.next()).toContain('no threads left');
    await keeper.close();
    await ready;
    expect(told.all).toHaveLength(1);
  });

  test('ends a thread that does not end by itself', async () => {
    const program = `
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', () => {});
      parentPort.postMessage({ type: 'ready' });
    `;
    const keeper = make({ start: async () => new Worker(program, { eval: true, execArgv: [] }) });
    await keeper.ready();
    await keeper.close();
    expect(told.all).toEqual([]);
  });

  test('cannot keep leases of a journal that it does not know', async () => {
    const keeper = make({ journal: null });
    await keeper.ready();
    const held = keeper.hold(lock('a'), () => {});
    expect(() => held.keep(lease)).toThrow('journal');
  });
});
