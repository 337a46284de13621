import { compare } from '../harness/comparison.ts';
import { langgraphSend } from '../peers/langgraph.ts';
import { ballast, CONTEXT_SIZES, items } from './data.ts';
import { byHand, FACTOR, inHeddle, multiply, SCALARS, type Scalars, type Size } from './with-items-work.ts';

const work = { input: SCALARS, run: multiply };
const scalars = (item: { value: number }, { factor }: { factor: number }): Scalars => ({ value: item.value, factor });

const perItem = { unit: 'ns', each: 'an item', per: (size: Size) => size.items } as const;

const limit = { name: 'hand-written', role: 'limit', prepare: (size: Size) => byHand(size, scalars, work) } as const;
const heddle = { name: 'heddle', role: 'heddle', prepare: (size: Size) => inHeddle(size, work) } as const;

const at = (sizes: Readonly<Record<string, number>>): Record<string, Size> =>
  Object.fromEntries(Object.entries(sizes).map(([name, bytes]) => [name, { items: 10_000, bytes }]));

/** 10,000 copies of 5 MB take ten minutes; a few are enough to see what one costs. */
const COPIES = 4;

/** What engines do that hand each iteration a copy of the context. */
const cloning = {
  name: 'structuredClone per item',
  role: 'peer',
  prepare: ({ bytes }: Size) => {
    const context = { fetch: ballast(bytes), variables: { factor: FACTOR } };
    const list = items(COPIES);
    return {
      run: () => list.map((item) => multiply(scalars(item, structuredClone(context).variables))),
      result: () => null,
    };
  },
} as const;

export const withItems = compare<Size>({
  name: 'with-items',
  title: 'with-items by size of the context: 10,000 items, synchronous action',
  ...perItem,
  cases: at(CONTEXT_SIZES),
  smokeCase: '1 MB',
  variants: [limit, heddle],
  note: 'A run of three tasks: two fill the context, the third forks, renders two scalars, calls an action and collects, 10,000 times.',
});

/** langgraph's fan-out: a `Send` for each item, which carries what the node is to see. */
const sending = {
  name: 'langgraph Send',
  role: 'peer',
  needs: '@langchain/langgraph',
  prepare: async ({ bytes }: Size) => ({ ...(await langgraphSend(items(COPIES), ballast(bytes))), result: () => null }),
} as const;

export const copyPerItem = compare<Size>({
  name: 'copy-per-item',
  title: 'What an item costs elsewhere, by size of the context',
  unit: 'ns',
  each: 'an item',
  per: () => COPIES,
  cases: at(CONTEXT_SIZES),
  variants: [cloning, sending],
  note: 'Four items: where each gets a copy of the context, and as `Send` of langgraph.',
});

const counts = [10, 100, 1000, 10_000, 100_000];

export const withItemsByCount = compare<Size>({
  name: 'with-items-count',
  title: 'with-items by number of items: 1 MB of context, synchronous action',
  ...perItem,
  cases: Object.fromEntries(counts.map((count) => [count.toLocaleString('en-US'), { items: count, bytes: 1_000_000 }])),
  variants: [limit, heddle],
  note: 'As above; the cost of the whole run is divided by its items.',
});

interface Extra extends Size {
  readonly rest?: string;
  readonly listens?: boolean;
}

const extra = { items: 10_000, bytes: 1_000_000 };

export const withItemsExtras = compare<Extra>({
  name: 'with-items-extras',
  title: 'with-items with retries, timeouts and listeners: 10,000 items, 1 MB of context',
  ...perItem,
  cases: {
    'retry on': { ...extra, rest: 'retry: { count: 2 }' },
    'timeout on': { ...extra, rest: 'timeout: 30s' },
    aggregate: { ...extra, rest: 'aggregate: { n: count(), total: sum(result()) }' },
    'listener on every event': { ...extra, listens: true },
  },
  variants: [
    { ...limit, takes: ({ rest = '' }) => !rest.startsWith('aggregate') },
    {
      name: 'heddle',
      role: 'heddle',
      prepare: (size) =>
        inHeddle(size, { ...work, rest: size.rest ?? '' }, {}, (executor) => {
          if (size.listens === true) executor.on('events', () => {});
        }),
    },
  ],
  note: 'The limit has no retries, timeouts or listeners; nothing fails, so this is what they cost where they are not needed.',
});
