import type { ContextVersion, ItemsCost } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { Clock } from './host.ts';

/** Bytes of V8's representation on a 64-bit machine, near enough to compare by: headers, pointers, characters. */
const OBJECT_BYTES = 24;
const POINTER_BYTES = 8;
const STRING_BYTES = 16;
/** A `WorkflowContext`: header, shared version, item, index. */
const FORK_BYTES = OBJECT_BYTES + 3 * POINTER_BYTES;

/** Adds up the bytes of a value and all inside it; objects that are in `known` are left out and added to it. */
function bytesOf(root: unknown, known: Set<object> | ReadonlySet<object>, own: Set<object>): number {
  let bytes = 0;
  const stack: unknown[] = [root];
  for (; stack.length > 0;) {
    const value = stack.pop();
    if (typeof value === 'string') bytes += STRING_BYTES + value.length;
    if (typeof value !== 'object' || value === null || known.has(value) || own.has(value)) continue;
    own.add(value);
    const fields: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    bytes += OBJECT_BYTES + POINTER_BYTES * fields.length;
    for (const field of fields) if (typeof field === 'object' || typeof field === 'string') stack.push(field);
  }
  return bytes;
}

/** What one lane notes of the iteration it runs, in milliseconds of the clock; of several attempts, of the last. */
export class UnitCost {
  readonly #clock: Clock;
  #sinceMs = 0;
  input: unknown = null;
  forkMs = 0;
  renderMs = 0;
  /** When its action was called. */
  calledMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The fork of an iteration is about to be made. */
  fork(): void {
    this.#sinceMs = this.#clock.monotonic();
  }

  /** It was made. */
  begin(): void {
    this.forkMs = this.#clock.monotonic() - this.#sinceMs;
  }

  /** The input is about to be rendered. */
  render(): void {
    this.#sinceMs = this.#clock.monotonic();
  }

  /** It was, and the action is about to be called. */
  takeInput(input: unknown): void {
    this.input = input;
    this.calledMs = this.#clock.monotonic();
    this.renderMs = this.calledMs - this.#sinceMs;
  }
}

/** Measures what the iterations of one with-items task share and own. Exists only where somebody asks. */
export class CostMeter {
  readonly #clock: Clock;
  readonly #limitBytes: number;
  readonly #shared = new Set<object>();
  readonly #sharedBytes: number;
  #iterations = 0;
  #ownedBytes = 0;
  #maxOwnedBytes = 0;
  #forkMs = 0;
  #renderMs = 0;
  #actionMs = 0;
  #collectMs = 0;

  /** `limitBytes`: what an iteration may own; Infinity: anything. */
  constructor(base: ContextVersion, clock: Clock, limitBytes: number) {
    this.#clock = clock;
    this.#limitBytes = limitBytes;
    const { parameters, config, keystore } = base.constants;
    const results = base.outcomes.map((outcome) => outcome?.result);
    const roots = [parameters, config, keystore, base.variables.blocks, results];
    this.#sharedBytes = roots.reduce<number>((sum, root) => sum + bytesOf(root, new Set(), this.#shared), 0);
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /**
   * Counts an iteration that has been collected. `endedMs`: when its action had ended.
   *
   * @throws HEDDLE_OWNED_BYTES where it owns more than it may.
   */
  count(index: number, item: unknown, result: unknown, cost: UnitCost, endedMs: number): void {
    this.#collectMs += this.now() - endedMs;
    const { input, forkMs, renderMs, calledMs } = cost;
    const own = new Set<object>();
    const owned =
      FORK_BYTES +
      bytesOf(item, this.#shared, own) +
      bytesOf(input, this.#shared, own) +
      bytesOf(result, this.#shared, own);
    this.#iterations++;
    this.#ownedBytes += owned;
    this.#maxOwnedBytes = Math.max(this.#maxOwnedBytes, owned);
    this.#forkMs += forkMs;
    this.#renderMs += renderMs;
    this.#actionMs += endedMs - calledMs;
    if (owned > this.#limitBytes) {
      throw new HeddleError(
        'HEDDLE_OWNED_BYTES',
        `iteration ${index} owns ${owned} bytes; limits.owned-bytes-per-item allows ${this.#limitBytes}`,
        { index },
      );
    }
  }

  summary(): ItemsCost {
    const each = (ms: number): number => (this.#iterations === 0 ? 0 : Math.max(0, (ms / this.#iterations) * 1e6));
    return {
      iterations: this.#iterations,
      sharedBytes: this.#sharedBytes,
      ownedBytesPerItem: this.#iterations === 0 ? 0 : Math.round(this.#ownedBytes / this.#iterations),
      maxOwnedBytes: this.#maxOwnedBytes,
      forkNs: each(this.#forkMs),
      renderNs: each(this.#renderMs),
      actionNs: each(this.#actionMs),
      collectNs: each(this.#collectMs),
    };
  }
}
