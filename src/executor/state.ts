import type { Outcome } from '../context/index.ts';
import type { RunError, RunStatus, TaskStatus } from './events.ts';

/** A run's state as data. Everything decided about a run is decided from this, the plan and an event. */
export interface RunState {
  readonly version: 1;
  status: RunStatus;
  /** An unhandled failure has happened: nothing that is not ready yet starts any more. */
  failing: boolean;
  cancelling: boolean;
  /** Executions that were made so far; their numbers count from 1. */
  executions: number;
  readonly tasks: TaskStates;
  /** Executions in the order they became ready; those before `head` have been started. */
  ready: Execution[];
  head: number;
  /** Barriers that have seen an arrival, by {@link barrierKey}; null: none has. */
  barriers: Map<number, BarrierState> | null;
  /** Route 0 is the run's own. */
  readonly routes: RouteState[];
  errors: RunError[];
}

/** One execution of a task. */
export interface Execution {
  /** From 1, in the order they became ready. */
  readonly number: number;
  readonly slot: number;
  readonly route: number;
  /** How many executions of the same task there have been with this one. */
  readonly ordinal: number;
  /** True where it does not run: a task it needs ended in anything but success. */
  skip: boolean;
  /** Milliseconds of the clock; 0 where nobody listens. */
  startedMs: number;
  /** What it came to; null while it has not ended. */
  outcome: Outcome | null;
}

/** What is known of every task, by slot. */
export interface TaskStates {
  readonly status: TaskStatus[];
  readonly executions: number[];
  readonly attempts: number[];
}

export interface BarrierState {
  readonly slot: number;
  readonly route: number;
  /** Sources that arrived in this round. */
  arrived: number[];
  /** The greatest of them, so that those that arrive in order are known to be new without a search. */
  highest: number;
  /** Whether the round has fired; sources that had not arrived may then arrive without effect. */
  fired: boolean;
  /** For `needs`: whether a source of this round ended in anything but success. */
  unmet: boolean;
}

export interface RouteState {
  readonly parent: number;
  /** Outcomes of executions on this route, by slot. */
  readonly outcomes: Map<number, Outcome>;
}

/** What runs begin with, as long as the largest plan so far: a copy of a part is made faster than a new list is filled. */
let blank: TaskStates = { status: [], executions: [], attempts: [] };

function blankStates(tasks: number): TaskStates {
  if (blank.status.length < tasks) {
    const zeros = Array.from({ length: tasks }, () => 0);
    blank = { status: zeros.map(() => 'pending'), executions: zeros, attempts: zeros };
  }
  const { status, executions, attempts } = blank;
  return {
    status: status.slice(0, tasks),
    executions: executions.slice(0, tasks),
    attempts: attempts.slice(0, tasks),
  };
}

/** The state of a run of `tasks` tasks that has not begun. */
export function createState(tasks: number): RunState {
  return {
    version: 1,
    status: 'pending',
    failing: false,
    cancelling: false,
    executions: 0,
    tasks: blankStates(tasks),
    ready: [],
    head: 0,
    barriers: null,
    routes: [],
    errors: [],
  };
}

/** Drops what is ready and has not started. */
export function dropReady(state: RunState): void {
  state.ready.length = state.head;
}

/** A barrier's key: unique for a task and a route. */
export function barrierKey(slot: number, route: number, tasks: number): number {
  return route * tasks + slot;
}

/** Executions of one task that are ready together, from `from` up to `end`, start together, where the first stood. */
export function sortByTask(ready: Execution[], from: number, end: number): void {
  const batch = ready.slice(from, end);
  const first = new Map<number, number>();
  batch.forEach(({ slot }, at) => {
    if (!first.has(slot)) first.set(slot, at);
  });
  if (first.size === batch.length) return;
  batch.sort((a, b) => (first.get(a.slot) as number) - (first.get(b.slot) as number));
  ready.splice(from, batch.length, ...batch);
}
