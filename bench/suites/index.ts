import type { Comparison } from '../harness/comparison.ts';
import { chain, chainGraph } from './chain.ts';
import { fork, publish } from './context.ts';
import { render } from './render.ts';
import { withItemsAsync } from './with-items-async.ts';
import { freeze, withItemsObjects } from './with-items-objects.ts';
import { copyPerItem, withItems, withItemsByCount, withItemsExtras } from './with-items.ts';

/** Everything that is measured, in the order of the report. */
export const comparisons: readonly Comparison[] = [
  fork,
  publish,
  render,
  withItems,
  copyPerItem,
  withItemsByCount,
  withItemsObjects,
  freeze,
  withItemsAsync,
  withItemsExtras,
  chain,
  chainGraph,
];
