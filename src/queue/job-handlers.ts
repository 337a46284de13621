import type { Advanced, ChunkResult, Distributor, ItemsGate, WorkTerms } from '../executor/distribution.ts';
import type { Backend } from './backend.ts';
import type { Handled, TakenJob } from './broker/broker.ts';
import type { DistributorTerms } from './distributor.ts';
import { reasonOf, troubleOf } from './job-trouble.ts';
import type { Permits } from './permits.ts';
import type { TagsCache } from './run-tags.ts';
import { FORMAT } from './jobs.ts';
import type { WorkerListener } from './worker-options.ts';

/** What works on runs and chunks: `Executor` is one. */
export interface WorkExecutor {
  advance(run: string, work: WorkTerms, distributor: Distributor | null): Promise<Advanced>;
  workChunk(chunk: string, gate: ItemsGate, work: WorkTerms): Promise<ChunkResult>;
}

/** What the handlers of a worker's jobs have in common. */
export interface WorkContext extends DistributorTerms {
  readonly backend: Backend;
  /** Chunks that the worker works on at once, of each queue. */
  readonly slots: number;
  readonly executor: WorkExecutor;
  readonly tags: TagsCache;
  /** Of this worker. */
  readonly permits: Permits;
  readonly secrets: Readonly<Record<string, unknown>>;
  /** Aborted when the worker takes nothing more. */
  readonly leave: AbortSignal;
  readonly tell: WorkerListener;
}

/** Another worker has it: it is looked at again in so many milliseconds, in case that one is dead. */
const ELSEWHERE_MS = 1000;
/** A job that cannot be done here is left to others for so long, longer each time. */
const FIRST_BACK_MS = 1000;
const MAX_BACK_MS = 30_000;
const MAX_REMEMBERED = 10_000;

/** What a job is worked on with. */
export function workTerms({ secrets, leave, lockMs }: WorkContext, job: TakenJob): WorkTerms {
  return { secrets, leave, signal: job.signal, leaseMs: lockMs, keep: (lease) => job.keep(lease) };
}

/** Sorts out what keeps jobs from being done. */
export class Troubles {
  readonly #context: Pick<WorkContext, 'tell' | 'versions' | 'peers'>;
  /** Records that this process works on: its own leases would not keep it from working on them twice. */
  readonly #underWay = new Set<string>();
  /** How often a job was handed back, by its id. */
  readonly #times = new Map<string, number>();

  constructor(context: Pick<WorkContext, 'tell' | 'versions' | 'peers'>) {
    this.#context = context;
  }

  /** Does the work on a job. @throws what is wrong with the server, or with heddle */
  async guard(job: TakenJob, work: () => Promise<Handled>): Promise<Handled> {
    const { format, run, chunk } = job.data;
    const record = chunk ?? run;
    if (format > FORMAT) return this.#handBack(job, `it is of version ${format}, and this heddle knows ${FORMAT}`);
    const problem = await this.#versionProblem(job);
    if (problem !== null) return this.#handBack(job, problem);
    // Whoever has it reads its inbox before letting go of it.
    if (this.#underWay.has(record)) return { againInMs: ELSEWHERE_MS };
    this.#underWay.add(record);
    try {
      const handled = await work();
      this.#times.delete(job.id);
      return handled;
    } catch (error) {
      switch (troubleOf(error)) {
        case 'elsewhere':
          return { againInMs: ELSEWHERE_MS };
        case 'taken':
        case 'over':
          return undefined;
        case 'lacking':
          return this.#handBack(job, reasonOf(error));
        case 'failed':
          throw error;
      }
    } finally {
      this.#underWay.delete(record);
    }
  }

  /** Work of another version of an action is for those who have that, as long as there are any. */
  async #versionProblem({ queue, data: { actions } }: TakenJob): Promise<string | null> {
    const { peers, versions } = this.#context;
    const problem = versions.problem(actions);
    return problem !== null && (await peers.have(queue, actions ?? {})) ? problem : null;
  }

  #handBack(job: TakenJob, reason: string): Handled {
    const times = this.#times.get(job.id) ?? 0;
    if (this.#times.size >= MAX_REMEMBERED) this.#times.clear();
    this.#times.set(job.id, times + 1);
    const againInMs = Math.min(FIRST_BACK_MS * 2 ** Math.min(times, 10), MAX_BACK_MS);
    const { run, chunk = null } = job.data;
    this.#context.tell({ type: 'handed-back', run, chunk, reason, againInMs });
    return { againInMs };
  }
}
