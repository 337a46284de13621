import { afterAll, afterEach, beforeAll } from 'vitest';
import { defineAction, defineWorkflow } from '../../src/index.ts';
import type { Workflow } from '../../src/node/workflow.ts';
import {
  createQueue,
  createWorker,
  type Queue,
  type Worker,
  type WorkerEvent,
  type WorkerOptions,
} from '../../src/queue/index.ts';
import { RedisServer } from '../servers/redis-server.ts';

/** Life of locks in these tests, in milliseconds: what is lost is found soon. */
export const LOCK_MS = 1000;

/** A queue with workers of this process, on a Redis of its own. */
export interface Scene {
  readonly url: string;
  readonly queue: Queue;
  readonly events: WorkerEvent[];
  /** Starts a worker, which ends with the test. */
  worker(options?: Partial<WorkerOptions>): Promise<Worker>;
}

/** Sets up a scene for each test of a file. */
export function scene(): Scene {
  let server: RedisServer;
  let queue: Queue;
  let tests = 0;
  let prefix = '';
  const workers: Worker[] = [];
  const events: WorkerEvent[] = [];
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close({ force: true })));
    await queue.close();
    tests += 1;
    opened = null;
    events.length = 0;
  });
  let opened: Promise<Queue> | null = null;
  const url = (): string => {
    prefix = `t${tests}`;
    return `${server.url()}?prefix=${prefix}`;
  };
  return {
    get url() {
      return url();
    },
    get queue() {
      return queue;
    },
    events,
    async worker(options = {}) {
      opened ??= createQueue({ url: url(), lockMs: LOCK_MS });
      queue = await opened;
      const worker = createWorker({ url: url(), lockMs: LOCK_MS, actions: ACTIONS, graceMs: 2000, ...options });
      workers.push(worker);
      worker.on((event) => events.push(event));
      await worker.start();
      return worker;
    },
  };
}

/** What the actions of these tests have done. */
export const seen: { calls: unknown[]; inFlight: number; peak: number } = { calls: [], inFlight: 0, peak: 0 };

/** Actions of these tests. */
export const ACTIONS = [
  defineAction({
    name: 't.note',
    input: { type: 'object', properties: { value: {}, ms: { type: 'number' } } } as const,
    run: async ({ value, ms = 0 }) => {
      seen.inFlight += 1;
      seen.peak = Math.max(seen.peak, seen.inFlight);
      await new Promise((resolve) => setTimeout(resolve, ms));
      seen.inFlight -= 1;
      seen.calls.push(value);
      return value ?? null;
    },
  }),
];

/** A workflow of these tests. */
export function workflowOf(definition: object): Workflow {
  return defineWorkflow(definition, { actions: ACTIONS });
}
