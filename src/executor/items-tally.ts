import type { ErrorRecord, FailureGroup, ItemFailure, ItemsOutcome, ItemStats } from '../context/index.ts';

/** Kinds of failure told apart; what is beyond is counted as `other`. */
const MAX_GROUPS = 50;
const EXAMPLES = 3;

interface Group {
  readonly reason: string;
  readonly code: string;
  count: number;
  readonly examples: unknown[];
}

/** A tally as data. */
export interface SavedTally {
  readonly succeeded: number;
  readonly failed: number;
  readonly attempts: number;
  readonly failures: readonly ItemFailure[];
  readonly groups: readonly (readonly [string, Group])[];
}

/** Counts what became of iterations: numbers, the first failures, and groups of failures by what went wrong. */
export class ItemsTally {
  readonly #maxFailures: number;
  readonly #failures: ItemFailure[] = [];
  readonly #groups = new Map<string, Group>();
  succeeded = 0;
  failed = 0;
  /** Attempts of all iterations together. */
  attempts = 0;

  constructor(maxFailures: number) {
    this.#maxFailures = maxFailures;
  }

  /** Counts a failed iteration; `key` is asked for only where it is kept. */
  fail(index: number, item: unknown, error: ErrorRecord, attempts: number, key: () => unknown): void {
    this.failed++;
    const reason = reasonOf(error);
    const groupKey = `${error.code}\n${reason}`;
    let group = this.#groups.get(groupKey);
    if (group === undefined) {
      const known = this.#groups.size < MAX_GROUPS;
      group = known ? { reason, code: error.code, count: 0, examples: [] } : this.#other();
      if (known) this.#groups.set(groupKey, group);
    }
    group.count++;
    const isKept = this.#failures.length < this.#maxFailures;
    if (!isKept && group.examples.length >= EXAMPLES) return;
    const value = key();
    if (group.examples.length < EXAMPLES) group.examples.push(value);
    if (isKept) this.#failures.push({ index, key: value, item, error, attempts });
  }

  /** As data; what is counted later does not change it. */
  save(): SavedTally {
    const { succeeded, failed, attempts } = this;
    return {
      succeeded,
      failed,
      attempts,
      failures: [...this.#failures],
      groups: [...this.#groups].map(([key, group]) => [key, { ...group, examples: [...group.examples] }]),
    };
  }

  /** Goes on from what was saved. */
  restore({ succeeded, failed, attempts, failures, groups }: SavedTally): void {
    this.succeeded = succeeded;
    this.failed = failed;
    this.attempts = attempts;
    this.#failures.push(...failures);
    for (const [key, group] of groups) this.#groups.set(key, { ...group, examples: [...group.examples] });
  }

  /** Counts what was counted of other iterations, all of which come later. */
  add({ succeeded, failed, attempts, failures, groups }: SavedTally): void {
    this.succeeded += succeeded;
    this.failed += failed;
    this.attempts += attempts;
    this.#failures.push(...failures.slice(0, Math.max(0, this.#maxFailures - this.#failures.length)));
    for (const [key, { reason, code, count, examples }] of groups) {
      const known = this.#groups.get(key);
      const isKept = known !== undefined || this.#groups.size < MAX_GROUPS;
      const group = known ?? (isKept ? { reason, code, count: 0, examples: [] } : this.#other());
      if (isKept) this.#groups.set(key, group);
      group.count += count;
      group.examples.push(...examples.slice(0, Math.max(0, EXAMPLES - group.examples.length)));
    }
  }

  #other(): Group {
    const other = this.#groups.get('other') ?? {
      reason: 'other',
      code: 'HEDDLE_ACTION_FAILED',
      count: 0,
      examples: [],
    };
    this.#groups.set('other', other);
    return other;
  }

  /** The counts while `started` of `total` have started. */
  stats(total: number | null, started: number): ItemStats {
    return { total, succeeded: this.succeeded, failed: this.failed, skipped: total === null ? 0 : total - started };
  }

  /** `126 × HTTP 503, 3 × timeout` */
  describe(): string {
    return this.groups()
      .map((group) => `${group.count} × ${group.reason}`)
      .join(', ');
  }

  /** The groups, largest first. */
  groups(): FailureGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count);
  }

  outcome(total: number | null, started: number): ItemsOutcome {
    const failures = this.#failures.sort((a, b) => a.index - b.index);
    return { stats: this.stats(total, started), failures, groups: this.groups() };
  }
}

function reasonOf(error: ErrorRecord): string {
  if (error.code === 'HEDDLE_TIMEOUT') return 'timeout';
  const line = error.message.split('\n', 1)[0] as string;
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
