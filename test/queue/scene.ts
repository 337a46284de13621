import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { defineAction, defineWorkflow } from '../../src/index.ts';
import type { Workflow } from '../../src/node/workflow.ts';
import {
  createQueue,
  createWorker,
  type Queue,
  type QueueOptions,
  type Worker,
  type WorkerEvent,
  type WorkerOptions,
} from '../../src/queue/index.ts';
import { openBroker } from '../../src/queue/broker/open-broker.ts';
import { RedisServer } from '../servers/redis-server.ts';

/** Life of locks in these tests, in milliseconds: what is lost is found soon. */
export const LOCK_MS = 1000;

/** A server that queues can lie on. */
export type QueueServer = Pick<RedisServer, 'url' | 'stop'>;

/** Queues with workers of this process, on a server of their own. */
export interface Scene {
  /** Of the test that runs: each has queues of its own. */
  readonly url: string;
  /** What its workers told. */
  readonly events: readonly WorkerEvent[];
  /** Opens the queue, which closes with the test. */
  queue(options?: QueueOptions): Promise<Queue>;
  /** Starts a worker, which ends with the test. */
  worker(options?: WorkerOptions): Promise<Worker>;
  /** Writes a file; its path. */
  file(name: string, text: string): Promise<string>;
  /** Removes all jobs that nobody works on. */
  loseJobs(): Promise<void>;
}

/** Sets up a scene for the tests of a file, on a server of its own. */
export function scene(start: () => Promise<QueueServer> = () => RedisServer.start()): Scene {
  let server: QueueServer;
  let directory = '';
  let tests = 0;
  const events: WorkerEvent[] = [];
  const workers: Worker[] = [];
  const queues: Queue[] = [];
  beforeAll(async () => {
    server = await start();
    directory = await mkdtemp(path.join(tmpdir(), 'heddle-queue-'));
  });
  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close({ force: true })));
    await Promise.all(queues.splice(0).map((queue) => queue.close()));
    tests += 1;
    events.length = 0;
  });
  const url = (): string => `${server.url()}?prefix=t${tests}`;
  return {
    get url() {
      return url();
    },
    events,
    async queue(options = {}) {
      const queue = await createQueue({ url: url(), lockMs: LOCK_MS, ...options });
      queues.push(queue);
      return queue;
    },
    async worker(options = {}) {
      const worker = createWorker({ url: url(), lockMs: LOCK_MS, actions: ACTIONS, graceMs: 2000, ...options });
      workers.push(worker);
      worker.on((event) => events.push(event));
      await worker.start();
      return worker;
    },
    async file(name, text) {
      const file = path.join(directory, name);
      await writeFile(file, text);
      return file;
    },
    async loseJobs() {
      const broker = await openBroker({ url: url() });
      for (const queue of await broker.queues()) await broker.drain(queue);
      await broker.close();
    },
  };
}

/** Waits until something holds, which it does at some time or the test fails. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** What the actions of these tests have done, and whether `t.flaky` fails. */
export const seen = { calls: [] as unknown[], inFlight: 0, peak: 0, failing: false };

async function note(value: unknown, ms: number): Promise<unknown> {
  seen.inFlight += 1;
  seen.peak = Math.max(seen.peak, seen.inFlight);
  await new Promise((resolve) => setTimeout(resolve, ms));
  seen.inFlight -= 1;
  seen.calls.push(value);
  return value ?? null;
}

/** Actions of these tests. */
export const ACTIONS = [
  defineAction({ name: 't.note', run: ({ value, ms = 0 }: { value?: unknown; ms?: number }) => note(value, ms) }),
  defineAction({
    name: 't.flaky',
    run: ({ value, ms = 0, fails = true }: { value?: unknown; ms?: number; fails?: boolean }) => {
      if (seen.failing && fails) throw new Error('not now');
      return value === undefined ? 'well' : note(value, ms);
    },
  }),
];

/** A workflow of these tests. */
export function workflowOf(definition: object): Workflow {
  return defineWorkflow(definition, { actions: ACTIONS });
}
