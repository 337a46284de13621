import type { ContextVersion, Outcome } from '../context/index.ts';
import type { Plan, TaskPlan } from '../plan/plan.ts';
import type { BegunEntry } from './entries.ts';
import { EndedIterable } from './iterable.ts';
import { ItemsProgress, type DueRetry, type SavedProgress } from './items-progress.ts';
import { revive, type RunSnapshot, type SavedOutcome } from './snapshot.ts';
import type { Execution } from './state.ts';
import type { KeptSignal, RecordedWait, Unfinished } from './unfinished.ts';

/** What a replay has come to, as data: going on from it is the same as feeding all the entries again. */
export interface SavedReplay {
  readonly run: RunSnapshot;
  /** All that have not completed. */
  readonly executions: readonly Execution[];
  /** By number, as the rest. */
  readonly ready: readonly number[];
  readonly dropped: readonly number[];
  readonly batch: readonly number[];
  readonly unfinished: readonly SavedUnfinished[];
  readonly signals: readonly KeptSignal[];
  readonly signalCount: number;
  readonly cancelReason: string | null;
  readonly taskRuns: number;
  readonly workMs: number;
  readonly atMs: number;
  readonly hasProgressed: boolean;
  readonly suspension: 'waiting' | 'unwritten' | null;
  /** How the run began; null: it has not. */
  readonly begun: Omit<BegunEntry, 'variables'> | null;
}

interface SavedUnfinished {
  readonly execution: number;
  readonly startedAtMs: number;
  readonly startedAtWorkMs: number;
  readonly version: SavedVersion;
  readonly dueAtMs: number | null;
  readonly retry: DueRetry | null;
  readonly interruptions: number;
  readonly waits: readonly (readonly [number, RecordedWait])[];
  readonly items: SavedProgress | null;
  readonly isReopened: boolean;
  /** Absent in what an earlier version saved: null. */
  readonly sending?: number | null;
}

/** In what a context differs from the run's current one; null: there it has nothing. */
interface SavedVersion {
  readonly variables: readonly (readonly [string, { readonly value: unknown } | null])[];
  readonly outcomes: readonly (readonly [string, SavedOutcome | null])[];
}

/** Whether a context is data: it is not while it holds an iterable that is to be asked for again. */
export function isData(version: ContextVersion): boolean {
  return !version.outcomes.some((outcome) => outcome?.result instanceof EndedIterable);
}

/** An execution that has started, as data. */
export function saveUnfinished(unfinished: Unfinished, current: ContextVersion): SavedUnfinished {
  const { execution, version, waits, items, ...rest } = unfinished;
  return {
    ...rest,
    execution: execution.number,
    version: saveVersion(version, current),
    waits: [...waits].map(([index, wait]) => [index, { ...wait }]),
    items: items === null ? null : items.save(),
  };
}

/** The execution that was saved. */
export function restoreUnfinished(
  plan: Plan,
  saved: SavedUnfinished,
  execution: Execution,
  current: ContextVersion,
): Unfinished {
  const task = plan.tasks[execution.slot] as TaskPlan;
  const items = saved.items === null || task.items === null ? null : progressOf(plan, task);
  if (saved.items !== null) items?.restore(saved.items);
  return {
    ...saved,
    sending: saved.sending ?? null,
    execution,
    version: restoreVersion(saved.version, current),
    waits: new Map(saved.waits.map(([index, wait]) => [index, { ...wait }])),
    items,
  };
}

/** The progress of a task that has not begun; null where it has no items. */
export function progressOf(plan: Plan, { items }: TaskPlan): ItemsProgress | null {
  return items === null ? null : new ItemsProgress(items, plan.definition.limits.failures);
}

function saveVersion(version: ContextVersion, current: ContextVersion): SavedVersion {
  if (version === current) return { variables: [], outcomes: [] };
  const { variables: names, tasks } = current.shape;
  const variables: [string, { readonly value: unknown } | null][] = [];
  if (version.variables !== current.variables) {
    names.names.forEach((name, slot) => {
      const value = version.variables.at(slot);
      if (value !== current.variables.at(slot)) variables.push([name, value === undefined ? null : { value }]);
    });
  }
  const outcomes: [string, SavedOutcome | null][] = [];
  tasks.names.forEach((name, slot) => {
    const outcome: Outcome | undefined = version.outcomes[slot];
    if (outcome !== current.outcomes[slot]) outcomes.push([name, outcome === undefined ? null : { ...outcome }]);
  });
  return { variables, outcomes };
}

function restoreVersion({ variables, outcomes }: SavedVersion, current: ContextVersion): ContextVersion {
  const version = current.copy();
  const { shape } = current;
  for (const [name, saved] of variables) {
    version.variables = version.variables.with(shape.variables.slot(name), saved?.value);
  }
  for (const [name, saved] of outcomes) {
    version.outcomes[shape.tasks.slot(name)] = saved === null ? undefined : revive(saved);
  }
  return version;
}
