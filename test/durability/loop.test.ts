import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import type { CompletedEntry, RunEntry } from '../../src/executor/entries.ts';
import { MAX_UNWRITTEN } from '../../src/executor/recorder.ts';
import type { Ended, Started } from '../cli/heddle.ts';
import { outputOf, Scene } from './scene.ts';

vi.setConfig({ testTimeout: 120_000 });

const scene = Scene.create();
const { world } = scene;

/** Enough for snapshots: a record that is shorter is read from its beginning. */
const STEPS = 6000;

/** One task that goes round. */
const WORKFLOW = `
name: loop
parameters:
  port: { type: integer, required: true }
vars: { n: 0, sum: 0 }
tasks:
  - name: step
    action: demo.effect
    input: { port: << parameters.port >>, index: << n >> }
    next:
      - when: << n < ${STEPS - 1} >>
        publish: [{ sum: << sum + n >> }, { n: << n + 1 >> }]
        do: step
output: { n: << n >>, sum: << sum >> }
`;

const OUTPUT = { n: STEPS - 1, sum: ((STEPS - 1) * (STEPS - 2)) / 2 };

beforeAll(() => writeFile(path.join(scene.directory, 'loop.yaml'), WORKFLOW));

/** How many steps the record holds as complete, which are the first so many. */
function recordedSteps(): Promise<number> {
  return scene.inJournal(async (journal) => {
    const [run] = (await journal.runs()).runs;
    let steps = 0;
    for await (const page of journal.entries(run?.id ?? '')) {
      const completed = page.map(({ entry }) => entry as RunEntry).filter((entry) => entry.type === 'completed');
      steps += completed.filter((entry: CompletedEntry) => entry.status === 'succeeded').length;
    }
    return steps;
  });
}

async function finish(killed: Ended): Promise<void> {
  expect(killed.code).toBeNull();
  const complete = await recordedSteps();
  const before = world.counts();
  expect(outputOf(await scene.resume().ended)).toEqual(OUTPUT);
  const after = world.counts();
  expect([...Array(STEPS).keys()].filter((step) => !after.has(step))).toEqual([]);
  expect([...Array(complete).keys()].filter((step) => after.get(step) !== before.get(step))).toEqual([]);
  expect([...after.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(MAX_UNWRITTEN);
  expect(await scene.inJournal((journal) => journal.check())).toEqual([]);
}

const run = (stopPoint?: string): Started => scene.run([], stopPoint, 'loop.yaml');

test.each(['snapshot.written', 'snapshot.written:2', 'transaction.committed:5'])(
  'a loop that is killed at %s goes on from what was written before',
  async (point) => {
    await finish(await run(point).ended);
  },
);

test.each([0.5, 0.75, 0.99])(
  'a loop that is killed after the share %d of its steps reads on from its snapshot',
  async (share) => {
    const process_ = run();
    world.onEffect = (count) => void (count === Math.floor(STEPS * share) && process_.child.kill('SIGKILL'));
    const killed = await process_.ended;
    const [known] = await scene.inJournal(async (journal) => (await journal.runs()).runs);
    const snapshot = await scene.inJournal((journal) => journal.snapshot(known?.id ?? ''));
    expect(snapshot?.seq).toBeGreaterThan(100);
    await finish(killed);
  },
);
