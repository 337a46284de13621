import type { ErrorRecord, FailureGroup } from '../context/index.ts';
import type { ItemEntry, ItemsEntry, RunEntry } from '../executor/entries.ts';
import type { IterationHistory, ItemsHistory } from './run-history.ts';

/** Keys of failed iterations that a group names. */
const EXAMPLES = 3;
/** Longest text of a group, in characters. */
const MAX_REASON = 120;

/** Which iterations are kept one by one: those with indexes from `from` up to `end`. */
export interface Window {
  readonly from: number;
  readonly end: number;
}

/** Follows the iterations of one execution through its record. */
export class Iterations {
  readonly #window: Window;
  readonly #failures = new Map<number, { readonly error: ErrorRecord; readonly key: unknown }>();
  readonly #kept = new Map<number, IterationHistory>();
  #succeeded = 0;
  #started = 0;
  /** Undefined: the source was not opened, as far as the record says. */
  total: number | null | undefined = undefined;

  constructor(window: Window) {
    this.#window = window;
  }

  take(entry: RunEntry): void {
    switch (entry.type) {
      case 'source':
        this.total = entry.total;
        return;
      case 'running':
        for (const index of entry.indexes) if (index >= 0) this.#begin(index);
        return;
      case 'items':
        this.#succeed(entry);
        return;
      case 'item':
        this.#end(entry);
        return;
      case 'waiting':
        this.#mark(entry.index, 'waiting');
        return;
      case 'answered':
        this.#mark(entry.index, 'running');
        return;
      default:
    }
  }

  /** The iterations that failed run again. */
  forgetFailures(): void {
    for (const index of this.#failures.keys()) this.#kept.delete(index);
    this.#failures.clear();
  }

  /** `ended`: how many there were and had begun, once the task has ended. */
  summary(ended: { readonly total: number | null; readonly started: number } | null): ItemsHistory {
    const total = ended === null ? (this.total ?? null) : ended.total;
    const started = ended?.started ?? this.#started;
    const skipped = total === null ? 0 : total - started;
    return {
      stats: { total, succeeded: this.#succeeded, failed: this.#failures.size, skipped },
      started,
      failureGroups: this.#groups(),
    };
  }

  /** The iterations of the window, by index. */
  list(): readonly IterationHistory[] {
    return [...this.#kept.values()].sort((a, b) => a.index - b.index);
  }

  #begin(index: number): void {
    this.#started = Math.max(this.#started, index + 1);
    if (this.#isKept(index) && !this.#kept.has(index)) {
      this.#kept.set(index, { index, status: 'running', attempts: 1 });
    }
  }

  #succeed({ from, count, indexes, results }: ItemsEntry): void {
    this.#succeeded += count;
    const last = indexes === undefined ? from + count - 1 : indexes.reduce((a, b) => Math.max(a, b), 0);
    this.#started = Math.max(this.#started, last + 1);
    const first = indexes === undefined ? Math.max(0, this.#window.from - from) : 0;
    const end = indexes === undefined ? Math.min(count, this.#window.end - from) : count;
    for (let at = first; at < end; at++) {
      const index = indexes?.[at] ?? from + at;
      if (!this.#isKept(index)) continue;
      const result = results === undefined ? {} : { result: results[at] };
      this.#kept.set(index, { index, status: 'succeeded', attempts: 1, ...result });
    }
    if (this.#failures.size > 0) for (const index of indexes ?? rangeOf(from, count)) this.#failures.delete(index);
  }

  #end({ index, status, attempts, result, error, key, item }: ItemEntry): void {
    this.#started = Math.max(this.#started, index + 1);
    this.#failures.delete(index);
    if (status === 'succeeded') this.#succeeded++;
    else if (error !== undefined) this.#failures.set(index, { error, key: key ?? index });
    if (!this.#isKept(index)) return;
    this.#kept.set(index, {
      index,
      status,
      attempts,
      ...(result === undefined ? {} : { result }),
      ...(error === undefined ? {} : { error }),
      ...(key === undefined ? {} : { key }),
      ...(item === undefined ? {} : { item }),
    });
  }

  #mark(index: number, status: 'waiting' | 'running'): void {
    if (index < 0) return;
    this.#begin(index);
    const kept = this.#kept.get(index);
    if (kept !== undefined) this.#kept.set(index, { ...kept, status });
  }

  #isKept(index: number): boolean {
    return index >= this.#window.from && index < this.#window.end;
  }

  #groups(): FailureGroup[] {
    const groups = new Map<string, { reason: string; code: string; count: number; examples: unknown[] }>();
    for (const { error, key } of this.#failures.values()) {
      const reason = reasonOf(error);
      const id = `${error.code}\n${reason}`;
      const group = groups.get(id) ?? { reason, code: error.code, count: 0, examples: [] };
      groups.set(id, group);
      group.count++;
      if (group.examples.length < EXAMPLES) group.examples.push(key);
    }
    return [...groups.values()].sort((a, b) => b.count - a.count);
  }
}

function rangeOf(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => from + at);
}

function reasonOf({ code, message }: ErrorRecord): string {
  if (code === 'HEDDLE_TIMEOUT') return 'timeout';
  const [line = ''] = message.split('\n', 1);
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 1)}…` : line;
}
