import { copyFile, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Journal, RecordedEntry } from '../journal.ts';
import { noise, notes } from '../testing/conformance.ts';
import { openForTest, openRaw, someRun, startRun, temporaryDirectory } from '../testing/sqlite-file.ts';
import { openConnection } from './connection.ts';
import { SqliteJournal } from './sqlite-journal.ts';
import { WorkQueue } from './work-queue.ts';

async function valuesOf(journal: Journal, run: string): Promise<unknown[]> {
  const entries: RecordedEntry[] = [];
  for await (const page of journal.entries(run)) entries.push(...page);
  return entries.map(({ entry }) => (entry as { value?: unknown }).value);
}

describe('a file that others hold locked', () => {
  test('is waited for while the event loop turns', async () => {
    const file = path.join(await temporaryDirectory(), 'heddle.db');
    const journal = await openForTest(file);
    const lease = await startRun(journal, 'r1');
    const other = await openRaw(file);
    other.exec('BEGIN IMMEDIATE');
    const appended = journal.append(lease, notes(1));
    // More turns than there are tries without a pause.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(other.prepare('SELECT count(*) AS entries FROM entries').get()).toEqual({ entries: 0 });
    other.exec('COMMIT');
    other.close();
    expect(await appended).toMatchObject({ seq: 1 });
  });

  test('is given up in the end, and nothing is written', async () => {
    const file = path.join(await temporaryDirectory(), 'heddle.db');
    const journal = await openForTest(file, { busyTimeoutMs: 5 });
    const lease = await startRun(journal, 'r1');
    const other = await openRaw(file);
    other.exec('BEGIN IMMEDIATE');
    const both = await Promise.allSettled([journal.append(lease, notes(1)), journal.append(lease, notes(2))]);
    expect(both).toMatchObject([
      { status: 'rejected', reason: { code: 'HEDDLE_JOURNAL_BUSY' } },
      { status: 'rejected', reason: { code: 'HEDDLE_JOURNAL_BUSY' } },
    ]);
    expect(await valuesOf(journal, 'r1')).toEqual([]);
    other.exec('COMMIT');
    other.close();
    await journal.append(lease, notes(3));
    expect(await valuesOf(journal, 'r1')).toEqual([3]);
  });
});

describe('a file that goes away', () => {
  test('by its name is noticed by the next write that is to last', async () => {
    const directory = await temporaryDirectory();
    const file = path.join(directory, 'heddle.db');
    const journal = await openForTest(file);
    const lease = await startRun(journal, 'r1');
    await rename(file, `${file}.away`);
    const gone = { code: 'HEDDLE_JOURNAL_GONE' };
    const durable = (value: number) => ({ ...notes(value), durable: true });
    await expect(journal.append(lease, durable(1))).rejects.toMatchObject(gone);
    await writeFile(file, '');
    await expect(journal.append(lease, durable(2))).rejects.toMatchObject(gone);
    await rm(file);
    await rename(`${file}.away`, file);
    await journal.append(lease, notes(3));
    expect(await valuesOf(journal, 'r1')).toEqual([3]);
  });

  test('with its directory too', async () => {
    const directory = path.join(await temporaryDirectory(), '.heddle');
    const journal = await openForTest(path.join(directory, 'heddle.db'));
    const lease = await startRun(journal, 'r1');
    await rm(directory, { recursive: true });
    const append = () => journal.append(lease, { ...notes(1), durable: true });
    await expect(append()).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_GONE' });
  });

  test('is noticed by any write soon', async () => {
    const directory = path.join(await temporaryDirectory(), '.heddle');
    const journal = await openForTest(path.join(directory, 'heddle.db'));
    const lease = await startRun(journal, 'r1');
    await rm(directory, { recursive: true });
    const goOn = async (): Promise<never> => {
      for (;;) await journal.append(lease, notes(1));
    };
    await expect(goOn()).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_GONE' });
  });
});

test('a disk that is full fails the batch as a whole, and writing goes on when there is room', async () => {
  const file = path.join(await temporaryDirectory(), 'heddle.db');
  const connection = await openConnection(file, 1000);
  const journal = new SqliteJournal(connection, new WorkQueue(connection, 1000), () => 1);
  onTestFinished(() => journal.close());
  const lease = await startRun(journal, 'r1');
  const pages = connection.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
  connection.all(`PRAGMA max_page_count = ${pages + 2}`);
  const full = await Promise.allSettled([
    journal.append(lease, notes(1)),
    journal.append(lease, notes(2, noise(100_000))),
  ]);
  // They share a transaction.
  expect(full).toMatchObject([
    { status: 'rejected', reason: { code: 'HEDDLE_JOURNAL_FULL' } },
    { status: 'rejected', reason: { code: 'HEDDLE_JOURNAL_FULL' } },
  ]);
  expect(await valuesOf(journal, 'r1')).toEqual([]);
  connection.all('PRAGMA max_page_count = 100000');
  await journal.append(lease, notes(3, noise(100_000)));
  expect(await valuesOf(journal, 'r1')).toEqual([3, noise(100_000)]);
  expect(await journal.check()).toEqual([]);
});

test.each([0, 0.3, 0.5, 0.9])('a WAL cut to the share %d opens at the last intact commit', async (share) => {
  const directory = await temporaryDirectory();
  const file = path.join(directory, 'heddle.db');
  const journal = await openForTest(file);
  const lease = await startRun(journal, 'r1');
  await journal.compact();
  for (let at = 0; at < 40; at++) await journal.append(lease, notes(at, at));
  const copy = path.join(directory, 'copy.db');
  await copyFile(file, copy);
  await copyFile(`${file}-wal`, `${copy}-wal`);
  await truncate(`${copy}-wal`, Math.floor((await stat(`${copy}-wal`)).size * share));
  const restored = await openForTest(copy);
  const found = await valuesOf(restored, 'r1');
  expect(found).toEqual(
    Array.from({ length: 40 }, (_, at) => [at, at])
      .flat()
      .slice(0, found.length),
  );
  expect(found.length % 2).toBe(0);
  expect(found.length).toBeLessThan(80);
  if (share > 0.2) expect(found.length).toBeGreaterThan(0);
  expect(await restored.check()).toEqual([]);
  const again = await restored.acquire('r1', { owner: 'b', ttlMs: 1 }, 'a');
  if (again === null) throw new Error('the lease is taken');
  expect((await restored.append(again, notes('on'))).seq).toBe(found.length + 1);
});

describe('check', () => {
  test.each<[string, string, string]>([
    ['a lost entry', 'DELETE FROM entries WHERE place & 0xffffffff = 2', 'its entries have a gap'],
    ['entries without a run', 'DELETE FROM runs', 'entries belong to no run'],
    ['a lost definition', 'DELETE FROM definitions', 'its definition is missing'],
    ['a lost lease', 'DELETE FROM leases', 'its lease is missing'],
    ['a lost value', 'DELETE FROM large_values', 'a large value is missing'],
    ['a value without a holder', 'DELETE FROM uses', 'a large value is held by nobody'],
    ['a changed value', "UPDATE large_values SET data = '1'", 'a large value is not what was written'],
  ])('finds %s', async (_, sql, message) => {
    const file = path.join(await temporaryDirectory(), 'heddle.db');
    const journal = await openForTest(file);
    await journal.append(await startRun(journal, 'r1'), notes(1, noise(20_000), 3));
    expect(await journal.check()).toEqual([]);
    const raw = await openRaw(file);
    raw.exec(sql);
    raw.close();
    const problems = await journal.check();
    expect(problems.map((problem) => problem.message).join('\n')).toContain(message);
  });

  test('finds a damaged page, and a lost value fails reading', async () => {
    const directory = await temporaryDirectory();
    const file = path.join(directory, 'heddle.db');
    const journal = await openForTest(file);
    const lease = await startRun(journal, 'r1');
    for (let at = 0; at < 500; at++) await journal.append(lease, notes(noise(200, at + 1)));
    const backup = path.join(directory, 'backup.db');
    await journal.backup(backup);
    const bytes = await readFile(backup);
    bytes.fill(0xaa, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 4096);
    await writeFile(backup, bytes);
    const damaged = await openForTest(backup);
    expect((await damaged.check()).length).toBeGreaterThan(0);
    await journal.append(lease, notes(noise(20_000)));
    const raw = await openRaw(file);
    raw.exec('DELETE FROM large_values');
    raw.close();
    await expect(valuesOf(journal, 'r1')).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_CORRUPT' });
  });
});

test('what a prune left half done is removed by the next one', async () => {
  const file = path.join(await temporaryDirectory(), 'heddle.db');
  const journal = await openForTest(file);
  await journal.start(someRun('r1'), { owner: 'a', ttlMs: 1 }, { ...notes(1, noise(20_000)), release: true });
  const raw = await openRaw(file);
  raw.exec('UPDATE runs SET is_removed = 1');
  expect(await journal.run('r1')).toBeNull();
  expect((await journal.runs()).runs).toEqual([]);
  expect(await journal.acquire('r1', { owner: 'b', ttlMs: 1 })).toBeNull();
  expect(await journal.prune({ endedBeforeMs: 0 })).toEqual([]);
  for (const table of ['runs', 'entries', 'large_values', 'uses', 'definitions', 'leases']) {
    expect(raw.prepare(`SELECT count(*) AS rows FROM ${table}`).get()).toEqual({ rows: 0 });
  }
  raw.close();
});
