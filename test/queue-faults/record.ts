import type { CompletedEntry, ItemEntry, ItemsEntry } from '../../src/executor/entries.ts';
import type { Journal, RunsPage, RunSummary } from '../../src/journal/journal.ts';
import { AFTER, BEFORE } from './workflow.ts';

/** Chunks of a run. */
export async function piecesOf(journal: Journal, run: string): Promise<readonly RunSummary[]> {
  const pieces: RunSummary[] = [];
  let cursor: string | null = null;
  do {
    const at = cursor === null ? {} : { cursor };
    const page: RunsPage = await journal.runs({ parent: run, pieces: true, limit: 1000, ...at });
    pieces.push(...page.runs);
    ({ cursor } = page);
  } while (cursor !== null);
  return pieces;
}

/** Indexes of effects whose results a run and its chunks have recorded, with how often that was. */
export async function recordedIndexes(journal: Journal, run: string): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  const count = (index: number): void => void counts.set(index, (counts.get(index) ?? 0) + 1);
  for (const { id } of [{ id: run }, ...(await piecesOf(journal, run))]) {
    for await (const page of journal.entries(id)) {
      for (const { entry } of page) {
        if (entry.type === 'completed') {
          const { task } = entry as CompletedEntry;
          if (task !== 'each') count(task === 'before' ? BEFORE : AFTER);
        }
        if (entry.type === 'item') count((entry as ItemEntry).index);
        if (entry.type !== 'items') continue;
        const { from, count: many, indexes } = entry as ItemsEntry;
        for (const index of indexes ?? Array.from({ length: many }, (_, at) => from + at)) count(index);
      }
    }
  }
  return counts;
}

/** Iterations that have failed, as the chunks of a run have recorded, with the codes of their errors. */
export async function recordedFailures(journal: Journal, run: string): Promise<readonly (readonly [number, string])[]> {
  const failures: (readonly [number, string])[] = [];
  for (const { id } of await piecesOf(journal, run)) {
    for await (const page of journal.entries(id)) {
      for (const { entry } of page) {
        if (entry.type !== 'item') continue;
        const { index, error } = entry as ItemEntry;
        if (error !== undefined) failures.push([index, error.code]);
      }
    }
  }
  return failures;
}

/** How long the records of a run and of its chunks are, by id. */
export async function recordLengths(journal: Journal, run: string): Promise<Readonly<Record<string, number>>> {
  const lengths: Record<string, number> = {};
  for (const { id } of [{ id: run }, ...(await piecesOf(journal, run))]) {
    lengths[id] = (await journal.run(id))?.lastSeq ?? -1;
  }
  return lengths;
}
