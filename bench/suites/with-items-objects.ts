import { Executor, defineAction, parseWorkflow } from '../../src/index.ts';
import { compare } from '../harness/comparison.ts';
import { ballast, type Item, type Row } from './data.ts';
import { byHand, inHeddle, type Size } from './with-items-work.ts';

interface WithServer {
  readonly server: Item;
}

const work = { input: 'server: << item >>', run: ({ server }: WithServer): number => server.value * 2 };
const whole = (server: Item): WithServer => ({ server });

export const withItemsObjects = compare<Size & { freeze: boolean }>({
  name: 'with-items-objects',
  title: 'with-items that hands out whole elements, `input: { server: << item >> }`: 10,000 items, 1 MB of context',
  unit: 'ns',
  each: 'an item',
  per: (size) => size.items,
  cases: {
    'freezing on': { items: 10_000, bytes: 1_000_000, freeze: true },
    'freezing off': { items: 10_000, bytes: 1_000_000, freeze: false },
  },
  variants: [
    { name: 'hand-written', role: 'limit', prepare: (size) => byHand(size, whole, work) },
    { name: 'heddle', role: 'heddle', prepare: (size) => inHeddle(size, work, { freeze: size.freeze }) },
  ],
  note: 'The same list in every run, so that it is frozen once, before timing: what it costs after the pass that freezes.',
});

/** A run over 1 MB of records nobody has seen before, which are frozen as they are handed out. */
function overFresh(freeze: boolean): { run: (fresh: unknown) => unknown; fresh: () => unknown; result: () => unknown } {
  const action = defineAction({ name: 'bench.load', run: ({ server }: { server: Row }) => server.load });
  const workflow = parseWorkflow(
    `
parameters: { servers: { type: array } }
tasks:
  - { name: work, action: bench.load, with-items: << parameters.servers >>, input: { server: << item >> } }
`,
    { actions: [action] },
  );
  const executor = new Executor({ freeze });
  return {
    fresh: () => ballast(1_000_000),
    run: (servers) => executor.run(workflow, { servers }),
    result: () => null,
  };
}

export const freeze = compare<null>({
  name: 'freeze',
  title: 'The pass that freezes: one run over 1 MB of fresh records (10,000 with a list each)',
  unit: 'ns',
  each: 'a megabyte',
  cases: { '1 MB': null },
  variants: [
    { name: 'heddle', role: 'heddle', prepare: () => overFresh(true) },
    { name: 'heddle, not freezing', role: 'heddle', prepare: () => overFresh(false) },
    {
      name: 'structuredClone',
      role: 'peer',
      prepare: () => ({ ...overFresh(false), run: (servers) => structuredClone(servers) }),
    },
  ],
  note: 'The whole run, its 10,000 iterations included.',
});
