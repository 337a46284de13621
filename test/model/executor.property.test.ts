import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Executor, parseWorkflow, type Clock, type RunError, type RunEvent } from '../../src/index.ts';
import { scenario, type Scenario } from './arbitrary.ts';
import { interpret, type ModelRun, type Timing } from './interpreter.ts';
import { toYaml } from './rendering.ts';
import { createStepAction } from './step-action.ts';

/**
 * The same scenarios every time; `HEDDLE_MODEL_SEED=random` (or a number, to repeat what a failure reported) draws
 * others, `HEDDLE_MODEL_RUNS` says how many.
 */
const chosen = process.env['HEDDLE_MODEL_SEED'] ?? '20261121';
const seed = chosen === 'random' ? Date.now() : Number(chosen);
const numRuns = Number(process.env['HEDDLE_MODEL_RUNS'] ?? '300');

/** Far above what a scenario takes, also while it is shrunk on a busy machine. */
const TIMEOUT_MS = 60_000 + numRuns * 100;

/** Time that stands still: a run on a slow machine would otherwise let the event loop have a turn, and others end first. */
const STILL: Clock = {
  now: () => 0,
  monotonic: () => 0,
  setTimer: () => {
    throw new Error('a model run needs no timer');
  },
  clearTimer: () => undefined,
  nextTurn: (callback) => void setImmediate(callback),
};

type Observed = Pick<ModelRun, 'status' | 'starts' | 'calls' | 'ends' | 'variables'> & {
  readonly errors: readonly string[];
};

/** Errors are compared as a set: a run promises to report all of them, not their order. */
function expected({ workflow, script }: Scenario, timing: Timing): Observed {
  const { status, starts, calls, ends, variables, errors } = interpret(workflow, script, timing);
  return { status, starts, calls, ends, variables, errors: errors.map(describeError).sort() };
}

/** The same run with nobody listening, which takes shorter ways: what is left to see. */
async function unheard({ workflow, script }: Scenario, timing: Timing): Promise<unknown> {
  const { action, calls } = createStepAction(script, timing);
  const executor = new Executor({ actions: [action], clock: STILL });
  const { status, output, errors } = await executor.run(parseWorkflow(toYaml(workflow), { actions: [action] }));
  return { status, calls, variables: output, errors: errors.map(describeError).sort() };
}

async function observed({ workflow, script }: Scenario, timing: Timing): Promise<unknown> {
  const { action, calls } = createStepAction(script, timing);
  const executor = new Executor({ actions: [action], clock: STILL });
  const events: RunEvent[] = [];
  executor.on('events', (event) => {
    events.push(event);
  });
  const result = await executor.run(parseWorkflow(toYaml(workflow), { actions: [action] }));
  const completed = events.filter((event) => event.type === 'task.completed');
  const skipped = new Set(completed.filter(({ status }) => status === 'skipped').map(({ execution }) => execution));
  const started = events.filter((event) => event.type === 'task.started');
  return {
    status: result.status,
    starts: started.filter(({ execution }) => !skipped.has(execution)).map(({ task }) => task),
    calls,
    ends: completed.map(({ task, status }) => ({ task, status })),
    variables: result.output,
    errors: result.errors.map(describeError).sort(),
  };
}

/** At which task a run exceeds its limit is left open, the code says enough. */
function describeError({ task, code, handled }: Pick<RunError, 'task' | 'code' | 'handled'>): string {
  const where = code === 'HEDDLE_TASK_RUN_LIMIT' ? '' : ` of ${task ?? 'the run'}`;
  return `${code}${where}, ${handled ? 'handled' : 'not handled'}`;
}

describe('a run does what the model does', () => {
  it.each<Timing>(['at once', 'later'])(
    'where actions end %s',
    async (timing) => {
      const property = fc.asyncProperty(scenario, async (drawn) => {
        expect(await observed(drawn, timing), toYaml(drawn.workflow)).toEqual(expected(drawn, timing));
      });
      await fc.assert(property, { seed, numRuns });
    },
    TIMEOUT_MS,
  );

  it.each<Timing>(['at once', 'later'])(
    'where nobody listens and actions end %s',
    async (timing) => {
      const property = fc.asyncProperty(scenario, async (drawn) => {
        const { status, calls, variables, errors } = expected(drawn, timing);
        expect(await unheard(drawn, timing), toYaml(drawn.workflow)).toEqual({ status, calls, variables, errors });
      });
      await fc.assert(property, { seed, numRuns });
    },
    TIMEOUT_MS,
  );
});
