import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndedEntry } from '../../src/executor/entries.ts';
import type { DistributedState, DistributedWork, Distributor, ItemsGate, WorkTerms } from '../../src/executor/index.ts';
import { Executor, parseWorkflow, type RunError } from '../../src/index.ts';
import { MemoryJournal } from '../../src/journal/index.ts';
import { storedDefinition } from '../../src/node/stored-definition.ts';
import { scenario, type Scenario } from './arbitrary.ts';
import { interpret } from './interpreter.ts';
import { toYaml } from './rendering.ts';
import { createStepAction } from './step-action.ts';

const chosen = process.env['HEDDLE_MODEL_SEED'] ?? '20261121';
const seed = chosen === 'random' ? Date.now() : Number(chosen);
const numRuns = Number(process.env['HEDDLE_MODEL_RUNS'] ?? '100');
const TIMEOUT_MS = 120_000 + numRuns * 1000;

const RUN = 'run';
const never = new AbortController().signal;
const WORK: WorkTerms = { leave: never, signal: never, leaseMs: 10_000 };
const OPEN: ItemsGate = {
  concurrency: 1,
  isStopped: false,
  take: () => 0,
  onChange: () => {},
  failed: () => {},
  spare: () => {},
  watch: () => {},
};

/** Sends every call away, and has them made one after the other, in the order in which they were sent. */
class OneByOne implements Distributor {
  readonly #journal: MemoryJournal;
  readonly #ended = new Set<string>();
  readonly queue: { readonly id: string; readonly execution: number }[] = [];

  constructor(journal: MemoryJournal) {
    this.#journal = journal;
  }

  takes({ queue }: { readonly queue: string | null }): boolean {
    return queue !== null;
  }

  async place(work: DistributedWork): Promise<DistributedState> {
    const record = work.chunk(-1, 1);
    if (await this.#journal.createRun(record)) this.queue.push({ id: record.id, execution: work.execution });
    return this.#ended.has(record.id) ? { state: 'complete', chunks: [record.id] } : { state: 'open' };
  }

  async cancel(): Promise<void> {}

  /** Makes the next call. */
  async next(executor: Executor): Promise<void> {
    const { id, execution } = this.queue.shift() ?? { id: '', execution: 0 };
    expect(await executor.workChunk(id, OPEN, WORK)).toMatchObject({ state: 'ended', execution });
    this.#ended.add(id);
    await this.#journal.request(RUN, { type: 'chunks' });
  }
}

async function distributed({ workflow, script }: Scenario): Promise<unknown> {
  const { action, calls } = createStepAction(script, 'at once');
  const away = toYaml(workflow).replaceAll('action: test.step', 'action: test.step\n    queue: away');
  const parsed = parseWorkflow(away, { actions: [action] });
  const journal = new MemoryJournal();
  const distributor = new OneByOne(journal);
  const definition = storedDefinition(parsed);
  const row = { id: RUN, workflow: 'model', definition, parameters: {}, status: 'pending', createdAtMs: 0 } as const;
  await journal.createRun(row);
  // None of them knows what another did but from the record.
  for (let turn = 0; turn < 500; turn++) {
    const { status } = await new Executor({ actions: [action], journal }).advance(RUN, WORK, distributor);
    if (status === 'waiting') await distributor.next(new Executor({ actions: [action], journal }));
    else return { status, calls, ...(await endOf(journal)) };
  }
  throw new Error('the run does not end');
}

async function endOf(journal: MemoryJournal): Promise<{ variables: unknown; errors: readonly string[] }> {
  for await (const page of journal.entries(RUN)) {
    const last = page.at(-1)?.entry as EndedEntry | undefined;
    if (last?.type === 'ended') return { variables: last.output, errors: last.errors.map(describeError).sort() };
  }
  throw new Error('the record has no end');
}

function describeError({ task, code, handled }: Pick<RunError, 'task' | 'code' | 'handled'>): string {
  const where = code === 'HEDDLE_TASK_RUN_LIMIT' ? '' : ` of ${task ?? 'the run'}`;
  return `${code}${where}, ${handled ? 'handled' : 'not handled'}`;
}

describe('a run whose calls are all made elsewhere', () => {
  it(
    'does what the model does, taken up by another process at every turn',
    async () => {
      const property = fc.asyncProperty(scenario, async (drawn) => {
        // Whoever makes a call makes all of its attempts, while in one process others have their turn between them.
        fc.pre(!toYaml(drawn.workflow).includes('retry'));
        const { status, calls, variables, errors } = interpret(drawn.workflow, drawn.script, 'later');
        const expected = { status, calls, variables, errors: errors.map(describeError).sort() };
        expect(await distributed(drawn), toYaml(drawn.workflow)).toEqual(expected);
      });
      await fc.assert(property, { seed, numRuns });
    },
    TIMEOUT_MS,
  );
});
