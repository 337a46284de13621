import { describe, expect, it } from 'vitest';
import { VirtualClock, type EventLoop } from './virtual-clock.ts';

/** An event loop that is turned by hand. */
class ManualLoop implements EventLoop {
  #queue: (() => void)[] = [];
  readonly pauses: number[] = [];
  reading = false;

  turn(callback: () => void): void {
    this.#queue.push(callback);
  }

  pause(delayMs: number, callback: () => void): void {
    this.pauses.push(delayMs);
    this.#queue.push(callback);
  }

  isReading(): boolean {
    return this.reading;
  }

  /** Turns until `done`, at most `turns` times; answers how many turns were taken. */
  run(turns: number, done: () => boolean = () => false): number {
    for (let turn = 0; turn < turns; turn++) {
      if (done()) return turn;
      const queue = this.#queue;
      this.#queue = [];
      for (const callback of queue) callback();
    }
    return turns;
  }
}

function setUp(): { clock: VirtualClock; loop: ManualLoop; log: string[] } {
  const loop = new ManualLoop();
  const clock = new VirtualClock(1000, loop);
  return { clock, loop, log: [] };
}

describe('VirtualClock', () => {
  it('jumps from timer to timer in the order of their times', () => {
    const { clock, loop, log } = setUp();
    clock.setTimer(3_600_000, () => log.push(`late ${clock.now()}`));
    clock.setTimer(5000, () => log.push(`early ${clock.now()} ${clock.monotonic()}`));
    clock.start(() => log.push('stalled'));
    loop.run(40);
    expect(log.slice(0, 3)).toEqual(['early 6000 5000', 'late 3601000', 'stalled']);
  });

  it('lets timers of the background fire on the way to others, and waits for none of them', () => {
    const { clock, loop, log } = setUp();
    const poll = (): void => {
      log.push(`poll ${String(clock.monotonic())}`);
      clock.setTimer(1000, poll, true);
    };
    clock.setTimer(1000, poll, true);
    clock.setTimer(2500, () => log.push('timer'));
    clock.start(() => {
      log.push('stalled');
      clock.stop();
    });
    loop.run(80);
    expect(log).toEqual(['poll 1000', 'poll 2000', 'timer', 'stalled']);
  });

  it('fires timers of the same time in the order they were set, but not one that another clears', () => {
    const { clock, loop, log } = setUp();
    clock.setTimer(10, () => {
      log.push('first');
      clock.clearTimer(third);
    });
    clock.setTimer(10, () => log.push('second'));
    const third = clock.setTimer(10, () => log.push('third'));
    clock.start(() => log.push('stalled'));
    loop.run(40);
    expect(log.slice(0, 3)).toEqual(['first', 'second', 'stalled']);
  });

  it('stands still while a real action is held, and goes on when it is released', () => {
    const { clock, loop, log } = setUp();
    const release = clock.hold();
    clock.setTimer(10, () => log.push('timer'));
    clock.start(() => log.push('stalled'));
    loop.run(100);
    expect(log).toEqual([]);
    release();
    release();
    loop.run(100, () => log.length > 0);
    expect(log).toEqual(['timer']);
  });

  it('stands still while a file is being read', () => {
    const { clock, loop, log } = setUp();
    loop.reading = true;
    clock.setTimer(10, () => log.push('timer'));
    clock.start(() => log.push('stalled'));
    loop.run(100);
    expect(log).toEqual([]);
    loop.reading = false;
    loop.run(100, () => log.length > 0);
    expect(log).toEqual(['timer']);
  });

  it('does not jump while turns are asked for', () => {
    const { clock, loop, log } = setUp();
    clock.setTimer(10, () => log.push('timer'));
    let turns = 0;
    const again = (): void => {
      turns++;
      if (turns < 50) clock.nextTurn(again);
      else log.push('done');
    };
    clock.nextTurn(again);
    clock.start(() => log.push('stalled'));
    loop.run(100, () => log.length === 2);
    expect(log).toEqual(['done', 'timer']);
  });

  it('treats a negative delay as none and never goes back', () => {
    const { clock, loop, log } = setUp();
    clock.setTimer(-5, () => log.push(`now ${clock.now()}`));
    clock.start(() => undefined);
    loop.run(40, () => log.length > 0);
    expect(log).toEqual(['now 1000']);
  });

  it('says so when nothing can happen any more, after a real pause, and again after what the first call started', () => {
    const { clock, loop, log } = setUp();
    clock.start(() => {
      log.push('stalled');
      if (log.length === 1) clock.setTimer(7, () => log.push(`timer ${clock.now()}`));
      if (log.length === 3) clock.stop();
    });
    loop.run(200);
    expect(log).toEqual(['stalled', 'timer 1007', 'stalled']);
    expect(loop.pauses).toEqual([20, 20]);
  });

  it('fires nothing after it was stopped', () => {
    const { clock, loop, log } = setUp();
    clock.setTimer(10, () => log.push('timer'));
    clock.start(() => log.push('stalled'));
    clock.stop();
    loop.run(100);
    expect(log).toEqual([]);
  });

  it('runs on the event loop of Node.js', async () => {
    const clock = new VirtualClock(0);
    const day = await new Promise<number>((resolve) => {
      clock.setTimer(86_400_000, () => resolve(clock.now()));
      clock.start(() => undefined);
    });
    clock.stop();
    expect(day).toBe(86_400_000);
  });
});
