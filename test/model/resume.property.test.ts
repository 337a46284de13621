import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEntry } from '../../src/executor/entries.ts';
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
  it.each<Timing>(['at once', 'later'])(
    'does the rest, and nothing that was recorded complete, where actions end %s',
    async (timing) => {
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
        for (let cut = 1; cut < record.length; cut++) {
          const half = new MemoryJournal();
          const lease = await half.start(
            { id: 'run', workflow: 'model', definition, parameters: {}, status: 'running', createdAtMs: 1 },
            { owner: 'dead', ttlMs: 0 },
            { entries: record.slice(0, cut) as unknown as readonly { readonly type: string }[] },
          );
          if (lease !== null) await half.release(lease);
          const again: string[] = [];
          const executor = new Executor({ ...options, journal: half });
          const run = await executor.resume('run', { intercept: answering(drawn, timing, again) });
          const resumed = await run.result;
          const where = `${toYaml(drawn.workflow)}\ncut at ${cut}: ${record.slice(0, cut).map(short).join('; ')} | ${record.slice(cut).map(short).join('; ')}`;
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
      await fc.assert(property, { seed, numRuns });
    },
    TIMEOUT_MS,
  );
});
