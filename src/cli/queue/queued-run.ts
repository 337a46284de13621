import type { Selection } from '../../executor/entries.ts';
import { isQueued } from '../../history/index.ts';
import type { RunSummary } from '../../journal/journal.ts';
import type { Workflow } from '../../node/workflow.ts';
import type { Queue } from '../../queue/index.ts';
import type { CommandContext } from '../command.ts';
import type { JournalPlace } from '../journal/place.ts';
import type { Terminal } from '../terminal.ts';
import { followRun, type FollowOptions } from './follow-run.ts';
import { withQueue } from './options.ts';

/** Names the queue of a run that was enqueued (`src/queue/jobs.ts`). */
const QUEUE_LABEL = 'heddle:queue';

/**
 * Opens the queue that the runs of a journal belong to: that of HEDDLE_QUEUE_URL, else the one beside the journal.
 *
 * @throws HEDDLE_USAGE, HEDDLE_QUEUE_…
 */
export function withQueueOf<T>(
  { url, file }: JournalPlace,
  terminal: Terminal,
  work: (queue: Queue) => Promise<T>,
): Promise<T> {
  const server = terminal.env.HEDDLE_QUEUE_URL ?? url;
  const journal = url ?? file;
  return withQueue(
    { ...(server === null ? {} : { url: server }), ...(journal === null ? {} : { journal }) },
    terminal,
    work,
  );
}

/** Has a worker look into the inbox of a run that was enqueued; false: it was not. */
export async function wakeQueued(run: RunSummary, place: JournalPlace, terminal: Terminal): Promise<boolean> {
  return isQueued(run) && withQueueOf(place, terminal, (queue) => queue.wake(run.id));
}

/** Cancels a run that was enqueued, through the worker that takes it next; false: it was not, or there is none. */
export async function cancelByWorker(
  run: RunSummary,
  place: JournalPlace,
  reason: string,
  terminal: Terminal,
): Promise<boolean> {
  if (!isQueued(run)) return false;
  return withQueueOf(place, terminal, async (queue) => {
    const workers = await queue.workers();
    if (!workers.some(({ queues }) => queues.includes(run.labels[QUEUE_LABEL] ?? ''))) return false;
    await queue.cancel(run.id, reason);
    return true;
  });
}

/** Lets workers go on with a run that was enqueued, and shows how it goes. */
export function goOnQueued(
  { record, workflow }: { readonly record: RunSummary; readonly workflow: Workflow },
  selection: Selection | null,
  place: JournalPlace,
  options: FollowOptions & { readonly wait?: boolean },
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const { err } = terminal;
  return withQueueOf(place, terminal, async (queue) => {
    await queue.resume(record.id, selection);
    if (options.wait === false)
      return err.line(err.color.dim('The run was enqueued, and goes on where its workers are.'));
    await followRun(queue, record.id, workflow, options, context);
  });
}
