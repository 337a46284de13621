import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Outcome, WorkflowContext, type ContextConstants } from '../../src/context/index.ts';
import { begin, complete, conclude, type Decided } from '../../src/executor/decide.ts';
import { RunContext } from '../../src/executor/run-context.ts';
import { restoreRun, saveRun, type RunSnapshot } from '../../src/executor/snapshot.ts';
import { createState, type Execution } from '../../src/executor/state.ts';
import { truthy } from '../../src/expression/index.ts';
import { parseWorkflow } from '../../src/index.ts';
import { ContextVersion } from '../../src/context/index.ts';
import type { Plan } from '../../src/plan/index.ts';
import { scenario, type Scenario } from './arbitrary.ts';
import { toYaml } from './rendering.ts';
import { outcomeOf } from './workflow.ts';

const constants: ContextConstants = {
  parameters: {},
  config: {},
  keystore: {},
  runId: 'run',
  workflow: 'model',
  startedAtMs: 0,
  ports: { now: () => 0, random: () => 0, uuid: () => '', sha256: () => '', env: {} },
};

/** Through JSON and back, as a journal or a queue would. */
function roundTrip(run: Decided): Decided {
  return restoreRun(run.plan, JSON.parse(JSON.stringify(saveRun(run))) as RunSnapshot, constants);
}

/** Runs the decisions alone, with actions that follow a script; `hop` stands between any two events. */
function decideAll(plan: Plan, { script }: Scenario, hop: (run: Decided) => Decided): unknown {
  const base = new ContextVersion(plan.shape, constants);
  let run: Decided = { plan, state: createState(plan.tasks.length), context: new RunContext(base) };
  for (const entry of plan.vars) {
    const value = entry.evaluate(new WorkflowContext(base, undefined, -1));
    base.variables = base.variables.with(entry.slot, value);
  }
  const log: string[] = [];
  const calls = new Map<string, number>();
  const attempt = (execution: Execution): Outcome => {
    const task = plan.tasks[execution.slot] as Plan['tasks'][number];
    const scope = new WorkflowContext(run.context.view(execution.route, run.state.routes, false), undefined, -1);
    if (execution.skip || (task.when !== null && !truthy(task.when.evaluate(scope)))) {
      return new Outcome('skipped', null, null, 0);
    }
    const call = (calls.get(task.name) ?? 0) + 1;
    calls.set(task.name, call);
    if (outcomeOf(script, task.name, call) === 'succeeded') return new Outcome('succeeded', task.name);
    const error = { code: 'HEDDLE_ACTION_FAILED', message: 'no', task: task.name, index: null, attempt: 1 };
    return new Outcome('failed', null, error);
  };
  begin(run);
  for (let step = 0; run.state.ready.length > run.state.head && step < 300; step++) {
    run = hop(run);
    const batch = run.state.ready.slice(run.state.head);
    run.state.head = run.state.ready.length;
    const outcomes = batch.map(attempt);
    for (const [at, execution] of batch.entries()) {
      run = hop(run);
      const outcome = outcomes[at] as Outcome;
      const { handled } = complete(run, { ...execution, outcome }, false);
      log.push(
        `${execution.number} ${plan.tasks[execution.slot]?.name} on ${execution.route}: ${outcome.status} ${handled}`,
      );
    }
  }
  run = hop(run);
  conclude(run);
  return { log, saved: saveRun(run) };
}

it('decisions are the same from a state that was data in between, after every event', () => {
  fc.assert(
    fc.property(scenario, (drawn) => {
      const { plan } = parseWorkflow(toYaml(drawn.workflow), { actions: [{ name: 'test.step', run: () => null }] });
      const straight = decideAll(plan, drawn, (run) => run);
      expect(decideAll(plan, drawn, roundTrip)).toEqual(straight);
    }),
    { seed: 20261121, numRuns: 150 },
  );
}, 60_000);
