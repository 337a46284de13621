import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { defineWorkflow, Executor } from '../../src/index.ts';
import { createQueue } from '../../src/queue/index.ts';
import { compare, type MeasuredWork } from '../harness/comparison.ts';
import { isInstalled, QueueSite, runQueued } from '../harness/queue-site.ts';
import { action } from './flow.ts';

const ITEMS = 10_000;
const WORKERS = 2;
const CONTEXT_BYTES = 1_000_000;
const ITEM_BYTES = 100;
/** Items that the peer is measured with: all of them would take about 10 GB. */
const FEW = 100;

/** Into the server, or out of it. */
type Direction = 'in' | 'out';

/** Text of so many bytes that hardly compresses, the same every time. */
function noise(bytes: number, seed: number): string {
  let text = '';
  for (let block = 0; text.length < bytes; block++) {
    text += createHash('sha512')
      .update(`${seed} ${block}`)
      .digest()
      .toString('latin1')
      .replace(/[^ -~]/g, '');
  }
  return text.slice(0, bytes);
}

const parametersOf = (items: number): { context: string; items: { id: number; text: string }[] } => ({
  context: noise(CONTEXT_BYTES, -1),
  items: Array.from({ length: items }, (_, id) => ({ id, text: noise(ITEM_BYTES - 24, id) })),
});

const WORKFLOW = {
  name: 'bytes',
  parameters: { context: { type: 'string' }, items: { type: 'array' } },
  tasks: [
    {
      name: 'each',
      action: 'bench.label',
      distribute: true,
      'with-items': '<< parameters.items >>',
      concurrency: 50,
      input: { id: '<< item.id >>', text: '<< item.text >>', size: '<< length(parameters.context) >>' },
    },
  ],
  output: { digest: '<< sha256(json(task.each)) >>' },
};

const LABEL = `({ id, text, size }) => ({ id: id + size, text: text.split('').reverse().join('') })`;
const ACTIONS = `export const label = { name: 'bench.label', run: ${LABEL} };`;

const label = action('label', ({ id, text, size }: { id: number; text: string; size: number }) => ({
  id: id + size,
  text: text.split('').reverse().join(''),
}));

/** What has to pass: each thing once into the server; out of it, context and items to each worker, results twice. */
function least(direction: Direction): MeasuredWork {
  const contexts = direction === 'in' ? 1 : WORKERS;
  const results = direction === 'in' ? 1 : 2;
  let output: unknown;
  return {
    measure: async () => {
      const workflow = defineWorkflow(WORKFLOW, { actions: [label] });
      ({ output } = await new Executor().run(workflow, parametersOf(ITEMS)));
      return contexts * CONTEXT_BYTES + ITEMS * ITEM_BYTES + results * ITEMS * ITEM_BYTES;
    },
    result: () => output,
  };
}

async function passed(redis: Redis, direction: Direction): Promise<number> {
  const stats = await redis.info('stats');
  return Number(new RegExp(`total_net_${direction}put_bytes:(\\d+)`).exec(stats)?.[1]);
}

function heddle(direction: Direction): MeasuredWork {
  let output: unknown;
  return {
    measure: async () => {
      const site = await QueueSite.open('Redis');
      const redis = new Redis(site.url);
      try {
        await site.workHeddle(WORKERS, ACTIONS);
        const queue = await createQueue({ url: site.url });
        const before = await passed(redis, direction);
        output = await runQueued(queue, defineWorkflow(WORKFLOW), parametersOf(ITEMS));
        const bytes = (await passed(redis, direction)) - before;
        await queue.close();
        return bytes;
      } finally {
        redis.disconnect();
        await site.close();
      }
    },
    result: () => output,
  };
}

/** What BullMQ stores and sends where each job holds what its item needs. */
function jobPerItem(direction: Direction): MeasuredWork {
  let output: unknown;
  return {
    measure: async () => {
      const { Queue, Worker } = await import('bullmq');
      const site = await QueueSite.open('Redis');
      const redis = new Redis(site.url);
      try {
        const { context, items } = parametersOf(FEW);
        const connection = { host: '127.0.0.1', port: Number(new URL(site.url).port), maxRetriesPerRequest: null };
        const queue = new Queue('each', { connection });
        const before = await passed(redis, direction);
        await queue.addBulk(items.map((item) => ({ name: 'each', data: { context, item } })));
        let done = 0;
        await new Promise<void>((resolve) => {
          const worker = new Worker(
            'each',
            (job) => Promise.resolve((job.data as { item: { text: string } }).item.text),
            { connection, concurrency: 10 },
          );
          worker.on('completed', () => {
            if (++done === FEW) void worker.close().then(resolve);
          });
        });
        const bytes = (await passed(redis, direction)) - before;
        await queue.close();
        const workflow = defineWorkflow(WORKFLOW, { actions: [label] });
        ({ output } = await new Executor().run(workflow, parametersOf(ITEMS)));
        return (bytes / FEW) * ITEMS;
      } finally {
        redis.disconnect();
        await site.close();
      }
    },
    result: () => output,
  };
}

export const queueBytes = compare<Direction>({
  name: 'queue-bytes',
  title:
    'Bytes between workers and Redis: 10,000 items and results of 100 bytes, 1 MB of context that hardly compresses',
  unit: 'bytes',
  each: 'a run',
  cases: { 'into the server': 'in', 'out of the server': 'out' },
  note: `${WORKERS} workers and a producer; as the server counts them. The least: into it context, items and results once; out of it the context for each worker, items once, results twice. A job of BullMQ for each item that holds its context was measured with ${FEW} items and multiplied.`,
  variants: [
    { name: 'the least', role: 'limit', prepare: least },
    { name: 'heddle', role: 'heddle', takes: () => isInstalled('Redis'), prepare: heddle },
    { name: 'a job of BullMQ for each item', role: 'peer', takes: () => isInstalled('Redis'), prepare: jobPerItem },
  ],
});
