import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IQueueBackend, JobJson } from 'bullmq';
import { HeddleError } from '../../errors/index.ts';
import { reasonOf } from '../../journal/server-url.ts';
import { jobCode, serverError } from '../connection/server-error.ts';
import type { LockKeeper } from '../locks/lock-keeper.ts';
import { ActiveJob } from './active-job.ts';
import type { Consumer, Handled } from './broker.ts';
import type { Health } from './health.ts';
import { STALLED_CHECKS_PER_LOCK, type QueueServer, type Waiter } from './server.ts';

/** What a consumer works with. */
export interface ConsumerOptions {
  readonly server: QueueServer;
  readonly health: Health;
  readonly locks: LockKeeper;
  /** As BullMQ calls the queue. */
  readonly name: string;
  readonly slots: number;
  readonly lockMs: number;
  readonly work: (job: ActiveJob) => Promise<Handled>;
  readonly onError: (error: HeddleError) => void;
}

/** How long the server is asked to wait for a job, in seconds: what was missed is found after it. */
const WAIT_S = 5;
/** Jobs taken with calls that are under way at the same time, at most. */
const MAX_TOGETHER = 8;
/** How long a call that is under way at the end is waited for, in milliseconds. */
const LAST_TAKE_MS = 1000;

/** Takes jobs of one queue. */
export class BullConsumer implements Consumer {
  readonly #options: ConsumerOptions;
  readonly #id = randomUUID();
  readonly #jobs = new Map<ActiveJob, Promise<void>>();
  readonly #stopped = new AbortController();
  readonly #taking: Promise<void>;
  readonly #stalledCheck: NodeJS.Timeout;
  readonly #queue: IQueueBackend;
  #waiter: Waiter;
  #closing: Promise<void> | null = null;
  #isPaused = false;
  #isChecking = false;
  #taken = 0;
  #errors = 0;
  #wake = (): void => {};

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#queue = options.server.queue(options.name);
    this.#waiter = options.server.waiter(options.name);
    this.#stalledCheck = setInterval(() => void this.#checkStalled(), options.lockMs / STALLED_CHECKS_PER_LOCK);
    this.#taking = this.#takeAll();
  }

  get active(): number {
    return this.#jobs.size;
  }

  async pause(): Promise<void> {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#wake();
  }

  close({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close();
    if (force) for (const job of this.#jobs.keys()) job.giveUp();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopped.abort();
    this.#wake();
    await Promise.race([this.#taking, sleep(LAST_TAKE_MS)]);
    while (this.#jobs.size > 0) await Promise.all(this.#jobs.values());
    clearInterval(this.#stalledCheck);
    await this.#waiter.close();
  }

  async #takeAll(): Promise<void> {
    await this.#unlessStopped(this.#options.locks.ready());
    // When there may be a job, in milliseconds since the epoch; null: only the server knows, and tells.
    let nextAtMs: number | null = 0;
    let hasMore = false;
    while (!this.#isStopped) {
      if (this.#isPaused || this.#jobs.size >= this.#options.slots) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      try {
        if (nextAtMs === null || nextAtMs > Date.now()) nextAtMs = await this.#wait(nextAtMs);
        if (this.#isStopped || nextAtMs > Date.now()) continue;
        // Where one job waits there may be many: calls that are under way together cost little more than one.
        const free = this.#options.slots - this.#jobs.size;
        nextAtMs = await this.#takeTogether(hasMore ? Math.min(free, MAX_TOGETHER) : 1);
        hasMore = nextAtMs === 0;
      } catch (error) {
        await this.#recover(error);
        nextAtMs = 0;
        hasMore = false;
      }
    }
  }

  /** Waits for a job or a time; when there may be one. */
  async #wait(untilMs: number | null): Promise<number> {
    const { backend } = this.#waiter;
    const seconds = untilMs === null ? WAIT_S : Math.min((untilMs - Date.now()) / 1000, WAIT_S);
    const waited = backend.waitForJob(Math.max(seconds, backend.minimumBlockTimeout));
    return (await this.#unlessStopped(waited))?.score ?? 0;
  }

  /** Takes so many jobs, if there are; when there may be a next. */
  async #takeTogether(count: number): Promise<number | null> {
    const takes = await Promise.allSettled(Array.from({ length: count }, () => this.#take()));
    let next: number | null = 0;
    for (const take of takes) {
      if (take.status === 'rejected') throw take.reason;
      if (take.value !== 0) next = take.value;
    }
    return next;
  }

  /** Takes a job, if there is one; when there may be a next. */
  async #take(): Promise<number | null> {
    const token = `${this.#id}:${this.#taken++}`;
    const [json, id, , delayedUntilMs] = (await this.#queue.moveToActive(token)) as readonly unknown[];
    this.#errors = 0;
    if (isJob(json)) {
      this.#start({ ...json, id: String(id) }, token);
      return 0;
    }
    return typeof delayedUntilMs === 'number' && delayedUntilMs > 0 ? delayedUntilMs : null;
  }

  #start(json: JobJson, token: string): void {
    const { locks, name } = this.#options;
    const job = new ActiveJob(json, token, locks, name);
    // It was asked for before: whoever else takes jobs gets it.
    if (this.#isPaused || this.#isStopped) job.giveUp();
    const done = this.#work(job).finally(() => {
      job.end();
      this.#jobs.delete(job);
      this.#wake();
    });
    this.#jobs.set(job, done);
  }

  async #work(job: ActiveJob): Promise<void> {
    const { work, onError, name } = this.#options;
    const settled = await job.settle(work);
    switch (settled.type) {
      case 'lost':
        return;
      case 'done':
        return this.#tell(job, () => this.#queue.moveToCompleted(job.minimal, null, true, job.token, false));
      case 'given-up':
        return this.#tell(job, () => this.#delay(job, 0, true));
      case 'again':
        return this.#tell(job, () => this.#delay(job, settled.inMs, true));
      case 'failed': {
        const { inMs, error } = settled;
        const text = `Job ${job.id} of ${name} failed, and is taken again in ${inMs / 1000} s`;
        const errorCode = error instanceof HeddleError ? error.code : 'HEDDLE_INTERNAL';
        onError(new HeddleError(errorCode, `${text}: ${reasonOf(error)}.`, { cause: error }));
        return this.#tell(job, () => this.#delay(job, inMs, false));
      }
    }
  }

  #delay(job: ActiveJob, delayMs: number, skipAttempt: boolean): Promise<unknown> {
    return this.#queue.moveToDelayed(job.id, Date.now(), delayMs, job.token, { skipAttempt });
  }

  /** Tells the server what became of a job, until it knows. */
  async #tell(job: ActiveJob, call: () => Promise<unknown>): Promise<void> {
    const { health, lockMs, onError, server } = this.#options;
    for (let missing = 0; !job.isLost;) {
      const failure = await Promise.race([call().then(() => null, asFailure), this.#abandoned(job)]);
      if (failure === null) return;
      const code = jobCode(failure.error);
      if (code === LOCK_MISSING) {
        // It has expired while the server was away: the thread takes it again, or finds that the job is lost.
        if (++missing > MAX_LOCK_TRIES) return;
        await sleep(lockMs / LOCK_TRIES);
      } else if (code !== null) {
        // Somebody else has it; or the reply to the call before was lost, and there is nothing left to be done.
        return;
      } else if (health.report(failure.error)) {
        await Promise.race([health.recovered(), this.#abandoned(job)]);
        if (job.isGivenUp && health.state !== 'back') return;
      } else {
        return onError(serverError(failure.error, server.name));
      }
    }
  }

  /** Resolves when a job that was given up cannot be handed back, because the server is away: its lock expires. */
  async #abandoned(job: ActiveJob): Promise<null> {
    await job.over;
    while (this.#options.health.state === 'back' && this.#jobs.has(job)) await sleep(ABANDON_CHECK_MS);
    return null;
  }

  async #checkStalled(): Promise<void> {
    const { health, lockMs } = this.#options;
    if (this.#isChecking || health.state !== 'back' || haveLocksExpired(health, lockMs)) return;
    this.#isChecking = true;
    try {
      await this.#queue.moveStalledJobsToWait();
    } catch (error) {
      this.#note(error);
    } finally {
      this.#isChecking = false;
    }
  }

  /** After an error: waits until the server is well, and connects anew. */
  async #recover(error: unknown): Promise<void> {
    if (this.#isStopped) return;
    this.#note(error);
    const pauseMs = Math.min(FIRST_ERROR_PAUSE_MS * 2 ** this.#errors++, MAX_ERROR_PAUSE_MS);
    await this.#unlessStopped(sleep(pauseMs));
    await this.#unlessStopped(this.#options.health.recovered());
    if (this.#isStopped) return;
    const broken = this.#waiter;
    this.#waiter = this.#options.server.waiter(this.#options.name);
    // Of a connection that is broken the end may not come.
    void broken.close().catch(() => {});
  }

  #note(error: unknown): void {
    const { health, onError, server } = this.#options;
    if (!health.report(error)) onError(serverError(error, server.name));
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Calls to a server that is away may never end. */
  #unlessStopped<T>(promise: Promise<T>): Promise<T | null> {
    const { signal } = this.#stopped;
    if (signal.aborted) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const stop = (): void => resolve(null);
      signal.addEventListener('abort', stop, { once: true });
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }
}

/** Whether locks may have expired while the server was away: those who had them take them again first. */
function haveLocksExpired({ outage }: Health, lockMs: number): boolean {
  if (outage === null || outage.toMs - outage.fromMs < lockMs / 3) return false;
  return Date.now() - outage.toMs < lockMs / 2;
}

/** Of {@link jobCode}. */
const LOCK_MISSING = -2;
const LOCK_TRIES = 3;
const MAX_LOCK_TRIES = 6;
const ABANDON_CHECK_MS = 200;
const FIRST_ERROR_PAUSE_MS = 100;
const MAX_ERROR_PAUSE_MS = 5000;

interface Failure {
  readonly error: unknown;
}

function asFailure(error: unknown): Failure {
  return { error };
}

function isJob(value: unknown): value is JobJson {
  return typeof value === 'object' && value !== null && 'data' in value;
}
