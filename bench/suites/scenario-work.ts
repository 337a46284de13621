import type { Action } from '../../src/index.ts';
import type { TimedWork } from '../harness/comparison.ts';
import { loadLanggraph, type Graph, type Langgraph } from '../peers/langgraph.ts';
import { action } from './flow.ts';

/** A whole workflow, the same by hand, and the same as a graph of langgraph. */
export interface Scenario {
  readonly text: string;
  readonly actions: readonly Action[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly byHand: () => unknown;
  readonly inLanggraph: () => Promise<TimedWork>;
}

async function inLanggraph(
  fields: readonly string[],
  build: (graph: Graph, library: Langgraph) => void,
  start: object,
  result: (state: Record<string, unknown>) => unknown,
): Promise<TimedWork> {
  const library = await loadLanggraph();
  const { StateGraph, Annotation } = library;
  const graph = new StateGraph(Annotation.Root(Object.fromEntries(fields.map((name) => [name, Annotation()]))));
  build(graph, library);
  const app = graph.compile();
  return { run: () => app.invoke(start), result: (returned) => result(returned as Record<string, unknown>) };
}

const MESSAGE = 'please refund order 7';

const classify = ({ message }: { message: string }): string =>
  message.includes('refund') ? 'billing' : message.includes('error') ? 'support' : 'sales';
const handle = ({ message }: { message: string }): string => message.toUpperCase();
const respond = ({ text, kind }: { text: string; kind: string }): string => `[${kind}] ${text}`;

const router: Scenario = {
  text: `
parameters: { message: { type: string } }
tasks:
  - name: classify
    action: bench.classify
    input: { message: << parameters.message >> }
    next:
      - { when: result() == 'support', do: support }
      - { when: result() == 'sales', do: sales }
      - { when: result() == 'billing', do: billing }
${['support', 'sales', 'billing']
  .map(
    (kind) => `
  - name: ${kind}
    action: bench.handle
    input: { message: << parameters.message >> }
    next: [{ publish: { text: << result() >> }, do: respond }]`,
  )
  .join('')}
  - { name: respond, action: bench.respond, input: { text: << workflow.text >>, kind: << task.classify >> } }
output: { answer: << task.respond >> }
`,
  actions: [action('classify', classify), action('handle', handle), action('respond', respond)],
  parameters: { message: MESSAGE },
  byHand: () => {
    const kind = classify({ message: MESSAGE });
    return { answer: respond({ text: handle({ message: MESSAGE }), kind }) };
  },
  inLanggraph: () =>
    inLanggraph(
      ['message', 'kind', 'text', 'answer'],
      (graph, { START, END }) => {
        graph.addNode('classify', (state: { message: string }) => ({ kind: classify(state) }));
        graph.addEdge(START, 'classify');
        for (const kind of ['support', 'sales', 'billing']) {
          graph.addNode(kind, (state: { message: string }) => ({ text: handle(state) }));
          graph.addEdge(kind, 'respond');
        }
        graph.addNode('respond', (state: { text: string; kind: string }) => ({ answer: respond(state) }));
        graph.addConditionalEdges('classify', ({ kind }: { kind: string }) => kind, ['support', 'sales', 'billing']);
        graph.addEdge('respond', END);
      },
      { message: MESSAGE },
      ({ answer }) => ({ answer }),
    ),
};

interface Order {
  readonly id: number;
  readonly amount: number;
}

const orders: readonly Order[] = Array.from({ length: 100 }, (_, id) => ({ id, amount: (id * 37) % 101 }));
const load = (): readonly Order[] => orders;
const price = ({ amount, rate }: { amount: number; rate: number }): number => amount * rate;
const summarise = ({ prices }: { prices: readonly number[] }): { sum: number; count: number } => ({
  sum: prices.reduce((sum, each) => sum + each, 0),
  count: prices.length,
});

const batch: Scenario = {
  text: `
vars: { rate: 3 }
tasks:
  - { name: load, action: bench.load }
  - { name: valid, action: core.set, input: { orders: "<< filter(task.load, o => o.amount > 0) >>" } }
  - name: price
    action: bench.price
    with-items: << task.valid.orders >>
    input: { amount: << item.amount >>, rate: << workflow.rate >> }
  - { name: summarise, action: bench.summarise, input: { prices: << task.price >> } }
output: { summary: << task.summarise >> }
`,
  actions: [action('load', load), action('price', price), action('summarise', summarise)],
  parameters: {},
  byHand: () => {
    const valid = load().filter(({ amount }) => amount > 0);
    return { summary: summarise({ prices: valid.map(({ amount }) => price({ amount, rate: 3 })) }) };
  },
  inLanggraph: () =>
    inLanggraph(
      ['orders', 'prices', 'summary'],
      (graph, { START, END }) => {
        graph.addNode('load', () => ({ orders: load() }));
        graph.addNode('valid', (state: { orders: readonly Order[] }) => ({
          orders: state.orders.filter(({ amount }) => amount > 0),
        }));
        // As a user would who counts the milliseconds of a `Send` per order: one node prices them all.
        graph.addNode('price', (state: { orders: readonly Order[] }) => ({
          prices: state.orders.map(({ amount }) => price({ amount, rate: 3 })),
        }));
        graph.addNode('summarise', (state: { prices: readonly number[] }) => ({ summary: summarise(state) }));
        [START, 'load', 'valid', 'price', 'summarise', END].reduce((from, to) => (graph.addEdge(from, to), to));
      },
      {},
      ({ summary }) => ({ summary }),
    ),
};

const TEXT = 'the quick brown fox jumps over the lazy dog and runs away from it';

const words = ({ text }: { text: string }): number => text.split(' ').length;
const vowels = ({ text }: { text: string }): number => text.split(/[aeiou]/).length - 1;
const longest = ({ text }: { text: string }): number => Math.max(...text.split(' ').map((word) => word.length));
const merge = (of: { words: number; vowels: number; longest: number }): number => of.words + of.vowels + of.longest;
const refine = ({ score }: { score: number }): number => score * 2;
const ENOUGH = 400;

const analysis: Scenario = {
  text: `
parameters: { text: { type: string } }
tasks:
  - { name: start, next: [{ do: [words, vowels, longest] }] }
${['words', 'vowels', 'longest']
  .map(
    (name) =>
      `  - { name: ${name}, action: bench.${name}, input: { text: << parameters.text >> }, next: [{ do: merge }] }`,
  )
  .join('\n')}
  - name: merge
    join: all
    action: bench.merge
    input: { words: << task.words >>, vowels: << task.vowels >>, longest: << task.longest >> }
    next: [{ publish: { score: << result() >> }, do: refine }]
  - name: refine
    action: bench.refine
    input: { score: << workflow.score >> }
    next:
      - { publish: { score: << result() >> } }
      - { when: 'result() < ${ENOUGH}', do: refine }
output: { score: << workflow.score >> }
`,
  actions: [
    action('words', words),
    action('vowels', vowels),
    action('longest', longest),
    action('merge', merge),
    action('refine', refine),
  ],
  parameters: { text: TEXT },
  byHand: () => {
    const text = { text: TEXT };
    let score = merge({ words: words(text), vowels: vowels(text), longest: longest(text) });
    do score = refine({ score });
    while (score < ENOUGH);
    return { score };
  },
  inLanggraph: () =>
    inLanggraph(
      ['text', 'words', 'vowels', 'longest', 'score'],
      (graph, { START, END }) => {
        const readings = { count_words: { words }, count_vowels: { vowels }, find_longest: { longest } };
        for (const [name, reading] of Object.entries(readings)) {
          const [field, run] = Object.entries(reading)[0] as [string, typeof words];
          graph.addNode(name, (state: { text: string }) => ({ [field]: run(state) }));
          graph.addEdge(START, name);
        }
        graph.addNode('merge', (state: Parameters<typeof merge>[0]) => ({ score: merge(state) }));
        graph.addEdge(Object.keys(readings), 'merge');
        graph.addNode('refine', (state: { score: number }) => ({ score: refine(state) }));
        graph.addEdge('merge', 'refine');
        graph.addConditionalEdges('refine', ({ score }: { score: number }) => (score < ENOUGH ? 'refine' : END), [
          'refine',
          END,
        ]);
      },
      { text: TEXT },
      ({ score }) => ({ score }),
    ),
};

export const SCENARIOS: Readonly<Record<string, Scenario>> = { router, 'batch pipeline': batch, analysis };
