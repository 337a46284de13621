import { describe, expect, test } from 'vitest';
import type { Held, HoldRequest } from './coordination/coordination.ts';
import { Permits, type Sharer, type TaskPermits } from './permits.ts';
import { MemoryCoordination } from './testing/memory-coordination.ts';

const TASK = { run: 'r', execution: 0, generation: 0 };

/** A coordination that answers when it is told to. */
class SlowCoordination extends MemoryCoordination {
  readonly asked: HoldRequest[] = [];
  #answer: (held: Held) => void = () => {};

  override hold(_task: unknown, _holder: unknown, request: HoldRequest): Promise<Held> {
    this.asked.push(request);
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  async answer(permits: number, share = permits): Promise<void> {
    this.#answer({ permits, share, isStopped: false });
    await new Promise(setImmediate);
  }
}

class Chunk implements Sharer {
  inFlight = 0;
  readonly count = 100;
  changed(): void {}
  unknown(): void {}

  /** Starts as many as may; how many that were. */
  startAll(permits: TaskPermits): number {
    const before = this.inFlight;
    for (; permits.free > 0; this.inFlight++) permits.started();
    return this.inFlight - before;
  }
}

async function joined(permits: number): Promise<[SlowCoordination, Chunk, TaskPermits]> {
  const coordination = new SlowCoordination();
  const chunk = new Chunk();
  const options = { coordination, ttlMs: 60_000, onError: () => {} };
  const joining = new Permits(options).join(TASK, chunk);
  await coordination.answer(permits);
  return [coordination, chunk, (await joining) as TaskPermits];
}

/** Asks now. */
function ask(permits: TaskPermits): void {
  permits.failed();
}

describe('permits of a worker', () => {
  test('while it asks it starts no more than it said it keeps: the rest may be others’ by then', async () => {
    const [coordination, chunk, permits] = await joined(20);
    expect(chunk.startAll(permits)).toBe(20);
    ask(permits);
    await coordination.answer(20);
    chunk.inFlight = 4;
    ask(permits);
    await coordination.answer(20);
    // Since it was last asked no more than four were in flight: the others are given away.
    ask(permits);
    expect(coordination.asked.at(-1)).toMatchObject({ keeps: 4, wants: 4 });
    expect(chunk.startAll(permits)).toBe(0);
    chunk.inFlight = 1;
    expect(chunk.startAll(permits)).toBe(3);
    await coordination.answer(4);
    expect(chunk.startAll(permits)).toBe(0);
  });

  test('who uses all that it has goes on with that while it asks', async () => {
    const [coordination, chunk, permits] = await joined(20);
    chunk.startAll(permits);
    chunk.inFlight = 3;
    ask(permits);
    expect(coordination.asked.at(-1)).toMatchObject({ keeps: 20, wants: 100 });
    expect(chunk.startAll(permits)).toBe(17);
  });

  test('what is above its share is given back as soon as nothing is in flight there', async () => {
    const [coordination, chunk, permits] = await joined(20);
    chunk.startAll(permits);
    ask(permits);
    chunk.inFlight = 12;
    await coordination.answer(20, 10);
    expect(chunk.startAll(permits)).toBe(0);
    expect(coordination.asked.at(-1)).toMatchObject({ keeps: 12 });
    chunk.inFlight = 10;
    await coordination.answer(12, 10);
    expect(coordination.asked.at(-1)).toMatchObject({ keeps: 10 });
    const { length } = coordination.asked;
    await coordination.answer(10, 10);
    expect(coordination.asked).toHaveLength(length);
  });
});
