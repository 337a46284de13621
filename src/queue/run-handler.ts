import type { Advanced } from '../executor/distribution.ts';
import type { Handled, TakenJob } from './broker/broker.ts';
import { QueueDistributor } from './distributor.ts';
import { Troubles, workTerms, type WorkContext } from './job-handlers.ts';
import { readRunJob, runJob, type Occasion } from './jobs.ts';
import { OPEN } from './recorded-chunks.ts';
import type { KnownTags } from './run-tags.ts';

/** Advances runs: takes all steps that are ready, and sees to it that somebody takes the next ones. */
export class RunHandler {
  readonly #context: WorkContext;
  readonly #troubles: Troubles;

  constructor(context: WorkContext) {
    this.#context = context;
    this.#troubles = new Troubles(context);
  }

  readonly handle = (job: TakenJob): Promise<Handled> =>
    this.#troubles.guard(job, async () => {
      const { backend, executor, tags, tell } = this.#context;
      const { run } = job.data;
      const type = readRunJob(job.id)?.type ?? 'again';
      if (!(await this.#isDue(run, type))) return;
      const known = await tags.of(run, job.queue);
      if (known === null) return;
      if (type === 'start') tell({ type: 'run.started', run, workflow: known.workflow });
      const distributor = new QueueDistributor(backend, this.#context, known);
      const advanced = await executor.advance(run, workTerms(this.#context, job), distributor);
      await this.#goOn(run, known, advanced);
    });

  /** Whether there may be anything to do: what woke the run may have been answered by whoever had it. */
  async #isDue(run: string, type: Occasion['type']): Promise<boolean> {
    const { journal } = this.#context.backend;
    const record = await journal.run(run);
    if (record === null || !OPEN.includes(record.status)) return false;
    return type !== 'wake' || (await journal.requests(run)).length > 0;
  }

  async #goOn(run: string, tags: KnownTags, { status, dueAtMs, hasRequests }: Advanced): Promise<void> {
    const { backend, tags: cache, tell } = this.#context;
    const { broker, coordination } = backend;
    if (status !== 'waiting') {
      cache.forget(run);
      await coordination.closeRun(run);
      tell({ type: 'run.ended', run, workflow: tags.workflow, status });
      return;
    }
    if (hasRequests) await broker.add([runJob(run, tags, { type: 'again' })]);
    else if (dueAtMs !== null) {
      await broker.add([runJob(run, tags, { type: 'timer', dueAtMs }, Math.max(0, dueAtMs - Date.now()))]);
    }
  }
}
