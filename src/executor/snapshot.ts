import { ContextVersion, Outcome, type ContextConstants } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { Decided } from './decide.ts';
import type { TaskStatus } from './events.ts';
import { RunContext } from './run-context.ts';
import { barrierKey, createState, type BarrierState, type Execution, type RunState } from './state.ts';

interface TaskState {
  readonly status: TaskStatus;
  readonly executions: number;
  readonly attempts: number;
}

/** An outcome as data. */
export type SavedOutcome = Omit<Outcome, 'released'>;

/** A run between two events as plain data: JSON, as long as its values are. Tasks and variables go by name. */
export interface RunSnapshot {
  readonly version: 1;
  readonly workflow: string;
  readonly state: Omit<RunState, 'barriers' | 'routes' | 'tasks' | 'head'> & {
    readonly tasks: Readonly<Record<string, TaskState>>;
    readonly barriers: readonly BarrierState[];
    readonly routes: readonly { readonly parent: number; readonly outcomes: Readonly<Record<string, SavedOutcome>> }[];
  };
  readonly variables: Readonly<Record<string, unknown>>;
  readonly outcomes: Readonly<Record<string, SavedOutcome>>;
  /** Executions that had started and not completed. */
  readonly running: readonly Execution[];
}

/** The data of a run between two events, which later events do not change. Values are shared with it, not copied. */
export function saveRun({ plan, state, context }: Decided, running: Iterable<Execution> = []): RunSnapshot {
  const nameOf = (slot: number): string => plan.tasks[slot]?.name ?? '';
  const { tasks, barriers, routes, ready, head, errors, ...rest } = state;
  const stateOf = (slot: number): TaskState => ({
    status: tasks.status[slot] as TaskStatus,
    executions: tasks.executions[slot] as number,
    attempts: tasks.attempts[slot] as number,
  });
  return {
    version: 1,
    workflow: plan.name,
    state: {
      ...rest,
      errors: [...errors],
      ready: ready.slice(head),
      tasks: Object.fromEntries(plan.tasks.map(({ name }, slot) => [name, stateOf(slot)])),
      barriers: barriers === null ? [] : [...barriers.values()].map((one) => ({ ...one, arrived: [...one.arrived] })),
      routes: routes.map(({ parent, outcomes }) => {
        return {
          parent,
          outcomes: Object.fromEntries([...outcomes].map(([slot, outcome]) => [nameOf(slot), { ...outcome }])),
        };
      }),
    },
    variables: context.current.variables.toObject(),
    outcomes: Object.fromEntries(
      context.current.outcomes.flatMap((outcome, slot) =>
        outcome === undefined ? [] : [[nameOf(slot), { ...outcome }]],
      ),
    ),
    running: [...running],
  };
}

/**
 * The run that was saved, to go on with. `constants` is what is never saved (keystore) or given anew.
 *
 * @throws HEDDLE_STATE_VERSION where the data is of another version.
 */
export function restoreRun(plan: Plan, snapshot: RunSnapshot, constants: ContextConstants): Decided {
  if (snapshot.version !== 1) {
    const found = JSON.stringify((snapshot as { version?: unknown }).version);
    throw new HeddleError('HEDDLE_STATE_VERSION', `expected a run of state version 1, found ${found}`);
  }
  const { tasks, barriers, routes, errors, ...rest } = snapshot.state;
  const slotOf = (name: string): number => plan.shape.tasks.slot(name);
  const state: RunState = { ...createState(plan.tasks.length), ...rest, errors: [...errors] };
  for (const [name, task] of Object.entries(tasks)) {
    state.tasks.status[slotOf(name)] = task.status;
    state.tasks.executions[slotOf(name)] = task.executions;
    state.tasks.attempts[slotOf(name)] = task.attempts;
  }
  if (barriers.length > 0) state.barriers = new Map();
  for (const barrier of barriers) {
    const copy = { ...barrier, arrived: [...barrier.arrived] };
    state.barriers?.set(barrierKey(barrier.slot, barrier.route, plan.tasks.length), copy);
  }
  for (const { parent, outcomes } of routes) {
    const entries = Object.entries(outcomes).map(([name, saved]) => [slotOf(name), revive(saved)] as const);
    state.routes.push({ parent, outcomes: new Map(entries) });
  }
  const version = new ContextVersion(plan.shape, constants);
  for (const [name, value] of Object.entries(snapshot.variables)) {
    version.variables = version.variables.with(plan.shape.variables.slot(name), value);
  }
  for (const [name, saved] of Object.entries(snapshot.outcomes)) version.outcomes[slotOf(name)] = revive(saved);
  return { plan, state, context: new RunContext(version) };
}

/** The outcome that was saved. */
export function revive(saved: SavedOutcome): Outcome {
  return new Outcome(saved.status, saved.result, saved.error, saved.attempts, saved.items);
}
