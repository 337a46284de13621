import type { EndedEntry } from '../executor/entries.ts';
import type { RunError } from '../executor/index.ts';
import { masked } from '../history/masked.ts';
import type { Journal } from '../journal/index.ts';
import { OPEN } from './recorded-chunks.ts';

/** What a queued run came to. Secrets are masked. */
export interface QueueResult {
  readonly id: string;
  readonly workflow: string;
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly output: Readonly<Record<string, unknown>>;
  /** Of its failed executions, handled ones too. */
  readonly errors: readonly RunError[];
  /** The first that was not handled; null: there is none. */
  readonly error: RunError | null;
  readonly startedAtMs: number | null;
  /** Milliseconds that processes have worked on it. */
  readonly durationMs: number;
}

/** What a run came to; null: it has not ended, or there is none of that id. */
export async function readResult(journal: Journal, id: string): Promise<QueueResult | null> {
  const run = await journal.run(id);
  if (run === null || OPEN.includes(run.status)) return null;
  const { workflow, startedAtMs, lastSeq } = run;
  let ended: EndedEntry | null = null;
  for await (const page of journal.entries(id, { after: Math.max(0, lastSeq - 1) })) {
    for (const { entry } of page) if (entry.type === 'ended') ended = masked(entry) as EndedEntry;
  }
  const { output = {}, errors = [], durationMs = 0 } = ended ?? {};
  return {
    id,
    workflow,
    status: run.status as QueueResult['status'],
    output,
    errors,
    error: errors.find(({ handled }) => !handled) ?? null,
    startedAtMs,
    durationMs,
  };
}
