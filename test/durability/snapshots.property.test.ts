import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContextConstants } from '../../src/context/index.ts';
import type { RunEntry } from '../../src/executor/entries.ts';
import { Replay } from '../../src/executor/replay.ts';
import { SNAPSHOT_VERSION, type StoredSnapshot } from '../../src/executor/snapshots.ts';
import {
  defineAction,
  Executor,
  type ExecutorOptions,
  parseWorkflow,
  type Clock,
  type Run,
  type RunResult,
  type Workflow,
} from '../../src/index.ts';
import { MemoryJournal, type EntriesQuery } from '../../src/journal/index.ts';

/*
 * The record of a run over items, some of which wait for people and signals, is cut off behind every entry, with a
 * snapshot behind every entry up to there, or none: whoever resumes the run comes to the same result.
 */

const seed = Number(process.env['HEDDLE_MODEL_SEED'] ?? '20261121');
const numRuns = Number(process.env['HEDDLE_SNAPSHOT_RUNS'] ?? '15');

/** Time stands still, so that all entries are of the same moment; timers go on. */
const STILL: Clock = {
  now: () => 1,
  monotonic: () => 0,
  setTimer: (delayMs, callback) => setTimeout(callback, delayMs),
  clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
  nextTurn: (callback) => void setImmediate(callback),
};

const constants: ContextConstants = {
  parameters: {},
  config: {},
  keystore: {},
  runId: 'run',
  workflow: 'drawn',
  startedAtMs: 0,
  ports: { now: () => 0, random: () => 0, uuid: () => '', sha256: () => '', env: {} },
};

const SOURCES = ['list', 'range', 'object', 'set', 'iterable', 'file'] as const;

interface Drawn {
  readonly source: (typeof SOURCES)[number];
  readonly count: number;
  readonly batch: number;
  readonly concurrency: number;
  readonly mode: 'stop' | 'continue' | 'tolerate';
  readonly keeps: 'all' | 'failures' | 'none' | 'aggregate';
  readonly hasKey: boolean;
  readonly retries: number;
  /** How many attempts of each iteration fail. */
  readonly failures: readonly number[];
  readonly isAsync: boolean;
  readonly isStrict: boolean;
  /** Iterations that ask somebody, beside. */
  readonly asks: number;
  /** Whether a task waits for a signal, beside. */
  readonly waits: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  source: fc.constantFrom(...SOURCES),
  count: fc.nat(5),
  batch: fc.constantFrom(0, 0, 0, 2),
  concurrency: fc.integer({ min: 1, max: 3 }),
  mode: fc.constantFrom('stop', 'continue', 'tolerate'),
  keeps: fc.constantFrom('all', 'all', 'failures', 'none', 'aggregate'),
  hasKey: fc.boolean(),
  retries: fc.nat(2),
  failures: fc.array(fc.constantFrom(0, 0, 0, 1, 2, 9), { minLength: 6, maxLength: 6 }),
  isAsync: fc.boolean(),
  isStrict: fc.boolean(),
  asks: fc.nat(2),
  waits: fc.boolean(),
});

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'heddle-snapshots-'));
});
afterAll(() => rm(directory, { recursive: true }));

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** The value after `with-items:`. */
async function sourceOf({ source, count }: Drawn): Promise<string> {
  switch (source) {
    case 'list':
      return JSON.stringify(range(count));
    case 'range':
      return `<< range(0, ${count}) >>`;
    case 'object':
      return `<< fields >>`;
    case 'set':
    case 'iterable':
      return '<< task.given >>';
    case 'file': {
      const file = path.join(directory, `${count}.txt`);
      await writeFile(file, range(count).join('\n'));
      return `{ from: file, path: '${file}', format: lines }`;
    }
  }
}

async function textOf(one: Drawn): Promise<string> {
  const { count, batch, concurrency, mode, keeps, hasKey, retries, asks, waits } = one;
  const needs = ['each', ...(asks > 0 ? ['ask'] : []), ...(waits ? ['gate'] : [])];
  return `
name: drawn
limits: { interruptions: 2 }
vars: { fields: ${JSON.stringify(Object.fromEntries(range(count).map((at) => [`f${at}`, at])))}, seen: 0 }
tasks:
  - { name: given, action: test.given, next: [{ do: [each, ask, gate] }] }
  - name: each
    action: test.step
    with-items: ${await sourceOf(one)}
    ${batch > 0 ? `batch-size: ${batch}` : ''}
    concurrency: ${concurrency}
    ${hasKey ? "key: index + ':key'" : ''}
    ${mode === 'tolerate' ? 'tolerate: 2' : `on-item-failure: ${mode}`}
    ${retries > 0 ? `retry: { count: ${retries}, delay: 0 }` : ''}
    ${keeps === 'aggregate' ? 'aggregate: { n: count(), sum: sum(result()), first: "first(2, result())" }' : `results: ${keeps}`}
    input: { index: << index >> }
    next: [{ publish: { seen: << stats('each').succeeded >> }, do: last }]
  - name: ask
    action: ${asks > 0 ? 'approval.request' : 'core.noop'}
    ${asks > 0 ? `with-items: << range(0, ${asks}) >>\n    concurrency: 2\n    input: { prompt: "<< item >>?" }` : ''}
    next: [{ do: last }]
  - { name: gate, action: ${waits ? 'wait.signal, input: { name: go }' : 'core.noop'}, next: [{ do: last }] }
  - name: last
    join: all
    action: core.echo
    input:
      message: { each: << task.each >>, failures: << failures('each') >>, asked: << task.ask >>, gate: << task.gate >>, seen: << seen >> }
output: { last: << task.last >>, stats: << stats('each') >>, needs: ${JSON.stringify(needs)} }
`;
}

function actionsOf({ source, count, failures, isAsync }: Drawn, calls: string[]) {
  const step = defineAction({
    name: 'test.step',
    run: ({ index }: { index: number }, { attempt }): unknown => {
      calls.push(`${index}/${attempt}`);
      const answer = (): number => {
        if (attempt <= (failures[index] ?? 0)) throw new Error(`${index} fails`);
        return index * 10;
      };
      return isAsync ? new Promise((resolve) => setImmediate(resolve)).then(answer) : answer();
    },
  });
  const given = defineAction({
    name: 'test.given',
    run: () => (source === 'set' ? new Set(range(count)) : source === 'iterable' ? range(count).values() : null),
  });
  return [step, given];
}

/** Answers whatever is asked, until the run has ended; `life` tells answers apart. */
async function answered(run: Run, { asks, waits }: Drawn, life: string): Promise<RunResult> {
  let ended: RunResult | null = null;
  const result = run.result.then((found) => (ended = found));
  while (ended === null) {
    await Promise.race([result, new Promise((resolve) => setImmediate(resolve))]);
    if (ended !== null) break;
    if (waits) run.signal('go', life);
    for (const item of range(asks)) {
      try {
        run.approve('ask', { item, life }, { item });
      } catch {
        // It does not wait yet, or not any more.
      }
    }
  }
  return result;
}

function summaryOf({ status, output, errors, tasks }: RunResult): unknown {
  const told = errors.map(({ task, index, key, code, handled }) => ({ task, index, key, code, handled }));
  return { status, output, errors: told, tasks };
}

async function entriesOf(journal: MemoryJournal, run: string): Promise<RunEntry[]> {
  const entries: RunEntry[] = [];
  for await (const page of journal.entries(run)) for (const { entry } of page) entries.push(entry as RunEntry);
  return entries;
}

/** Notes behind which entry the record was read: that of the snapshot. */
class HalfJournal extends MemoryJournal {
  readAfter: number | null = null;

  override entries(run: string, query: EntriesQuery = {}): ReturnType<MemoryJournal['entries']> {
    this.readAfter ??= query.after ?? 0;
    return super.entries(run, query);
  }
}

/** What a snapshot behind these entries holds; null: a result is an iterable, which is no data. */
function snapshotOf({ plan }: Workflow, entries: readonly RunEntry[]): StoredSnapshot | null {
  const replay = new Replay(plan, constants);
  for (const entry of entries) replay.feed(entry);
  const state = replay.save();
  return state === null
    ? null
    : { version: SNAPSHOT_VERSION, keepsResults: false, generation: 0, state: structuredClone(state) };
}

/** Cut off behind any entry and taken up, the record leads to the same state from any snapshot. */
function expectSameStates({ plan }: Workflow, record: readonly RunEntry[]): void {
  const resumed: RunEntry = { type: 'resumed', atMs: 1 };
  for (let cut = 1; cut <= record.length; cut++) {
    const entries: readonly RunEntry[] = [...record.slice(0, cut), resumed];
    const whole = new Replay(plan, constants);
    const others: Replay[] = [];
    for (const entry of entries) {
      for (const replay of [whole, ...others]) replay.feed(entry);
      const state = whole.save();
      if (state !== null && entry !== resumed)
        others.push(new Replay(plan, constants, { saved: structuredClone(state) }));
    }
    const told = whole.save();
    for (const other of others) if (told !== null) expect(other.save()).toEqual(told);
  }
}

interface Told {
  readonly summary: unknown;
  readonly calls: readonly string[];
}

/** A workflow and those who run it. */
class Life {
  readonly #one: Drawn;
  readonly #text: string;
  readonly #calls: string[] = [];
  readonly #options: ExecutorOptions;
  readonly #workflow: Workflow;
  #definition: { readonly hash: string; readonly data: unknown } = { hash: '', data: null };

  constructor(one: Drawn, text: string) {
    this.#one = one;
    this.#text = text;
    const actions = actionsOf(one, this.#calls);
    this.#options = { actions, clock: STILL, durability: one.isStrict ? 'strict' : 'batched' };
    this.#workflow = parseWorkflow(text, { actions });
  }

  /** Runs it from its beginning to its end. */
  async live(): Promise<{ readonly record: readonly RunEntry[]; readonly summary: unknown }> {
    const journal = new MemoryJournal();
    const run = new Executor({ ...this.#options, journal }).start(this.#workflow);
    const summary = summaryOf(await answered(run, this.#one, 'first'));
    const known = await journal.run(run.id);
    const hash = known?.definitionHash ?? '';
    this.#definition = { hash, data: await journal.definition(hash) };
    return { record: await entriesOf(journal, run.id), summary };
  }

  /** Cuts a record off behind every entry and resumes it from every snapshot; a record of that: it has one life more. */
  async resume(record: readonly RunEntry[], told: (summary: unknown) => void): Promise<readonly RunEntry[]> {
    expectSameStates(this.#workflow, record);
    let longer = record;
    for (let cut = 1; cut < record.length; cut++) {
      let expected: Told | null = null;
      for (let at = 0; at <= cut; at++) {
        const snapshot = at === 0 ? null : snapshotOf(this.#workflow, record.slice(0, at));
        if (at > 0 && snapshot === null) {
          expect(this.#one.source).toBe('iterable');
          continue;
        }
        const half = await this.#cutOff(record.slice(0, cut), snapshot, at);
        const found = await this.#goOn(half);
        const types = record.map(({ type }) => type).join(' ');
        const place = `${this.#text}\ncut at ${cut} of ${types}, snapshot at ${at}`;
        expected ??= found;
        expect(half.readAfter, place).toBe(at);
        expect(found, place).toEqual(expected);
        told(found.summary);
        if (at === 0 && cut === record.length >> 1) longer = await entriesOf(half, 'run');
      }
    }
    return longer;
  }

  async #cutOff(entries: readonly RunEntry[], snapshot: StoredSnapshot | null, at: number): Promise<HalfJournal> {
    const half = new HalfJournal();
    const definition = this.#definition;
    const lease = await half.start(
      { id: 'run', workflow: 'drawn', definition, parameters: {}, status: 'running', createdAtMs: 1 },
      { owner: 'dead', ttlMs: 0 },
      { entries },
    );
    if (lease === null) throw new Error('there is a run already');
    if (snapshot !== null) await half.saveSnapshot(lease, { seq: at, data: snapshot });
    await half.release(lease);
    return half;
  }

  async #goOn(half: MemoryJournal): Promise<Told> {
    this.#calls.length = 0;
    const run = await new Executor({ ...this.#options, journal: half }).resume('run');
    const summary = summaryOf(await answered(run, this.#one, 'next'));
    return { summary, calls: [...this.#calls] };
  }
}

describe('a run over items, cut off behind any entry', () => {
  it(
    'comes to the same result from any snapshot',
    async () => {
      const property = fc.asyncProperty(drawn, async (one) => {
        const life = new Life(one, await textOf(one));
        const { record, summary } = await life.live();
        // What is in flight when an iteration fails for good, and which fails first, depends on when that is.
        const isSame = one.mode === 'continue' && one.concurrency === 1 && one.asks === 0 && !one.waits;
        const longer = await life.resume(record, (found) => isSame && expect(found).toEqual(summary));
        await life.resume(longer, () => {});
      });
      await fc.assert(property, { seed, numRuns });
    },
    60_000 + numRuns * 4000,
  );
});
