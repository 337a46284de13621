/** What the journal says of runs, for people. */
export type { KeptIterations } from './history-reader.ts';
export { compareRuns, type RunComparison, type TaskComparison } from './comparison.ts';
export {
  isActive,
  isQueued,
  readHistory,
  readIterations,
  readRecord,
  type IterationsPage,
  type Present,
  type ReadJournal,
} from './read-history.ts';
export type * from './run-history.ts';
