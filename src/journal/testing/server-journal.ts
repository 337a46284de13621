import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serialize } from 'node:v8';
import { expect, onTestFinished } from 'vitest';
import type { Batch, Journal, Lease, NewRun } from '../journal.ts';
import { openSqliteJournal } from '../sqlite/open.ts';
import { noise, notes } from './conformance.ts';

/** A run for tests that are about something else. */
export function newRun(id: string): NewRun {
  const definition = { hash: 'd', data: { tasks: [] } };
  return { id, workflow: 'deploy', definition, parameters: {}, status: 'running', createdAtMs: 1 };
}

/** Starts {@link newRun}, with a first batch. */
export async function startRun(
  journal: Journal,
  id: string,
  batch: Batch = {},
  more: Partial<NewRun> = {},
): Promise<Lease> {
  const lease = await journal.start({ ...newRun(id), ...more }, { owner: 'a', ttlMs: 60_000 }, batch);
  if (lease === null) throw new Error(`there is a run ${id}`);
  return lease;
}

/** What the notes of a run say. */
export async function valuesOf(journal: Journal, run: string): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const page of journal.entries(run)) {
    values.push(...page.map(({ entry }) => (entry as { value?: unknown }).value));
  }
  return values;
}

/** An empty journal on a server is backed up into a file that is a journal itself. */
export async function expectBackup(journal: Journal): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'heddle-journal-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = path.join(directory, 'backup.db');
  const first = await startRun(journal, 'r1', notes(1, noise(20_000), 3));
  const patch = { status: 'failed', endedAtMs: 9, summary: { failed: 1 } } as const;
  const origin = { parent: { run: 'r1', task: 'call' }, fork: { run: 'r0', task: 'build' } };
  await startRun(journal, 'r2', { ...notes(2), patch }, { ...origin, labels: { team: 'web' } });
  await startRun(journal, 'r1.1.0.0', notes(4), { parent: { run: 'r1', task: 'check' }, piece: true });
  await journal.saveSnapshot(first, { seq: 2, data: [noise(20_000)] });
  await journal.request('r1', { type: 'cancel' });
  await journal.backup(file);
  expect(await readdir(directory)).toEqual(['backup.db']);
  await expect(journal.backup(file)).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_IO' });
  await expect(journal.backup(path.join(directory, 'no', 'backup.db'))).rejects.toMatchObject({
    code: 'HEDDLE_JOURNAL_IO',
  });
  const copy = await openSqliteJournal({ file });
  onTestFinished(() => copy.close());
  for (const id of ['r1', 'r2', 'r1.1.0.0']) {
    expect(await copy.run(id)).toEqual({ ...(await journal.run(id)), lease: null });
    expect(await valuesOf(copy, id)).toEqual(await valuesOf(journal, id));
    expect(await copy.snapshot(id)).toEqual(await journal.snapshot(id));
  }
  expect((await copy.requests('r1')).map(({ request }) => request)).toEqual([{ type: 'cancel' }]);
  expect(await copy.definition('d')).toEqual({ tasks: [] });
  expect((await copy.runs()).runs.map(({ id }) => id)).toEqual(['r2', 'r1']);
}

/** Values of several megabytes that compression makes smaller, a little smaller, and not at all. */
export function manyMegabytes(): readonly unknown[] {
  return ['x'.repeat(3_000_000), noise(3_000_000), new Uint8Array(randomBytes(2_500_000))];
}

/** The matcher looks at every byte on its own, and takes minutes for a few megabytes. */
function expectSame(found: readonly unknown[], expected: readonly unknown[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [at, value] of expected.entries()) expect(serialize(found[at]).equals(serialize(value))).toBe(true);
}

/** Values of several megabytes are stored in parts, once, and go with who holds them. `countParts`: those stored. */
export async function expectParts(journal: Journal, other: Journal, countParts: () => Promise<number>): Promise<void> {
  const large = manyMegabytes();
  const patch = { status: 'succeeded', endedAtMs: 1 } as const;
  await startRun(journal, 'r1', { ...notes(...large), patch, release: true });
  const stored = await countParts();
  // Of text in 36 characters compression leaves two thirds.
  expect(stored).toBe(2 + 3);
  expectSame(await valuesOf(other, 'r1'), large);
  // One that has not seen them stored sends them too.
  const again = await startRun(journal, 'r2', notes(large));
  const third = await Promise.all([other.append(again, notes(...large)), other.append(again, notes(large[1]))]);
  expect(third.map(({ seq }) => seq)).toEqual([4, 5]);
  expect(await countParts()).toBe(stored);
  const [all, ...each] = await valuesOf(journal, 'r2');
  expectSame(all as unknown[], large);
  expectSame(each, [...large, large[1]]);
  expect(await journal.check()).toEqual([]);
  expect(await journal.prune({ endedBeforeMs: 10 })).toEqual(['r1']);
  expect(await countParts()).toBe(stored);
  await journal.append(again, { patch, release: true });
  expect(await journal.prune({ endedBeforeMs: 10 })).toEqual(['r2']);
  expect(await countParts()).toBe(0);
}

/** Nothing that somebody holds goes, when one journal prunes while another writes the same values and definition. */
export async function expectPruningWhileWriting(writer: Journal, pruner: Journal): Promise<void> {
  const text = noise(20_000);
  const rounds = 60;
  let isWriting = true;
  const write = async (): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const lease = await startRun(writer, `r${round}`, notes(text), { parameters: { text } });
      await writer.saveSnapshot(lease, { seq: 1, data: [text, noise(20_000, round + 1)] });
      expect(await valuesOf(writer, `r${round}`)).toEqual([text]);
      expect(await writer.definition('d')).toEqual({ tasks: [] });
      await writer.append(lease, { patch: { endedAtMs: 1 }, release: true });
    }
  };
  const prune = async (): Promise<number> => {
    let removed = 0;
    while (isWriting) removed += (await pruner.prune({ endedBeforeMs: 10 })).length;
    return removed + (await pruner.prune({ endedBeforeMs: 10 })).length;
  };
  const pruned = prune();
  try {
    await write();
  } finally {
    isWriting = false;
  }
  expect(await pruned).toBe(rounds);
  expect(await pruner.check()).toEqual([]);
  expect((await pruner.runs()).runs).toEqual([]);
}
