import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContextConstants } from '../../src/context/index.ts';
import type { RunEntry } from '../../src/executor/entries.ts';
import { Replay } from '../../src/executor/replay.ts';
import type { StoredSnapshot } from '../../src/executor/snapshots.ts';
import type { Plan } from '../../src/plan/index.ts';
import type { ActionCall } from '../../src/executor/services.ts';
import { Executor, parseWorkflow, type Clock, type RunResult } from '../../src/index.ts';
import { MemoryJournal } from '../../src/journal/index.ts';
import { scenario, type Scenario } from './arbitrary.ts';
import type { Timing } from './interpreter.ts';
import { toYaml } from './rendering.ts';
import { createStepAction } from './step-action.ts';
import { outcomeOf } from './workflow.ts';

const chosen = process.env['HEDDLE_MODEL_SEED'] ?? '20261121';
const seed = chosen === 'random' ? Date.now() : Number(chosen);
const numRuns = Number(process.env['HEDDLE_MODEL_RUNS'] ?? '60');
const TIMEOUT_MS = 120_000 + numRuns * 1000;

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
  workflow: 'model',
  startedAtMs: 0,
  ports: { now: () => 0, random: () => 0, uuid: () => '', sha256: () => '', env: {} },
};

/** What a snapshot after these entries holds. */
function snapshotOf(plan: Plan, entries: readonly RunEntry[]): StoredSnapshot | null {
  const replay = new Replay(plan, constants);
  for (const entry of entries) replay.feed(entry);
  const state = replay.save();
  return state === null ? null : { version: 2, keepsResults: false, generation: 0, state };
}

/** How a context is told apart from the current one depends on which values are shared, what it holds does not. */
function stateOf(replay: Replay): unknown {
  const unfinished = [...replay.unfinished.values()].map(({ version, ...rest }) => {
    return {
      ...rest,
      variables: version.variables.toObject(),
      outcomes: version.outcomes.flatMap((each, slot) => (each === undefined ? [] : [[slot, each]])),
    };
  });
  return { ...replay.save(), unfinished };
}

/** Wherever a snapshot was made, the entries after it lead to what all entries lead to. */
function expectSameState(plan: Plan, record: readonly RunEntry[]): void {
  const whole = new Replay(plan, constants);
  const followed: Replay[] = [];
  for (const entry of record) {
    for (const replay of [whole, ...followed]) replay.feed(entry);
    const state = whole.save();
    const told = stateOf(whole);
    for (const replay of followed) expect(stateOf(replay)).toEqual(told);
    if (state !== null) followed.push(new Replay(plan, constants, { saved: structuredClone(state) }));
  }
  const end = whole.finish();
  for (const replay of followed) expect(replay.finish()).toEqual(end);
}

/** How a call ends depends on which it is, not on how many there were before: so it is the same after a resume. */
function answering({ script }: Scenario, timing: Timing, calls: string[]): (call: ActionCall) => unknown {
  return ({ task, execution, attempt }) => {
    calls.push(`${task}/${execution}/${attempt}`);
    const isSuccess = outcomeOf(script, task, execution + attempt - 1) === 'succeeded';
    if (timing === 'later') {
      return new Promise((resolve, reject) =>
        setImmediate(() => (isSuccess ? resolve(task) : reject(new Error('no')))),
      );
    }
    if (!isSuccess) throw new Error('no');
    return task;
  };
}

function summaryOf({ status, output, errors, tasks }: RunResult): unknown {
  const told = errors.map(({ task, execution, code, handled }) => `${code} ${task} ${execution} ${handled}`);
  return { status, output, errors: told, tasks };
}

async function entriesOf(journal: MemoryJournal, run: string): Promise<RunEntry[]> {
  const entries: RunEntry[] = [];
  for await (const page of journal.entries(run)) for (const { entry } of page) entries.push(entry as RunEntry);
  return entries;
}

function short(entry: RunEntry): string {
  return 'execution' in entry ? `${entry.type} ${entry.execution} ${'task' in entry ? entry.task : ''}` : entry.type;
}

describe('a run that is cut off and resumed', () => {
  it.each<readonly [Timing, string, boolean]>([
    ['at once', 'from its entries', false],
    ['later', 'from its entries', false],
    ['at once', 'from any snapshot', true],
    ['later', 'from any snapshot', true],
  ])(
    'does the rest, and nothing that was recorded complete, where actions end %s: %s',
    async (timing, _, withSnapshot) => {
      const property = fc.asyncProperty(scenario, async (drawn) => {
        const { action } = createStepAction(drawn.script, timing);
        const workflow = parseWorkflow(toYaml(drawn.workflow), { actions: [action] });
        const journal = new MemoryJournal();
        const straight: string[] = [];
        const options = { actions: [action], clock: STILL, journal };
        const result = await new Executor(options).run(workflow, {}, { intercept: answering(drawn, timing, straight) });
        const known = await journal.run(result.id);
        const record = await entriesOf(journal, result.id);
        const definition = {
          hash: known?.definitionHash ?? '',
          data: await journal.definition(known?.definitionHash ?? ''),
        };
        const cuts = record.flatMap((_, cut) => {
          if (cut === 0) return [];
          const places = withSnapshot ? new Set([1, Math.ceil(cut / 2), cut]) : [0];
          return [...places].map((at) => [cut, at] as const);
        });
        if (withSnapshot) expectSameState(workflow.plan, record);
        for (const [cut, at] of cuts) {
          const half = new MemoryJournal();
          const lease = await half.start(
            { id: 'run', workflow: 'model', definition, parameters: {}, status: 'running', createdAtMs: 1 },
            { owner: 'dead', ttlMs: 0 },
            { entries: record.slice(0, cut) as unknown as readonly { readonly type: string }[] },
          );
          if (lease === null) throw new Error('there is a run already');
          if (at > 0) {
            const snapshot = snapshotOf(workflow.plan, record.slice(0, at));
            if (snapshot === null) throw new Error('all is data here');
            await half.saveSnapshot(lease, { seq: at, data: snapshot });
          }
          await half.release(lease);
          const again: string[] = [];
          const executor = new Executor({ ...options, journal: half });
          const run = await executor.resume('run', { intercept: answering(drawn, timing, again) });
          const resumed = await run.result;
          const where = `${toYaml(drawn.workflow)}\ncut at ${cut}, snapshot at ${at}: ${record.slice(0, cut).map(short).join('; ')} | ${record.slice(cut).map(short).join('; ')}`;
          if (timing === 'at once') {
            expect(summaryOf(resumed), where).toEqual(summaryOf(result));
            expect(
              again.filter((call) => !straight.includes(call)),
              where,
            ).toEqual([]);
          } else expect(resumed.status === 'succeeded' || resumed.status === 'failed').toBe(true);
          const ended = record.slice(0, cut).filter((each) => each.type === 'completed').length;
          const whole = await entriesOf(half, 'run');
          const completed = whole.flatMap((each) => (each.type === 'completed' ? [each.execution] : []));
          expect(new Set(completed).size, where).toBe(completed.length);
          expect(completed.length).toBeGreaterThanOrEqual(ended);
        }
      });
      await fc.assert(property, { seed, numRuns: withSnapshot ? Math.ceil(numRuns / 5) : numRuns });
    },
    TIMEOUT_MS,
  );
});
