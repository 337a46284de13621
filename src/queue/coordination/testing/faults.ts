import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../../../test/servers/program.ts';
import { Proxy } from '../../../../test/servers/proxy.ts';
import type { Coordination } from '../coordination.ts';
import { openCoordination } from '../open-coordination.ts';
import type { CoordinationOptions } from '../options.ts';
import { ended, rangesFrom, TASK, terms } from './place.ts';
import { workOn } from './work.ts';

/** A server of its own, as tests start it. */
export interface FaultyServer {
  readonly port: number;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** What every coordination must do when its server or the way there fails. `urlOf`: the URL of a port. */
export function describeFaults<Server extends FaultyServer>(
  start: () => Promise<Server>,
  urlOf: (port: number) => string,
  more: (server: () => Server, open: (options?: Partial<CoordinationOptions>) => Promise<Coordination>) => void,
): void {
  let server: Server;
  let prefix = 'faults_0';
  let tests = 0;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    prefix = `faults_${++tests}`;
  });

  const open = async (options: Partial<CoordinationOptions> = {}): Promise<Coordination> => {
    const coordination = await openCoordination({ url: urlOf(server.port), prefix, ...options });
    onTestFinished(() => coordination.disconnect());
    return coordination;
  };
  const proxied = async (): Promise<{ readonly proxy: Proxy; readonly coordination: Coordination }> => {
    const proxy = await Proxy.start(server.port);
    onTestFinished(() => proxy.stop());
    return { proxy, coordination: await open({ url: urlOf(proxy.port) }) };
  };

  describe('whose connection breaks before the reply', () => {
    test('does nothing twice', async () => {
      const { proxy, coordination } = await proxied();
      const during = async <T>(call: () => Promise<T>): Promise<T> => {
        const swallowed = proxy.swallowReply();
        const result = await call();
        await swallowed;
        return result;
      };
      const rate = { count: 10, perMs: 1000 };
      const given = terms({ continues: true, concurrency: 5, rate });
      const opened = await during(() => coordination.open(TASK, given));
      expect(opened).toEqual({ isNew: true, claimed: rangesFrom(0, 10, 10, 10, 10) });
      const finished = await during(() => coordination.finish(TASK, ended({ from: 10, count: 10 }, 100, 2)));
      expect(finished).toMatchObject({ claimed: rangesFrom(40, 10), state: 'open' });
      expect(await coordination.finish(TASK, ended({ from: 10, count: 10 }))).toMatchObject({ claimed: [] });
      const request = { keeps: 1, wants: 3, failed: 4, ttlMs: 60_000 };
      expect(await during(() => coordination.hold(TASK, 'a', request))).toMatchObject({ permits: 3, isStopped: false });
      expect(await during(() => coordination.reserve(TASK, 2))).toMatchObject({ spacingMs: 102 });
      await during(() => coordination.stop(TASK));
      expect(await during(() => coordination.abandon(TASK, { from: 0, count: 10 }))).toBe('open');
      expect(await during(() => coordination.state(TASK))).toMatchObject({
        failed: 6,
        ended: 10,
        isStopped: true,
        done: rangesFrom(10, 10),
        open: rangesFrom(20, 10, 10, 10),
      });
      await during(() => coordination.letGo(TASK, 'a'));
      expect(await during(() => coordination.tasks())).toEqual([TASK]);
      await during(() => coordination.closeRun(TASK.run));
      expect(await coordination.state(TASK)).toBeNull();
    });

    test('adds and ends once', async () => {
      const { proxy, coordination } = await proxied();
      await coordination.open(TASK, terms({ total: null }));
      let swallowed = proxy.swallowReply();
      await coordination.add(TASK, rangesFrom(0, 10, 10));
      await swallowed;
      await coordination.finish(TASK, ended({ from: 0, count: 10 }));
      swallowed = proxy.swallowReply();
      expect(await coordination.end(TASK, 20)).toBe('open');
      await swallowed;
      expect(await coordination.state(TASK)).toMatchObject({ open: rangesFrom(10, 10), ended: 10, total: 20 });
    });

    test('again and again: every iteration is in one range', async () => {
      const { proxy, coordination } = await proxied();
      const other = await open();
      const { claimed } = await coordination.open(TASK, terms({ total: 5000, window: 20, maxCount: 10 }));
      let looks = 0;
      const ranges = await workOn([coordination, other], 40, claimed, async () => {
        looks++;
        if (looks % 2 === 0) proxy.cut();
        else await Promise.race([proxy.swallowReply(), other.state(TASK)]);
      });
      expect(looks).toBeGreaterThan(4);
      expect(ranges).toEqual(rangesFrom(0, ...ranges.map(({ count }) => count)));
      expect(await other.state(TASK)).toMatchObject({ state: 'complete', ended: 5000, open: [], done: ranges });
    });
  });

  describe('that dies', () => {
    test('is waited for, and knows what it had acknowledged', async () => {
      const coordination = await open();
      await coordination.open(TASK, terms());
      const { claimed } = await coordination.finish(TASK, ended({ from: 0, count: 10 }, 100));
      await server.kill();
      const finishing = coordination.finish(TASK, ended({ from: 10, count: 10 }, 100));
      const holding = coordination.hold(TASK, 'a', { keeps: 0, wants: 2, failed: 1, ttlMs: 1000 });
      await server.restart();
      expect((await finishing).state).toBe('open');
      expect(await holding).toMatchObject({ permits: 2, isStopped: true });
      expect(await coordination.state(TASK)).toMatchObject({ ended: 20, failed: 1, done: rangesFrom(0, 10, 10) });
      expect(claimed).toEqual(rangesFrom(40, 10));
    });

    test('and stays away is an error after a while', async () => {
      const other = await start();
      const coordination = await open({ url: urlOf(other.port), patienceMs: 30 });
      await coordination.open(TASK, terms());
      await other.stop();
      await expect(coordination.state(TASK)).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_UNREACHABLE' });
    });

    test('is refused where nobody answers', async () => {
      const opened = open({ url: urlOf(await freePort()) });
      await expect(opened).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_UNREACHABLE' });
      await expect(opened).rejects.not.toThrow('secret');
    });
  });

  more(() => server, open);
}
