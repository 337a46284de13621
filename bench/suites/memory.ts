import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Executor, parseWorkflow } from '../../src/index.ts';
import { compare, type MeasuredWork } from '../harness/comparison.ts';
import { ballast } from './data.ts';
import { action } from './flow.ts';
import { loopText } from './loop.ts';

const BYTES_PER_KIB = 1024;

/** A file of so many lines, `{"status":200,"bytes":123}` each, written once. */
async function linesFile(count: number): Promise<string> {
  const directory = path.join(tmpdir(), 'heddle-bench');
  const file = path.join(directory, `${count}.ndjson`);
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  const stream = createWriteStream(unfinished);
  for (let from = 0; from < count; from += 10_000) {
    let text = '';
    for (let line = from; line < Math.min(count, from + 10_000); line++) {
      text += `{"id":${line},"status":${line % 50 === 0 ? 503 : 200},"bytes":${(line * 7919) % 5000}}\n`;
    }
    if (!stream.write(text)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
  renameSync(unfinished, file);
  return file;
}

const MILLION_TEXT = `
parameters: { path: { type: string } }
tasks:
  - { name: fetch, action: bench.fetch }
  - name: count
    action: bench.pick
    with-items: { from: file, path: << parameters.path >>, format: ndjson }
    input: { status: << item.status >>, bytes: << item.bytes >> }
    aggregate:
      lines: count()
      by_status: count_by(result().status)
      bytes: sum(result().bytes)
output: { count: << task.count >>, rows: << length(task.fetch) >> }
`;

async function aggregateFile(count: number): Promise<{ peak: number; perItemNs: number; output: unknown }> {
  const context = ballast(1_000_000);
  const actions = [action('fetch', () => context), action('pick', (input) => input)];
  const workflow = parseWorkflow(MILLION_TEXT, { actions });
  const file = await linesFile(count);
  const startedMs = performance.now();
  const { output } = await new Executor().run(workflow, { path: file });
  const perItemNs = ((performance.now() - startedMs) * 1e6) / count;
  return { peak: process.resourceUsage().maxRSS * BYTES_PER_KIB, perItemNs, output };
}

const LINES: Readonly<Record<string, number>> = { '10,000': 10_000, '100,000': 100_000, '1,000,000': 1_000_000 };

function figureOf(field: 'peak' | 'perItemNs', count: number): MeasuredWork {
  let output: unknown;
  return {
    measure: async () => {
      const found = await aggregateFile(count);
      output = found.output;
      return found[field];
    },
    result: () => output,
  };
}

/** What a process holds that has loaded the same code and the same context and reads nothing. */
function atStart(): MeasuredWork {
  const context = ballast(1_000_000);
  return {
    measure: () => {
      const { maxRSS } = process.resourceUsage();
      return context.length > 0 ? maxRSS * BYTES_PER_KIB : 0;
    },
  };
}

export const fileMemory = compare<number>({
  name: 'file-memory',
  title: 'Peak of memory (RSS) of a process that aggregates a file with 1 MB of context',
  unit: 'bytes',
  each: 'a process',
  cases: LINES,
  variants: [{ name: 'heddle', role: 'heddle', prepare: (count) => figureOf('peak', count) }],
  note: 'NDJSON, about 40 bytes a line. Node.js and the benchmark itself are part of the figure.',
});

export const processMemory = compare<null>({
  name: 'process-memory',
  title: 'The same for a process that reads nothing',
  unit: 'bytes',
  each: 'a process',
  cases: { 'nothing read': null },
  variants: [{ name: 'Node.js, heddle loaded, 1 MB of context', role: 'limit', prepare: atStart }],
});

export const fileTime = compare<number>({
  name: 'file-time',
  title: 'Time of the same run',
  unit: 'ns',
  each: 'a line',
  cases: LINES,
  variants: [{ name: 'heddle', role: 'heddle', prepare: (count) => figureOf('perItemNs', count) }],
});

/** Heap in use, after everything that can be collected has been. */
function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('memory is measured with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

const AT_REST_TEXT = `
vars: { region: eu, count: 3, name: web }
tasks:
  - { name: wait, action: bench.wait, input: { region: << workflow.region >> } }
`;

export const atRest = compare<number>({
  name: 'at-rest',
  title: 'Heap of a run that waits for its action: 3 variables, one task',
  unit: 'bytes',
  each: 'a run',
  per: (count) => count,
  cases: { '10,000 runs': 10_000 },
  variants: [
    {
      name: 'heddle',
      role: 'heddle',
      prepare: (count) => {
        const never = new Promise<never>(() => {});
        const workflow = parseWorkflow(AT_REST_TEXT, { actions: [action('wait', () => never)] });
        const executor = new Executor();
        const kept: unknown[] = [];
        return {
          measure: async () => {
            // Code and caches of the first runs belong to no run.
            for (let number = 0; number < 200; number++) kept.push(executor.start(workflow));
            await new Promise((resolve) => setImmediate(resolve));
            const before = heapUsed();
            const runs: unknown[] = new Array<unknown>(count);
            for (let number = 0; number < count; number++) runs[number] = executor.start(workflow);
            await new Promise((resolve) => setImmediate(resolve));
            await new Promise((resolve) => setImmediate(resolve));
            const after = heapUsed();
            return runs.length === count && kept.length > 0 ? after - before : 0;
          },
        };
      },
    },
  ],
  note: 'Plan and listeners are not part of it; the handle that `start` returns is.',
});

export const loopHeap = compare<null>({
  name: 'loop-heap',
  title: 'Growth of the heap between the 100,000th and the 1,000,000th execution of a loop',
  unit: 'bytes',
  each: 'a run',
  cases: { '900,000 executions': null },
  variants: [
    {
      name: 'heddle',
      role: 'heddle',
      prepare: () => {
        const seen: number[] = [];
        const step = ({ x }: { x: number }): number => {
          if (x === 100_000 || x === 999_999) seen.push(heapUsed());
          return x + 1;
        };
        const workflow = parseWorkflow(loopText(1_000_000), { actions: [action('step', step)] });
        let output: unknown;
        return {
          measure: async () => {
            ({ output } = await new Executor().run(workflow));
            return Math.max(0, (seen[1] as number) - (seen[0] as number));
          },
          result: () => output,
        };
      },
    },
  ],
});
