import type { IQueueBackend, JobJson, JobScheduler } from 'bullmq';
import { HeddleError } from '../../errors/index.ts';
import type { Schedule } from './broker.ts';
import { loadBullmq } from './server.ts';

/** The schedules of one queue: what BullMQ calls job schedulers, in a queue of their own. */
export class QueueSchedules {
  readonly #backend: IQueueBackend;
  readonly #name: string;
  #scheduler: Promise<JobScheduler> | null = null;

  /** `name`: as BullMQ calls the queue. */
  constructor(name: string, backend: IQueueBackend) {
    this.#name = name;
    this.#backend = backend;
  }

  /** Adds a schedule, or takes the place of the one with its id. @throws HEDDLE_CRON */
  async set(schedule: Schedule): Promise<void> {
    const { id, queue, cron, timezone = 'UTC', data } = schedule;
    const template: StoredSchedule = { id, queue, cron, timezone, data };
    const fields = cron.trim().split(/\s+/).length;
    if (fields !== 5 && fields !== 6) throw unreadable(schedule, `it has ${fields} fields, expected five or six`);
    const scheduler = await this.#load();
    await verify(schedule);
    await scheduler.upsertJobScheduler(id, timesOf(template), JOB_NAME, template, { attempts: 1 }, { override: true });
  }

  /** False where there is none of that id. */
  async remove(id: string): Promise<boolean> {
    return (await this.#backend.removeJobScheduler(id)) === REMOVED;
  }

  async list(): Promise<readonly Schedule[]> {
    const scheduler = await this.#load();
    const all = await scheduler.getJobSchedulers<StoredSchedule>(0, -1, true);
    return all.flatMap(({ template, next }) =>
      template?.data === undefined ? [] : [{ ...template.data, nextAtMs: next ?? null }],
    );
  }

  /** Reads a job that a schedule has given, and sees to the one after it. Null: the schedule was removed meanwhile. */
  async take(job: JobJson): Promise<{ readonly schedule: Schedule; readonly atMs: number } | null> {
    const schedule = JSON.parse(job.data) as StoredSchedule;
    if (!(await this.#backend.isJobScheduler(schedule.id))) return null;
    const scheduler = await this.#load();
    const options = { override: false, producerId: job.id };
    await scheduler.upsertJobScheduler(schedule.id, timesOf(schedule), JOB_NAME, schedule, job.opts, options);
    // BullMQ's ids of such jobs end in the time they are for.
    return { schedule, atMs: Number(job.id.slice(job.id.lastIndexOf(':') + 1)) };
  }

  #load(): Promise<JobScheduler> {
    this.#scheduler ??= loadBullmq().then((bullmq) => {
      const scheduler = new bullmq.JobScheduler(this.#name, { connection: {} }, () => this.#backend);
      scheduler.on('error', () => {});
      return scheduler;
    });
    return this.#scheduler;
  }
}

/** What a job of a schedule holds. */
type StoredSchedule = Omit<Schedule, 'nextAtMs'> & { readonly timezone: string };

const JOB_NAME = 'schedule';

function timesOf({ cron, timezone }: StoredSchedule): { readonly pattern: string; readonly tz: string } {
  return { pattern: cron, tz: timezone };
}

/** What BullMQ says where it has removed one. */
const REMOVED = 0;

/** @throws HEDDLE_CRON for a time that is none, or never comes, and for an unknown time zone */
async function verify(schedule: Schedule): Promise<void> {
  const { getNextMillis } = await loadBullmq();
  let next: number | undefined;
  try {
    next = getNextMillis(Date.now(), { pattern: schedule.cron, tz: schedule.timezone ?? 'UTC' });
  } catch (error) {
    throw unreadable(schedule, error instanceof Error ? error.message : String(error));
  }
  if (next === undefined) throw unreadable(schedule, 'that time never comes, or there is no such time zone');
}

function unreadable({ id, cron, timezone }: Schedule, reason: string): HeddleError {
  const zone = timezone === undefined ? '' : ` in ${timezone}`;
  return new HeddleError(
    'HEDDLE_CRON',
    `The schedule ${id} has the time '${cron}'${zone}, which cannot be read: ${reason}.`,
  );
}
