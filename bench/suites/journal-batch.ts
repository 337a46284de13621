import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Batch, Journal, Lease, NewRun } from '../../src/journal/index.ts';
import { MemoryJournal, openSqliteJournal } from '../../src/journal/index.ts';
import { compare, type TimedWork } from '../harness/comparison.ts';

/** Batches after which a journal in memory starts anew: it keeps all of them. */
const BATCHES_KEPT = 10_000;

const RUN: NewRun = {
  id: 'bench',
  workflow: 'bench',
  definition: { hash: 'bench', data: {} },
  parameters: {},
  status: 'running',
  createdAtMs: 1,
};

const threeEntries = (): Batch => ({
  entries: [1, 2, 3].map((execution) => ({
    type: 'completed',
    task: 'check_health',
    execution,
    status: 'succeeded',
    result: { status: 200, body: 'the server is well' },
    startedAtMs: 1_770_000_000_000,
    atMs: 1_770_000_000_100,
  })),
});

/** Results of about 100 bytes each. */
const thousandResults = (): Batch => ({
  entries: [
    {
      type: 'items',
      execution: 1,
      from: 0,
      count: 1000,
      results: Array.from({ length: 1000 }, (_, id) => ({ id, status: 200, body: 'the server is well. '.repeat(3) })),
    } as { type: string },
  ],
});

async function startedIn(journal: Journal): Promise<Lease> {
  const lease = await journal.start(RUN, { owner: 'bench', ttlMs: 3_600_000 });
  if (lease === null) throw new Error('there is a run already');
  return lease;
}

async function inMemory(make: () => Batch): Promise<TimedWork> {
  let journal = new MemoryJournal();
  const lease = await startedIn(journal);
  let batches = 0;
  return {
    fresh: make,
    run: async (batch) => {
      if (++batches % BATCHES_KEPT === 0) {
        journal = new MemoryJournal();
        await startedIn(journal);
      }
      await journal.append(lease, batch as Batch);
    },
    result: () => 'written',
  };
}

async function inSqlite(make: () => Batch, durable: boolean): Promise<TimedWork> {
  const directory = mkdtempSync(path.join(tmpdir(), 'heddle-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const journal = await openSqliteJournal({ file: path.join(directory, 'heddle.db') });
  const lease = await startedIn(journal);
  return {
    fresh: make,
    run: (batch) => journal.append(lease, { ...(batch as Batch), durable }),
    result: () => 'written',
  };
}

export const journalBatch = compare<() => Batch>({
  name: 'journal-batch',
  title: 'One batch into a journal, waited for',
  unit: 'ns',
  each: 'a batch',
  cases: { 'three entries': threeEntries, '1,000 results': thousandResults },
  note: 'Strict is one fsync a batch. Batches of runs that go on at the same time share a commit, which this leaves out.',
  variants: [
    {
      name: 'JSON.stringify',
      role: 'limit',
      prepare: (make) => ({
        fresh: make,
        run: (batch) => JSON.stringify(batch),
        result: () => 'written',
      }),
    },
    { name: 'heddle', role: 'heddle', prepare: inMemory },
    { name: 'heddle, SQLite', role: 'heddle', prepare: (make) => inSqlite(make, false) },
    { name: 'heddle, SQLite strict', role: 'heddle', prepare: (make) => inSqlite(make, true) },
  ],
});
