import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../../test/servers/program.ts';
import { Proxy } from '../../../test/servers/proxy.ts';
import type { Broker, Consumer } from '../broker/broker.ts';
import { openBroker, type BrokerOptions } from '../broker/open-broker.ts';
import { deferred, Hands, Log, runJob } from './waiting.ts';
import { WorkerProcess } from './worker.ts';

/** A server that tests may break. */
export interface BreakableServer {
  readonly port: number;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** How the suite gets at a server. */
export interface FaultPlace {
  readonly server: () => BreakableServer;
  /** The URL with that port. */
  readonly url: (port: number) => string;
  /** Whose password is wrong. */
  readonly deniedUrl: () => string;
  /** Of a journal that lies there. */
  readonly journal: (port: number, prefix: string) => string;
  /** What the client sends when a job is done, as a text that is in it. */
  readonly completes: (id: string) => string;
}

/** Life of locks in tests that wait for their end. */
const LOCK_MS = 1000;

let places = 0;

/** What every broker does when something breaks. */
export function describeFaults(name: string, place: FaultPlace): void {
  describe(name, () => {
    let prefix = '';
    const brokers: Broker[] = [];
    const consumers: Consumer[] = [];
    const busy: Hands[] = [];
    beforeEach(() => {
      prefix = `faults_${++places}`;
    });
    afterEach(async () => {
      for (const hands of busy.splice(0)) for (const { end } of hands.taken.all) end();
      await Promise.all(consumers.splice(0).map((consumer) => consumer.close({ force: true })));
      await Promise.all(brokers.splice(0).map((broker) => broker.close()));
    });

    const url = (): string => place.url(place.server().port);
    const open = async (more: Partial<BrokerOptions> = {}): Promise<Broker> => {
      const broker = await openBroker({ url: url(), prefix, ...more });
      brokers.push(broker);
      return broker;
    };
    const work = (broker: Broker, hands = new Hands()): { readonly hands: Hands; readonly consumer: Consumer } => {
      const consumer = broker.work('run', 'default', 2, hands.handle);
      consumers.push(consumer);
      busy.push(hands);
      return { hands, consumer };
    };
    const gone = async (broker: Broker, id: string): Promise<void> => {
      while (await broker.isLive('run', 'default', id)) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const proxied = async (): Promise<Proxy> => {
      const proxy = await Proxy.start(place.server().port);
      onTestFinished(() => proxy.stop());
      return proxy;
    };

    describe('a server that dies', () => {
      test('longer than a lock lasts: work goes on, nobody else takes it, and new jobs are taken', async () => {
        const broker = await open({ lockMs: LOCK_MS });
        const states = new Log<string>();
        broker.onState(states.add);
        await broker.add([runJob('a')]);
        const { hands } = work(broker);
        const { job, end } = await hands.taken.next();
        const others = work(await open({ lockMs: LOCK_MS }));
        await place.server().kill();
        expect(await states.next()).toBe('lost');
        await new Promise((resolve) => setTimeout(resolve, LOCK_MS * 1.2));
        await place.server().restart();
        expect(await states.next()).toBe('back');
        // Long enough for every worker to look for dead ones, twice.
        await new Promise((resolve) => setTimeout(resolve, LOCK_MS * 2));
        expect(job.signal.aborted).toBe(false);
        expect([...hands.taken.all, ...others.hands.taken.all]).toHaveLength(1);
        end();
        await gone(broker, 'a');
        await broker.add([runJob('b')]);
        const next = deferred<string>();
        for (const { taken } of [hands, others.hands]) void taken.next().then((work) => next.resolve(work.job.id));
        expect(await next.promise).toBe('b');
      });

      test('while a job ends, hears of it later; and what is added meanwhile waits', async () => {
        const broker = await open();
        const states = new Log<string>();
        broker.onState(states.add);
        await broker.add([runJob('a')]);
        const { hands } = work(broker);
        const { end } = await hands.taken.next();
        await place.server().kill();
        end();
        expect(await states.next()).toBe('lost');
        const added = broker.add([runJob('b')]);
        await place.server().restart();
        await added;
        expect((await hands.taken.next()).job.id).toBe('b');
        await gone(broker, 'a');
        expect(states.all).toEqual(['lost', 'back']);
      });

      test('and stays away is an error after a while, and does not keep anyone from closing', async () => {
        const broker = await open({ patienceMs: 300 });
        await broker.add([runJob('a')]);
        const { hands, consumer } = work(broker);
        await hands.taken.next();
        await place.server().kill();
        await expect(broker.add([runJob('b')])).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_UNREACHABLE' });
        await expect(broker.counts()).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_UNREACHABLE' });
        await consumer.close({ force: true });
        await broker.close();
        await place.server().restart();
        const other = await open();
        expect(await other.isLive('run', 'default', 'a')).toBe(true);
      });
    });

    describe('a connection that breaks', () => {
      test('while a worker waits: it takes the next job', async () => {
        const proxy = await proxied();
        const broker = await open({ url: place.url(proxy.port) });
        const states = new Log<string>();
        broker.onState(states.add);
        const { hands } = work(broker);
        await broker.add([runJob('a')]);
        (await hands.taken.next()).end();
        await gone(broker, 'a');
        proxy.cut();
        expect(await states.next()).toBe('lost');
        expect(await states.next()).toBe('back');
        await broker.add([runJob('b')]);
        expect((await hands.taken.next()).job.id).toBe('b');
      });

      test('before the server hears that a job is done: it hears of it again', async () => {
        const proxy = await proxied();
        const broker = await open({ url: place.url(proxy.port), lockMs: 60_000 });
        await broker.add([runJob('one-job')]);
        const { hands } = work(broker);
        const { end } = await hands.taken.next();
        const swallowed = proxy.swallowCall(place.completes('one-job'));
        end();
        await swallowed;
        await gone(await open(), 'one-job');
        expect(hands.taken.all).toHaveLength(1);
      });

      test('again and again: no job is lost', async () => {
        const proxy = await proxied();
        const [slots, jobs] = [4, 100];
        const done: string[] = [];
        const all = deferred();
        for (const broker of [
          await open({ url: place.url(proxy.port), lockMs: LOCK_MS }),
          await open({ lockMs: LOCK_MS }),
        ]) {
          const consumer = broker.work('run', 'default', slots, async ({ id }) => {
            await new Promise((resolve) => setTimeout(resolve, 10));
            done.push(id);
            if (new Set(done).size === jobs) all.resolve();
          });
          consumers.push(consumer);
        }
        const through = await open({ url: place.url(proxy.port), lockMs: LOCK_MS });
        let cuts = 0;
        const cutter = setInterval(() => (cuts++, proxy.cut()), 150);
        onTestFinished(() => clearInterval(cutter));
        for (let job = 0; job < jobs; job += 10) {
          await through.add(Array.from({ length: 10 }, (_, index) => runJob(`job-${job + index}`)));
        }
        await all.promise;
        clearInterval(cutter);
        const direct = await open();
        while ((await direct.live('run', 'default')).size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
        // Twice at most what was in hand, or on the way, when a connection broke.
        expect(done.length).toBeLessThanOrEqual(jobs + cuts * 2 * slots);
      });

      test('before the reply arrives: nothing is done twice', async () => {
        const proxy = await proxied();
        const broker = await open({ url: place.url(proxy.port), lockMs: 60_000 });
        const errors = new Log<unknown>();
        await broker.add([runJob('one-job')]);
        const { hands, consumer } = work(broker);
        const { end } = await hands.taken.next();
        const swallowed = proxy.swallowReply(place.completes('one-job'));
        end();
        await swallowed;
        await gone(await open(), 'one-job');
        await broker.add([runJob('two')]);
        expect((await hands.taken.next()).job.id).toBe('two');
        expect(consumer.active).toBe(1);
        expect(errors.all).toEqual([]);
      });
    });

    describe('a worker', () => {
      test('that is killed: another takes its job within twice the life of its lock', async () => {
        const broker = await open({ lockMs: LOCK_MS });
        const worker = await WorkerProcess.start(url(), prefix, LOCK_MS, 'hold');
        await broker.add([runJob('a')]);
        await worker.hear('taken a');
        const { hands } = work(broker);
        // Longer than the lock would last by itself: the thread is at work.
        await new Promise((resolve) => setTimeout(resolve, LOCK_MS * 1.5));
        expect(hands.taken.all).toEqual([]);
        await worker.signal('SIGKILL');
        const killedAtMs = Date.now();
        expect((await hands.taken.next()).job.id).toBe('a');
        expect(Date.now() - killedAtMs).toBeLessThan(2 * LOCK_MS);
      });

      test('whose main thread is busy keeps its job', async () => {
        const broker = await open({ lockMs: LOCK_MS });
        const worker = await WorkerProcess.start(url(), prefix, LOCK_MS, `block:${3 * LOCK_MS}`);
        await broker.add([runJob('a')]);
        await worker.hear('taken a');
        const { hands } = work(broker);
        await worker.hear('done a');
        expect(hands.taken.all).toEqual([]);
      });

      test('that was stopped and goes on hears that its job is lost', async () => {
        const broker = await open({ lockMs: LOCK_MS });
        const worker = await WorkerProcess.start(url(), prefix, LOCK_MS, 'hold');
        await broker.add([runJob('a')]);
        await worker.hear('taken a');
        await worker.signal('SIGSTOP');
        const { hands } = work(broker);
        expect((await hands.taken.next()).job.id).toBe('a');
        await worker.signal('SIGCONT');
        await worker.hear('aborted HEDDLE_FENCED');
        expect(await broker.isLive('run', 'default', 'a')).toBe(true);
      });
    });

    describe('leases of the journal', () => {
      test('are kept with the job, and their loss ends its work', async () => {
        const { openJournal } = await import('../../journal/index.ts');
        const { newRun } = await import('../../journal/testing/server-journal.ts');
        const place_ = place.journal(place.server().port, prefix);
        const journal = await openJournal(place_);
        onTestFinished(() => journal.close());
        const broker = await open({ lockMs: LOCK_MS, leaseMs: 600, journal: place_ });
        await broker.add([runJob('a')]);
        const { hands } = work(broker);
        const { job, aborted } = await hands.taken.next();
        const lease = await journal.start(newRun('r1'), { owner: 'me', ttlMs: 600 });
        if (lease === null) throw new Error('there is a run');
        job.keep(lease);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        expect(await journal.acquire('r1', { owner: 'other', ttlMs: 1000 })).toBeNull();
        expect(await journal.acquire('r1', { owner: 'other', ttlMs: 1000 }, 'me')).not.toBeNull();
        expect(await aborted).toBe('HEDDLE_FENCED');
      });

      test('are let go of when that is asked for, or the job ends', async () => {
        const { openJournal } = await import('../../journal/index.ts');
        const { newRun } = await import('../../journal/testing/server-journal.ts');
        const place_ = place.journal(place.server().port, prefix);
        const journal = await openJournal(place_);
        onTestFinished(() => journal.close());
        const broker = await open({ leaseMs: 300, journal: place_ });
        await broker.add([runJob('a')]);
        const { hands } = work(broker);
        const { job, end } = await hands.taken.next();
        const request = { owner: 'me', ttlMs: 300 };
        const first = await journal.start(newRun('r1'), request);
        const second = await journal.start(newRun('r2'), request);
        if (first === null || second === null) throw new Error('there is a run');
        const letGo = job.keep(first);
        job.keep(second);
        letGo();
        end();
        for (const run of ['r1', 'r2']) {
          while ((await journal.acquire(run, { owner: 'other', ttlMs: 1000 })) === null) {
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
        expect(job.signal.aborted).toBe(false);
      });

      test('cannot be kept where the journal is not known', async () => {
        const broker = await open();
        await broker.add([runJob('a')]);
        const { hands } = work(broker);
        const { job } = await hands.taken.next();
        expect(() => job.keep({ run: 'r1', owner: 'me', epoch: 1 })).toThrow('the journal');
      });
    });

    test('that cannot be reached is refused at once', async () => {
      const opened = openBroker({ url: place.url(await freePort()), prefix });
      await expect(opened).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_UNREACHABLE' });
    });

    test('that refuses the user is an error of its own', async () => {
      const opened = openBroker({ url: place.deniedUrl(), prefix });
      await expect(opened).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_DENIED' });
    });
  });
}
