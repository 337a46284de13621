import type { RunsPage } from '../journal/index.ts';
import type { ScheduleDefinition } from '../workflow/index.ts';
import type { Backend } from './backend.ts';
import type { Schedule } from './broker/broker.ts';
import { askRun, enqueueRun } from './enqueue-run.ts';
import { LABELS, type RunTags } from './jobs.ts';
import { OPEN } from './recorded-chunks.ts';

/** What a schedule holds: all that its runs need. */
export interface ScheduledWork {
  readonly workflow: string;
  readonly definition: { readonly hash: string; readonly data: unknown };
  /** With their defaults. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly overlap: ScheduleDefinition['overlap'];
  readonly priority: number;
}

/** A schedule as it is registered. */
export interface RegisteredSchedule {
  readonly id: string;
  readonly workflow: string;
  readonly queue: string;
  readonly cron: string;
  readonly timezone: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly overlap: ScheduleDefinition['overlap'];
  /** Milliseconds since the epoch; null: never again. */
  readonly nextAtMs: number | null;
}

/** Names for times, which the servers of queues do not know. */
const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@hourly': '0 * * * *',
  '@minutely': '* * * * *',
  '@secondly': '* * * * * *',
  '@weekdays': '0 0 * * 1-5',
  '@weekends': '0 0 * * 0,6',
};

/** A time as five or six fields. */
export function fieldsOf(cron: string): string {
  return NAMED[cron.trim()] ?? cron.trim();
}

/** What is shown of a schedule. */
export function describeSchedule({
  id,
  queue,
  cron,
  timezone = 'UTC',
  data,
  nextAtMs = null,
}: Schedule): RegisteredSchedule {
  const { workflow, parameters, overlap } = data as unknown as ScheduledWork;
  return { id, workflow, queue, cron, timezone, parameters, overlap, nextAtMs };
}

/** Starts the run that a schedule's time has come for: its id, or null where the run before it goes on and it is left out. */
export async function startScheduled(
  backend: Pick<Backend, 'journal' | 'broker'>,
  { id, queue, data }: Schedule,
  atMs: number,
): Promise<string | null> {
  const { workflow, definition, parameters, overlap, priority } = data as unknown as ScheduledWork;
  const run = `${id}-${atMs}`;
  const before = overlap === 'queue' ? [] : (await openRuns(backend, id)).filter((other) => other !== run);
  if (overlap === 'skip' && before.length > 0) return null;
  const tags: RunTags = { queue, priority };
  const labels = { [LABELS.schedule]: id };
  await enqueueRun(backend, { id: run, workflow, definition, parameters, tags, labels, delayMs: 0 });
  for (const other of before) {
    await askRun(backend, other, { type: 'cancel', reason: `the schedule ${id} replaces it by run ${run}` });
  }
  return run;
}

/** Runs of a schedule that have not ended. */
async function openRuns({ journal }: Pick<Backend, 'journal'>, schedule: string): Promise<readonly string[]> {
  const query = { labels: { [LABELS.schedule]: schedule }, status: OPEN };
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const page: RunsPage = await journal.runs({ ...query, ...(cursor === null ? {} : { cursor }) });
    found.push(...page.runs.map(({ id }) => id));
    ({ cursor } = page);
  } while (cursor !== null);
  return found;
}
