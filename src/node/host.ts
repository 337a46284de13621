import { resolve } from 'node:path';
import type { Clock, Host } from '../executor/host.ts';
import { identifyFile } from './file-identity.ts';
import { openItems } from './item-source.ts';
import { RandomUuids } from './random-uuid.ts';

/** The longest delay Node.js keeps; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** A timer that survives delays longer than Node.js takes. */
class Timer {
  #handle: NodeJS.Timeout;
  readonly #isBackground: boolean;

  constructor(delayMs: number, callback: () => void, isBackground: boolean) {
    this.#isBackground = isBackground;
    this.#handle = this.#arm(delayMs, callback);
  }

  #arm(delayMs: number, callback: () => void): NodeJS.Timeout {
    const isLast = delayMs <= MAX_DELAY_MS;
    const handle = setTimeout(
      isLast ? callback : () => (this.#handle = this.#arm(delayMs - MAX_DELAY_MS, callback)),
      isLast ? Math.ceil(delayMs) : MAX_DELAY_MS,
    );
    return this.#isBackground ? handle.unref() : handle;
  }

  clear(): void {
    clearTimeout(this.#handle);
  }
}

let loaded: typeof import('node:crypto') | null = null;

/** Loaded when it is first needed, which checking a workflow never does. */
function crypto() {
  return (loaded ??= process.getBuiltinModule('node:crypto'));
}

let uuids: RandomUuids | null = null;

/** What the global of that name gives: to ask it each time takes as long as to read the clock. Loaded late as well. */
let timer: typeof performance | null = null;

/** The outside world on Node.js: system clock (or `clock`), timers, random, files. */
export function createNodeHost(clock?: Clock): Host {
  return {
    now: () => Date.now(),
    monotonic: () => (timer ??= performance).now(),
    setTimer: (delayMs, callback, isBackground = false) => new Timer(delayMs, callback, isBackground),
    clearTimer: (timer) => {
      if (timer instanceof Timer) timer.clear();
    },
    nextTurn: (callback) => {
      setImmediate(callback);
    },
    random: () => Math.random(),
    uuid: () => (uuids ??= new RandomUuids((bytes) => crypto().randomFillSync(bytes))).next(),
    sha256: (text) => crypto().createHash('sha256').update(text).digest('hex'),
    openItems,
    identify: identifyFile,
    resolvePath: (directory, path) => resolve(directory, path),
    ...(clock === undefined ? {} : methodsOf(clock)),
  };
}

/** A clock may be an instance of a class, whose methods a spread would lose. */
function methodsOf(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    setTimer: (delayMs, callback, isBackground) => clock.setTimer(delayMs, callback, isBackground),
    clearTimer: (timer) => clock.clearTimer(timer),
    nextTurn: (callback) => clock.nextTurn(callback),
  };
}
