import { expect } from 'vitest';
import type { ChunksEntry } from '../../src/executor/entries.ts';
import { piecesOf } from './record.ts';
import type { Loss, Stage } from './stage.ts';
import { AFTER, BEFORE } from './workflow.ts';

/** What must have come of a run. */
export interface Expected {
  readonly status?: 'succeeded' | 'failed' | 'cancelled';
  /** Of the undisturbed run. */
  readonly output?: unknown;
  /** Indexes of the iterations. */
  readonly items: number;
  /** What processes left behind that were killed: nothing else may have happened twice. */
  readonly losses?: readonly Loss[];
}

const ENDED = ['succeeded', 'failed', 'cancelled'];

/**
 * Judges a run that something happened to: waits for its end, and looks that nothing was lost, everything recorded once,
 * nothing left behind, and nothing done twice but what was in flight. Gives how many effects happened twice.
 */
export async function verdict(stage: Stage, run: string, expected: Expected): Promise<number> {
  const { status = 'succeeded', items, losses = [] } = expected;
  await stage.settled(run);
  const result = await stage.queue.result(run);
  expect(result?.status).toBe(status);
  if ('output' in expected) expect(result?.output).toEqual(expected.output);
  if (status === 'succeeded') await isWhole(stage, run, items);
  await isOver(stage, run);
  return happenedTwice(stage, losses);
}

/** Every effect has happened, and is recorded once, in chunks that the run's own record names. */
async function isWhole(stage: Stage, run: string, items: number): Promise<void> {
  const { journal } = stage.backend;
  const all = [...Array.from({ length: items }, (_, index) => index), BEFORE, AFTER];
  const counts = stage.witness.counts();
  expect(all.filter((index) => !counts.has(index))).toEqual([]);
  const recorded = await stage.recorded(run);
  expect(all.filter((index) => recorded.get(index) !== 1)).toEqual([]);
  expect(recorded.size).toBe(all.length);
  const pieces = await piecesOf(journal, run);
  const named: string[] = [];
  for await (const page of journal.entries(run)) {
    for (const { entry } of page) if (entry.type === 'chunks') named.push(...(entry as ChunksEntry).runs);
  }
  expect(named.toSorted()).toEqual(pieces.map(({ id }) => id).toSorted());
}

/** Nobody works on it or waits for it any more. */
async function isOver(stage: Stage, run: string): Promise<void> {
  const { journal, coordination } = stage.backend;
  const record = await journal.run(run);
  expect(record).toMatchObject({ lease: null });
  expect(ENDED).toContain(record?.status);
  const pieces = await piecesOf(journal, run);
  expect(pieces.filter(({ status }) => !ENDED.includes(status)).map(({ id }) => id)).toEqual([]);
  // What comes while a record ends stays unanswered: that work elsewhere has ended.
  expect((await journal.requests(run)).filter(({ request }) => request.type !== 'chunks')).toEqual([]);
  expect(await journal.check()).toEqual([]);
  expect(await coordination.tasks()).toEqual([]);
  expect(await stage.queue.unclaimed()).toEqual([]);
  expect(stage.witness.inFlight()).toEqual([]);
}

/** Each effect has happened once, and once more for each process that had begun it and was killed before it was recorded. */
function happenedTwice({ witness }: Stage, losses: readonly Loss[]): number {
  const counts = witness.counts();
  const tooOften: number[] = [];
  let twice = 0;
  for (const [index, times] of counts) {
    const most = 1 + losses.filter(({ indexes }) => indexes.has(index)).length;
    if (times > most) tooOften.push(index);
    twice += times - 1;
  }
  expect(tooOften).toEqual([]);
  const keys = new Map(witness.calls.map(({ index, idempotencyKey }) => [index, idempotencyKey]));
  expect(witness.calls.filter(({ index, idempotencyKey }) => keys.get(index) !== idempotencyKey)).toEqual([]);
  return twice;
}
