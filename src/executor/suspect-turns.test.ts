import { describe, expect, it, vi } from 'vitest';
import type { Clock } from './host.ts';
import { hasSuspect, SuspectTurns } from './suspect-turns.ts';
import type { Unfinished } from './unfinished.ts';

const CLOCK = {
  setTimer: (delayMs: number, callback: () => void) => setTimeout(callback, delayMs),
  clearTimer: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
} as unknown as Clock;

describe('turns of what may end the process', () => {
  it('come one after the other', async () => {
    const turns = new SuspectTurns();
    const order: string[] = [];
    const end = await turns.take(CLOCK, []);
    const second = turns.take(CLOCK, []).then((giveUp) => {
      order.push('second');
      giveUp();
    });
    const third = turns.take(CLOCK, []).then(() => order.push('third'));
    await Promise.resolve();
    expect(order).toEqual([]);
    end();
    await Promise.all([second, third]);
    expect(order).toEqual(['second', 'third']);
  });

  it('are not waited for by who is to let go, nor for ever', async () => {
    vi.useFakeTimers();
    try {
      const turns = new SuspectTurns();
      await turns.take(CLOCK, []);
      const leave = new AbortController();
      const leaving = turns.take(CLOCK, [leave.signal]);
      leave.abort();
      (await leaving)();
      await turns.take(CLOCK, [leave.signal]);
      const patient = turns.take(CLOCK, []);
      await vi.advanceTimersByTimeAsync(30_000);
      await patient;
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('work that is not started again if it is cut off once more', () => {
  const unfinished = (interruptions: number, more: Partial<Unfinished> = {}): Unfinished =>
    ({ sending: null, items: null, interruptions, ...more }) as Unfinished;
  const items = (times: number): Unfinished['items'] =>
    ({ interruptions: new Map([[7, times]]) }) as unknown as Unfinished['items'];

  it.each([
    ['a step', unfinished(2), true],
    ['a step with another chance', unfinished(1), false],
    ['an iteration', unfinished(0, { items: items(2) }), true],
    ['an iteration with another chance', unfinished(0, { items: items(1) }), false],
    ['work that is elsewhere', unfinished(2, { sending: 1 }), false],
  ])('%s', (_, one, expected) => {
    expect(hasSuspect([one], 3)).toBe(expected);
  });

  it('is none where one time is enough', () => {
    expect(hasSuspect([unfinished(0)], 1)).toBe(false);
  });
});
