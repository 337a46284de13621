import type { JobJson } from 'bullmq';
import { HeddleError } from '../../errors/index.ts';
import type { LockKeeper } from '../locks/lock-keeper.ts';
import type { ActiveJob } from './active-job.ts';
import type { Broker, Consumer, Handled, Handler, JobData, JobKind, NewJob, QueueCounts, Schedule } from './broker.ts';
import { BullConsumer } from './consumer.ts';
import type { Health, StateListener } from './health.ts';
import { bullName, REGISTRY, verifyJobId, verifyQueueName } from './names.ts';
import { QueueSchedules } from './schedules.ts';
import { EVENTS_KEPT, type QueueServer } from './server.ts';

/** What a {@link BullBroker} works with. */
export interface BullBrokerParts {
  readonly server: QueueServer;
  readonly health: Health;
  readonly locks: LockKeeper;
  readonly lockMs: number;
  readonly patienceMs: number;
  readonly onError: (error: HeddleError) => void;
}

const DEFAULT_PRIORITY = 1000;
const KINDS: readonly JobKind[] = ['run', 'chunk'];
/** Jobs that go to the server together. */
const BATCH = 500;
/** Schedules are looked after one by one; more than a few at once never are due. */
const SCHEDULE_SLOTS = 4;
/** A server that was emptied hears of the queues again. */
const REGISTERED_MS = 60_000;

/** Queues over BullMQ. */
export class BullBroker implements Broker {
  readonly #parts: BullBrokerParts;
  readonly #registered = new Map<string, number>();
  readonly #schedules = new Map<string, QueueSchedules>();
  readonly #consumers = new Set<Consumer>();
  #isClosed = false;

  constructor(parts: BullBrokerParts) {
    this.#parts = parts;
  }

  async add(jobs: readonly NewJob[]): Promise<void> {
    const batches = new Map<string, NewJob[]>();
    for (const job of jobs) {
      verifyJobId(job.id);
      verifyQueueName(job.queue);
      const name = bullName(job.queue, job.kind);
      const batch = batches.get(name);
      if (batch === undefined) batches.set(name, [job]);
      else batch.push(job);
    }
    for (const queue of new Set(jobs.map((job) => job.queue))) await this.#register(queue);
    for (const [name, all] of batches) {
      for (let from = 0; from < all.length; from += BATCH) {
        const entries = all.slice(from, from + BATCH).map((job) => ({ job: toJson(job), jobId: job.id }));
        await this.#call(() => this.#parts.server.queue(name).addJobs(entries));
      }
    }
  }

  async isLive(kind: JobKind, queue: string, id: string): Promise<boolean> {
    return (await this.#call(() => this.#queue(kind, queue).getState(id))) !== 'unknown';
  }

  async live(kind: JobKind, queue: string): Promise<ReadonlySet<string>> {
    return new Set(await this.#call(() => this.#parts.server.live(bullName(queue, kind))));
  }

  async remove(kind: JobKind, queue: string, ids: readonly string[]): Promise<void> {
    await this.#remove(kind, queue, ids);
  }

  work(kind: JobKind, queue: string, slots: number, handler: Handler): Consumer {
    return this.#consume(queue, kind, slots, (job) =>
      handler({
        id: job.id,
        queue,
        data: JSON.parse(job.json.data) as JobData,
        signal: job.signal,
        keep: (lease) => job.keep(lease),
      }),
    );
  }

  async queues(): Promise<readonly string[]> {
    const fields = await this.#call(() => this.#parts.server.queue(REGISTRY).getQueueMeta());
    return Object.keys(fields)
      .filter((field) => field.startsWith(REGISTERED))
      .map((field) => field.slice(REGISTERED.length))
      .sort();
  }

  async counts(): Promise<readonly QueueCounts[]> {
    const queues = await this.queues();
    return Promise.all(queues.flatMap((queue) => KINDS.map((kind) => this.#counts(queue, kind))));
  }

  async pause(queue: string): Promise<void> {
    await this.#register(queue);
    for (const kind of KINDS) await this.#call(() => this.#queue(kind, queue).pause(true));
  }

  async resume(queue: string): Promise<void> {
    for (const kind of KINDS) await this.#call(() => this.#queue(kind, queue).pause(false));
  }

  async drain(queue: string): Promise<readonly string[]> {
    const removed: string[] = [];
    for (const kind of KINDS) removed.push(...(await this.#remove(kind, queue, [...(await this.live(kind, queue))])));
    return removed;
  }

  async schedule(schedule: Schedule): Promise<void> {
    await this.#register(schedule.queue);
    await this.#call(() => this.#schedulesOf(schedule.queue).set(schedule));
    // Its id may have been that of a schedule of another queue.
    for (const queue of await this.queues()) {
      if (queue !== schedule.queue) await this.#call(() => this.#schedulesOf(queue).remove(schedule.id));
    }
  }

  async unschedule(id: string): Promise<boolean> {
    let isRemoved = false;
    for (const queue of await this.queues()) {
      if (await this.#call(() => this.#schedulesOf(queue).remove(id))) isRemoved = true;
    }
    return isRemoved;
  }

  async schedules(): Promise<readonly Schedule[]> {
    const queues = await this.queues();
    const all = await Promise.all(queues.map((queue) => this.#call(() => this.#schedulesOf(queue).list())));
    return all.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  workSchedules(queue: string, handler: (schedule: Schedule, atMs: number) => Promise<void>): Consumer {
    return this.#consume(queue, 'schedule', SCHEDULE_SLOTS, async (job) => {
      const due = await this.#schedulesOf(queue).take(job.json);
      if (due !== null) await handler(due.schedule, due.atMs);
    });
  }

  onState(listener: StateListener): void {
    this.#parts.health.onState(listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    await this.#parts.locks.close();
    this.#parts.health.close();
    await this.#parts.server.close();
  }

  #consume(
    queue: string,
    kind: JobKind | 'schedule',
    slots: number,
    work: (job: ActiveJob) => Promise<Handled>,
  ): Consumer {
    if (this.#isClosed) throw closed();
    verifyQueueName(queue);
    const { server, health, locks, lockMs, onError } = this.#parts;
    const name = bullName(queue, kind);
    const consumer = new BullConsumer({ server, health, locks, name, slots, lockMs, work, onError });
    this.#consumers.add(consumer);
    return consumer;
  }

  async #counts(queue: string, kind: JobKind): Promise<QueueCounts> {
    const { server } = this.#parts;
    const backend = this.#queue(kind, queue);
    const [numbers, isPaused, oldestAtMs] = await this.#call(() =>
      Promise.all([
        backend.getCounts(['wait', 'prioritized', 'active', 'delayed']),
        backend.hasQueueMetaField('paused'),
        server.oldestAtMs(bullName(queue, kind)),
      ]),
    );
    const [wait = 0, prioritized = 0, active = 0, delayed = 0] = numbers;
    return { queue, kind, waiting: wait + prioritized, active, delayed, isPaused, oldestAtMs };
  }

  /** Removes jobs that nobody works on; their ids. */
  async #remove(kind: JobKind, queue: string, ids: readonly string[]): Promise<string[]> {
    const removed: string[] = [];
    for (let from = 0; from < ids.length; from += BATCH) {
      const batch = ids.slice(from, from + BATCH);
      const counts = await this.#call(() => Promise.all(batch.map((id) => this.#queue(kind, queue).remove(id, false))));
      removed.push(...batch.filter((_, place) => counts[place] === 1));
    }
    return removed;
  }

  async #register(queue: string): Promise<void> {
    verifyQueueName(queue);
    if (Date.now() - (this.#registered.get(queue) ?? -Infinity) < REGISTERED_MS) return;
    const { server } = this.#parts;
    await this.#call(async () => {
      await server.queue(REGISTRY).setQueueMeta({ [`${REGISTERED}${queue}`]: 1 });
      for (const kind of [...KINDS, 'schedule'] as const) {
        await server.queue(bullName(queue, kind)).setQueueMeta({ 'opts.maxLenEvents': EVENTS_KEPT });
      }
    });
    this.#registered.set(queue, Date.now());
  }

  #queue(kind: JobKind, queue: string): ReturnType<QueueServer['queue']> {
    return this.#parts.server.queue(bullName(queue, kind));
  }

  #schedulesOf(queue: string): QueueSchedules {
    const name = bullName(queue, 'schedule');
    const known = this.#schedules.get(name) ?? new QueueSchedules(name, this.#parts.server.queue(name));
    this.#schedules.set(name, known);
    return known;
  }

  async #call<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closed();
    return this.#parts.health.patiently(this.#parts.patienceMs, call);
  }
}

/** Begins the names of the fields that hold the names of queues. */
const REGISTERED = 'queue:';

/** A job as BullMQ's backends take it. */
function toJson({ kind, id, data, priority = DEFAULT_PRIORITY, delayMs = 0 }: NewJob): JobJson {
  const delay = Math.max(0, Math.ceil(delayMs));
  return {
    id,
    name: kind,
    data: JSON.stringify(data),
    opts: { attempts: 1, priority, ...(delay > 0 && { delay }) },
    delay,
    priority,
    timestamp: Date.now(),
    progress: 0,
    attemptsMade: 0,
    attemptsStarted: 0,
    stalledCounter: 0,
    failedReason: '',
    returnvalue: 'null',
  };
}

function closed(): HeddleError {
  return new HeddleError('HEDDLE_QUEUE_CLOSED', 'The queue is closed; keep it open until the work on it has ended.');
}
