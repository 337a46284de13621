import { expect, test, vi } from 'vitest';
import { openRaw } from '../../src/journal/testing/sqlite-file.ts';
import { CONCURRENCY, ITEMS, OUTPUT, outputOf, Scene } from './scene.ts';

vi.setConfig({ testTimeout: 120_000 });

const scene = Scene.create();
const { world } = scene;

test('a run that a process works on is nobody else’s', async () => {
  const first = scene.run();
  await new Promise<void>((resolve) => {
    world.onEffect = (count) => {
      if (count < ITEMS / 4) return;
      world.isSilent = true;
      resolve();
    };
  });
  const { code, stdout } = await scene.resume().ended;
  expect(code).toBe(2);
  expect(stdout).toContain('HEDDLE_RUN_ACTIVE');
  world.onEffect = null;
  world.speak();
  expect(outputOf(await first.ended)).toEqual(OUTPUT);
  expect(new Set(world.counts().values())).toEqual(new Set([1]));
});

test('a process stopped past its lease that comes back writes nothing and ends', async () => {
  const first = scene.run();
  await new Promise<void>((resolve) => {
    world.onEffect = (count) => {
      if (count < ITEMS / 2) return;
      world.isSilent = true;
      first.child.kill('SIGSTOP');
      resolve();
    };
  });
  world.onEffect = null;
  // In place of the half minute for which it lasts.
  const raw = await openRaw(scene.database);
  raw.exec('UPDATE leases SET expires_at_ms = 0');
  raw.close();
  const complete = await scene.recordedComplete();
  const held = world.effects.length;
  world.isSilent = false;
  expect(outputOf(await scene.resume().ended)).toEqual(OUTPUT);
  const entries = await recordLength();
  const afterSecond = world.effects.length;

  first.child.kill('SIGCONT');
  world.speak();
  const { code, stderr } = await first.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('HEDDLE_FENCED');
  expect(await recordLength()).toBe(entries);
  expect((await scene.theRun())?.status).toBe('succeeded');
  const counts = world.counts();
  expect(counts.size).toBe(ITEMS + 1);
  expect([...complete].filter((index) => counts.get(index) !== 1)).toEqual([]);
  console.log(
    `side effects: ${held} before the stop (${complete.size} recorded), ${afterSecond - held} by the second process, ${world.effects.length - afterSecond} by the first before it noticed`,
  );
  expect(await scene.inJournal((journal) => journal.check())).toEqual([]);
  expect(CONCURRENCY).toBeGreaterThan(1);
});

async function recordLength(): Promise<number> {
  const run = await scene.theRun();
  const record = await scene.inJournal((journal) => journal.run(run?.id ?? ''));
  return record?.lastSeq ?? 0;
}
