import { chunkPrefix } from '../executor/chunk-terms.ts';
import type { Range, TaskKey } from './coordination/coordination.ts';

export { chunkPrefix };

/** What the id of a chunk says. */
export interface ChunkName {
  readonly task: TaskKey;
  /** The first iteration; null: it is one call without items. */
  readonly from: number | null;
}

/** Reads the id of a chunk's record, `RUN.EXECUTION.GENERATION.FROM`; null: it is none. */
export function readChunkName(id: string): ChunkName | null {
  const match = /^(.+)\.(\d+)\.(\d+)\.(\d+|call)$/.exec(id);
  if (match === null) return null;
  const [, run = '', execution, generation, from] = match;
  return {
    task: { run, execution: Number(execution), generation: Number(generation) },
    from: from === 'call' ? null : Number(from),
  };
}

/** The id of the chunk that a range is; a call without items is the range of the one iteration 0. */
export function chunkName(task: TaskKey, { from }: Range, isCall: boolean): string {
  return `${chunkPrefix(task)}${isCall ? 'call' : from}`;
}
