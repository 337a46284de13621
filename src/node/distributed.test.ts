import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import type {
  DistributedState,
  RecordedRun,
  DistributedWork,
  Distributor,
  ItemsGate,
  RunEntry,
  Selection,
  WorkTerms,
} from '../executor/index.ts';
import { readRecord } from '../executor/read-record.ts';
import { MemoryJournal } from '../journal/index.ts';
import { Executor } from './executor.ts';
import { parseWorkflow } from './load-workflow.ts';
import { storedDefinition } from './stored-definition.ts';
import type { Workflow } from './workflow.ts';

/** Lets everything through. */
class OpenGate implements ItemsGate {
  concurrency = 10;
  isStopped = false;
  failures = 0;
  #callback: () => void = () => {};
  inFlight: () => number = () => 0;

  take(): number {
    return 0;
  }

  onChange(callback: () => void): void {
    this.#callback = callback;
  }

  changed(): void {
    this.#callback();
  }

  failed(): void {
    this.failures++;
  }

  spare(): void {}

  watch(inFlight: () => number): void {
    this.inFlight = inFlight;
  }
}

/** Makes chunks of everything, and keeps them for a test to work on. */
class Chunks implements Distributor {
  readonly journal: MemoryJournal;
  readonly size: number;
  readonly sent: DistributedWork[] = [];
  readonly open: string[] = [];
  cancelled = 0;
  readonly #ids = new Map<number, readonly string[]>();
  readonly #ended = new Set<string>();

  constructor(journal: MemoryJournal, size = 4) {
    this.journal = journal;
    this.size = size;
  }

  takes(): boolean {
    return true;
  }

  async place(work: DistributedWork): Promise<DistributedState> {
    let ids = this.#ids.get(work.execution);
    if (ids === undefined) {
      this.sent.push(work);
      ids = await this.#make(work);
      this.open.push(...ids);
      this.#ids.set(work.execution, ids);
    }
    const isComplete = ids.every((id) => this.#ended.has(id));
    return isComplete ? { state: 'complete', chunks: ids } : { state: 'open' };
  }

  async #make(work: DistributedWork): Promise<readonly string[]> {
    const ids: string[] = [];
    const create = async (record: RecordedRun): Promise<void> => {
      expect(await this.journal.createRun(record)).toBe(true);
      ids.push(record.id);
    };
    const { isCall, total, feed } = work;
    if (isCall) await create(work.chunk(-1, 1));
    else if (feed !== null) {
      for (let from = 0; ; from += this.size) {
        const { record } = await feed(from, this.size);
        if (record === null) break;
        await create(record);
      }
    } else {
      const end = total ?? 0;
      for (let from = 0; from < end; from += this.size) {
        await create(work.chunk(from, Math.min(this.size, end - from)));
      }
    }
    return ids;
  }

  async cancel(work: DistributedWork): Promise<void> {
    this.cancelled++;
    for (const id of this.#ids.get(work.execution) ?? []) this.#ended.add(id);
  }

  ended(id: string): void {
    this.#ended.add(id);
  }
}

const TERMS: WorkTerms = { leave: new AbortController().signal, signal: new AbortController().signal, leaseMs: 10_000 };

async function enqueue(journal: MemoryJournal, workflow: Workflow, parameters: object = {}): Promise<string> {
  const id = 'run-1';
  const definition = storedDefinition(workflow);
  const row = {
    id,
    workflow: workflow.name,
    definition,
    parameters,
    status: 'pending',
    createdAtMs: Date.now(),
  } as const;
  expect(await journal.createRun(row)).toBe(true);
  return id;
}

async function recordOf(journal: MemoryJournal, run: string): Promise<RunEntry[]> {
  const entries: RunEntry[] = [];
  for await (const page of journal.entries(run)) for (const { entry } of page) entries.push(entry as RunEntry);
  return entries;
}

/** Records that a part of a run which has ended is to run again. */
async function rerun(journal: MemoryJournal, run: string, selection: Selection): Promise<void> {
  const lease = await journal.acquire(run, { owner: 'test', ttlMs: 10_000 });
  if (lease === null) throw new Error('somebody works on it');
  const entry: RunEntry = { type: 'rerun', selection, atMs: Date.now() };
  await journal.append(lease, { entries: [entry], patch: { status: 'pending', endedAtMs: null }, release: true });
}

/** Advances and works until the run has ended. */
async function drive(executors: readonly Executor[], chunks: Chunks, run: string): Promise<string> {
  for (let turn = 0; turn < 20; turn++) {
    const executor = executors[turn % executors.length] as Executor;
    const { status } = await executor.advance(run, TERMS, chunks);
    if (status !== 'waiting') return status;
    for (const [at, id] of chunks.open.splice(0).entries()) {
      const worker = executors[at % executors.length] as Executor;
      const result = await worker.workChunk(id, new OpenGate(), TERMS);
      expect(result.state).toBe('ended');
      chunks.ended(id);
      await chunks.journal.request(run, { type: 'chunks', execution: result.execution } as never);
    }
  }
  return 'never ended';
}

const SPREAD = `
name: spread
parameters: { servers: { type: array }, unread: { type: string, default: x } }
vars: { region: eu, other: 1 }
tasks:
  - name: prepare
    action: core.set
    input: { factor: 10 }
    next: [{ do: check }]
  - name: check
    action: test.step
    distribute: true
    with-items: << parameters.servers >>
    concurrency: 3
    input: { n: << item * task.prepare.factor >>, at: << index >>, region: << region >> }
    next: [{ do: end }]
  - name: end
    action: core.echo
    input: { message: << sum(task.check) >> }
output: { sum: << task.end >>, list: << task.check >>, stats: << stats('check') >> }
`;

const calls: string[] = [];
const step = defineAction({
  name: 'test.step',
  run: (input: { n: number; fail?: boolean }, { run, idempotencyKey }) => {
    calls.push(`${run} ${idempotencyKey}`);
    if (input.fail === true) throw new Error(`no ${input.n}`);
    return input.n;
  },
});

const servers = Array.from({ length: 10 }, (_, at) => at + 1);

describe('distributed work', () => {
  it('comes to what one process comes to', async () => {
    const workflow = parseWorkflow(SPREAD, { actions: [step] });
    const alone = await new Executor({ actions: [step] }).run(workflow, { servers });
    const journal = new MemoryJournal();
    const chunks = new Chunks(journal);
    const executors = [new Executor({ actions: [step], journal }), new Executor({ actions: [step], journal })];
    const run = await enqueue(journal, workflow, { servers, unread: 'y' });
    calls.length = 0;
    expect(await drive(executors, chunks, run)).toBe('succeeded');
    const entries = await recordOf(journal, run);
    expect(entries.at(-1)).toMatchObject({ type: 'ended', status: 'succeeded', output: alone.output });
    expect(new Set(calls).size).toBe(10);
    expect(calls.every((call) => call.startsWith(run))).toBe(true);
    // What the task cannot read is not sent.
    const chunk = await journal.run(`${run}.2.1.4`);
    expect(chunk?.parameters).toMatchObject({
      from: 4,
      count: 4,
      base: { parameters: { servers }, variables: { region: 'eu' }, outcomes: { prepare: { result: { factor: 10 } } } },
    });
    expect(Object.keys((chunk?.parameters as { base: { variables: object } }).base.variables)).toEqual(['region']);
  });
});

describe('distributed work that fails', () => {
  const FAILING = (more: string): string => `
name: failing
tasks:
  - name: check
    action: test.step
    distribute: true
    with-items: << range(0, 12) >>
    concurrency: 2
    ${more}
    input: { n: << item >>, fail: << item == 5 >> }
    next: [{ do: noop }]
output: { list: << task.check ?? null >>, stats: << stats('check') >>, failures: << failures('check') | map(f => f.index) >>, status: << status('check') >> }
`;

  it('is tolerated, counted and listed as by one process', async () => {
    for (const more of [
      'tolerate: 1',
      'on-item-failure: continue',
      'results: failures\n    tolerate: 50%',
      'results: none\n    on-item-failure: continue',
    ]) {
      const workflow = parseWorkflow(FAILING(more), { actions: [step] });
      const alone = await new Executor({ actions: [step] }).run(workflow);
      const journal = new MemoryJournal();
      const chunks = new Chunks(journal, 5);
      const run = await enqueue(journal, workflow);
      await drive([new Executor({ actions: [step], journal })], chunks, run);
      expect((await recordOf(journal, run)).at(-1), more).toMatchObject({ type: 'ended', output: alone.output });
    }
  });

  it('starts nothing more once a failure has stopped it', async () => {
    const workflow = parseWorkflow(FAILING('retry: { count: 1 }'), { actions: [step] });
    const journal = new MemoryJournal();
    const chunks = new Chunks(journal, 6);
    const run = await enqueue(journal, workflow);
    const executor = new Executor({ actions: [step], journal });
    await executor.advance(run, TERMS, chunks);
    const gate = new OpenGate();
    gate.concurrency = 1;
    gate.failed = () => {
      gate.failures++;
      gate.isStopped = true;
      gate.changed();
    };
    const [first, second] = chunks.open as [string, string];
    const result = await executor.workChunk(first, gate, TERMS);
    expect(result).toMatchObject({ state: 'ended', ended: 6, from: 0, count: 6 });
    expect(gate.failures).toBe(1);
    const stopped = await executor.workChunk(second, gate, TERMS);
    expect(stopped).toMatchObject({ state: 'ended', ended: 0 });
    for (const id of chunks.open) chunks.ended(id);
    expect(await executor.advance(run, TERMS, chunks)).toMatchObject({ status: 'succeeded' });
    expect((await recordOf(journal, run)).at(-1)).toMatchObject({
      output: { status: 'failed', stats: { total: 12, succeeded: 5, failed: 1, skipped: 6 }, failures: [5] },
    });
  });

  it('folds as one process does', async () => {
    const text = `
name: folded
tasks:
  - name: check
    action: test.step
    distribute: true
    with-items: << range(0, 25) >>
    batch-size: 2
    concurrency: 2
    aggregate: { total: << sum(result()) >>, largest: << max(result()) >>, all: << unique(result()) >>, n: << count() >> }
    input: { n: '<< item[0] * 0.1 >>' }
output: << task.check >>
`.replace('output: << task.check >>', 'output: { check: << task.check >> }');
    const workflow = parseWorkflow(text, { actions: [step] });
    const alone = await new Executor({ actions: [step] }).run(workflow);
    const journal = new MemoryJournal();
    const chunks = new Chunks(journal, 4);
    const run = await enqueue(journal, workflow);
    await drive([new Executor({ actions: [step], journal })], chunks, run);
    expect((await recordOf(journal, run)).at(-1)).toMatchObject({ status: 'succeeded', output: alone.output });
  });
});

describe('a chunk', () => {
  const ASYNC = `
name: slow
tasks:
  - name: check
    action: test.wait
    distribute: true
    with-items: << range(0, 6) >>
    concurrency: 2
    input: { n: << item >> }
output: { list: << task.check >> }
`;

  it('is handed back, and goes on where it was', async () => {
    const waiting = new Map<number, (value: number) => void>();
    const seen: number[] = [];
    let changed: () => void = () => {};
    const wait = defineAction({
      name: 'test.wait',
      run: ({ n }: { n: number }) => {
        seen.push(n);
        const result = new Promise<number>((resolve) => waiting.set(n, resolve));
        changed();
        return result;
      },
    });
    const until = (count: number): Promise<void> =>
      new Promise((resolve) => {
        changed = () => void (seen.length >= count && resolve());
        changed();
      });
    const workflow = parseWorkflow(ASYNC, { actions: [wait] });
    const journal = new MemoryJournal();
    const chunks = new Chunks(journal, 6);
    const run = await enqueue(journal, workflow);
    const executor = new Executor({ actions: [wait], journal });
    expect(await executor.advance(run, TERMS, chunks)).toEqual({
      status: 'waiting',
      dueAtMs: null,
      hasRequests: false,
    });
    const [chunk] = chunks.open as [string];
    const leave = new AbortController();
    const first = executor.workChunk(chunk, new OpenGate(), { ...TERMS, leave: leave.signal });
    await until(2);
    waiting.get(0)?.(10);
    await until(3);
    leave.abort();
    waiting.get(1)?.(11);
    waiting.get(2)?.(12);
    expect(await first).toMatchObject({ state: 'left', ended: 0 });
    expect(seen).toEqual([0, 1, 2]);
    expect(await journal.run(chunk)).toMatchObject({ status: 'running', lease: null });
    // And at once, where what is in flight cannot be waited for.
    const now = new AbortController();
    const second = executor.workChunk(chunk, new OpenGate(), { ...TERMS, leave: now.signal, signal: now.signal });
    await until(5);
    now.abort();
    expect(await second).toMatchObject({ state: 'left' });
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    const third = executor.workChunk(chunk, new OpenGate(), TERMS);
    for (const [n, count] of [
      [3, 6],
      [4, 7],
      [5, 8],
    ] as const) {
      await until(count);
      waiting.get(n)?.(10 + n);
    }
    expect(await third).toMatchObject({ state: 'ended' });
    expect(seen).toEqual([0, 1, 2, 3, 4, 3, 4, 5]);
    // Delivered twice, it says the same.
    expect(await executor.workChunk(chunk, new OpenGate(), TERMS)).toMatchObject({ state: 'ended', ended: 6 });
    chunks.ended(chunk);
    expect(await executor.advance(run, TERMS, chunks)).toMatchObject({ status: 'succeeded' });
    expect((await recordOf(journal, run)).at(-1)).toMatchObject({ output: { list: [10, 11, 12, 13, 14, 15] } });
  });
});

describe('a task with a queue', () => {
  const CALL = `
name: call
vars: { region: eu }
tasks:
  - name: train
    action: test.step
    queue: gpu
    when: << region == 'eu' >>
    input: { n: << 6 * 7 >>, fail: << region == 'us' >> }
    publish: { answer: << result() >> }
  - name: after
    action: core.echo
    input: { message: << answer >> }
output: { answer: << task.after >> }
`;

  it('is one call elsewhere', async () => {
    const workflow = parseWorkflow(CALL, { actions: [step] });
    const journal = new MemoryJournal();
    const chunks = new Chunks(journal);
    const run = await enqueue(journal, workflow);
    const executors = [new Executor({ actions: [step], journal }), new Executor({ actions: [step], journal })];
    expect(await drive(executors, chunks, run)).toBe('succeeded');
    expect(chunks.sent).toMatchObject([{ task: 'train', queue: 'gpu', total: null }]);
    expect((await recordOf(journal, run)).at(-1)).toMatchObject({ output: { answer: 42 } });
    expect((await recordOf(journal, `${run}.1.1.call`)).map(({ type }) => type)).toContain('completed');
  });

  it('cannot be gone on with where there is no queue', async () => {
    const workflow = parseWorkflow(CALL, { actions: [step] });
    const journal = new MemoryJournal();
    const run = await enqueue(journal, workflow);
    const executor = new Executor({ actions: [step], journal });
    await executor.advance(run, TERMS, new Chunks(journal));
    await expect(executor.resume(run)).rejects.toMatchObject({ code: 'HEDDLE_RUN_QUEUED' });
    expect(await journal.run(run)).toMatchObject({ lease: null });
  });

  it('is cancelled where it is', async () => {
    const workflow = parseWorkflow(CALL, { actions: [step] });
    const journal = new MemoryJournal();
    const chunks = new Chunks(journal);
    const run = await enqueue(journal, workflow);
    const executor = new Executor({ actions: [step], journal });
    await executor.advance(run, TERMS, chunks);
    await executor.cancel(run, 'enough');
    expect(await executor.advance(run, TERMS, chunks)).toMatchObject({ status: 'cancelled' });
    expect(chunks.cancelled).toBe(1);
  });

  it('runs again where it failed', async () => {
    const workflow = parseWorkflow(CALL.replace('region: eu', 'region: us').replace("region == 'eu'", 'true'), {
      actions: [step],
    });
    const journal = new MemoryJournal();
    const chunks = new Chunks(journal);
    const run = await enqueue(journal, workflow);
    const executor = new Executor({ actions: [step], journal });
    expect(await drive([executor], chunks, run)).toBe('failed');
    await rerun(journal, run, { failed: true });
    expect(await journal.run(run)).toMatchObject({ status: 'pending', endedAtMs: null, lease: null });
    expect(await drive([executor], new Chunks(journal), run)).toBe('failed');
    expect(await journal.run(`${run}.1.4.call`)).toMatchObject({ status: 'failed', piece: true });
  });
});

describe('a run that is only waiting', () => {
  it('is let go of until its time', async () => {
    const text = `
name: later
tasks:
  - { name: a, action: core.set, input: { x: 1 }, delay: 1h }
`;
    const journal = new MemoryJournal();
    const run = await enqueue(journal, parseWorkflow(text));
    const executor = new Executor({ journal });
    const before = Date.now();
    const { status, dueAtMs } = await executor.advance(run, TERMS);
    expect(status).toBe('waiting');
    expect(dueAtMs).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(dueAtMs).toBeLessThan(before + 3_700_000);
    expect(await journal.run(run)).toMatchObject({ lease: null, summary: { isQueued: true } });
  });
});

describe('a file', () => {
  it('is read by one process for the others', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'heddle-'));
    const file = join(directory, 'numbers.ndjson');
    await writeFile(file, Array.from({ length: 23 }, (_, n) => `${JSON.stringify({ n })}\n`).join(''));
    for (const [batch, shared] of [
      ['', false],
      ['batch-size: 2', false],
      ['', true],
      ['batch-size: 2', true],
    ] as const) {
      const text = `
name: from file
tasks:
  - name: check
    action: test.step
    distribute: true
    with-items: { from: file, path: ${JSON.stringify(file)}, shared: ${shared} }
    ${batch}
    input: { n: '<< ${batch === '' ? 'item.n' : 'sum(map(item, each => each.n))'} >>' }
output: { list: << task.check >>, stats: << stats('check') >> }
`;
      const workflow = parseWorkflow(text, { actions: [step] });
      const alone = await new Executor({ actions: [step] }).run(workflow);
      const journal = new MemoryJournal();
      const run = await enqueue(journal, workflow);
      const executors = [new Executor({ actions: [step], journal }), new Executor({ actions: [step], journal })];
      expect(await drive(executors, new Chunks(journal, 5), run)).toBe('succeeded');
      expect((await recordOf(journal, run)).at(-1)).toMatchObject({ output: alone.output });
      const chunk = await journal.run(`${run}.1.1.5`);
      expect(Object.keys(chunk?.parameters as object)).toContain(shared ? 'place' : 'elements');
    }
    await rm(directory, { recursive: true });
  });
});

describe('aggregations of chunks', () => {
  const FOLDED = `
name: folded
tasks:
  - name: check
    action: test.step
    distribute: true
    with-items: << range(0, 30) >>
    concurrency: 2
    on-item-failure: continue
    aggregate:
      total: << sum(result()) >>
      statuses: << count_by(status()) >>
      first: << first(4, result()) >>
    input: { n: << item * 0.1 >>, fail: << item % 7 == 3 >> }
    next: [{ do: noop }]
output: { check: << task.check >>, stats: << stats('check') >>, failures: << failures('check') | map(f => f.index) >> }
`;

  it('are read as a whole, and come to the same bits', async () => {
    const workflow = parseWorkflow(FOLDED, { actions: [step] });
    const alone = await new Executor({ actions: [step] }).run(workflow);
    const journal = new MemoryJournal();
    const run = await enqueue(journal, workflow);
    await drive([new Executor({ actions: [step], journal })], new Chunks(journal, 8), run);
    const entries = await recordOf(journal, run);
    expect(entries.at(-1)).toMatchObject({ type: 'ended', output: alone.output });
    expect(entries.find(({ type }) => type === 'chunks')).toMatchObject({ isFolded: true });
    expect((await recordOf(journal, `${run}.1.1.8`)).find(({ type }) => type === 'folded')).toMatchObject({
      from: 8,
      count: 8,
      tally: { succeeded: 7, failed: 1 },
    });
    // And again from the record, iteration by iteration where somebody asks for those.
    await rerun(journal, run, { from: 'check' });
    const whole: RunEntry[] = [];
    for await (const page of readRecord(journal, run, 0, true)) whole.push(...page);
    expect(whole.filter(({ type }) => type === 'item')).toHaveLength(4);
  });

  it('that a failure has stopped hold what has ended', async () => {
    const text = FOLDED.replace('on-item-failure: continue', 'on-item-failure: stop');
    const workflow = parseWorkflow(text, { actions: [step] });
    const journal = new MemoryJournal();
    const chunks = new Chunks(journal, 10);
    const run = await enqueue(journal, workflow);
    const executor = new Executor({ actions: [step], journal });
    await executor.advance(run, TERMS, chunks);
    const [first, second, third] = chunks.open as [string, string, string];
    const stopping = new OpenGate();
    stopping.concurrency = 1;
    stopping.failed = () => {
      stopping.isStopped = true;
      stopping.changed();
    };
    await executor.workChunk(third, new OpenGate(), TERMS);
    await executor.workChunk(first, stopping, TERMS);
    const stopped = new OpenGate();
    stopped.isStopped = true;
    await executor.workChunk(second, stopped, TERMS);
    for (const id of chunks.open) chunks.ended(id);
    await executor.advance(run, TERMS, chunks);
    // 0 to 2 of the first chunk; of the last all but 24.
    expect((await recordOf(journal, run)).at(-1)).toMatchObject({
      output: { check: { total: 22.400000000000002 }, stats: { total: 30, succeeded: 12, failed: 2 } },
    });
  });
});
