import { Outcome, type EndStatus, type ErrorRecord } from '../context/index.ts';
import type { Aggregation, Scope } from '../plan/plan.ts';

/** What one iteration gives to each aggregation (undefined: nothing); null: nothing to any. */
export type Contributions = readonly unknown[] | null;

/** The foldings of a with-items task as data. */
export interface SavedFolding {
  readonly states: readonly unknown[];
  readonly next: number;
  readonly waiting: readonly (readonly [number, Contributions])[];
}

/** Folds iterations into aggregations in the order of their indexes, whatever the order they complete in. */
export class Folding {
  readonly #aggregations: readonly Aggregation[];
  #states: unknown[];
  /** What iterations gave that completed before an earlier one did. */
  readonly #waiting = new Map<number, Contributions>();
  /** Index of the next iteration to fold. */
  next = 0;

  constructor(aggregations: readonly Aggregation[]) {
    this.#aggregations = aggregations;
    this.#states = aggregations.map((aggregation) => aggregation.start());
  }

  /** An iteration has completed. Gives what it contributed. */
  add(scope: Scope, status: EndStatus, result: unknown, error: ErrorRecord | null): Contributions {
    const contributions = status === 'cancelled' ? null : this.#take(new FoldScope(scope, status, result, error));
    this.put(scope.index, contributions);
    return contributions;
  }

  /** What the iteration of this index contributed is known. */
  put(index: number, contributions: Contributions): void {
    if (index !== this.next) {
      this.#waiting.set(index, contributions);
      return;
    }
    this.#fold(contributions);
    if (this.#waiting.size > 0) this.#foldWaiting();
  }

  #foldWaiting(): void {
    for (let more = this.#waiting.get(this.next); more !== undefined; more = this.#waiting.get(this.next)) {
      this.#waiting.delete(this.next);
      this.#fold(more);
    }
  }

  /**
   * The iterations from `next` on, up to but without `end`, were folded elsewhere, into `states`: what {@link save} gives of
   * a folding that began with the first of them. It may change those.
   */
  append(states: readonly unknown[], end: number): void {
    this.#states = this.#aggregations.map((aggregation, number) => {
      return aggregation.merge(this.#states[number], states[number]);
    });
    this.next = end;
    this.#foldWaiting();
  }

  #take(scope: FoldScope): Contributions {
    const succeeded = scope.outcome.status === 'succeeded';
    let contributions: unknown[] | null = null;
    for (let number = 0; number < this.#aggregations.length; number++) {
      const { everyStatus, take } = this.#aggregations[number] as Aggregation;
      if (!succeeded && !everyStatus) continue;
      // A failed iteration may run again and give something else: nothing may be left out on its account.
      const contribution = everyStatus ? take(scope) : take(scope, this.#states[number]);
      if (contribution === undefined) continue;
      contributions ??= new Array<unknown>(this.#aggregations.length).fill(undefined);
      contributions[number] = contribution;
    }
    return contributions;
  }

  #fold(contributions: Contributions): void {
    this.next++;
    if (contributions === null) return;
    for (let number = 0; number < this.#aggregations.length; number++) {
      const contribution = contributions[number];
      // One that is read back may have null where there was nothing; no aggregation takes null.
      if (contribution === undefined || contribution === null) continue;
      this.#states[number] = (this.#aggregations[number] as Aggregation).fold(this.#states[number], contribution);
    }
  }

  /** What waits for earlier iterations, none of which will come any more, is folded without them. */
  drain(): void {
    const indexes = [...this.#waiting.keys()].sort((a, b) => a - b);
    for (const index of indexes) {
      this.next = index;
      this.#fold(this.#waiting.get(index) ?? null);
    }
    this.#waiting.clear();
  }

  /** As data; what is later folded does not change it. */
  save(): SavedFolding {
    return { states: structuredClone(this.#states), next: this.next, waiting: [...this.#waiting] };
  }

  /** Goes on from what was saved. */
  restore({ states, next, waiting }: SavedFolding): void {
    this.#states = structuredClone([...states]);
    this.next = next;
    for (const [index, contributions] of waiting) this.#waiting.set(index, contributions);
  }

  /** The mapping that is the task's result. */
  finish(): Record<string, unknown> {
    const entries = this.#aggregations.map((aggregation, number) => {
      return [aggregation.name, aggregation.finish(this.#states[number])] as const;
    });
    return Object.fromEntries(entries);
  }
}

class FoldScope implements Scope {
  readonly base: Scope['base'];
  readonly item: unknown;
  readonly index: number;
  readonly attempt: number;
  readonly outcome: Outcome;

  constructor(scope: Scope, status: EndStatus, result: unknown, error: ErrorRecord | null) {
    this.base = scope.base;
    this.item = scope.item;
    this.index = scope.index;
    this.attempt = scope.attempt;
    this.outcome = new Outcome(status, result, error);
  }
}
