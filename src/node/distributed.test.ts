import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import type {
  DistributedState,
  DistributedWork,
  Distributor,
  ItemsGate,
  RunEntry,
  WorkTerms,
} from '../executor/index.ts';
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
      const starts =
        work.total === null
          ? [-1]
          : Array.from({ length: Math.ceil(work.total / this.size) }, (_, at) => at * this.size);
      ids = [];
      for (const from of starts) {
        const count = work.total === null ? 1 : Math.min(this.size, work.total - from);
        const record = work.chunk(from, count);
        expect(await this.journal.createRun(record)).toBe(true);
        ids = [...ids, record.id];
        this.open.push(record.id);
      }
      this.#ids.set(work.execution, ids);
    }
    const isComplete = ids.every((id) => this.#ended.has(id));
    return isComplete ? { state: 'complete', chunks: ids } : { state: 'open' };
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
    const chunk = await journal.run(`${run}.2.0.4`);
    expect(chunk?.parameters).toMatchObject({
      from: 4,
      count: 4,
      base: { parameters: { servers }, variables: { region: 'eu' }, outcomes: { prepare: { result: { factor: 10 } } } },
    });
    expect(Object.keys((chunk?.parameters as { base: { variables: object } }).base.variables)).toEqual(['region']);
  });
});
