import { describe, expect, test, vi } from 'vitest';
import { MAX_UNWRITTEN } from '../../src/executor/recorder.ts';
import { STOP_POINTS, type StopPoint } from '../../src/journal/stop-point.ts';
import type { Ended, Started } from '../cli/heddle.ts';
import { CONCURRENCY, ITEMS, OUTPUT, outputOf, Scene } from './scene.ts';

/**
 * How many random moments are tried: HEDDLE_FAULT_MOMENTS, 200 for the whole of it (about five minutes on two cores);
 * a test run in between takes some of them. HEDDLE_FAULT_SEED gives others.
 */
const MOMENTS = Number(process.env.HEDDLE_FAULT_MOMENTS ?? 12);
const SEED = Number(process.env.HEDDLE_FAULT_SEED ?? 20261121);

vi.setConfig({ testTimeout: 120_000 });

const scene = Scene.create();
const { world } = scene;

/** By durability, for the report at the end: iterations that ran twice, and those that were recorded complete by then. */
const doubles: Record<'batched' | 'strict', number[]> = { batched: [], strict: [] };
const kept: Record<'batched' | 'strict', number[]> = { batched: [], strict: [] };

/** Kills the process once so many side effects have happened in all; what it left behind. */
async function killAt(count: number, process_: Started): Promise<Ended> {
  const kill = (now: number): void => {
    if (now >= count) process_.child.kill('SIGKILL');
  };
  world.onEffect = kill;
  kill(world.effects.length);
  const ended = await process_.ended;
  world.onEffect = null;
  return ended;
}

/**
 * Goes on with the run to its end. Checks all that was promised: the output, that no iteration is missing, that nothing
 * recorded complete ran again, that what ran twice did so with the same key. How many did.
 */
async function finish(
  durability: 'batched' | 'strict',
  resume = (): Started => scene.resume(['--durability', durability]),
): Promise<number> {
  const complete = await scene.recordedComplete();
  kept[durability].push(complete.size);
  const before = world.counts();
  const isKnown = (await scene.theRun()) !== undefined;
  const ended = await (isKnown ? resume() : scene.run(['--durability', durability])).ended;
  // Killed after its last write: there was nothing left to go on with.
  if (ended.code === 2 && ended.stdout.includes('HEDDLE_RUN_ENDED')) {
    expect((await scene.theRun())?.status).toBe('succeeded');
  } else {
    expect(outputOf(ended)).toEqual(OUTPUT);
    expect(ended.code).toBe(0);
  }
  const after = world.counts();
  expect([...Array(ITEMS + 1).keys()].filter((index) => !after.has(index))).toEqual([]);
  expect([...complete].filter((index) => after.get(index) !== before.get(index))).toEqual([]);
  expect([...complete].filter((index) => !before.has(index))).toEqual([]);
  if (isKnown) expect(indexesWithSeveralKeys()).toEqual([]);
  const twice = [...after.values()].filter((times) => times > 1).length;
  expect(await scene.inJournal((journal) => journal.check())).toEqual([]);
  return twice;
}

function indexesWithSeveralKeys(): number[] {
  const keys = new Map<number, string>();
  return world.effects.flatMap(({ index, idempotencyKey }) => {
    const known = keys.get(index);
    keys.set(index, idempotencyKey);
    return known === undefined || known === idempotencyKey ? [] : [index];
  });
}

/** What may run twice after so many kills. */
function promise(durability: 'batched' | 'strict', kills: number): number {
  return kills * (durability === 'strict' ? CONCURRENCY : MAX_UNWRITTEN + CONCURRENCY);
}

test('undisturbed, every side effect happens once', async () => {
  const ended = await scene.run().ended;
  expect(outputOf(ended)).toEqual(OUTPUT);
  expect([...new Set(world.counts().values())]).toEqual([1]);
  expect(world.effects).toHaveLength(ITEMS + 1);
});

describe('a process killed at a stop point', () => {
  /** Which command comes by; a run and what is done with it, unless something else is said. */
  const REACHED_BY: Readonly<Record<StopPoint, 'run' | 'signalled' | 'signal' | 'prune' | 'loop.test.ts'>> = {
    'transaction.begun': 'run',
    'run.created': 'run',
    'lease.verified': 'run',
    'value.written': 'run',
    'entries.written': 'run',
    'requests.answered': 'signalled',
    'run.patched': 'run',
    'transaction.written': 'run',
    'transaction.committed': 'run',
    'lease.acquired': 'run',
    'lease.released': 'run',
    'snapshot.written': 'loop.test.ts',
    'request.written': 'signal',
    // The note that the journal was pruned.
    'result.written': 'run',
    'prune.marked': 'prune',
    'prune.entries': 'prune',
    'prune.removed': 'prune',
  };
  const reachedBy = (command: string): StopPoint[] => STOP_POINTS.filter((point) => REACHED_BY[point] === command);
  const often = [
    'transaction.begun',
    'lease.verified',
    'entries.written',
    'transaction.written',
    'transaction.committed',
  ];
  const points = [...reachedBy('run'), ...often.flatMap((point) => [`${point}:2`, `${point}:4`])];

  test.each(points)('of a run (%s) is gone on with', async (point) => {
    const killed = await scene.run([], point).ended;
    expect(killed.code).toBeNull();
    const twice = await finish('batched');
    doubles.batched.push(twice);
    expect(twice).toBeLessThanOrEqual(promise('batched', 1));
  });

  test.each([
    'lease.acquired',
    'transaction.begun',
    'transaction.written',
    'transaction.committed',
    'transaction.committed:3',
  ])('of a resumption (%s) is gone on with again', async (point) => {
    await killAt(ITEMS / 2, scene.run());
    const killed = await scene.resume([], point).ended;
    expect(killed.code).toBeNull();
    const twice = await finish('batched');
    doubles.batched.push(twice);
    expect(twice).toBeLessThanOrEqual(promise('batched', 2));
  });

  test.each([...reachedBy('signal'), 'transaction.begun', 'transaction.committed'])(
    'of a signal (%s): it arrives, or can be sent again',
    async (point) => {
      const waiting = await scene.run(['--no-wait'], undefined, 'signalled.yaml').ended;
      expect(waiting.stdout).toContain('"waiting"');
      const sent = await scene.heddle(['signal', 'last', 'go', '--no-resume', '--actions', 'actions.mjs'], point).ended;
      expect(sent.code).toBeNull();
      const run = await scene.theRun();
      const requests = await scene.inJournal((journal) => journal.requests(run?.id ?? ''));
      expect(requests).toHaveLength(point === 'transaction.committed' ? 1 : 0);
      const resume =
        requests.length > 0
          ? scene.resume()
          : scene.heddle(['signal', 'last', 'go', '--actions', 'actions.mjs', '--json']);
      expect(await finish('batched', () => resume)).toBe(0);
    },
  );

  test.each(reachedBy('signalled'))('while it takes a signal (%s) takes it when it is resumed', async (point) => {
    await scene.run(['--no-wait'], undefined, 'signalled.yaml').ended;
    await scene.heddle(['signal', 'last', 'go', '--no-resume', '--actions', 'actions.mjs']).ended;
    const killed = await scene.resume([], point).ended;
    expect(killed.code).toBeNull();
    expect(await finish('batched')).toBeLessThanOrEqual(1);
  });

  test.each(reachedBy('prune'))('of a prune (%s) leaves nothing half done', async (point) => {
    await scene.run().ended;
    const prune = ['prune', '--older-than', '0s', '--keep', '0'];
    expect((await scene.heddle(prune, point).ended).code).toBeNull();
    expect((await scene.heddle(prune).ended).code).toBe(0);
    expect(await scene.theRun()).toBeUndefined();
    expect(await scene.inJournal((journal) => journal.check())).toEqual([]);
  });
});

describe(`a process killed at a random moment (${MOMENTS} of them, seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const moments = Array.from({ length: MOMENTS }, (_, at) => at + 1).map((number) => ({
    number,
    durability: number % 3 === 0 ? ('strict' as const) : ('batched' as const),
    at: 1 + Math.floor(random() * ITEMS),
    // Every fourth time what goes on is killed too.
    again: number % 4 === 0 ? 1 + Math.floor(random() * ITEMS) : null,
  }));

  test.each(moments)('$number: $durability, after $at side effects', async ({ durability, at, again }) => {
    await killAt(at, scene.run(['--durability', durability]));
    let kills = 1;
    if (again !== null && (await scene.theRun()) !== undefined) {
      await killAt(world.effects.length + again, scene.resume(['--durability', durability]));
      kills++;
    }
    const twice = await finish(durability);
    doubles[durability].push(twice);
    expect(twice).toBeLessThanOrEqual(promise(durability, kills));
  });
});

test('how many iterations ran twice', () => {
  for (const durability of ['batched', 'strict'] as const) {
    const [twice, complete] = [spread(doubles[durability]), spread(kept[durability])];
    console.log(
      `${durability}: ${doubles[durability].length} kills; iterations recorded complete ${complete}; run twice ${twice}`,
    );
  }
  expect(doubles.batched.length).toBeGreaterThan(0);
  expect(Math.max(0, ...doubles.strict)).toBeLessThanOrEqual(promise('strict', 2));
});

function spread(counts: readonly number[]): string {
  const sorted = [...counts].sort((a, b) => a - b);
  return `median ${sorted[Math.floor(sorted.length / 2)] ?? 0}, most ${sorted.at(-1) ?? 0}`;
}

/** Numbers from 0 up to 1 that are the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
