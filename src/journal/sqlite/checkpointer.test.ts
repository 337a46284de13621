import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { noise, notes } from '../testing/conformance.ts';
import { openForTest, startRun, temporaryDirectory } from '../testing/sqlite-file.ts';
import { Checkpointer } from './checkpointer.ts';

test('the WAL is used again while a run writes', async () => {
  const file = path.join(await temporaryDirectory(), 'heddle.db');
  const journal = await openForTest(file);
  const lease = await startRun(journal, 'r1');
  const sizes = new Set<number>();
  // 80 MB at most: without a checkpoint the file of the database stays as it was until 64 MB are written.
  for (let at = 0; at < 400 && sizes.size < 2; at++) {
    await journal.append(lease, notes(noise(200_000, at + 1)));
    sizes.add((await stat(file)).size);
  }
  expect(sizes.size).toBeGreaterThan(1);
  expect((await stat(`${file}-wal`)).size).toBeLessThan(40_000_000);
});

test('the WAL is begun anew although nobody ever stops to write', async () => {
  const file = path.join(await temporaryDirectory(), 'heddle.db');
  const journal = await openForTest(file);
  const lease = await startRun(journal, 'r1');
  let largest = 0;
  // Were it only moved, it would grow until a commit meets the limit of SQLite: 16,384 pages of 4,120 bytes.
  for (let at = 0; at < 12_000; at++) {
    await journal.append(lease, notes(at, 'x'.repeat(8000)));
    if (at % 20 === 0) largest = Math.max(largest, (await stat(`${file}-wal`)).size);
  }
  expect(largest).toBeLessThan(60_000_000);
});

async function writeMuch(...args: string[]): Promise<string> {
  const file = path.join(await temporaryDirectory(), 'heddle.db');
  const program = path.join(import.meta.dirname, '../testing/large-writer.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'jiti/register', program, file, ...args],
    { cwd: import.meta.dirname },
  );
  return stdout;
}

test('a process that wrote much closes and ends', async () => {
  expect(await writeMuch()).toBe('closed');
});

test('a process that wrote much ends without closing, too', async () => {
  expect(await writeMuch('open')).toBe('written');
});

test('a process that wrote much exits', async () => {
  expect(await writeMuch('exit')).toBe('written');
});

test('a thread that cannot start is told of, and closing does not wait for it', async () => {
  let fail = (): void => {};
  const failed = new Promise<void>((resolve) => {
    fail = resolve;
  });
  const checkpointer = new Checkpointer('/nowhere/heddle.db', 'package', () => fail());
  onTestFinished(() => checkpointer.close());
  checkpointer.note(5_000_000);
  await failed;
  checkpointer.note(5_000_000);
  await checkpointer.close();
});
