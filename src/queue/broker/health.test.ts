import { describe, expect, onTestFinished, test } from 'vitest';
import { Log } from '../testing/waiting.ts';
import { Health } from './health.ts';

/** A server whose probes fail with what a test puts here, one after the other; then it is well. */
function watched(failures: unknown[]): { readonly health: Health; readonly states: Log<string> } {
  const probe = async (): Promise<void> => {
    if (failures.length > 0) throw failures.shift();
  };
  const health = new Health({ name: 'redis://host', probe });
  onTestFinished(() => health.close());
  const states = new Log<string>();
  health.onState((state, reason) => states.add(`${state} ${reason}`.trim()));
  return { health, states };
}

const full = Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' });
const lost = new Error('Connection is closed.');

describe('the health of a server', () => {
  test('is told when it changes, and only then', async () => {
    const { health, states } = watched([lost, full]);
    expect([health.state, health.outage]).toEqual(['back', null]);
    expect([health.report(lost), health.report(lost)]).toEqual([true, true]);
    await health.recovered();
    expect(states.all).toEqual(['lost Connection is closed', 'full OOM command not allowed', 'back']);
    expect(health.state).toBe('back');
    const { fromMs, toMs } = health.outage ?? { fromMs: 0, toMs: 0 };
    // Three probes, each after a longer pause.
    expect(toMs - fromMs).toBeGreaterThanOrEqual(50 + 100 + 200 - 5);
  });

  test('is not at fault for what would fail again', async () => {
    const { health, states } = watched([]);
    expect(health.report(new TypeError('no'))).toBe(false);
    await expect(health.patiently(1000, () => Promise.reject(new TypeError('no')))).rejects.toMatchObject({
      code: 'HEDDLE_QUEUE_IO',
    });
    expect(states.all).toEqual([]);
  });

  test('ends where the server refuses for another reason', async () => {
    const { health, states } = watched([Object.assign(new Error('NOPERM no'), { name: 'ReplyError' })]);
    health.report(lost);
    await health.recovered();
    expect(states.all).toEqual(['lost Connection is closed', 'back NOPERM no']);
  });

  test('lets calls wait until it is well', async () => {
    const { health } = watched([lost]);
    let calls = 0;
    const given = await health.patiently(10_000, async () => {
      if (++calls < 3) throw lost;
      return 'well';
    });
    expect([given, calls]).toEqual(['well', 3]);
  });

  test('lets calls wait no longer than they would', async () => {
    const { health } = watched(Array.from({ length: 1000 }, () => full));
    await expect(health.patiently(50, () => Promise.reject(full))).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_FULL' });
    await expect(health.patiently(50, () => new Promise(() => {}))).rejects.toMatchObject({
      code: 'HEDDLE_QUEUE_UNREACHABLE',
    });
  });

  test('is of no interest any more when it is closed', async () => {
    const { health, states } = watched(Array.from({ length: 1000 }, () => lost));
    health.report(lost);
    health.close();
    await health.recovered();
    expect(health.report(full)).toBe(false);
    expect(states.all).toEqual(['lost Connection is closed']);
  });
});
