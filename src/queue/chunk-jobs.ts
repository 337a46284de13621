import type { RecordedRun } from '../executor/run-journal.ts';
import type { Versions } from './action-versions.ts';
import type { Backend } from './backend.ts';
import { chunkName } from './chunk-name.ts';
import type { Range, TaskKey } from './coordination/coordination.ts';
import { chunkJob, type RunTags } from './jobs.ts';

/** The chunks of one execution, as they are made. */
export interface ChunkMaker {
  readonly task: TaskKey;
  /** Where their jobs go. */
  readonly tags: RunTags;
  readonly hasRate: boolean;
  readonly isCall: boolean;
  /** Of actions, that whoever works on them has to have. */
  readonly versions: Versions;
  readonly chunk: (from: number, count: number) => RecordedRun;
}

/** Records chunks, and queues a job for each. Whoever does it again changes nothing. */
export async function makeChunks(backend: Backend, maker: ChunkMaker, ranges: readonly Range[]): Promise<void> {
  const { chunk, isCall } = maker;
  // A call without items is the range of the one iteration 0. A job without its record would have nothing to do.
  await Promise.all(
    ranges.map(({ from, count }) => backend.journal.createRun(isCall ? chunk(-1, 1) : chunk(from, count))),
  );
  await queueChunks(backend, maker, ranges);
}

/** Queues a job for each of some chunks that are recorded. */
export async function queueChunks(
  { broker }: Backend,
  { task, tags, hasRate, isCall, versions }: Omit<ChunkMaker, 'chunk'>,
  ranges: readonly Range[],
): Promise<void> {
  if (ranges.length === 0) return;
  await broker.add(
    ranges.map((range) => {
      const id = chunkName(task, range, isCall);
      return chunkJob(task.run, id, { count: range.count, hasRate }, tags, versions);
    }),
  );
}
