import type { ChunksEntry, RunEntry } from './entries.ts';
import type { RunJournal } from './run-journal.ts';

/** What is read of a journal. */
export type RecordSource = Pick<RunJournal, 'entries'>;

/** The entries of a run, page by page, with those of its chunks in the place of the entries that name them. */
export async function* readRecord(journal: RecordSource, run: string, after = 0): AsyncGenerator<readonly RunEntry[]> {
  for await (const page of journal.entries(run, { after })) {
    let from = 0;
    for (const [at, { entry }] of page.entries()) {
      if (entry.type !== 'chunks') continue;
      if (at > from) yield page.slice(from, at).map((one) => one.entry as RunEntry);
      from = at + 1;
      for (const chunk of (entry as ChunksEntry).runs) yield* readChunk(journal, chunk);
    }
    if (from < page.length) yield page.slice(from).map((one) => one.entry as RunEntry);
  }
}

/** What a chunk tells of iterations. */
export async function* readChunk(journal: RecordSource, chunk: string): AsyncGenerator<readonly RunEntry[]> {
  for await (const page of journal.entries(chunk)) {
    const entries = page.map(({ entry }) => entry as RunEntry);
    yield entries.filter(({ type }) => type === 'items' || type === 'item');
  }
}
