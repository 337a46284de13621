import type { TimedWork } from '../harness/comparison.ts';
import { loadPeer } from '../harness/peer.ts';

/** As much of @langchain/langgraph as the comparisons use. */
export interface Langgraph {
  readonly START: string;
  readonly END: string;
  readonly StateGraph: new (annotation: object) => Graph;
  readonly Annotation: {
    (options?: { reducer: (left: number[], right: number[]) => number[]; default: () => unknown }): object;
    Root(fields: Record<string, object>): object;
  };
  readonly Send: new (node: string, state: object) => object;
}

export interface Graph {
  addNode(name: string, run: (state: never) => object | Promise<object>): Graph;
  addEdge(from: string | string[], to: string): Graph;
  addConditionalEdges(from: string, route: (state: never) => unknown, targets?: string[]): Graph;
  compile(): { invoke(state: object, options?: { recursionLimit: number }): Promise<object> };
}

export const loadLanggraph = (): Promise<Langgraph> => loadPeer<Langgraph>('@langchain/langgraph');

/** A graph of so many nodes, each of which adds one. */
export async function langgraphChain(count: number): Promise<TimedWork> {
  const { StateGraph, Annotation, START, END } = await loadLanggraph();
  const graph = new StateGraph(Annotation.Root({ x: Annotation() }));
  for (let number = 0; number < count; number++) {
    graph.addNode(`t${number}`, ({ x }: { x: number }) => ({ x: x + 1 }));
    graph.addEdge(number === 0 ? START : `t${number - 1}`, `t${number}`);
  }
  graph.addEdge(`t${count - 1}`, END);
  const app = graph.compile();
  return {
    run: () => app.invoke({ x: 0 }, { recursionLimit: count + 10 }),
    result: (returned) => (returned as { x: number }).x,
  };
}

/** A start node, so many nodes after it, and one that waits for all of them. */
export async function langgraphFanOut(count: number): Promise<TimedWork> {
  const { StateGraph, Annotation, START, END } = await loadLanggraph();
  const append = (left: number[], right: number[]): number[] => [...left, ...right];
  const graph = new StateGraph(
    Annotation.Root({ values: Annotation({ reducer: append, default: () => [] }), total: Annotation() }),
  );
  graph.addNode('start', () => ({}));
  graph.addEdge(START, 'start');
  const names = Array.from({ length: count }, (_, number) => `t${number}`);
  names.forEach((name, number) => {
    graph.addNode(name, () => ({ values: [number * number] }));
    graph.addEdge('start', name);
  });
  graph.addNode('end', ({ values }: { values: number[] }) => ({ total: values.reduce((a, b) => a + b, 0) }));
  graph.addEdge(names, 'end');
  graph.addEdge('end', END);
  const app = graph.compile();
  return {
    run: () => app.invoke({}),
    result: (returned) => ({ total: (returned as { total: number }).total }),
  };
}

/** Items sent to a node one by one while the state holds `context`; what comes back is summed up. */
export async function langgraphSend(items: readonly { value: number }[], context: unknown): Promise<TimedWork> {
  const { StateGraph, Annotation, Send, START, END } = await loadLanggraph();
  const append = (left: number[], right: number[]): number[] => [...left, ...right];
  const graph = new StateGraph(
    Annotation.Root({ fetch: Annotation(), results: Annotation({ reducer: append, default: () => [] }) }),
  );
  graph.addNode('work', ({ value, factor }: { value: number; factor: number }) => ({ results: [value * factor] }));
  // A node that is sent to sees what it is sent and nothing else, so the context has to come along.
  graph.addConditionalEdges(
    START,
    (state: { fetch: unknown }) => items.map(({ value }) => new Send('work', { value, factor: 3, fetch: state.fetch })),
    ['work'],
  );
  graph.addEdge('work', END);
  const app = graph.compile();
  return {
    run: () => app.invoke({ fetch: context }, { recursionLimit: 10 }),
    result: (returned) => (returned as { results: number[] }).results,
  };
}
