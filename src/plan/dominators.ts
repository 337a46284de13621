import type { TaskGraph } from './graph.ts';

/** Whether every way from the starts of a graph to `task` leads through `gate`; true where no way leads to `task` at all. */
export type IsBehind = (task: number, gate: number) => boolean;

/**
 * Finds out for all tasks of a graph at once which others stand in their way, in nearly linear time.
 *
 * The method is that of Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
 */
export function analyseDominance(graph: TaskGraph): IsBehind {
  const size = graph.outbound.length;
  // One more vertex leads to all starts.
  const root = size;
  const { order, number } = reversePostorder(graph, root);
  const dominator = new Int32Array(size + 1).fill(-1);
  dominator[root] = root;
  const isStart = new Uint8Array(size);
  for (const slot of graph.starts) isStart[slot] = 1;
  for (let changed = true; changed;) {
    changed = false;
    for (const vertex of order) {
      if (vertex === root) continue;
      let found = isStart[vertex] === 1 ? root : -1;
      for (const { from } of graph.inbound[vertex] ?? []) {
        if (dominator[from] === -1) continue;
        found = found === -1 ? from : nearestCommon(found, from, dominator, number);
      }
      if (dominator[vertex] === found) continue;
      dominator[vertex] = found;
      changed = true;
    }
  }
  const { enter, leave } = intervals(dominator, order, root);
  return (task, gate) => {
    if (dominator[task] === -1) return true;
    if (dominator[gate] === -1) return false;
    return at(enter, gate) <= at(enter, task) && at(leave, task) <= at(leave, gate);
  };
}

function at(list: Int32Array, index: number): number {
  return list[index] as number;
}

/** The first vertex that is on both ways up. */
function nearestCommon(left: number, right: number, dominator: Int32Array, number: Int32Array): number {
  let a = left;
  let b = right;
  while (a !== b) {
    while (at(number, a) > at(number, b)) a = at(dominator, a);
    while (at(number, b) > at(number, a)) b = at(dominator, b);
  }
  return a;
}

/** Vertices so that each comes before those it leads to, cycles aside; `number`: the place of each. */
function reversePostorder(graph: TaskGraph, root: number): { order: number[]; number: Int32Array } {
  const number = new Int32Array(root + 1).fill(-1);
  const seen = new Uint8Array(root + 1);
  const order: number[] = [];
  const work = [{ vertex: root, next: 0 }];
  for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
    const { vertex } = frame;
    const next = frame.next++;
    const to = vertex === root ? graph.starts[next] : graph.outbound[vertex]?.[next]?.to;
    if (to === undefined) {
      order.push(vertex);
      work.pop();
    } else if (seen[to] === 0) {
      seen[to] = 1;
      work.push({ vertex: to, next: 0 });
    }
  }
  order.reverse();
  for (const [place, vertex] of order.entries()) number[vertex] = place;
  return { order, number };
}

/** Numbers every vertex of the tree of dominators so that what is below another lies between its two numbers. */
function intervals(dominator: Int32Array, order: readonly number[], root: number) {
  const below: number[][] = Array.from(dominator, () => []);
  for (const vertex of order) if (vertex !== root) below[at(dominator, vertex)]?.push(vertex);
  const enter = new Int32Array(dominator.length);
  const leave = new Int32Array(dominator.length);
  let clock = 0;
  const work = [{ vertex: root, next: 0 }];
  for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
    const { vertex } = frame;
    if (frame.next === 0) enter[vertex] = clock++;
    const child = below[vertex]?.[frame.next++];
    if (child !== undefined) work.push({ vertex: child, next: 0 });
    else {
      leave[vertex] = clock++;
      work.pop();
    }
  }
  return { enter, leave };
}
