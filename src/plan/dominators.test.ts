import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyseDominance } from './dominators.ts';
import { reachable, type Edge, type TaskGraph } from './graph.ts';

function graphOf(size: number, pairs: readonly (readonly [number, number])[], starts: readonly number[]): TaskGraph {
  const edges = pairs.map(([from, to]): Edge => ({ from, to, kind: 'transition', transition: 0 }));
  const slots = Array.from({ length: size }, (_, slot) => slot);
  return {
    mode: 'graph',
    slots: new Map(),
    edges,
    inbound: slots.map((slot) => edges.filter((edge) => edge.to === slot)),
    outbound: slots.map((slot) => edges.filter((edge) => edge.from === slot)),
    component: slots,
    onCycle: slots.map(() => false),
    splits: slots.map(() => false),
    starts,
  };
}

describe('what stands in the way to a task', () => {
  it('knows a diamond', () => {
    const isBehind = analyseDominance(graphOf(5, [[0, 1], [0, 2], [1, 3], [2, 3]], [0])); // prettier-ignore
    expect([0, 1, 2, 3].map((gate) => isBehind(3, gate))).toEqual([true, false, false, true]);
    expect(isBehind(4, 1)).toBe(true);
    expect(isBehind(1, 4)).toBe(false);
  });

  it('is what cannot be reached without it, in any graph', () => {
    const size = 8;
    const slot = fc.nat(size - 1);
    fc.assert(
      fc.property(fc.array(fc.tuple(slot, slot), { maxLength: 16 }), fc.uniqueArray(slot), (pairs, starts) => {
        const graph = graphOf(size, pairs, starts);
        const isBehind = analyseDominance(graph);
        for (let gate = 0; gate < size; gate++) {
          const reached = reachable(graph, starts, gate);
          for (let task = 0; task < size; task++) expect(isBehind(task, gate)).toBe(!reached.has(task));
        }
      }),
      { numRuns: 500 },
    );
  });
});
