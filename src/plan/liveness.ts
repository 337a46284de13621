import type { TaskGraph } from './graph.ts';
import { reachable } from './graph.ts';
import type { Liveness } from './plan.ts';

/**
 * Which results can still be read, from what templates refer to.
 *
 * @param reads for each task, the tasks whose results anything of it reads
 * @param byOutput tasks whose results the output reads; null: it reads them all
 */
export function analyseLiveness(
  graph: TaskGraph,
  reads: readonly ReadonlySet<number>[],
  byOutput: ReadonlySet<number> | null,
): Liveness {
  const readers: number[][] = reads.map(() => []);
  reads.forEach((slots, reader) => {
    for (const slot of slots) readers[slot]?.push(reader);
  });
  const isReleasable = (slot: number): boolean => byOutput !== null && !byOutput.has(slot);
  const candidates = reads.map((slots, slot) => [...new Set([...slots, slot])].filter(isReleasable));
  const after: (ReadonlySet<number> | undefined)[] = [];
  const reaches = (from: number, to: number): boolean => {
    after[from] ??= reachable(
      graph,
      (graph.outbound[from] ?? []).map((edge) => edge.to),
    );
    return after[from].has(to);
  };
  return { candidates, readers, reaches };
}
