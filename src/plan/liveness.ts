import type { TaskGraph } from './graph.ts';
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
  return { candidates, readers, reaches: memorised(graph) };
}

/** Answers that are kept; a set of what each task leads to would be a square of memory. */
const MAX_ANSWERS = 100_000;

/** Whether one task leads to another, over at least one edge. */
function memorised(graph: TaskGraph): Liveness['reaches'] {
  const size = graph.outbound.length;
  const answers = new Map<number, boolean>();
  return (from, to) => {
    if (isAfter(graph, from, to)) return false;
    const pair = from * size + to;
    let answer = answers.get(pair);
    if (answer === undefined) {
      answer = leadsTo(graph, from, to);
      if (answers.size >= MAX_ANSWERS) answers.clear();
      answers.set(pair, answer);
    }
    return answer;
  };
}

/** Components are numbered from the ends of the graph to its starts, so that no way leads to a higher number. */
function isAfter({ component }: TaskGraph, from: number, to: number): boolean {
  return (component[from] as number) < (component[to] as number);
}

function leadsTo(graph: TaskGraph, from: number, to: number): boolean {
  const seen = new Set<number>();
  const work = [from];
  for (let slot = work.pop(); slot !== undefined; slot = work.pop()) {
    for (const edge of graph.outbound[slot] ?? []) {
      if (edge.to === to) return true;
      if (seen.has(edge.to) || isAfter(graph, edge.to, to)) continue;
      seen.add(edge.to);
      work.push(edge.to);
    }
  }
  return false;
}
