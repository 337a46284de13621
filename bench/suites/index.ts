import type { Comparison } from '../harness/comparison.ts';
import { chain, chainGraph } from './chain.ts';
import { coldStart } from './cold-start.ts';
import { fork, publish } from './context.ts';
import { fairness } from './fairness.ts';
import { fanOut } from './fan-out.ts';
import { journalBatch } from './journal-batch.ts';
import { journalItems, journalResume, journalRun, journalSize } from './journal.ts';
import { load, loadFirst } from './load.ts';
import { branch, loop } from './loop.ts';
import { atRest, fileMemory, fileTime, loopHeap, processMemory } from './memory.ts';
import { queueBytes } from './queue-bytes.ts';
import { queuePass, queueWait, queueWork } from './queue.ts';
import { render } from './render.ts';
import { scenarios } from './scenario.ts';
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
  branch,
  loop,
  fanOut,
  scenarios,
  journalRun,
  journalBatch,
  journalItems,
  journalResume,
  journalSize,
  queuePass,
  queueWait,
  queueWork,
  queueBytes,
  load,
  loadFirst,
  fileMemory,
  processMemory,
  fileTime,
  atRest,
  loopHeap,
  fairness,
  coldStart,
];
