import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { openRaw } from '../../src/journal/testing/sqlite-file.ts';
import { CLI, heddle, type Ended } from '../cli/heddle.ts';
import { inNamespace, namespaceProblem } from './namespace.ts';
import { ITEMS, OUTPUT, outputOf, Scene } from './scene.ts';

vi.setConfig({ testTimeout: 120_000 });

const scene = Scene.create();
const { world } = scene;
const problem = namespaceProblem();
if (problem !== null) console.warn(`Full and read-only disks are not tested: ${problem}`);

/** How often each side effect happened, as a list of those numbers. */
function times(): number[] {
  return [...new Set(world.counts().values())].sort();
}

/** Nothing ran, and the message says what to do. */
function expectRefusal(ended: Ended, code: string): void {
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(code);
  expect(ended.stderr).toContain('--no-journal');
  expect(world.effects).toEqual([]);
}

describe('a disk that is full', () => {
  test.skipIf(problem !== null)('suspends the run with a clear error; it goes on when there is room', async () => {
    const disk = path.join(scene.directory, 'disk');
    const copy = path.dirname(scene.database);
    await mkdir(disk);
    await mkdir(copy);
    const node = `HEDDLE_JOURNAL='${disk}/heddle.db' '${process.execPath}' '${CLI}'`;
    const out = await inNamespace(
      'size=2m',
      disk,
      `cd '${scene.directory}'
      head -c 1000000 /dev/zero > '${disk}/filler'
      ${node} ${scene.runArguments(['-p', 'size=500']).join(' ')} > run.json 2> run.txt
      echo "ended $?"
      rm '${disk}/filler'
      cp '${disk}'/heddle.db* '${copy}'
      ${node} resume last --actions actions.mjs --json`,
    );
    const [ended, result = ''] = out.split('\n');
    expect(ended).toBe('ended 1');
    const text = await readFile(path.join(scene.directory, 'run.txt'), 'utf8');
    expect(text).toContain('HEDDLE_JOURNAL_FULL');
    expect(text).toMatch(/heddle resume [\w-]{36}/);
    expect(outputOf({ code: 0, stdout: result, stderr: '' })).toEqual(OUTPUT);
    const complete = await scene.recordedComplete();
    expect(complete.size).toBeGreaterThan(0);
    expect(complete.size).toBeLessThan(ITEMS);
    const counts = world.counts();
    expect(counts.size).toBe(ITEMS + 1);
    expect([...complete].filter((index) => counts.get(index) !== 1)).toEqual([]);
  });
});

describe('a directory that cannot be written to', () => {
  test.skipIf(problem !== null)('on a read-only file system: the run does not start', async () => {
    const disk = path.join(scene.directory, 'read-only');
    await mkdir(disk);
    const out = await inNamespace(
      'size=1m,ro',
      disk,
      `cd '${scene.directory}'
      HEDDLE_JOURNAL='${disk}/heddle.db' '${process.execPath}' '${CLI}' ${scene.runArguments().join(' ')} 2>&1 >/dev/null
      echo "ended $?"`,
    );
    expectRefusal({ code: Number(/ended (\d+)/.exec(out)?.[1]), stdout: '', stderr: out }, 'HEDDLE_JOURNAL_READONLY');
  });

  test.skipIf(process.getuid?.() === 0)(
    'for want of permission: the run does not start, and without a journal it does',
    async () => {
      const directory = path.dirname(scene.database);
      await mkdir(directory);
      await chmod(directory, 0o555);
      expectRefusal(await scene.run().ended, 'HEDDLE_JOURNAL_READONLY');
      expect(outputOf(await scene.run(['--no-journal']).ended)).toEqual(OUTPUT);
    },
  );
});

describe('a database', () => {
  test('that two processes write to serves both', async () => {
    const [one, two] = await Promise.all([scene.run().ended, scene.run().ended]);
    expect(outputOf(one)).toEqual(OUTPUT);
    expect(outputOf(two)).toEqual(OUTPUT);
    expect(times()).toEqual([2]);
    const { runs } = await scene.inJournal((journal) => journal.runs());
    expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    expect(await scene.inJournal((journal) => journal.check())).toEqual([]);
  });

  test('whose log was cut in half opens at the last whole commit; what followed runs again', async () => {
    const process_ = scene.run(['-p', 'size=200']);
    world.onEffect = (count) => void (count === ITEMS - 100 && process_.child.kill('SIGKILL'));
    await process_.ended;
    const full = await scene.recordedCompleteOfCopy(path.join(scene.directory, 'whole'));
    const log = `${scene.database}-wal`;
    await truncate(log, Math.floor((await stat(log)).size / 2));
    const complete = await scene.recordedComplete();
    expect(complete.size).toBeGreaterThan(0);
    expect(complete.size).toBeLessThan(full.size);
    expect(outputOf(await scene.resume().ended)).toEqual(OUTPUT);
    const counts = world.counts();
    expect(counts.size).toBe(ITEMS + 1);
    expect([...complete].filter((index) => counts.get(index) !== 1)).toEqual([]);
    expect([...counts].filter(([, count]) => count > 1).length).toBeGreaterThanOrEqual(full.size - complete.size);
    expect(await scene.inJournal((journal) => journal.check())).toEqual([]);
  });

  test('of a newer version is left as it is; the run does not start', async () => {
    await mkdir(path.dirname(scene.database));
    const raw = await openRaw(scene.database);
    raw.exec('PRAGMA application_id = 0x6864646c; PRAGMA user_version = 1000; CREATE TABLE of_the_future (a)');
    raw.close();
    const hash = async (): Promise<string> =>
      createHash('sha256')
        .update(await readFile(scene.database))
        .digest('hex');
    const before = await hash();
    expectRefusal(await scene.run().ended, 'HEDDLE_JOURNAL_VERSION');
    const listed = await heddle(['runs'], { env: { HEDDLE_JOURNAL: scene.database } });
    expect(listed).toMatchObject({ code: 2, stdout: '' });
    expect(await hash()).toBe(before);
    expect(outputOf(await scene.run(['--no-journal']).ended)).toEqual(OUTPUT);
  });

  test('that is none is left as it is', async () => {
    await mkdir(path.dirname(scene.database));
    await writeFile(scene.database, 'a letter to my aunt\n'.repeat(500));
    expectRefusal(await scene.run().ended, 'HEDDLE_JOURNAL_INVALID');
    expect(await readFile(scene.database, 'utf8')).toMatch(/^a letter/);
  });

  test('that was deleted under a running process stops the run, with a word', async () => {
    const process_ = scene.run();
    world.onEffect = (count) => {
      if (count !== ITEMS / 4) return;
      world.isSilent = true;
      void rm(path.dirname(scene.database), { recursive: true }).then(() => world.speak());
    };
    const { code, stderr } = await process_.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('HEDDLE_JOURNAL_GONE');
    expect(world.effects.length).toBeLessThan(ITEMS);
    expect(existsSync(scene.database)).toBe(false);
    expect(await scene.resume().ended).toMatchObject({ code: 2 });
  });
});
