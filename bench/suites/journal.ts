import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Executor, parseWorkflow } from '../../src/index.ts';
import { MemoryJournal, openSqliteJournal, type Journal } from '../../src/journal/index.ts';
import { compare, type MeasuredWork, type TimedWork } from '../harness/comparison.ts';
import { action } from './flow.ts';

type Durability = 'batched' | 'strict';

/** Runs after which a journal in memory starts anew: it keeps all of them. */
const RUNS_KEPT = 5_000;

function ownDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'heddle-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const openSqlite = (directory: string): Promise<Journal> =>
  openSqliteJournal({ file: path.join(directory, 'heddle.db') });

const THREE_TASKS = `
tasks:
  - { name: a, action: bench.increment, input: { x: 0 } }
  - { name: b, action: bench.increment, input: { x: << task.a >> } }
  - { name: c, action: bench.increment, input: { x: << task.b >> } }
output: { x: << task.c >> }
`;

const increment = action('increment', ({ x }: { x: number }) => x + 1);

function threeTasks(openJournal: () => Journal | null, durability: Durability = 'batched'): TimedWork {
  const workflow = parseWorkflow(THREE_TASKS, { actions: [increment] });
  const start = (): Executor => {
    const journal = openJournal();
    return journal === null ? new Executor() : new Executor({ journal, durability });
  };
  let executor = start();
  let runs = 0;
  return {
    run: () => {
      if (++runs % RUNS_KEPT === 0) executor = start();
      return executor.run(workflow);
    },
    result: (returned) => (returned as { output: unknown }).output,
  };
}

async function threeTasksInSqlite(durability: Durability): Promise<TimedWork> {
  const journal = await openSqlite(ownDirectory());
  return threeTasks(() => journal, durability);
}

export const journalRun = compare<null>({
  name: 'journal-run',
  title: 'A run of three synchronous tasks, recorded',
  unit: 'ns',
  each: 'a run',
  cases: { '3 tasks': null },
  note: 'One run after the other, each waited for until it is written. Runs that go on at the same time share their commits.',
  // What writes to SQLite is compiled after some 10,000 runs, about 0.9 s.
  warmUpMs: 2000,
  variants: [
    { name: 'no journal', role: 'limit', prepare: () => threeTasks(() => null) },
    { name: 'heddle, memory', role: 'heddle', prepare: () => threeTasks(() => new MemoryJournal()) },
    { name: 'heddle, SQLite batched', role: 'heddle', prepare: () => threeTasksInSqlite('batched') },
    { name: 'heddle, SQLite strict', role: 'heddle', prepare: () => threeTasksInSqlite('strict') },
  ],
});

const BUSY_MS = 0.1;

/** Keeps the processor busy for 100 µs. */
const busy = action('busy', ({ x }: { x: number }) => {
  const untilMs = performance.now() + BUSY_MS;
  while (performance.now() < untilMs);
  return x;
});

const ITEMS = `
parameters: { list: { type: array } }
tasks:
  - { name: work, action: bench.busy, with-items: << parameters.list >>, input: { x: << item >> } }
output: { last: << last(task.work) >> }
`;

function busyItems(count: number, journal: Journal | null): TimedWork {
  const workflow = parseWorkflow(ITEMS, { actions: [busy] });
  const list = Array.from({ length: count }, (_, index) => index);
  const executor = journal === null ? new Executor() : new Executor({ journal });
  return {
    run: () => executor.run(workflow, { list }),
    result: (returned) => (returned as { output: unknown }).output,
    warmupRuns: 1,
  };
}

export const journalItems = compare<number>({
  name: 'journal-items',
  title: 'Iterations of an action that takes 100 µs, recorded',
  unit: 'ns',
  each: 'an iteration',
  per: (count) => count,
  cases: { '10,000': 10_000 },
  variants: [
    { name: 'no journal', role: 'limit', prepare: (count) => busyItems(count, null) },
    {
      name: 'heddle, SQLite batched',
      role: 'heddle',
      prepare: async (count) => busyItems(count, await openSqlite(ownDirectory())),
    },
  ],
});

const INCOMPRESSIBLE = `
tasks:
  - { name: fetch, action: bench.fetch }
  - name: work
    action: bench.pick
    with-items: << range(0, 10000) >>
    input: { id: << item >>, size: << length(task.fetch) >> }
output: { count: << length(task.work) >>, size: << length(task.fetch) >> }
`;

const ROW = 'x'.repeat(76);

export const journalSize = compare<null>({
  name: 'journal-size',
  title: 'The journal of a run of 10,000 iterations with 1 MB of context that cannot be compressed',
  unit: 'bytes',
  each: 'a run',
  cases: { '10,000 results of 100 bytes': null },
  note: 'Of its own file: 1 MB of results and 1 MB of context, each once, is 2 MB.',
  variants: [
    {
      name: 'heddle, SQLite batched',
      role: 'heddle',
      prepare: () => {
        const directory = ownDirectory();
        const context = randomBytes(750_000).toString('base64');
        const fetch = action('fetch', () => context);
        const pick = action('pick', ({ id }: { id: number }) => ({ id, text: ROW }));
        const workflow = parseWorkflow(INCOMPRESSIBLE, { actions: [fetch, pick] });
        return {
          measure: async () => {
            const journal = await openSqlite(directory);
            const { status } = await new Executor({ journal }).run(workflow);
            if (status !== 'succeeded') throw new Error(`the run ${status}`);
            await journal.compact();
            await journal.close();
            return statSync(path.join(directory, 'heddle.db')).size;
          },
        };
      },
    },
  ],
});

/** Kills its process at the last item, once all others are in the journal. */
const FATAL = `
export default [{
  name: 'bench.fatal',
  run: ({ id }, { attempt }) => {
    if (id < 100000) return { id, text: '${ROW}' };
    return new Promise(() => setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500));
  },
}];
`;

const TO_RESUME = `
name: to-resume
tasks:
  - name: work
    action: bench.fatal
    with-items: << range(0, 100001) >>
    input: { id: << item >> }
output: { count: << length(task.work) >> }
`;

/** Leaves a run behind whose process was killed after 100,000 of 100,001 iterations. */
function killedRun(directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'fatal.mjs'), FATAL);
  writeFileSync(path.join(directory, 'to-resume.yaml'), TO_RESUME);
  const args = [path.resolve('dist/cli.js'), 'run', 'to-resume.yaml', '--actions', 'fatal.mjs'];
  const { signal, stderr } = spawnSync(process.execPath, args, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  if (signal !== 'SIGKILL') throw new Error(`the run was to be killed: ${stderr.toString()}`);
}

function resumed(): MeasuredWork {
  const original = path.join(ownDirectory(), 'killed');
  killedRun(original);
  let copies = 0;
  let output: unknown;
  return {
    measure: async () => {
      const directory = `${original}-${++copies}`;
      cpSync(original, directory, { recursive: true });
      const file = path.join(directory, '.heddle', 'heddle.db');
      if (!readdirSync(path.dirname(file)).includes('heddle.db')) throw new Error('the run left no journal behind');
      const journal = await openSqliteJournal({ file });
      const [known] = (await journal.runs({})).runs;
      if (known === undefined) throw new Error('the run is not in the journal');
      const fatal = action('fatal', ({ id }: { id: number }) => ({ id, text: ROW }));
      const executor = new Executor({ journal, actions: [fatal] });
      const startedMs = performance.now();
      const run = await executor.resume(known.id);
      ({ output } = await run.result);
      const tookMs = performance.now() - startedMs;
      await journal.close();
      return tookMs * 1e6;
    },
    result: () => output,
  };
}

export const journalResume = compare<null>({
  name: 'journal-resume',
  title: 'Resuming a killed run with 100,000 completed iterations of 100 bytes each',
  unit: 'ns',
  each: 'a resume',
  cases: { '100,000': null },
  note: 'From opening the run to its end; one iteration is left to do.',
  variants: [{ name: 'heddle, SQLite batched', role: 'heddle', prepare: resumed }],
});
