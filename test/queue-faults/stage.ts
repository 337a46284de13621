import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { Executor } from '../../src/index.ts';
import type { Workflow } from '../../src/node/workflow.ts';
import { openBackend, type Backend } from '../../src/queue/backend.ts';
import { FORMAT } from '../../src/queue/jobs.ts';
import { Queue, type EnqueueOptions } from '../../src/queue/queue.ts';
import type { WorkerOptions } from '../../src/queue/index.ts';
import { Proxy } from '../servers/proxy.ts';
import ACTIONS from './actions.ts';
import type { Place, QueueServer } from './place.ts';
import { buildProgram, type Program } from './program.ts';
import { piecesOf, recordedIndexes } from './record.ts';
import { until } from './waiting.ts';
import { Witness, type Answer, type Call } from './witness.ts';
import { WorkerProcess } from './worker-process.ts';
import { CONCURRENCY } from './workflow.ts';

/** Life of locks, in milliseconds: what a dead worker had is found soon. */
export const LOCK_MS = 1500;
/** Chunks that a worker of these tests has in hand at once. */
export const SLOTS = 4;

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

type ProcessOptions = Partial<Omit<WorkerOptions, 'actions'>>;

let tests = 0;

/** A queue, workers in processes of their own, and the witness of what they do. A queue for each test, a server for each file. */
export class Stage {
  witness!: Witness;
  server!: QueueServer;
  backend!: Backend;
  queue!: Queue;
  readonly #place: Place;
  readonly #workers: WorkerProcess[] = [];
  readonly #proxies: Proxy[] = [];
  #program!: Program;
  #prefix = '';
  #isOver = false;
  #deliveries = 0;

  private constructor(place: Place) {
    this.#place = place;
  }

  /** Sets it up before the tests of a file, and takes it down after them. */
  static create(place: Place): Stage {
    const stage = new Stage(place);
    beforeAll(async () => {
      stage.#program = await buildProgram();
      stage.witness = await Witness.open();
      stage.server = await place.start();
    });
    beforeEach(async () => {
      stage.witness.reset();
      stage.#isOver = false;
      stage.#prefix = `faults${++tests}`;
      stage.backend = await openBackend({ url: stage.url(), lockMs: LOCK_MS });
      stage.queue = new Queue(stage.backend);
    });
    afterEach(async ({ task }) => {
      stage.#isOver = true;
      if (task.result?.state === 'fail') await stage.#show();
      await Promise.all(stage.#workers.splice(0).map((worker) => worker.kill()));
      await Promise.all(stage.#proxies.splice(0).map((proxy) => proxy.stop()));
      await stage.queue.close();
    });
    afterAll(async () => {
      await stage.server.stop();
      await stage.witness.close();
      await stage.#program.remove();
    });
    return stage;
  }

  /** Of the test's queue; `port`: of what stands before the server. */
  url(port?: number): string {
    return this.#place.url(this.server, this.#prefix, port);
  }

  /** Starts a worker and waits until it takes work. */
  async worker(options: ProcessOptions = {}): Promise<WorkerProcess> {
    const worker = this.#start(options);
    await worker.ready();
    return worker;
  }

  workers(count: number, options: ProcessOptions = {}): Promise<WorkerProcess[]> {
    return Promise.all(Array.from({ length: count }, () => this.worker(options)));
  }

  /** Something that breaks connections to the server, with a worker behind it. */
  async behindProxy(options: ProcessOptions = {}): Promise<{ readonly worker: WorkerProcess; readonly proxy: Proxy }> {
    const proxy = await Proxy.start(this.server.port);
    this.#proxies.push(proxy);
    const worker = await this.worker({ url: this.url(proxy.port), ...options });
    return { worker, proxy };
  }

  /** Queues a run of a workflow. */
  async enqueue(
    workflow: Workflow,
    parameters: Readonly<Record<string, unknown>> = {},
    options: EnqueueOptions = {},
  ): Promise<string> {
    const { id } = await this.queue.enqueue(workflow, { port: this.witness.port, ...parameters }, options);
    return id;
  }

  /** What a run of it comes to in one process that nothing happens to. Leaves no trace at the witness. */
  async undisturbed(
    workflow: Workflow,
    parameters: Readonly<Record<string, unknown>> = {},
    answer: (call: Call) => Answer = () => 'ok',
  ): Promise<{ readonly status: string; readonly output: unknown }> {
    this.witness.answer = answer;
    const executor = new Executor({ actions: ACTIONS });
    const { status, output } = await executor.run(workflow, { port: this.witness.port, ...parameters });
    this.witness.reset();
    return { status, output };
  }

  /** Indexes that the journal has results of, by how often. */
  recorded(run: string): Promise<ReadonlyMap<number, number>> {
    return recordedIndexes(this.backend.journal, run);
  }

  /** Kills a worker as `kill -9` does. What it had begun and not recorded may happen again; nothing else may. */
  async kill(worker: WorkerProcess, run: string): Promise<Loss> {
    const { pid } = worker;
    const called = this.witness.inFlight(pid).length;
    await worker.kill();
    await this.witness.gone(pid);
    return { ...(await this.atStake(run, pid)), called };
  }

  /**
   * What is going on and not recorded: what may happen again because of what is done next. `of`: in which process; default
   * all of them.
   */
  async atStake(run: string, of?: number): Promise<Loss> {
    const recorded = await this.recorded(run);
    const begun = this.witness.calls.filter(({ pid }) => of === undefined || pid === of);
    const indexes = new Set(begun.map(({ index }) => index).filter((index) => !recorded.has(index)));
    return { indexes, called: this.witness.inFlight(of).length };
  }

  /** Queues jobs that are there again under other ids: one for each chunk that has not ended, or for some that have; two of the run. */
  async redeliver(run: string): Promise<number> {
    const { broker, journal } = this.backend;
    const pieces = await piecesOf(journal, run);
    const open = pieces.filter(({ status }) => !['succeeded', 'failed', 'cancelled'].includes(status));
    const again = open.length > 0 ? open : pieces.slice(0, 5);
    const mark = `again${++this.#deliveries}`;
    const queue = 'default';
    await broker.add([
      ...again.map(({ id }) => ({
        kind: 'chunk' as const,
        queue,
        id: `${mark}-${id}.10`,
        data: { run, chunk: id, format: FORMAT },
      })),
      ...['a', 'b'].map((name) => ({
        kind: 'run' as const,
        queue,
        id: `${run}-a-${mark.length}${name}`,
        data: { run, format: FORMAT },
      })),
    ]);
    return again.length;
  }

  /** Starts workers in the place of those that end, until the test is over. */
  keep(count: number, run: () => string, options: ProcessOptions = {}): Promise<Loss[]> {
    const losses: Loss[] = [];
    const one = (): Promise<void> => {
      const worker = this.#start(options);
      void worker.ended.then(async () => {
        if (this.#isOver) return;
        await this.witness.gone(worker.pid);
        losses.push(await this.atStake(run(), worker.pid));
        void one();
      });
      return worker.ready().catch((error: unknown) => {
        if (!this.#isOver) throw error;
      });
    };
    return Promise.all(Array.from({ length: count }, one)).then(() => losses);
  }

  /** Waits for the end of a run, and until nothing more is going on because of it. */
  async settled(run: string): Promise<void> {
    const { queue, backend } = this;
    await until(`run ${run} has ended`, () => queue.result(run), 20);
    await until('no job is left', async () =>
      (await queue.counts()).every(({ waiting, active, delayed }) => waiting + active + delayed === 0),
    );
    await until('nobody agrees on anything any more', async () => (await backend.coordination.tasks()).length === 0);
  }

  #start(options: ProcessOptions): WorkerProcess {
    const own = { url: this.url(), lockMs: LOCK_MS, slots: SLOTS, graceMs: 5000 };
    const worker = new WorkerProcess(this.#program.file, { ...own, ...options });
    this.#workers.push(worker);
    return worker;
  }

  async #show(): Promise<void> {
    for (const { pid, events, stderr } of this.#workers) {
      const told = events.slice(-40).map((event) => JSON.stringify(event));
      console.log(`worker ${pid}:\n${told.join('\n')}\n${stderr}`);
    }
    const counts = await this.queue.counts();
    console.log(JSON.stringify(counts.filter(({ waiting, active, delayed }) => waiting + active + delayed > 0)));
    for (const { id, status, piece } of (await this.backend.journal.runs({ pieces: true })).runs) {
      if (piece && !['succeeded', 'failed'].includes(status)) console.log(id, status);
    }
  }
}

/** What a process left behind that was killed. */
export interface Loss {
  /** Effects that it had begun, and whose results are not recorded. */
  readonly indexes: ReadonlySet<number>;
  /** Calls that were in flight. */
  readonly called: number;
}

/** Iterations in flight at once, everywhere together: none of these was recorded when a process was killed. */
export const MOST_CALLED = CONCURRENCY;
