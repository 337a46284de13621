import { produce } from 'immer';
import { WorkflowContext } from '../../src/index.ts';
import { compare } from '../harness/comparison.ts';
import { loadPeer } from '../harness/peer.ts';
import { ballast, CONTEXT_SIZES, items } from './data.ts';

/** Inputs take turns, so that a compiler cannot compute the answer once and for all. */
const list = items(64);
let turn = 0;
const next = (): (typeof list)[number] => list[(turn = (turn + 1) & 63)] as (typeof list)[number];

const itemOf = (returned: unknown): unknown => (returned as { item: unknown }).item;

export const fork = compare<number>({
  name: 'fork',
  title: 'Fork of a context',
  unit: 'ns',
  each: 'a fork',
  cases: CONTEXT_SIZES,
  variants: [
    {
      name: 'hand-written',
      role: 'limit',
      prepare: (bytes) => {
        const base = { fetch: ballast(bytes) };
        return { run: () => ({ base, item: next(), index: turn }), result: itemOf };
      },
    },
    {
      name: 'heddle',
      role: 'heddle',
      prepare: (bytes) => {
        const context = WorkflowContext.create({ variables: { region: 'eu' }, results: { fetch: ballast(bytes) } });
        return { run: () => context.fork(next(), turn), result: itemOf };
      },
    },
    {
      name: 'immutable Map.set',
      role: 'peer',
      needs: 'immutable',
      prepare: async (bytes) => {
        const { Map: map } = await loadPeer<Immutable>('immutable');
        const context = map({ region: 'eu', fetch: ballast(bytes) });
        return {
          run: () => context.set('item', next()),
          result: (returned) => (returned as ImmutableMap).get('item'),
        };
      },
    },
    {
      name: 'structuredClone',
      role: 'peer',
      prepare: (bytes) => {
        const context = { region: 'eu', fetch: ballast(bytes), item: null as unknown };
        return {
          run: () => {
            const copy = structuredClone(context);
            copy.item = next();
            return copy;
          },
          result: itemOf,
        };
      },
    },
  ],
});

interface ImmutableMap {
  set(name: string, value: unknown): ImmutableMap;
  get(name: string): unknown;
  setIn(path: readonly string[], value: unknown): ImmutableMap;
  getIn(path: readonly string[]): unknown;
}

interface Immutable {
  readonly Map: (from: object) => ImmutableMap;
  readonly fromJS: (from: object) => ImmutableMap;
}

interface Publish {
  readonly names: number;
  readonly isNested: boolean;
}

const variablesOf = ({ names }: Publish): Record<string, unknown> => ({
  ...Object.fromEntries(Array.from({ length: names - 2 }, (_, index) => [`name_${index}`, index])),
  counter: -1,
  settings: { region: { name: 'eu', zones: ['a', 'b'] }, owner: { team: 'web' } },
});

type Variables = Record<string, unknown> & { settings: { region: { name: unknown } } };

export const publish = compare<Publish>({
  name: 'publish',
  title: 'Publish one variable',
  unit: 'ns',
  each: 'a publish',
  cases: {
    'among 10': { names: 10, isNested: false },
    'among 1,000': { names: 1000, isNested: false },
    'nested, among 10': { names: 10, isNested: true },
    'nested, among 1,000': { names: 1000, isNested: true },
  },
  variants: [
    {
      name: 'spread',
      role: 'limit',
      prepare: (each) => {
        const variables = variablesOf(each) as Variables;
        if (!each.isNested) {
          return {
            run: () => ({ ...variables, counter: next().value }),
            result: (returned) => (returned as Variables)['counter'],
          };
        }
        return {
          run: () => ({
            ...variables,
            settings: { ...variables.settings, region: { ...variables.settings.region, name: next().value } },
          }),
          result: (returned) => (returned as Variables).settings.region.name,
        };
      },
    },
    {
      name: 'heddle',
      role: 'heddle',
      prepare: (each) => {
        const context = WorkflowContext.create({ variables: variablesOf(each) });
        return each.isNested
          ? {
              run: () => context.publish({ 'settings.region.name': next().value }),
              result: (returned) => (returned as WorkflowContext).get('settings.region.name'),
            }
          : {
              run: () => context.publish({ counter: next().value }),
              result: (returned) => (returned as WorkflowContext).get('counter'),
            };
      },
    },
    {
      name: 'immer produce',
      role: 'peer',
      prepare: (each) => {
        const variables = variablesOf(each) as Variables;
        return each.isNested
          ? {
              run: () =>
                produce(variables, (draft) => {
                  draft.settings.region.name = next().value;
                }),
              result: (returned) => (returned as Variables).settings.region.name,
            }
          : {
              run: () =>
                produce(variables, (draft: Record<string, unknown>) => {
                  draft['counter'] = next().value;
                }),
              result: (returned) => (returned as Variables)['counter'],
            };
      },
    },
    {
      name: 'immutable',
      role: 'peer',
      needs: 'immutable',
      prepare: async (each) => {
        const { fromJS } = await loadPeer<Immutable>('immutable');
        const variables = fromJS(variablesOf(each));
        const path = each.isNested ? ['settings', 'region', 'name'] : ['counter'];
        return {
          run: () => (each.isNested ? variables.setIn(path, next().value) : variables.set('counter', next().value)),
          result: (returned) => (returned as ImmutableMap).getIn(path),
        };
      },
    },
  ],
});
