import type { RunEntry } from '../../executor/entries.ts';
import type { Journal, NewRun, RunPatch } from '../../journal/journal.ts';

/** When recorded runs of tests begin: any time will do. */
export const START_MS = Date.UTC(2026, 10, 21, 6, 0);

/** What a test says of a run it records. */
export interface RecordedRunOptions {
  readonly id?: string;
  readonly run?: Partial<NewRun>;
  readonly patch?: RunPatch;
  /** Whether a process goes on holding it. Default false. */
  readonly isHeld?: boolean;
}

/** Records a run that began at {@link START_MS} with these entries after `begun`. */
export async function record(
  journal: Journal,
  entries: readonly RunEntry[],
  { id = 'run-1', run = {}, patch = {}, isHeld = false }: RecordedRunOptions = {},
): Promise<void> {
  const begun: RunEntry = { type: 'begun', version: 1, atMs: START_MS, variables: {}, sealed: true };
  const lease = await journal.start(
    {
      id,
      workflow: 'deploy',
      definition: { hash: 'definition', data: {} },
      parameters: {},
      status: 'running',
      createdAtMs: START_MS,
      ...run,
    },
    { owner: 'test', ttlMs: 1000 },
    { entries: [begun, ...entries], patch: { startedAtMs: START_MS, ...patch }, release: !isHeld },
  );
  if (lease === null) throw new Error(`there is a run ${id}`);
}

/** A completed execution that took 100 ms from `atMs` on, in milliseconds after the beginning. */
export function completed(
  execution: number,
  task: string,
  atMs: number,
  more: Partial<Extract<RunEntry, { type: 'completed' }>> = {},
): RunEntry {
  return {
    type: 'completed',
    execution,
    task,
    status: 'succeeded',
    startedAtMs: START_MS + atMs,
    atMs: START_MS + atMs + 100,
    ...more,
  };
}

/** A started execution. */
export function started(execution: number, task: string, atMs: number): RunEntry {
  return { type: 'started', execution, task, atMs: START_MS + atMs };
}

/** An iteration that failed with this message. */
export function failedItem(execution: number, index: number, message: string): RunEntry {
  const error = { code: 'HEDDLE_ACTION_FAILED', message, task: 'check', index, attempt: 1 };
  return { type: 'item', execution, index, status: 'failed', attempts: 1, key: `server-${index}`, item: index, error };
}
