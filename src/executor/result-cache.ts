/** Results that tasks with `cache` may use again, in memory; shared by the runs of one executor. */
export class ResultCache {
  readonly #entries = new Map<string, { readonly result: unknown; readonly expiresAtMs: number }>();
  readonly #capacity: number;

  /** `capacity`: entries kept at most, the oldest go first. Default 10000. */
  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /** The entry of a key that is younger than its time to live at `nowMs`, or undefined. */
  get(key: string, nowMs: number): { readonly result: unknown } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAtMs > nowMs) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  /** Keeps a result until `expiresAtMs` (milliseconds since the epoch; Infinity: for ever). */
  set(key: string, result: unknown, expiresAtMs: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { result, expiresAtMs });
    if (this.#entries.size > this.#capacity) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
  }
}

/** Results of tasks with `cache` that outlive the process. */
export interface CacheStore {
  /** The result kept under a key that has not expired at `nowMs`; null: there is none. */
  recall(key: string, nowMs: number): Promise<{ readonly result: unknown } | null>;
  /** Keeps a result until `expiresAtMs`, soon. */
  remember(key: string, result: unknown, expiresAtMs: number): void;
}
