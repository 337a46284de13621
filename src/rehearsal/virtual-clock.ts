import type { Clock } from '../executor/host.ts';

/** Turns of the event loop in a row without any activity after which the run is taken to be waiting for time. */
const QUIET_TURNS = 8;
/** Real milliseconds without activity before a run without timers is taken to wait for ever. */
const STALL_GRACE_MS = 20;

/** The real event loop, as a virtual clock needs it; handed in by tests. */
export interface EventLoop {
  /** Calls back after the event loop has had a turn. */
  turn(callback: () => void): void;
  /** Calls back after `delayMs` real milliseconds. */
  pause(delayMs: number, callback: () => void): void;
  /** Whether a file operation is under way, which nothing but its end would show. */
  isReading(): boolean;
}

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
  readonly isBackground: boolean;
}

/**
 * Time that jumps: while something goes on it stands still, and when nothing does it moves to the next timer.
 * Delays, retries and timeouts of hours take no real time, and happen in the order of their times.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #startedAtMs: number;
  readonly #loop: EventLoop;
  /** Sorted by due time, and by creation where that is the same. */
  readonly #timers: Timer[] = [];
  #holds = 0;
  #activity = 0;
  #seenActivity = -1;
  #quietTurns = 0;
  #isGraceOver = false;
  #isScheduled = false;
  #onStall: (() => void) | undefined;

  /** @param startMs what `now()` says at first: milliseconds since the epoch. */
  constructor(startMs: number, loop: EventLoop = nodeEventLoop) {
    this.#nowMs = startMs;
    this.#startedAtMs = startMs;
    this.#loop = loop;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs - this.#startedAtMs;
  }

  setTimer(delayMs: number, callback: () => void, isBackground = false): Timer {
    this.#activity++;
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback, isBackground };
    this.#timers.splice(this.#firstAfter(timer.dueMs), 0, timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    const at = this.#timers.findIndex((candidate) => candidate === timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  nextTurn(callback: () => void): void {
    this.#activity++;
    this.#loop.turn(() => {
      this.#activity++;
      callback();
    });
  }

  /** Time stands still until the returned function is called: a real action is in flight. */
  hold(): () => void {
    this.#holds++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds--;
      this.#activity++;
      this.#schedule();
    };
  }

  /**
   * Begins to watch the event loop.
   * @param onStall called when no timer is left (but those in the background) and nothing goes on: the run waits for something that never comes.
   * It is called again, each time anew, until the clock is stopped.
   */
  start(onStall: () => void): void {
    this.#onStall = onStall;
    this.#schedule();
  }

  /** Ends the watch; timers that are left never fire. */
  stop(): void {
    this.#onStall = undefined;
  }

  #firstAfter(dueMs: number): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timers[middle]?.dueMs ?? Infinity) <= dueMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#onStall === undefined) return;
    this.#isScheduled = true;
    this.#loop.turn(() => {
      this.#isScheduled = false;
      this.#watch();
    });
  }

  #watch(): void {
    const onStall = this.#onStall;
    if (onStall === undefined || this.#holds > 0) return;
    if (!this.#isQuiet()) {
      this.#schedule();
    } else if (this.#timers.some((timer) => !timer.isBackground)) {
      this.#jump();
      this.#schedule();
    } else if (!this.#isGraceOver) {
      this.#loop.pause(STALL_GRACE_MS, () => {
        this.#isGraceOver = true;
        this.#quietTurns = 0;
        this.#schedule();
      });
    } else {
      this.#isGraceOver = false;
      this.#seenActivity = -1;
      onStall();
      this.#schedule();
    }
  }

  #isQuiet(): boolean {
    if (this.#activity !== this.#seenActivity || this.#loop.isReading()) {
      this.#seenActivity = this.#activity;
      this.#quietTurns = 0;
      this.#isGraceOver = false;
      return false;
    }
    this.#quietTurns++;
    return this.#quietTurns >= QUIET_TURNS;
  }

  #jump(): void {
    const dueMs = this.#timers[0]?.dueMs ?? this.#nowMs;
    this.#nowMs = Math.max(this.#nowMs, dueMs);
    this.#quietTurns = 0;
    // Timers of the same time fire in one go, as in a real event loop; those that a callback clears do not.
    const due = this.#timers.slice(0, this.#firstAfter(dueMs));
    for (const timer of due) {
      const at = this.#timers.indexOf(timer);
      if (at < 0) continue;
      this.#timers.splice(at, 1);
      this.#activity++;
      timer.callback();
    }
  }
}

/** Node's event loop. */
const nodeEventLoop: EventLoop = {
  turn: (callback) => {
    setImmediate(callback);
  },
  pause: (delayMs, callback) => {
    setTimeout(callback, delayMs);
  },
  isReading: () => process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq')),
};
