import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeddleError } from '../errors/index.ts';
import type { Selection } from '../executor/entries.ts';
import type { RunStatus } from '../executor/index.ts';
import type { Journal, RunsPage, RunSummary } from '../journal/index.ts';
import { Executor } from '../node/executor.ts';
import { storedDefinition } from '../node/stored-definition.ts';
import type { Workflow } from '../node/workflow.ts';
import { openBackend, type Backend, type BackendOptions } from './backend.ts';
import type { QueueCounts } from './broker/broker.ts';
import type { WorkerInfo } from './coordination/coordination.ts';
import { enqueueRun, wakeRun } from './enqueue-run.ts';
import { DEFAULT_PRIORITY, DEFAULT_QUEUE, LABELS, verifyRunId } from './jobs.ts';
import { queuedParameters } from './parameters.ts';
import { endUnstarted } from './recorded-chunks.ts';
import { resumeRun } from './rerun-run.ts';
import { readResult, type QueueResult } from './run-result.ts';
import { describeSchedule, fieldsOf, type RegisteredSchedule, type ScheduledWork } from './schedules.ts';
import { verifySize, type SizeLimits } from './size-limit.ts';
import { findUnclaimed, type Unclaimed } from './unclaimed.ts';

/** Options of `createQueue`. */
export interface QueueOptions extends BackendOptions, SizeLimits {}

/** Options of one run. */
export interface EnqueueOptions {
  /** Of the run; a second run of an id is not queued. Letters, digits, `-`, `_`, `.`. Default: a new one. */
  readonly id?: string;
  /** Workers that listen there take it. Default `default`. */
  readonly queue?: string;
  /** 1 goes first. Default what the workflow says, else 1000. */
  readonly priority?: number;
  /** Milliseconds until it may be taken. Default 0. */
  readonly delayMs?: number;
  /** Free pairs for finding the run again in the journal. Default none. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A run that was queued, or was there already. */
export interface Enqueued {
  readonly id: string;
  readonly isNew: boolean;
}

/** How long a result is waited for. */
export interface WaitOptions {
  /** Ends the wait, not the run. */
  readonly signal?: AbortSignal;
  /** How often it is looked, in milliseconds. Default 200. */
  readonly pollMs?: number;
}

/** A schedule that is to be registered. */
export interface ScheduleOptions {
  /** Default: the workflow's name. One that is there is replaced. */
  readonly id?: string;
  readonly queue?: string;
  readonly priority?: number;
}

/** Runs of one execution that others work on. */
export interface SpreadProgress {
  readonly execution: number;
  readonly total: number | null;
  readonly ended: number;
  readonly failed: number;
}

const DEFAULT_POLL_MS = 200;
/** Most that priorities of a queue may be. */
const MAX_PRIORITY = 2_000_000;

/** Hands runs to workers, and asks how they are. Made by `createQueue`. */
export class Queue {
  readonly #backend: Backend;
  readonly #limits: SizeLimits;
  /** Asks runs for things; it runs nothing. */
  readonly #executor: Executor;

  constructor(backend: Backend, limits: SizeLimits = {}) {
    this.#backend = backend;
    this.#limits = limits;
    this.#executor = new Executor({ journal: backend.journal });
  }

  /** Where runs are recorded. */
  get journal(): Journal {
    return this.#backend.journal;
  }

  /**
   * Records a run and queues it. A second call with the same `id` changes nothing.
   *
   * @throws HEDDLE_PARAMETERS where they do not fit; HEDDLE_QUEUE_SECRET where a secret one is given; HEDDLE_QUEUE_LIMIT
   * where the run is too large or the server holds too much; HEDDLE_USAGE for an id, a queue or a priority; HEDDLE_QUEUE_…,
   * HEDDLE_JOURNAL_…
   */
  async enqueue(
    workflow: Workflow,
    parameters: Readonly<Record<string, unknown>> = {},
    options: EnqueueOptions = {},
  ): Promise<Enqueued> {
    const { id = randomUUID(), queue = DEFAULT_QUEUE, delayMs = 0, labels = {} } = options;
    verifyRunId(id);
    const priority = priorityOf(workflow, options);
    const definition = storedDefinition(workflow);
    const complete = queuedParameters(workflow.definition.parameters, parameters);
    await verifySize([definition.data, complete], this.#limits, this.#backend.coordination);
    const isNew = await enqueueRun(this.#backend, {
      id,
      workflow: workflow.name,
      definition,
      parameters: complete,
      tags: { queue, priority },
      labels,
      delayMs,
    });
    return { id, isNew };
  }

  /** How a run stands; null: there is none of that id. */
  async status(id: string): Promise<RunStatus | 'blocked' | null> {
    return (await this.journal.run(id))?.status ?? null;
  }

  /** What a run came to; null: it has not ended. @throws HEDDLE_RUN_UNKNOWN */
  async result(id: string): Promise<QueueResult | null> {
    const result = await readResult(this.journal, id);
    if (result === null && (await this.status(id)) === null) {
      throw new HeddleError('HEDDLE_RUN_UNKNOWN', `there is no run ${id} in the journal`, { run: id });
    }
    return result;
  }

  /** Waits until a run has ended. @throws HEDDLE_RUN_UNKNOWN; what `signal` was aborted with */
  async wait(id: string, { signal, pollMs = DEFAULT_POLL_MS }: WaitOptions = {}): Promise<QueueResult> {
    for (;;) {
      signal?.throwIfAborted();
      const result = await this.result(id);
      if (result !== null) return result;
      await sleep(pollMs, undefined, signal === undefined ? {} : { signal });
    }
  }

  /** How far the work is that others do for a run. */
  async progress(id: string): Promise<readonly SpreadProgress[]> {
    const { coordination } = this.#backend;
    const tasks = (await coordination.tasks()).filter(({ run }) => run === id);
    const states = await Promise.all(tasks.map((task) => coordination.state(task)));
    return tasks.flatMap(({ execution }, at) => {
      const state = states[at];
      if (state === undefined || state === null) return [];
      const { total, ended, failed } = state;
      return [{ execution, total, ended, failed }];
    });
  }

  /** Cancels a run, whoever works on it. @throws HEDDLE_RUN_UNKNOWN, HEDDLE_RUN_ENDED */
  async cancel(id: string, reason = 'the run was cancelled'): Promise<void> {
    await this.#executor.cancel(id, reason);
    await wakeRun(this.#backend, id);
  }

  /** Answers a run that waits for an approval. @throws HEDDLE_RUN_UNKNOWN, HEDDLE_NOT_WAITING, HEDDLE_RESPONSE_INVALID */
  async approve(id: string, task: string, data: unknown = null, options: { item?: unknown } = {}): Promise<void> {
    await this.#executor.approve(id, task, data, options);
    await wakeRun(this.#backend, id);
  }

  /** Wakes what waits for a signal in a run, now or later. @throws HEDDLE_RUN_UNKNOWN, HEDDLE_RUN_ENDED */
  async signal(id: string, name: string, data: unknown = null): Promise<void> {
    await this.#executor.signal(id, name, data);
    await wakeRun(this.#backend, id);
  }

  /**
   * Lets workers go on with a run: one that is blocked or was lost as it stands; of one that has ended, what failed, or a
   * task and all that came of it, runs again.
   *
   * @throws HEDDLE_RUN_UNKNOWN, HEDDLE_RUN_ENDED, HEDDLE_RUN_ACTIVE, HEDDLE_RERUN
   */
  resume(id: string, selection: Selection | null = null): Promise<void> {
    return resumeRun(this.#backend, id, selection);
  }

  /** Has workers look into the inbox of a run; false: it is none of a queue. */
  wake(id: string): Promise<boolean> {
    return wakeRun(this.#backend, id);
  }

  /** Jobs by queue and kind. */
  counts(): Promise<readonly QueueCounts[]> {
    return this.#backend.broker.counts();
  }

  workers(): Promise<readonly WorkerInfo[]> {
    return this.#backend.coordination.workers();
  }

  /** Runs that no worker can go on with. */
  unclaimed(): Promise<readonly Unclaimed[]> {
    return findUnclaimed(this.#backend);
  }

  /** Bytes that the server holds. */
  bytes(): Promise<number> {
    return this.#backend.coordination.bytes();
  }

  /** No worker takes further work from a queue until {@link unpause}; what is in flight goes on. */
  pause(queue: string = DEFAULT_QUEUE): Promise<void> {
    return this.#backend.broker.pause(queue);
  }

  unpause(queue: string = DEFAULT_QUEUE): Promise<void> {
    return this.#backend.broker.resume(queue);
  }

  /** Cancels the runs of a queue that no worker has begun; their ids. */
  async drain(queue: string = DEFAULT_QUEUE): Promise<readonly string[]> {
    const drained: string[] = [];
    for (const { id, startedAtMs } of await this.#runsOf(queue, 'pending')) {
      // One that is to run again has been begun.
      if (startedAtMs === null && (await endUnstarted(this.journal, id, 'the queue was drained'))) drained.push(id);
    }
    return drained;
  }

  /** Runs what failed in the failed runs of a queue again; their ids. */
  async retry(
    queue: string = DEFAULT_QUEUE,
    { sinceMs }: { readonly sinceMs?: number } = {},
  ): Promise<readonly string[]> {
    const retried: string[] = [];
    for (const { id } of await this.#runsOf(queue, 'failed', sinceMs)) {
      try {
        await this.resume(id, { failed: true });
        retried.push(id);
      } catch (error) {
        // A run that failed as a whole (its timeout, its output) has nothing that failed in it.
        if (!(error instanceof HeddleError && ['HEDDLE_RERUN', 'HEDDLE_RUN_ACTIVE'].includes(error.code))) throw error;
      }
    }
    return retried;
  }

  /** Removes runs that ended before a time, with all that was stored for them; their ids. */
  async clean(endedBeforeMs: number): Promise<readonly string[]> {
    const removed = await this.journal.prune({ endedBeforeMs });
    for (const id of removed) await this.#backend.coordination.closeRun(id);
    return removed;
  }

  /**
   * Registers the schedule of a workflow, in the place of the one that has its id; gives that.
   *
   * @throws HEDDLE_USAGE where the workflow has none; HEDDLE_CRON, HEDDLE_PARAMETERS, HEDDLE_QUEUE_…
   */
  async schedule(workflow: Workflow, options: ScheduleOptions = {}): Promise<string> {
    const { schedule, parameters } = workflow.definition;
    if (schedule === undefined) {
      const message = `The workflow ${workflow.name} has no schedule: add schedule: { cron: 0 6 * * * } at its top.`;
      throw new HeddleError('HEDDLE_USAGE', message);
    }
    const { id = workflow.name.replaceAll(/[^\w.-]+/g, '-'), queue = DEFAULT_QUEUE } = options;
    verifyRunId(id);
    const work: ScheduledWork = {
      workflow: workflow.name,
      definition: storedDefinition(workflow),
      parameters: queuedParameters(parameters, schedule.parameters),
      overlap: schedule.overlap,
      priority: priorityOf(workflow, options),
    };
    await verifySize([work.definition.data, work.parameters], this.#limits, this.#backend.coordination);
    const { cron, timezone } = schedule;
    const zone = timezone === undefined ? {} : { timezone: timezone.value };
    await this.#backend.broker.schedule({ id, queue, cron: fieldsOf(cron.value), ...zone, data: { ...work } });
    return id;
  }

  async schedules(): Promise<readonly RegisteredSchedule[]> {
    return (await this.#backend.broker.schedules()).map(describeSchedule);
  }

  /** False where there is none of that id. Runs that it has started go on. */
  unschedule(id: string): Promise<boolean> {
    return this.#backend.broker.unschedule(id);
  }

  close(): Promise<void> {
    return this.#backend.close();
  }

  async #runsOf(queue: string, status: 'pending' | 'failed', sinceMs?: number): Promise<readonly RunSummary[]> {
    const runs: RunSummary[] = [];
    let cursor: string | null = null;
    do {
      const page: RunsPage = await this.journal.runs({
        status: [status],
        labels: { [LABELS.queue]: queue },
        oldestFirst: true,
        ...(sinceMs === undefined ? {} : { sinceMs }),
        ...(cursor === null ? {} : { cursor }),
      });
      runs.push(...page.runs);
      ({ cursor } = page);
    } while (cursor !== null);
    return runs;
  }
}

function priorityOf(
  { definition }: Workflow,
  { priority = definition.priority ?? DEFAULT_PRIORITY }: { readonly priority?: number },
): number {
  if (Number.isInteger(priority) && priority >= 1 && priority <= MAX_PRIORITY) return priority;
  throw new HeddleError(
    'HEDDLE_USAGE',
    `A priority is a whole number between 1 and ${MAX_PRIORITY}, but got ${priority}.`,
  );
}

/**
 * Opens a queue for those who hand runs to it and look after it.
 *
 * @throws HEDDLE_USAGE, HEDDLE_QUEUE_…, HEDDLE_JOURNAL_…
 * @example
 * const queue = await createQueue({ url: 'redis://localhost:6379' });
 * const { id } = await queue.enqueue(await loadWorkflow('deploy.yaml'), { region: 'eu' });
 * const { status, output } = await queue.wait(id);
 */
export async function createQueue(options: QueueOptions = {}): Promise<Queue> {
  return new Queue(await openBackend(options), options);
}

/**
 * Hands one run to a queue, and closes the connection to it again.
 *
 * @throws what `createQueue` and `Queue.enqueue` do
 * @example await enqueue(workflow, { region: 'eu' }, { url: 'redis://localhost:6379', id: 'deploy-42' });
 */
export async function enqueue(
  workflow: Workflow,
  parameters: Readonly<Record<string, unknown>> = {},
  options: QueueOptions & EnqueueOptions = {},
): Promise<Enqueued> {
  const queue = await createQueue(options);
  try {
    return await queue.enqueue(workflow, parameters, options);
  } finally {
    await queue.close();
  }
}
