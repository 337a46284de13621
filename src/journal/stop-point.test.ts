import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Journal } from './journal.ts';
import { STOP_POINTS, type StopPoint } from './stop-point.ts';
import { openForTest, temporaryDirectory } from './testing/sqlite-file.ts';

const program = path.join(import.meta.dirname, 'testing/stopped-process.ts');

/** Runs the program until it is stopped there; what it had told by then, and what ended it. */
async function runUntil(file: string, point: string): Promise<{ told: string[]; signal: string | null }> {
  const child = spawn(process.execPath, ['--import', 'jiti/register', program, file], {
    cwd: import.meta.dirname,
    env: { ...process.env, HEDDLE_STOP_POINT: point },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const signal = await new Promise<string | null>((resolve) => child.once('close', (_, by) => resolve(by)));
  return { told: text.split('\n').slice(0, -1), signal };
}

async function lengthOf(journal: Journal, run: string): Promise<number> {
  let length = 0;
  for await (const page of journal.entries(run)) length += page.length;
  return length;
}

describe('a process that is killed', () => {
  // The second time too: at most points that is another kind of batch.
  const points: readonly (StopPoint | `${StopPoint}:2` | `${StopPoint}:5`)[] = [
    ...STOP_POINTS,
    'transaction.written:2',
    'transaction.written:5',
    'transaction.committed:5',
    'value.written:2',
  ];

  test.each(points)('at %s leaves whole batches behind, and others go on', async (point) => {
    const file = path.join(await temporaryDirectory(), 'heddle.db');
    const { told, signal } = await runUntil(file, point);
    expect(signal).toBe('SIGKILL');
    const journal = await openForTest(file);
    expect(await journal.check()).toEqual([]);
    const old = await journal.run('old');
    if (!told.includes('prune') && told.includes('old') && old !== null) expect(await lengthOf(journal, 'old')).toBe(3);
    const run = await journal.run('new');
    const length = await lengthOf(journal, 'new');
    expect(length).toBe(run === null ? 0 : run.status === 'running' ? 3 : 6);
    // What was told is there.
    if (told.includes('new')) expect(run).not.toBeNull();
    if (told.includes('append')) expect(length).toBe(6);
    if (told.includes('snapshot')) expect((await journal.snapshot('new'))?.seq).toBe(3);
    if (told.includes('cache')) expect(await journal.cached('key', 0)).not.toBeNull();
    if (told.includes('request')) expect(await journal.requests('new')).toHaveLength(length === 6 ? 0 : 1);
    if (run === null) return;
    const lease = await journal.acquire('new', { owner: 'second', ttlMs: 1 }, 'first');
    expect(lease).not.toBeNull();
    if (lease !== null)
      expect(await journal.append(lease, { entries: [{ type: 'on' }] })).toMatchObject({ seq: length + 1 });
    await journal.prune({ endedBeforeMs: 10 });
    expect(await journal.run('old')).toBeNull();
    expect(await journal.check()).toEqual([]);
  });
});
