import { beforeEach, describe, expect, test } from 'vitest';
import type { FromThread, HeldLock } from './messages.ts';
import { Renewer } from './renewer.ts';

const lock = (id: string, queue = 'q'): HeldLock => ({ key: `token-${id}`, queue, id });
const lease = { run: 'r1', owner: 'me', epoch: 1 };

describe('a renewer', () => {
  let told: FromThread[];
  let extended: string[];
  let renewed: string[];
  let taken: Set<string>;
  let failure: Error | null;
  let nowMs: number;
  let renewer: Renewer;
  beforeEach(() => {
    told = [];
    extended = [];
    renewed = [];
    taken = new Set();
    failure = null;
    nowMs = 0;
    renewer = new Renewer(
      {
        extend: async (queue, locks) => {
          if (failure !== null) throw failure;
          extended.push(`${queue}: ${locks.map(({ id }) => id).join(' ')}`);
          return locks.filter(({ id }) => taken.has(id));
        },
        renew: async ({ run }) => {
          if (failure !== null) throw failure;
          renewed.push(run);
          return !taken.has(run);
        },
      },
      { maxSilenceMs: 1000, lastBeatMs: () => 0, now: () => nowMs, tell: (message) => void told.push(message) },
    );
  });

  test('renews what is held, queue by queue', async () => {
    for (const each of [lock('a'), lock('b'), lock('c', 'other'), lock('d')]) renewer.hold(each);
    renewer.drop('token-d');
    expect(await renewer.renewLocks()).toBe(true);
    expect(extended).toEqual(['q: a b', 'other: c']);
    expect(told).toEqual([]);
  });

  test('tells of a lock that was lost once, and lets its leases go', async () => {
    renewer.hold(lock('a'));
    renewer.keep('token-a', lease);
    taken.add('a');
    await renewer.renewLocks();
    await renewer.renewLocks();
    await renewer.renewLeases();
    expect(told).toMatchObject([{ type: 'lost', key: 'token-a' }]);
    expect(renewed).toEqual([]);
  });

  test('keeps leases until they are let go of', async () => {
    renewer.hold(lock('a'));
    renewer.keep('token-a', lease);
    renewer.keep('token-a', { ...lease, run: 'r2' });
    expect(await renewer.renewLeases()).toBe(true);
    renewer.leave('token-a', lease);
    await renewer.renewLeases();
    renewer.drop('token-a');
    await renewer.renewLeases();
    expect(renewed).toEqual(['r1', 'r2', 'r2']);
  });

  test('takes a lost lease for the loss of the job', async () => {
    renewer.hold(lock('a'));
    renewer.keep('token-a', lease);
    taken.add('r1');
    await renewer.renewLeases();
    await renewer.renewLocks();
    expect(told).toMatchObject([{ type: 'lost', key: 'token-a', reason: expect.stringContaining('r1') as string }]);
    expect(extended).toEqual([]);
  });

  test('does not tell of what was let go of meanwhile', async () => {
    renewer.hold(lock('a'));
    taken.add('a');
    const renewing = renewer.renewLocks();
    renewer.drop('token-a');
    await renewing;
    expect(told).toEqual([]);
  });

  test('tells what is in its way once, and again when that comes back', async () => {
    renewer.hold(lock('a'));
    failure = new Error('away');
    expect([await renewer.renewLocks(), await renewer.renewLocks()]).toEqual([false, false]);
    expect(told).toEqual([{ type: 'trouble', reason: 'away' }]);
    failure = null;
    expect(await renewer.renewLocks()).toBe(true);
    failure = new Error('away');
    await renewer.renewLocks();
    expect(told).toHaveLength(2);
  });

  test('lets go of a main thread that is silent for too long', async () => {
    renewer.hold(lock('a'));
    renewer.keep('token-a', lease);
    nowMs = 1001;
    await renewer.renewLocks();
    await renewer.renewLeases();
    expect([extended, renewed]).toEqual([[], []]);
    expect(told).toMatchObject([{ type: 'trouble', reason: expect.stringContaining('main thread') as string }]);
    nowMs = 1000;
    await renewer.renewLocks();
    expect(extended).toEqual(['q: a']);
  });
});
