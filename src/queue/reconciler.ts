import { setTimeout as sleep } from 'node:timers/promises';
import type { RunsPage, RunsQuery, RunSummary } from '../journal/index.ts';
import type { Backend } from './backend.ts';
import { wakeForChunks } from './chunk-handler.ts';
import { chunkPrefix, readChunkName } from './chunk-name.ts';
import type { Range, TaskKey } from './coordination/coordination.ts';
import { DEFAULT_PRIORITY, DEFAULT_QUEUE, readRunJob, runJob, tagsOf, type RunTags } from './jobs.ts';
import { OPEN, endUnstarted } from './recorded-chunks.ts';

/** Runs read at once. */
const PAGE = 200;
/** Pages of runs that wait for their turn which one look goes through; the next goes on behind them. */
const MAX_PAGES = 20;
/** So many looks pass until runs that only wait are looked at again. */
const WAITING_EVERY = 6;
/** A run that was made so short a time ago may get its job yet, in milliseconds. */
const FRESH_MS = 2000;
/** After so many milliseconds it is looked again whether something is lost. */
const SURE_MS = 500;

/**
 * Queues again what the journal calls open and nobody has a job for: its worker, or the server of the queue, was lost
 * between two steps. Whatever it does may be done twice.
 */
export class Reconciler {
  readonly #backend: Pick<Backend, 'broker' | 'coordination' | 'journal'>;
  #looks = 0;
  /** Where the next look goes on. */
  readonly #cursors = new Map<string, string>();

  constructor(backend: Pick<Backend, 'broker' | 'coordination' | 'journal'>) {
    this.#backend = backend;
  }

  /** Looks once; the ids of the runs that were queued again. @throws what is wrong with a server */
  async look(): Promise<readonly string[]> {
    const requeued = new Set<string>();
    const live = await this.#live();
    const away = await this.#lookAtTasks(live, requeued);
    await this.#lookAtPieces(away, requeued);
    await this.#lookAt('running', { status: ['running'] }, async (run) => {
      if (!away.has(run.id)) await this.#requeue(run, live, requeued);
    });
    await this.#lookAt('pending', { status: ['pending'] }, (run) => this.#requeue(run, live, requeued));
    if (this.#looks++ % WAITING_EVERY === 0) {
      await this.#lookAt('waiting', { status: ['waiting'] }, (run) => this.#lookAtWaiting(run, live, requeued));
    }
    return [...requeued];
  }

  /** Runs and chunks that have a job. */
  async #live(): Promise<Live> {
    const { broker } = this.#backend;
    const runs = new Set<string>();
    const chunks = new Set<string>();
    for (const queue of await broker.queues()) {
      for (const id of await broker.live('run', queue)) runs.add(readRunJob(id)?.run ?? '');
      for (const id of await broker.live('chunk', queue)) chunks.add(id.slice(0, id.lastIndexOf('.')));
    }
    return { runs, chunks };
  }

  /** Executions that are spread: those of runs that have ended are forgotten, lost chunks made again. Runs with work away. */
  async #lookAtTasks(live: Live, requeued: Set<string>): Promise<ReadonlySet<string>> {
    const { coordination } = this.#backend;
    const away = new Map<string, RunTags>();
    const suspects: TaskKey[] = [];
    for (const task of await coordination.tasks()) {
      const tags = await this.#openRun(task.run);
      if (tags === null) {
        await coordination.closeRun(task.run);
        continue;
      }
      away.set(task.run, tags);
      if (!live.runs.has(task.run) && (await this.#lacks(task, live))) suspects.push(task);
    }
    if (suspects.length === 0) return new Set(away.keys());
    // Between two steps of a worker that is well it looks the same.
    await sleep(SURE_MS);
    const now = await this.#live();
    for (const task of suspects) {
      const tags = away.get(task.run) as RunTags;
      if (now.runs.has(task.run) || !(await this.#lacks(task, now))) continue;
      if (await wakeForChunks(this.#backend, task, tags)) requeued.add(task.run);
    }
    return new Set(away.keys());
  }

  /** Whether an execution has work that there is no job for, or is done and nobody has told its run. */
  async #lacks(task: TaskKey, { chunks }: Live): Promise<boolean> {
    const state = await this.#backend.coordination.state(task);
    if (state === null) return false;
    return state.state === 'complete' || state.open.some((range) => !hasJob(chunks, task, range));
  }

  /** Where jobs of a run go; null: it has ended, or there is none. */
  async #openRun(id: string): Promise<RunTags | null> {
    const run = await this.#backend.journal.run(id);
    if (run === null || !OPEN.includes(run.status)) return null;
    return tagsOf(run.labels) ?? { queue: DEFAULT_QUEUE, priority: DEFAULT_PRIORITY };
  }

  /** Chunks whose task nobody knows: the run sees to them where it goes on, else they have come to nothing. */
  async #lookAtPieces(away: ReadonlySet<string>, requeued: Set<string>): Promise<void> {
    const { journal } = this.#backend;
    const seen = new Map<string, RunTags | null>();
    await this.#lookAt('pieces', { pieces: true, status: OPEN }, async ({ id }) => {
      const task = readChunkName(id)?.task;
      if (task === undefined || away.has(task.run)) return;
      if (!seen.has(task.run)) {
        const tags = await this.#openRun(task.run);
        seen.set(task.run, tags);
        if (tags !== null && (await wakeForChunks(this.#backend, task, tags))) requeued.add(task.run);
      }
      if (seen.get(task.run) === null) await endUnstarted(journal, id, 'the run it is a part of has ended');
    });
  }

  /** Goes through runs, or a part of them: the next look goes on behind it. */
  async #lookAt(
    name: string,
    query: Pick<RunsQuery, 'status' | 'pieces'>,
    look: (run: RunSummary) => Promise<void>,
  ): Promise<void> {
    let cursor = this.#cursors.get(name) ?? null;
    this.#cursors.delete(name);
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const at = cursor === null ? {} : { cursor };
      const page: RunsPage = await this.#backend.journal.runs({ ...query, oldestFirst: true, limit: PAGE, ...at });
      for (const run of page.runs) await look(run);
      ({ cursor } = page);
      if (cursor === null) return;
    }
    if (cursor !== null) this.#cursors.set(name, cursor);
  }

  async #requeue({ id, labels, createdAtMs }: RunSummary, live: Live, requeued: Set<string>): Promise<void> {
    const tags = tagsOf(labels);
    const nowMs = Date.now();
    if (tags === null || live.runs.has(id) || nowMs - createdAtMs < FRESH_MS) return;
    // What was true when the list was made need not be so any more.
    const run = await this.#backend.journal.run(id);
    if (run === null || !['pending', 'running'].includes(run.status)) return;
    if (run.lease !== null && run.lease.expiresAtMs > nowMs) return;
    await this.#backend.broker.add([runJob(id, tags, { type: 'again' })]);
    requeued.add(id);
  }

  /** A run that waits for people needs no job; one that waits for a time does, and one that was asked something. */
  async #lookAtWaiting({ id, labels, summary }: RunSummary, live: Live, requeued: Set<string>): Promise<void> {
    const tags = tagsOf(labels);
    if (tags === null || live.runs.has(id)) return;
    const { broker, journal } = this.#backend;
    const dueAtMs = dueOf(summary);
    if (dueAtMs !== null) {
      await broker.add([runJob(id, tags, { type: 'timer', dueAtMs }, Math.max(0, dueAtMs - Date.now()))]);
    } else if ((await journal.requests(id)).length > 0) {
      await broker.add([runJob(id, tags, { type: 'wake' })]);
    } else return;
    requeued.add(id);
  }
}

interface Live {
  readonly runs: ReadonlySet<string>;
  readonly chunks: ReadonlySet<string>;
}

function hasJob(chunks: ReadonlySet<string>, task: TaskKey, { from }: Range): boolean {
  const prefix = chunkPrefix(task);
  return chunks.has(`${prefix}${from}`) || (from === 0 && chunks.has(`${prefix}call`));
}

/** The first time that something of a run is due which waits, as its summary says. */
function dueOf(summary: unknown): number | null {
  const { waiting } = (summary ?? {}) as { readonly waiting?: readonly { readonly untilMs?: number }[] };
  const times = (waiting ?? []).flatMap(({ untilMs }) => (untilMs === undefined ? [] : [untilMs]));
  return times.length === 0 ? null : Math.min(...times);
}
