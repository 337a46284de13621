import type { RecordedRun } from '../executor/run-journal.ts';
import type { Versions } from './action-versions.ts';
import type { Backend } from './backend.ts';
import { chunkName } from './chunk-name.ts';
import type { Range, TaskKey, TaskState } from './coordination/coordination.ts';
import { chunkJob, chunkJobId, type RunTags } from './jobs.ts';
import { endUnstarted } from './recorded-chunks.ts';

/** What records of chunks say that were cancelled with their run or task. */
export const CALLED_OFF = 'the work it is a part of was called off';

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

/** What is left when chunks that nobody had begun are gone. */
export interface Dropped {
  /** Somebody works on these. */
  readonly left: readonly Range[];
  readonly state: TaskState['state'];
}

/** Takes chunks that nobody works on from their queue, for good, and marks their records as cancelled. */
export async function dropQueued(
  { broker, coordination, journal }: Backend,
  { task, tags: { queue }, hasRate, isCall }: Omit<ChunkMaker, 'chunk' | 'versions'>,
  open: readonly Range[],
): Promise<Dropped> {
  const jobOf = (range: Range): string => chunkJobId(chunkName(task, range, isCall), { count: range.count, hasRate });
  const jobs = open.map(jobOf);
  await broker.remove('chunk', queue, jobs);
  const live = await broker.live('chunk', queue);
  const left: Range[] = [];
  let state: TaskState['state'] = 'open';
  for (const range of open) {
    if (live.has(jobOf(range))) left.push(range);
    else {
      await endUnstarted(journal, chunkName(task, range, isCall), CALLED_OFF);
      state = await coordination.abandon(task, range);
    }
  }
  return { left, state };
}
