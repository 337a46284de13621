import type { ChunksEntry, RunEntry } from './entries.ts';
import type { RunJournal } from './run-journal.ts';

/** What is read of a journal. */
export type RecordSource = Pick<RunJournal, 'entries' | 'run'>;

/** Entries that a chunk ends with, once it has said what its iterations came to together. */
const LAST = 3;

/**
 * The entries of a run, page by page, with those of its chunks in the place of the entries that name them. `isWhole`: every
 * iteration is wanted, also where it is enough to know what they came to together.
 */
export async function* readRecord(
  journal: RecordSource,
  run: string,
  after = 0,
  isWhole = false,
): AsyncGenerator<readonly RunEntry[]> {
  for await (const page of journal.entries(run, { after })) {
    let from = 0;
    for (const [at, { entry }] of page.entries()) {
      if (entry.type !== 'chunks') continue;
      if (at > from) yield page.slice(from, at).map((one) => one.entry as RunEntry);
      from = at + 1;
      const { runs, isFolded = false } = entry as ChunksEntry;
      for (const chunk of runs) yield* readChunk(journal, chunk, isFolded && !isWhole);
    }
    if (from < page.length) yield page.slice(from).map((one) => one.entry as RunEntry);
  }
}

/** What a chunk tells of iterations; `isFolded`: of all of them together, if it does. */
export async function* readChunk(
  journal: RecordSource,
  chunk: string,
  isFolded: boolean,
): AsyncGenerator<readonly RunEntry[]> {
  if (isFolded) {
    const folded = await readFolded(journal, chunk);
    if (folded !== null) {
      yield [folded];
      return;
    }
  }
  for await (const page of journal.entries(chunk)) {
    const entries = page.map(({ entry }) => entry as RunEntry);
    yield entries.filter(({ type }) => type === 'items' || type === 'item');
  }
}

async function readFolded(journal: RecordSource, chunk: string): Promise<RunEntry | null> {
  const known = await journal.run(chunk);
  if (known === null) return null;
  for await (const page of journal.entries(chunk, { after: Math.max(0, known.lastSeq - LAST) })) {
    const found = page.find(({ entry }) => entry.type === 'folded');
    if (found !== undefined) return found.entry as RunEntry;
  }
  return null;
}
