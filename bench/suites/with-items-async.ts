import { compare } from '../harness/comparison.ts';
import { loadPeer } from '../harness/peer.ts';
import { items, type Item } from './data.ts';
import { FACTOR, inHeddle, multiply, SCALARS, type Scalars, type Size } from './with-items-work.ts';

const CONCURRENCY = 50;

interface AsyncSize extends Size {
  readonly run: (input: Scalars) => Promise<number>;
}

const size = { items: 10_000, bytes: 1_000_000 };

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const scalars = (item: Item): Scalars => ({ value: item.value, factor: FACTOR });

/** What a careful programmer writes: so many workers that take the next item until there is none. */
async function pool(list: readonly Item[], run: AsyncSize['run']): Promise<number[]> {
  const results: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < list.length) {
      const index = next++;
      results[index] = await run(scalars(list[index] as Item));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return results;
}

type PMap = <T, R>(
  input: readonly T[],
  mapper: (item: T, index: number) => Promise<R>,
  options: { concurrency: number },
) => Promise<R[]>;

export const withItemsAsync = compare<AsyncSize>({
  name: 'with-items-async',
  title: 'with-items with an asynchronous action, concurrency 50: 10,000 items, 1 MB of context',
  unit: 'ns',
  each: 'an item',
  per: (each) => each.items,
  cases: {
    'resolves at once': { ...size, run: async (input) => multiply(input) },
    'waits a turn of the event loop': {
      ...size,
      run: async (input) => {
        await nextTurn();
        return multiply(input);
      },
    },
  },
  variants: [
    {
      name: 'hand-written pool',
      role: 'limit',
      prepare: ({ run, ...rest }) => {
        const list = items(rest.items);
        return { run: () => pool(list, run) };
      },
    },
    {
      name: 'heddle',
      role: 'heddle',
      prepare: ({ run, ...rest }) => inHeddle(rest, { input: SCALARS, run, rest: `concurrency: ${CONCURRENCY}` }),
    },
    {
      name: 'p-map',
      role: 'peer',
      needs: 'p-map',
      prepare: async ({ run, ...rest }) => {
        const { default: pMap } = await loadPeer<{ default: PMap }>('p-map');
        const list = items(rest.items);
        return { run: () => pMap(list, (item) => run(scalars(item)), { concurrency: CONCURRENCY }) };
      },
    },
  ],
});
