import type { RunRequest } from '../executor/index.ts';
import type { NewRun } from '../journal/index.ts';
import type { Backend } from './backend.ts';
import { LABELS, runJob, tagsOf, type RunTags } from './jobs.ts';

/** A run that is to be queued. */
export interface QueuedRun extends Pick<NewRun, 'id' | 'workflow' | 'definition' | 'parameters'> {
  readonly tags: RunTags;
  readonly labels: Readonly<Record<string, string>>;
  readonly delayMs: number;
}

/**
 * Records a run and queues its first job; false: there is a run of that id. Called again for the same run it does what is
 * left of it: whoever called first may have died between the two.
 */
export async function enqueueRun(
  { journal, broker }: Pick<Backend, 'journal' | 'broker'>,
  run: QueuedRun,
): Promise<boolean> {
  const { id, workflow, definition, parameters, tags, labels, delayMs } = run;
  const isNew = await journal.createRun({
    id,
    workflow,
    definition,
    parameters,
    status: 'pending',
    createdAtMs: Date.now(),
    labels: { ...labels, [LABELS.queue]: tags.queue, [LABELS.priority]: String(tags.priority) },
  });
  if (isNew) {
    await broker.add([runJob(id, tags, { type: 'start' }, delayMs)]);
    return true;
  }
  const known = await journal.run(id);
  const knownTags = known === null ? null : tagsOf(known.labels);
  const isUntouched = known?.status === 'pending' && known.lastSeq === 0 && known.lease === null;
  if (knownTags !== null && isUntouched) await broker.add([runJob(id, knownTags, { type: 'start' }, delayMs)]);
  return false;
}

/** Asks something of a run, and sees to it that a worker hears of it; false: it has ended, or is none of a queue. */
export async function askRun(
  { journal, broker }: Pick<Backend, 'journal' | 'broker'>,
  id: string,
  request: RunRequest,
): Promise<boolean> {
  if ((await journal.request(id, request)) === null) return false;
  return wakeRun({ journal, broker }, id);
}

/** Sees to it that a worker looks into the inbox of a run; false: it is none of a queue. */
export async function wakeRun({ journal, broker }: Pick<Backend, 'journal' | 'broker'>, id: string): Promise<boolean> {
  const tags = tagsOf((await journal.run(id))?.labels ?? {});
  if (tags === null) return false;
  await broker.add([runJob(id, tags, { type: 'wake' })]);
  return true;
}
