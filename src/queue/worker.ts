import { randomUUID } from 'node:crypto';
import type { HeddleError } from '../errors/index.ts';
import { Executor } from '../node/executor.ts';
import { ActionVersions } from './action-versions.ts';
import { Announcer } from './announcer.ts';
import { DEFAULT_LOCK_MS, openBackend, type Backend } from './backend.ts';
import type { Consumer } from './broker/broker.ts';
import { ChunkHandler } from './chunk-handler.ts';
import { HealthServer } from './health.ts';
import { HeapWatch } from './heap-watch.ts';
import type { WorkContext, WorkExecutor } from './job-handlers.ts';
import { asHeddleError } from './job-trouble.ts';
import { DEFAULT_QUEUE } from './jobs.ts';
import { Reconciler } from './reconciler.ts';
import { Peers } from './peers.ts';
import { Permits } from './permits.ts';
import { RunHandler } from './run-handler.ts';
import { TagsCache } from './run-tags.ts';
import { startScheduled } from './schedules.ts';
import type { WorkerEvent, WorkerListener, WorkerOptions, WorkerState } from './worker-options.ts';

const DEFAULT_CONCURRENCY = 10;
const DEFAULT_SLOTS = 4;
const DEFAULT_DISTRIBUTE_FROM = 1000;
const DEFAULT_GRACE_MS = 30_000;
/** How long it may take to hand back what is left, and to disconnect. */
const END_MS = 5000;
/** A server that takes nothing more is tried again in so many milliseconds. */
const FULL_MS = 5000;

/** Takes work from queues: advances runs, and works on chunks of their iterations. Made by `createWorker`. */
export class Worker {
  readonly id = randomUUID();
  readonly #options: WorkerOptions;
  readonly #listeners = new Set<WorkerListener>();
  readonly #leave = new AbortController();
  /** Why no work is taken, by what said so. */
  readonly #pauses = new Map<string, string>();
  readonly #consumers: Consumer[] = [];
  readonly #open: (onError: (error: HeddleError) => void) => Promise<Backend>;
  readonly #makeExecutor: (backend: Backend) => WorkExecutor;
  #backend: Backend | null = null;
  #announcer: Announcer | null = null;
  #permits: Permits | null = null;
  #heap: HeapWatch | null = null;
  #health: HealthServer | null = null;
  #reconciling: NodeJS.Timeout | null = null;
  #isReconciling = false;
  #state: WorkerState = 'starting';
  #starting: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  /** `parts`: what tests put in the place of servers and of the executor. */
  constructor(options: WorkerOptions, parts: { readonly backend?: Backend; readonly executor?: WorkExecutor } = {}) {
    this.#options = options;
    const { backend, executor } = parts;
    this.#open = backend === undefined ? (onError) => openBackend(options, onError) : () => Promise.resolve(backend);
    this.#makeExecutor = executor === undefined ? (opened) => makeExecutor(options, opened) : () => executor;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Why it takes no work; null where it does. */
  get reason(): string | null {
    return this.#pauses.values().next().value ?? null;
  }

  /** Of `/health` and `/ready`; null: they are not served. */
  get healthPort(): number | null {
    return this.#health?.port ?? null;
  }

  /** Jobs in hand. */
  get active(): number {
    return this.#consumers.reduce((sum, { active }) => sum + active, 0);
  }

  /** Calls `listener` with what happens; gives a function that stops that. */
  on(listener: WorkerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Connects, and takes work from then on.
   *
   * @throws HEDDLE_USAGE, HEDDLE_QUEUE_…, HEDDLE_JOURNAL_…
   */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { healthPort, lockMs = DEFAULT_LOCK_MS, maxHeapBytes } = this.#options;
    try {
      if (healthPort !== undefined) this.#health = await HealthServer.open(healthPort, () => this.#readiness());
      const backend = await this.#open((error) => this.#tell({ type: 'error', error }));
      this.#backend = backend;
      this.#announcer = this.#makeAnnouncer(backend, lockMs);
      await this.#announcer.start();
      this.#consume(this.#contextOf(backend, lockMs));
      backend.broker.onState((state, reason) => this.#serverIs(state, reason));
      this.#heap = new HeapWatch(maxHeapBytes, (reason) => this.#pause('heap', reason));
      const reconciler = new Reconciler(backend);
      this.#reconciling = setInterval(() => void this.#reconcile(reconciler), lockMs).unref();
      this.#change('taking');
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /**
   * Takes no more work; lets the steps and iterations in flight end, for `graceMs` at most, and hands back what is left.
   * `force`: does not wait for anything.
   */
  close({ force = false }: { readonly force?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#close();
    if (force) this.#hurry();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { graceMs = DEFAULT_GRACE_MS } = this.#options;
    // What is half open could not be closed; where it cannot be opened, there is nothing to close.
    await this.#starting?.catch(() => undefined);
    this.#change('leaving');
    this.#leave.abort();
    const grace = setTimeout(() => this.#hurry(), graceMs);
    let limit: NodeJS.Timeout | undefined;
    // A server that is away is not waited for: what could not be handed back is found by others.
    const tooLong = new Promise<void>((resolve) => (limit = setTimeout(resolve, graceMs + END_MS)));
    try {
      await Promise.race([this.#letGo(), tooLong]);
    } finally {
      clearTimeout(grace);
      clearTimeout(limit);
    }
    this.#change('closed');
  }

  async #letGo(): Promise<void> {
    await Promise.all(this.#consumers.map((consumer) => consumer.close()));
    await this.#end();
  }

  #hurry(): void {
    for (const consumer of this.#consumers) void consumer.close({ force: true });
  }

  async #end(): Promise<void> {
    if (this.#reconciling !== null) clearInterval(this.#reconciling);
    this.#heap?.close();
    await this.#permits?.close();
    await this.#announcer?.close();
    await this.#health?.close();
    await this.#backend?.close();
  }

  #contextOf(backend: Backend, lockMs: number): WorkContext {
    const { distributeFrom = DEFAULT_DISTRIBUTE_FROM, secrets = {}, slots = DEFAULT_SLOTS } = this.#options;
    return {
      backend,
      executor: this.#makeExecutor(backend),
      tags: new TagsCache(backend.journal),
      permits: this.#makePermits(backend, lockMs),
      secrets,
      leave: this.#leave.signal,
      tell: (event) => this.#tell(event),
      distributeFrom,
      slots,
      lockMs,
      peers: new Peers(backend.coordination),
      versions: new ActionVersions(this.#options.actions ?? []),
    };
  }

  #makePermits({ coordination }: Backend, lockMs: number): Permits {
    const onError = (error: unknown): void => this.#tell({ type: 'error', error: asHeddleError(error) });
    return (this.#permits = new Permits({ coordination, ttlMs: lockMs, onError }));
  }

  #makeAnnouncer({ coordination }: Backend, lockMs: number): Announcer {
    const { actions = [], slots = DEFAULT_SLOTS } = this.#options;
    const facts = {
      id: this.id,
      queues: this.#queues,
      actions: Object.fromEntries(actions.map(({ name, version = null }) => [name, version])),
      concurrency: slots,
      startedAtMs: Date.now(),
    };
    return new Announcer(coordination, facts, lockMs / 2, () => {
      const state = this.#state === 'starting' ? 'taking' : this.#state === 'closed' ? 'leaving' : this.#state;
      return { state, reason: this.reason };
    });
  }

  get #queues(): readonly string[] {
    return this.#options.queues ?? [DEFAULT_QUEUE];
  }

  #consume(context: WorkContext): void {
    const { concurrency = DEFAULT_CONCURRENCY } = this.#options;
    const { broker } = context.backend;
    const runs = new RunHandler(context);
    const chunks = new ChunkHandler(context);
    for (const queue of this.#queues) {
      this.#consumers.push(
        broker.work('run', queue, concurrency, runs.handle),
        broker.work('chunk', queue, context.slots, chunks.handle),
        broker.workSchedules(queue, async (schedule, atMs) => {
          const run = await startScheduled(context.backend, schedule, atMs);
          this.#tell({ type: 'scheduled', schedule: schedule.id, run });
        }),
      );
    }
  }

  #serverIs(state: 'lost' | 'back' | 'full', reason: string): void {
    if (state === 'back') return this.#pause('server', null);
    const what = state === 'full' ? 'the server of the queue has no room left' : 'the server of the queue is lost';
    this.#pause('server', `${what}: ${reason}`);
    if (state === 'full') setTimeout(() => this.#pause('server', null), FULL_MS).unref();
  }

  /** Takes no work for a reason; null: that is over. */
  #pause(source: string, reason: string | null): void {
    if (reason === null) this.#pauses.delete(source);
    else this.#pauses.set(source, reason);
    if (this.#state !== 'taking' && this.#state !== 'pausing') return;
    const isPaused = this.#pauses.size > 0;
    for (const consumer of this.#consumers) {
      if (isPaused) void consumer.pause();
      else consumer.resume();
    }
    this.#change(isPaused ? 'pausing' : 'taking');
  }

  #change(state: WorkerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#announcer?.tell();
    this.#tell({ type: 'state', state, reason: this.reason });
  }

  #readiness(): { readonly isReady: boolean; readonly state: string; readonly reason: string | null } {
    return { isReady: this.#state === 'taking', state: this.#state, reason: this.reason };
  }

  /** One worker at a time looks for lost work; two that believe it is them do no harm. */
  async #reconcile(reconciler: Reconciler): Promise<void> {
    if (this.#isReconciling || this.#announcer === null || this.#pauses.has('server') || this.#leave.signal.aborted)
      return;
    this.#isReconciling = true;
    try {
      if (!(await this.#announcer.isFirst())) return;
      const runs = await reconciler.look();
      if (runs.length > 0) this.#tell({ type: 'requeued', runs });
    } catch (error) {
      this.#tell({ type: 'error', error: asHeddleError(error) });
    } finally {
      this.#isReconciling = false;
    }
  }

  #tell(event: WorkerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function makeExecutor(options: WorkerOptions, { journal }: Backend): WorkExecutor {
  const { actions = [], config, keystore, env, logger, durability } = options;
  return new Executor({
    actions,
    journal,
    ...(config === undefined ? {} : { config }),
    ...(keystore === undefined ? {} : { keystore }),
    ...(env === undefined ? {} : { env }),
    ...(logger === undefined ? {} : { logger }),
    ...(durability === undefined ? {} : { durability }),
  });
}

/**
 * Makes a worker: it takes work from queues once it is started.
 *
 * @example
 * const worker = createWorker({ url: 'redis://localhost:6379', actions: [listServers] });
 * await worker.start();
 * process.once('SIGTERM', () => void worker.close());
 */
export function createWorker(options: WorkerOptions = {}): Worker {
  return new Worker(options);
}
