import type { TaskGraph } from './graph.ts';
import { reachable } from './graph.ts';
import type { Liveness } from './plan.ts';

/**
 * Which results can still be read, from what templates refer to.
 *
 * @param reads for each task, the tasks whose results anything of it reads; `all`: it may read any
 * @param byOutput tasks whose results the output reads; `all`: it may read any
 */
export function analyseLiveness(
  graph: TaskGraph,
  reads: readonly (ReadonlySet<number> | 'all')[],
  byOutput: ReadonlySet<number> | 'all',
): Liveness {
  const isReleasable = (slot: number): boolean => byOutput !== 'all' && !byOutput.has(slot);
  // Lists of all tasks are shared: one for every task that may read any would be a square of memory.
  const ofAll: number[] = [];
  reads.forEach((slots, reader) => {
    if (slots === 'all') ofAll.push(reader);
  });
  const own: number[][] = reads.map(() => []);
  reads.forEach((slots, reader) => {
    if (slots !== 'all') for (const slot of slots) own[slot]?.push(reader);
  });
  const readers = own.map((some) => (some.length === 0 ? ofAll : ofAll.length === 0 ? some : [...some, ...ofAll]));
  const all = ofAll.length === 0 ? [] : reads.map((_, slot) => slot).filter(isReleasable);
  const candidates = reads.map((slots, slot) => {
    if (slots === 'all') return all;
    const some = [...slots].filter(isReleasable);
    if (!slots.has(slot) && isReleasable(slot)) some.push(slot);
    return some;
  });
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
