import { isDeepStrictEqual } from 'node:util';
import type { TaskStatus } from '../executor/events.ts';
import { readHistory, readIterations, type Present, type ReadJournal } from './read-history.ts';
import type { ExecutionHistory, IterationHistory, RunHistory } from './run-history.ts';

/** How two runs differ. */
export interface RunComparison {
  readonly a: RunHistory;
  readonly b: RunHistory;
  /** Every task that ran in one of them, in the order of the first, then of the second. */
  readonly tasks: readonly TaskComparison[];
  /** Names of outputs and parameters that are not equal. */
  readonly outputs: readonly string[];
  readonly parameters: readonly string[];
}

/** One task in both runs: its latest execution in each; null where it did not run. */
export interface TaskComparison {
  readonly task: string;
  readonly a: ExecutionHistory | null;
  readonly b: ExecutionHistory | null;
  readonly executions: { readonly a: number; readonly b: number };
  readonly statusDiffers: boolean;
  readonly resultDiffers: boolean;
  /** Of a with-items task: how many iterations ended differently, with the first of their indexes. */
  readonly iterations: { readonly count: number; readonly first: readonly number[] } | null;
}

/** How many indexes of iterations are named. */
const FIRST = 5;

/** Compares two runs that are in the journal; null in the place of one that is not. */
export async function compareRuns(
  journal: ReadJournal,
  ids: readonly [string, string],
  present: Present,
): Promise<RunComparison | null> {
  const a = await readHistory(journal, ids[0], present);
  const b = await readHistory(journal, ids[1], present);
  if (a === null || b === null) return null;
  const names = new Set([...a.executions, ...b.executions].map(({ task }) => task));
  const tasks: TaskComparison[] = [];
  for (const task of names) tasks.push(await compareTask(journal, task, a, b));
  return {
    a,
    b,
    tasks,
    outputs: differing(a.output, b.output),
    parameters: differing(a.parameters, b.parameters),
  };
}

async function compareTask(
  journal: ReadJournal,
  task: string,
  left: RunHistory,
  right: RunHistory,
): Promise<TaskComparison> {
  const ofA = left.executions.filter((each) => each.task === task);
  const ofB = right.executions.filter((each) => each.task === task);
  const a = ofA.at(-1) ?? null;
  const b = ofB.at(-1) ?? null;
  const iterations =
    a === null || b === null || a.items === null || b.items === null
      ? null
      : differingIterations(await iterationsOf(journal, left.id, task), await iterationsOf(journal, right.id, task));
  return {
    task,
    a,
    b,
    executions: { a: ofA.length, b: ofB.length },
    statusDiffers: statusOf(a) !== statusOf(b),
    resultDiffers:
      (iterations !== null && iterations.count > 0) || !isDeepStrictEqual(a?.result ?? null, b?.result ?? null),
    iterations,
  };
}

function statusOf(execution: ExecutionHistory | null): TaskStatus | null {
  return execution === null ? null : execution.status;
}

async function iterationsOf(journal: ReadJournal, id: string, task: string): Promise<readonly IterationHistory[]> {
  return (await readIterations(journal, id, { task, window: { from: 0, end: Infinity } }))?.list ?? [];
}

function differingIterations(
  a: readonly IterationHistory[],
  b: readonly IterationHistory[],
): { readonly count: number; readonly first: readonly number[] } {
  const left = new Map(a.map((each) => [each.index, each]));
  const right = new Map(b.map((each) => [each.index, each]));
  const indexes = [...new Set([...left.keys(), ...right.keys()])].sort((x, y) => x - y);
  const different = indexes.filter((index) => !isSame(left.get(index), right.get(index)));
  return { count: different.length, first: different.slice(0, FIRST) };
}

function isSame(a: IterationHistory | undefined, b: IterationHistory | undefined): boolean {
  return a?.status === b?.status && isDeepStrictEqual(a?.result ?? null, b?.result ?? null);
}

function differing(a: unknown, b: unknown): readonly string[] {
  const left = fieldsOf(a);
  const right = fieldsOf(b);
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names.filter((name) => !isDeepStrictEqual(left[name], right[name]));
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
