import type { TimedWork } from '../harness/comparison.ts';
import { loadPeer } from '../harness/peer.ts';

/** As much of @langchain/langgraph as the comparisons use. */
export interface Langgraph {
  readonly START: string;
  readonly END: string;
  readonly StateGraph: new (annotation: object) => Graph;
  readonly Annotation: {
    (options?: { reducer: (left: never, right: never) => unknown; default: () => unknown }): object;
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
