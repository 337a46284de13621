import { Outcome, type EndStatus, type ErrorRecord } from '../context/index.ts';
import type { Aggregation, Scope } from '../plan/plan.ts';

/** Folds iterations into aggregations in the order of their indexes, whatever the order they complete in. */
export class Folding {
  readonly #aggregations: readonly Aggregation[];
  readonly #states: unknown[];
  /** Iterations that completed before an earlier one did; null: it contributes nothing. */
  readonly #waiting = new Map<number, FoldScope | null>();
  /** Index of the next iteration to fold. */
  next = 0;

  constructor(aggregations: readonly Aggregation[]) {
    this.#aggregations = aggregations;
    this.#states = aggregations.map((aggregation) => aggregation.start());
  }

  /** An iteration has completed. */
  add(scope: Scope, status: EndStatus, result: unknown, error: ErrorRecord | null): void {
    const folded = status === 'cancelled' ? null : new FoldScope(scope, new Outcome(status, result, error));
    if (scope.index !== this.next) {
      this.#waiting.set(scope.index, folded);
      return;
    }
    this.#fold(folded);
    for (let more = this.#waiting.get(this.next); more !== undefined; more = this.#waiting.get(this.next)) {
      this.#waiting.delete(this.next);
      this.#fold(more);
    }
  }

  #fold(scope: FoldScope | null): void {
    this.next++;
    if (scope === null) return;
    const succeeded = scope.outcome.status === 'succeeded';
    for (let number = 0; number < this.#aggregations.length; number++) {
      const aggregation = this.#aggregations[number] as Aggregation;
      if (succeeded || aggregation.everyStatus) {
        this.#states[number] = aggregation.fold(this.#states[number], scope);
      }
    }
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

  constructor(scope: Scope, outcome: Outcome) {
    this.base = scope.base;
    this.item = scope.item;
    this.index = scope.index;
    this.attempt = scope.attempt;
    this.outcome = outcome;
  }
}
