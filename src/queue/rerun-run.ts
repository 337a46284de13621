import { HeddleError } from '../errors/index.ts';
import type { RunEntry, Selection } from '../executor/entries.ts';
import { readRecord } from '../executor/read-record.ts';
import { createOwner } from '../node/lease-owner.ts';
import { resolvedRecord } from '../node/resolved-record.ts';
import type { Backend } from './backend.ts';
import { runJob, tagsOf } from './jobs.ts';
import { OPEN } from './recorded-chunks.ts';

/** How long the record is held while the rerun is written into it, in milliseconds. */
const HOLD_MS = 30_000;

/**
 * Queues a run again: one that has ended with what `selection` says, one that has not as it stands.
 *
 * @throws HEDDLE_RUN_UNKNOWN where it is none of a queue; HEDDLE_RUN_ENDED, HEDDLE_RUN_ACTIVE, HEDDLE_RERUN
 */
export async function resumeRun(
  { journal, broker }: Pick<Backend, 'journal' | 'broker'>,
  id: string,
  selection: Selection | null,
): Promise<void> {
  const run = await journal.run(id);
  const tags = run === null ? null : tagsOf(run.labels);
  if (run === null || tags === null) {
    const what = run === null ? `there is no run ${id} in the journal` : `run ${id} was not enqueued`;
    throw new HeddleError('HEDDLE_RUN_UNKNOWN', what, { run: id });
  }
  const hasEnded = !OPEN.includes(run.status);
  if (selection !== null && !hasEnded) {
    const message = `run ${id} has not ended (it is ${run.status}); what failed runs again when it has`;
    throw new HeddleError('HEDDLE_RERUN', message, { run: id });
  }
  if (selection === null && hasEnded)
    throw new HeddleError('HEDDLE_RUN_ENDED', `run ${id} has ${run.status}`, { run: id });
  if (selection !== null) {
    const lease = await journal.acquire(id, { owner: createOwner(), ttlMs: HOLD_MS });
    if (lease === null) throw new HeddleError('HEDDLE_RUN_ACTIVE', `another process works on run ${id}`, { run: id });
    const rerun: RunEntry = { type: 'rerun', selection, atMs: Date.now() };
    try {
      const entries: RunEntry[] = [];
      for await (const page of readRecord(journal, id)) entries.push(...page);
      // Whether there is such a task, and anything that failed.
      resolvedRecord(run, await journal.definition(run.definitionHash), [...entries, rerun]);
    } catch (error) {
      await journal.release(lease);
      throw error;
    }
    await journal.append(lease, { entries: [rerun], patch: { status: 'pending', endedAtMs: null }, release: true });
  }
  await broker.add([runJob(id, tags, { type: 'again' })]);
}
