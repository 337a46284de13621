import type { ChunkResult } from '../executor/distribution.ts';
import type { RunRequest } from '../executor/run-journal.ts';
import type { Backend } from './backend.ts';
import type { Handled, TakenJob } from './broker/broker.ts';
import { dropQueued, makeChunks, type ChunkMaker } from './chunk-jobs.ts';
import { readChunkName, type ChunkName } from './chunk-name.ts';
import type { RangeReport, TaskKey, TaskState } from './coordination/coordination.ts';
import { ChunkGate } from './gate.ts';
import { Troubles, workTerms, type WorkContext } from './job-handlers.ts';
import { asHeddleError } from './job-trouble.ts';
import { readChunkJob, runJob, type RunTags } from './jobs.ts';
import { endUnstarted } from './recorded-chunks.ts';

/** When a chunk is looked at again whose run is asked to see to it, in milliseconds. */
const ASK_AGAIN_MS = 1000;

/** Works on chunks, and makes further ones in their place. */
export class ChunkHandler {
  readonly #context: WorkContext;
  readonly #troubles: Troubles;

  constructor(context: WorkContext) {
    this.#context = context;
    this.#troubles = new Troubles(context);
  }

  readonly handle = (job: TakenJob): Promise<Handled> =>
    this.#troubles.guard(job, async () => {
      const { chunk = '' } = job.data;
      const name = readChunkName(chunk);
      // Of another make: there is no chunk of that id.
      if (name === null) return;
      const unknown = new AbortController();
      const gate = await this.#open(job, name, () => unknown.abort());
      if (gate === null) return this.#askRun(job, name);
      const terms = workTerms(this.#context, job);
      const signal = AbortSignal.any([terms.signal, unknown.signal]);
      const startedAtMs = performance.now();
      let result: ChunkResult;
      let failed = 0;
      try {
        result = await this.#context.executor.workChunk(chunk, gate, { ...terms, signal });
      } finally {
        failed = gate.close();
      }
      if (unknown.signal.aborted) return this.#askRun(job, name);
      if (result.state === 'left') return { againInMs: 0 };
      const tookMs = performance.now() - startedAtMs;
      return this.#finish(job, name, result, { tookMs, workMs: tookMs * gate.meanInFlight, failed });
    });

  #open(job: TakenJob, { task }: ChunkName, onUnknown: () => void): Promise<ChunkGate | null> {
    const { backend, permits, tell } = this.#context;
    return ChunkGate.open({
      ...readChunkJob(job.id),
      permits,
      coordination: backend.coordination,
      task,
      onError: (error) => tell({ type: 'error', error: asHeddleError(error) }),
      onUnknown,
    });
  }

  async #finish(
    job: TakenJob,
    name: ChunkName,
    result: ChunkResult,
    cost: Pick<RangeReport, 'workMs' | 'failed'> & { readonly tookMs: number },
  ): Promise<void> {
    const { backend, tell } = this.#context;
    const { task, from } = name;
    const { count, hasRate } = readChunkJob(job.id);
    const { ended } = result;
    const report = { from: from ?? 0, count, ended, ...cost };
    const { claimed, state, isHungry, isStopped } = await backend.coordination.finish(task, report);
    const known = await this.#context.tags.of(task.run, job.queue);
    if (known !== null) {
      // Chunks of one task stay in the queue of the first, whatever the run's own is.
      const kind = { hasRate, isCall: from === null, versions: job.data.actions ?? {} };
      const tags = { ...known, queue: job.queue };
      const maker = { task, tags, ...kind, chunk: result.chunk };
      await makeChunks(backend, maker, claimed);
      const isOver = state === 'complete' || (isStopped && (await this.#dropOthers(maker)) === 'complete');
      if (isOver || isHungry) await wakeForChunks(backend, task, known);
    }
    tell({ type: 'chunk.ended', run: task.run, task: result.task, from, ended, tookMs: cost.tookMs });
  }

  /** No further iteration of the task starts: chunks that wait for their turn are not looked at any more. */
  async #dropOthers(maker: ChunkMaker): Promise<TaskState['state']> {
    const { backend } = this.#context;
    const open = (await backend.coordination.state(maker.task))?.open ?? [];
    if (open.length === 0) return 'open';
    return (await dropQueued(backend, maker, open)).state;
  }

  /** The server has lost what workers agreed on, or the run has ended without this chunk. */
  async #askRun(job: TakenJob, { task }: ChunkName): Promise<Handled> {
    const { backend, tags } = this.#context;
    const known = await tags.of(task.run, job.queue);
    if (known !== null && (await wakeForChunks(backend, task, known))) return { againInMs: ASK_AGAIN_MS };
    await endUnstarted(backend.journal, job.data.chunk ?? '', 'the run it is a part of has ended');
  }
}

/** Tells a run that work of it has ended, or is to be looked after; false: it has ended itself. */
export async function wakeForChunks(
  { journal, broker }: Pick<Backend, 'journal' | 'broker'>,
  { run, execution }: TaskKey,
  tags: RunTags,
): Promise<boolean> {
  const request: RunRequest = { type: 'chunks', execution };
  if ((await journal.request(run, request)) === null) return false;
  await broker.add([runJob(run, tags, { type: 'wake' })]);
  return true;
}
