import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNodeHost } from './host.ts';

const host = createNodeHost();

describe('timers of the background', () => {
  test.each([1e6, 1e12])('keep no process going: %d ms', (delayMs) => {
    const kept = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = kept();
    const background = host.setTimer(delayMs, () => undefined, true);
    expect(kept()).toBe(before);
    const timer = host.setTimer(delayMs, () => undefined);
    expect(kept()).toBe(before + 1);
    host.clearTimer(background);
    host.clearTimer(timer);
    expect(kept()).toBe(before);
  });
});

describe('timers', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test.each([0, 5, 2 ** 31 - 1, 2 ** 31, 90 * 86_400_000])('one of %d ms fires then and not before', (delayMs) => {
    let fired = 0;
    host.setTimer(delayMs, () => (fired += 1));
    if (delayMs > 0) vi.advanceTimersByTime(delayMs - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a fraction of a millisecond is never cut off', () => {
    let fired = false;
    host.setTimer(1.2, () => (fired = true));
    vi.advanceTimersByTime(1);
    expect(fired).toBe(false);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(true);
  });

  test.each([0, 2 ** 31 - 1])('a cleared one never fires, also after %d ms', (elapsedMs) => {
    const timer = host.setTimer(2 ** 32, () => expect.fail('it fired'));
    vi.advanceTimersByTime(elapsedMs);
    host.clearTimer(timer);
    host.clearTimer(undefined);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the clocks tell the time', () => {
    vi.setSystemTime(1_000_000);
    const before = host.monotonic();
    vi.advanceTimersByTime(50);
    expect([host.now(), host.monotonic() - before]).toEqual([1_000_050, 50]);
  });
});

test('nextTurn comes after timers and microtasks that are due', async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    host.nextTurn(() => {
      order.push('turn');
      resolve();
    });
    void Promise.resolve().then(() => order.push('microtask'));
    order.push('now');
  });
  expect(order).toEqual(['now', 'microtask', 'turn']);
});

test('random, uuid and sha256', () => {
  const random = host.random();
  expect(random >= 0 && random < 1).toBe(true);
  expect(host.uuid()).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(host.uuid()).not.toBe(host.uuid());
  expect(host.sha256('größe')).toBe('d353a2671b67afff0941ae456e5c76e9394bd6579774ae7542a6185fb9843384');
});

test.each([
  ['/data', 'x/y', '/data/x/y'],
  ['/data', '../x', '/x'],
  ['/data', '/x', '/x'],
])('from %s the path %s is %s', (directory, path, expected) => {
  expect(host.resolvePath(directory, path)).toBe(expected);
});
