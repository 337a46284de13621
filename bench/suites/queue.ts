import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defineWorkflow } from '../../src/index.ts';
import { createQueue } from '../../src/queue/index.ts';
import { compare, type MeasuredWork } from '../harness/comparison.ts';
import { isInstalled, QueueSite, runQueued, type ServerKind } from '../harness/queue-site.ts';

/** Runs before one is timed: connections are open then, and code is compiled. */
const WARM_UPS = 1;
/** Iterations in flight at most, of all workers together. */
const CONCURRENCY = 100;
const WORKERS = 2;

/** What an iteration does: nothing, wait, or work. */
interface Item {
  readonly server: ServerKind;
  readonly items: number;
  readonly sleepMs?: number;
  readonly busyMs?: number;
  readonly workers?: number;
}

const ACTIONS = `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const busy = (ms) => { for (const until = performance.now() + ms; performance.now() < until;); };
export const pass = { name: 'bench.pass', run: ({ n }) => n };
export const wait = { name: 'bench.wait', run: async ({ n, ms }) => { await sleep(ms); return n; } };
export const work = { name: 'bench.work', run: ({ n, ms }) => { busy(ms); return n; } };
`;

function actionOf({ sleepMs, busyMs }: Item): { action: string; ms: number } {
  if (sleepMs !== undefined) return { action: 'bench.wait', ms: sleepMs };
  return busyMs === undefined ? { action: 'bench.pass', ms: 0 } : { action: 'bench.work', ms: busyMs };
}

function spread(item: Item): MeasuredWork {
  let output: unknown;
  const { action, ms } = actionOf(item);
  const workflow = defineWorkflow({
    name: 'spread',
    tasks: [
      {
        name: 'each',
        action,
        distribute: true,
        'with-items': `<< range(0, ${item.items}) >>`,
        concurrency: CONCURRENCY,
        input: ms === 0 ? { n: '<< item >>' } : { n: '<< item >>', ms },
      },
    ],
    output: { sum: '<< sum(task.each) >>' },
  });
  return {
    measure: async () => {
      const site = await QueueSite.open(item.server);
      try {
        await site.workHeddle(item.workers ?? WORKERS, ACTIONS);
        const queue = await createQueue({ url: site.url });
        for (let run = 0; run < WARM_UPS; run++) await runQueued(queue, workflow);
        const startedMs = performance.now();
        output = await runQueued(queue, workflow);
        const tookMs = performance.now() - startedMs;
        await queue.close();
        return tookMs * 1e6;
      } finally {
        await site.close();
      }
    },
    result: () => output,
  };
}

/** The program of a worker of plain BullMQ, and of what queues a flow there. */
const BULLMQ = `
import { createPostgresBackend, FlowProducer, QueueEvents, setDefaultBackendFactory, Worker } from 'bullmq';
const [role, url, items, ms, action, concurrency] = process.argv.slice(2);
const isRedis = url.startsWith('redis:');
if (!isRedis) setDefaultBackendFactory(createPostgresBackend);
const connection = isRedis
  ? { host: '127.0.0.1', port: Number(new URL(url).port), maxRetriesPerRequest: null }
  : { connectionString: url, schema: 'flow', migrate: role === 'worker' };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const busy = (ms) => { for (const until = performance.now() + ms; performance.now() < until;); };
if (role === 'worker') {
  const each = async ({ data }) => {
    if (action === 'bench.wait') await sleep(data.ms);
    if (action === 'bench.work') busy(data.ms);
    return data.n;
  };
  const all = async (job) => Object.values(await job.getChildrenValues()).reduce((sum, n) => sum + n, 0);
  const workers = [
    new Worker('each', each, { connection, concurrency: Number(concurrency) }),
    new Worker('all', all, { connection }),
  ];
  await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  console.log('taking work');
} else {
  const flow = new FlowProducer({ connection });
  const events = new QueueEvents('all', { connection });
  await events.waitUntilReady();
  const run = async () => {
    const children = Array.from({ length: Number(items) }, (_, n) => ({
      name: 'each', queueName: 'each', data: { n, ms: Number(ms) },
    }));
    const { job } = await flow.add({ name: 'all', queueName: 'all', data: {}, children });
    return job.waitUntilFinished(events);
  };
  for (let warmUp = 0; warmUp < ${WARM_UPS}; warmUp++) await run();
  const startedMs = performance.now();
  const sum = await run();
  process.send({ tookMs: performance.now() - startedMs, sum });
}
`;

/** A flow with one child for each item, as BullMQ itself offers it. */
function flow(item: Item): MeasuredWork {
  let output: unknown;
  const { action, ms } = actionOf(item);
  return {
    measure: async () => {
      const site = await QueueSite.open(item.server);
      // Where it finds the library.
      const program = path.resolve('node_modules', '.cache', `heddle-bench-${process.pid}.mjs`);
      mkdirSync(path.dirname(program), { recursive: true });
      writeFileSync(program, BULLMQ);
      try {
        const workers = item.workers ?? WORKERS;
        const args = [site.url, String(item.items), String(ms), action, String(CONCURRENCY / workers)];
        await site.work(workers, [program, 'worker', ...args], /taking work/);
        const { tookMs, sum } = await site.ask<{ tookMs: number; sum: number }>([program, 'producer', ...args]);
        output = { sum };
        return tookMs * 1e6;
      } finally {
        rmSync(program);
        await site.close();
      }
    },
    result: () => output,
  };
}

/** A job for each item takes ten times as long there. */
const FEWER = 4;

const servers = (item: Omit<Item, 'server'>): Readonly<Record<string, Item>> => ({
  Redis: { ...item, server: 'Redis' },
  PostgreSQL: { ...item, items: item.items / FEWER, server: 'PostgreSQL' },
});

const FLOW = 'a job of BullMQ for each item';
const NOTE = `From queueing to the result, with a journal; ${WORKERS} workers and a producer are processes of their own, and what is queued lies in a server of its own that syncs once a second.`;

const variants = [
  { name: 'heddle', role: 'heddle', takes: ({ server }: Item) => isInstalled(server), prepare: spread },
  { name: FLOW, role: 'peer', takes: ({ server }: Item) => isInstalled(server), prepare: flow },
] as const;

export const queuePass = compare<Item>({
  name: 'queue-pass',
  title: 'Iterations on workers: an action that does nothing',
  unit: 'ns',
  each: 'an item',
  per: ({ items }) => items,
  cases: servers({ items: 10_000 }),
  smoke: { server: 'Redis', items: 200 },
  note: NOTE,
  variants,
});

export const queueWait = compare<Item>({
  name: 'queue-wait',
  title: `Iterations on workers: an action that waits for 20 ms, ${CONCURRENCY} at once`,
  unit: 'ns',
  each: 'an item',
  per: ({ items }) => items,
  cases: servers({ items: 5_000, sleepMs: 20 }),
  smoke: { server: 'Redis', items: 20, sleepMs: 1 },
  note: `${NOTE} Below ${20 / CONCURRENCY} ms an item no one can come.`,
  variants,
});

export const queueWork = compare<Item>({
  name: 'queue-work',
  title: 'Iterations on workers: an action that works for 1 ms',
  unit: 'ns',
  each: 'an item',
  per: ({ items }) => items,
  cases: {
    'Redis, one worker': { server: 'Redis', items: 3_000, busyMs: 1, workers: 1 },
    'Redis, two workers': { server: 'Redis', items: 3_000, busyMs: 1, workers: 2 },
    'PostgreSQL, one worker': { server: 'PostgreSQL', items: 3_000, busyMs: 1, workers: 1 },
    'PostgreSQL, two workers': { server: 'PostgreSQL', items: 3_000, busyMs: 1, workers: 2 },
  },
  smoke: { server: 'Redis', items: 20, busyMs: 1 },
  note: NOTE,
  variants,
});
