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

/** Fills the disk to the last byte, once, and then goes on with results that need room. */
const FILLING = `
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
function fill(file) {
  const descriptor = openSync(file, 'w');
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(4096));
  } catch {
    closeSync(descriptor);
  }
}
export default [{
  name: 'demo.fill',
  run: async ({ disk, index }) => {
    if (index === 5 && !existsSync(disk + '/../again')) fill(disk + '/filler');
    await new Promise((resolve) => setTimeout(resolve, 30));
    return 'x'.repeat(10_000) + index;
  },
}];
`;

const FILLED = `
name: filled
limits: { interruptions: 1 }
parameters: { disk: { type: string, required: true } }
tasks:
  - name: each
    action: demo.fill
    with-items: << range(0, 20) >>
    concurrency: 3
    input: { disk: << parameters.disk >>, index: << item >> }
output: { count: << length(task.each) >> }
`;

describe('a disk that is full to the last byte', () => {
  test.skipIf(problem !== null)('lets go of the run: what was in flight does not count as interrupted', async () => {
    const disk = path.join(scene.directory, 'filled');
    const copy = path.dirname(scene.database);
    await mkdir(disk);
    await mkdir(copy);
    await writeFile(path.join(scene.directory, 'filled.mjs'), FILLING);
    await writeFile(path.join(scene.directory, 'filled.yaml'), FILLED);
    const node = `HEDDLE_JOURNAL='${disk}/heddle.db' '${process.execPath}' '${CLI}'`;
    const out = await inNamespace(
      'size=2m',
      disk,
      `cd '${scene.directory}'
      ${node} run filled.yaml --actions filled.mjs -p disk='${disk}' --json > filled.json 2> filled.txt
      echo "ended $?"
      ls '${disk}' | tr '\\n' ' '
      echo
      rm '${disk}/filler'
      touch '${disk}/../again'
      cp '${disk}'/heddle.db* '${copy}'
      ${node} resume last --actions filled.mjs --json`,
    );
    const [ended, files, result = ''] = out.split('\n');
    expect(ended).toBe('ended 1');
    expect(await readFile(path.join(scene.directory, 'filled.txt'), 'utf8')).toContain('HEDDLE_JOURNAL_FULL');
    expect(files).not.toContain('reserve');
    expect(outputOf({ code: 0, stdout: result, stderr: '' })).toEqual({ count: 20 });
    const run = await scene.theRun();
    const entries = await scene.inJournal(async (journal) => {
      const all: unknown[] = [];
      for await (const page of journal.entries(run?.id ?? '')) all.push(...page.map(({ entry }) => entry));
      return all;
    });
    expect(entries.at(-1)).toMatchObject({ type: 'suspended', unwritten: true });
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
