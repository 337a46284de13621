import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskDefinition, WorkflowDefinition } from '../workflow/index.ts';
import { buildGraph, reachable, type TaskGraph } from './graph.ts';
import { analyseLiveness } from './liveness.ts';

/** Tasks t0, t1, … with transitions between them. */
function graphOf(size: number, pairs: readonly (readonly [number, number])[]): TaskGraph {
  const tasks = Array.from({ length: size }, (_, slot) => {
    const targets = pairs.filter(([from]) => from === slot).map(([, to]) => ({ value: `t${to}`, path: [] }));
    return { name: `t${slot}`, needs: [], next: [{ path: [], publish: [], do: targets }] };
  });
  return buildGraph({ tasks: tasks as unknown as readonly TaskDefinition[] } as WorkflowDefinition);
}

describe('which results can still be read', () => {
  it('knows what leads to what, in any graph', () => {
    const size = 7;
    const slot = fc.nat(size - 1);
    fc.assert(
      fc.property(fc.array(fc.tuple(slot, slot), { maxLength: 14 }), (pairs) => {
        const graph = graphOf(size, pairs);
        const { reaches } = analyseLiveness(graph, [], new Set());
        for (let from = 0; from < size; from++) {
          const after = reachable(graph, (graph.outbound[from] ?? []).map((edge) => edge.to)); // prettier-ignore
          for (let to = 0; to < size; to++) {
            expect(reaches(from, to)).toBe(after.has(to));
            expect(reaches(from, to)).toBe(after.has(to));
          }
        }
      }),
    );
  });

  it('tells who reads what; a task that names tasks only while it runs may read any', () => {
    const graph = graphOf(4, []);
    const { readers, candidates } = analyseLiveness(
      graph,
      [new Set([1]), 'all', new Set<number>(), new Set([3])],
      new Set([2]),
    );
    expect(readers).toEqual([[1], [0, 1], [1], [3, 1]]);
    expect(candidates).toEqual([[1, 0], [0, 1, 3], [], [3]]);
  });

  it('releases nothing where the output may read everything', () => {
    const { candidates } = analyseLiveness(graphOf(2, []), [new Set([1]), 'all'], 'all');
    expect(candidates).toEqual([[], []]);
  });

  it('of 20,000 tasks in a row takes no memory for each pair', () => {
    const size = 20_000;
    const graph = graphOf(2, [[0, 1]]);
    const edges = Array.from({ length: size }, (_, from) =>
      from + 1 < size ? [{ from, to: from + 1, kind: 'transition' as const }] : [],
    );
    const row = { ...graph, outbound: edges, component: edges.map((_, slot) => size - slot) };
    const { reaches } = analyseLiveness(row, [], new Set());
    const before = process.memoryUsage().heapUsed;
    for (let slot = 1; slot < size; slot++) {
      expect(reaches(slot - 1, slot)).toBe(true);
      expect(reaches(slot, slot - 1)).toBe(false);
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
  });
});
