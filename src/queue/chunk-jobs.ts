import type { RecordedRun } from '../executor/run-journal.ts';
import type { Journal } from '../journal/index.ts';
import type { Broker } from './broker/broker.ts';
import type { Range } from './coordination/coordination.ts';
import { chunkJob, type RunTags } from './jobs.ts';

/** The chunks of one execution, as they are made. */
export interface ChunkMaker {
  readonly run: string;
  /** Where their jobs go. */
  readonly tags: RunTags;
  readonly hasRate: boolean;
  readonly isCall: boolean;
  readonly chunk: (from: number, count: number) => RecordedRun;
}

/** Records chunks, and queues a job for each. Whoever does it again changes nothing. */
export async function makeChunks(
  { journal, broker }: { readonly journal: Journal; readonly broker: Broker },
  maker: ChunkMaker,
  ranges: readonly Range[],
): Promise<void> {
  if (ranges.length === 0) return;
  const { run, tags, hasRate, isCall } = maker;
  const records = ranges.map((range) => ({ range, record: recordOf(maker, range, isCall) }));
  // A job without its record would be done before there is anything to do.
  await Promise.all(records.map(({ record }) => journal.createRun(record)));
  await broker.add(records.map(({ range: { count }, record }) => chunkJob(run, record.id, { count, hasRate }, tags)));
}

/** A call without items is the range of the one iteration 0. */
function recordOf({ chunk }: ChunkMaker, { from, count }: Range, isCall: boolean): RecordedRun {
  return isCall ? chunk(-1, 1) : chunk(from, count);
}
