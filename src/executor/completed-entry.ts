import type { Outcome } from '../context/index.ts';
import type { CompletedEntry, Decision } from './entries.ts';
import { isLazy } from './iterable.ts';

/** What is recorded of a completion beside its outcome. */
export interface CompletedDetails {
  readonly decision: Decision | null;
  /** Null: it has none. */
  readonly items: { readonly total: number | null; readonly started: number } | null;
  /** False: its result follows from its iterations' results. */
  readonly keepsResult: boolean;
  /** In milliseconds since the epoch, with fractions. */
  readonly startedAtMs: number;
  readonly atMs: number;
  /** Null: no sub-workflow counts too. */
  readonly treeRuns: number | null;
}

/** The entry of an execution that has completed. */
export function completedEntry(
  execution: number,
  task: string,
  outcome: Outcome,
  more: CompletedDetails,
): CompletedEntry {
  const { result, error, attempts, status } = outcome;
  const { startedAtMs, atMs, keepsResult } = more;
  const hasResult = keepsResult && result !== null && result !== undefined;
  // Field by field: an object made of many spreads takes longer than a small task. Most have a result, and no more.
  const entry: { -readonly [K in keyof CompletedEntry]: CompletedEntry[K] } =
    hasResult && !isLazy(result)
      ? { type: 'completed', execution, task, status, startedAtMs, atMs, result }
      : { type: 'completed', execution, task, status, startedAtMs, atMs };
  if (hasResult && entry.result === undefined) entry.iterable = true;
  if (error !== null) entry.error = error;
  if (attempts !== (status === 'skipped' ? 0 : 1)) entry.attempts = attempts;
  if (more.items !== null) entry.items = more.items;
  if (more.decision !== null) entry.decision = more.decision;
  if (more.treeRuns !== null) entry.treeRuns = more.treeRuns;
  return entry;
}
