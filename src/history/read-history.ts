import type { RunEntry } from '../executor/entries.ts';
import { readRecord as readWhole } from '../executor/read-record.ts';
import type { Journal, RunRecord } from '../journal/journal.ts';
import { HistoryReader, type KeptIterations } from './history-reader.ts';
import { masked } from './masked.ts';
import type { ExecutionHistory, IterationHistory, RunHistory } from './run-history.ts';

/** What of a journal is read. */
export interface ReadJournal extends Pick<Journal, 'run' | 'entries'> {
  /** The record with its reruns carried out. Where it throws, reruns are told by the names of tasks. Default: it throws. */
  readonly resolve?: (run: RunRecord, entries: readonly RunEntry[]) => Promise<readonly RunEntry[]>;
}

/** By what leases are judged. */
export interface Present {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Whether the process of that name is known to be gone. */
  readonly isGone: (owner: string) => boolean;
}

/** What the journal says of a run; null: there is no such run. */
export async function readHistory(journal: ReadJournal, id: string, present: Present): Promise<RunHistory | null> {
  const run = await journal.run(id);
  if (run === null) return null;
  const reader = await readEntries(journal, run, null);
  return { ...describeRun(run, present), ...reader.tell() };
}

/** A page of the iterations of a with-items task: those of its latest execution with indexes from `from` up to `end`. */
export interface IterationsPage {
  readonly execution: ExecutionHistory;
  readonly list: readonly IterationHistory[];
}

/** Null: the task did not run, or has no items. */
export async function readIterations(
  journal: ReadJournal,
  id: string,
  kept: KeptIterations,
): Promise<IterationsPage | null> {
  const run = await journal.run(id);
  return run === null ? null : (await readEntries(journal, run, kept)).iterations();
}

/** The entries of a run as they were recorded, secrets masked, in pages. */
export async function* readRecord(
  journal: ReadJournal,
  id: string,
): AsyncGenerator<readonly { readonly seq: number; readonly entry: RunEntry }[], void> {
  let sealed = false;
  for await (const page of journal.entries(id)) {
    yield page.map(({ seq, entry }) => {
      if (entry.type === 'begun') sealed = 'sealed' in entry && entry.sealed === true;
      return { seq, entry: (sealed ? masked(entry) : entry) as RunEntry };
    });
  }
}

async function readEntries(journal: ReadJournal, run: RunRecord, kept: KeptIterations | null): Promise<HistoryReader> {
  const reader = new HistoryReader(kept);
  let hasReruns = false;
  for await (const page of readWhole(journal, run.id, 0, true)) {
    for (const entry of page) {
      hasReruns ||= entry.type === 'rerun';
      reader.take(entry);
    }
  }
  return hasReruns ? ((await readResolved(journal, run, reader)) ?? reader) : reader;
}

/** Only a run that was rerun is held whole; null: its record cannot be resolved here. */
async function readResolved(journal: ReadJournal, run: RunRecord, whole: HistoryReader): Promise<HistoryReader | null> {
  const entries: RunEntry[] = [];
  for await (const page of readWhole(journal, run.id, 0, true)) for (const entry of page) entries.push(entry);
  try {
    const resolved = await journal.resolve?.(run, entries);
    if (resolved === undefined) return null;
    const reader = whole.again();
    for (const entry of resolved) reader.take(entry);
    return reader;
  } catch {
    return null;
  }
}

function describeRun(
  run: RunRecord,
  present: Present,
): Omit<RunHistory, 'recordedAtMs' | 'resumes' | 'executions' | 'waits' | 'output' | 'errors'> {
  const { id, workflow, status, createdAtMs, startedAtMs, endedAtMs, parent, fork } = run;
  return {
    id,
    workflow,
    status,
    isActive: isActive(run, present),
    isQueued: isQueued(run),
    createdAtMs,
    startedAtMs,
    endedAtMs,
    parameters: masked(run.parameters),
    parent,
    fork,
    entries: run.lastSeq,
  };
}

/** Label of runs that were enqueued (`queue/jobs.ts`). */
const QUEUE_LABEL = 'heddle:queue';

/** Whether a run was enqueued. */
export function isQueued({ labels }: Pick<RunRecord, 'labels'>): boolean {
  return labels[QUEUE_LABEL] !== undefined;
}

/** Whether a process works on the run at this time, as far as can be told. */
export function isActive({ lease }: Pick<RunRecord, 'lease'>, { nowMs, isGone }: Present): boolean {
  return lease !== null && lease.expiresAtMs > nowMs && !isGone(lease.owner);
}
