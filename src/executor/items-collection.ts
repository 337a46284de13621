import { deepFreeze, Outcome, type ContextVersion, type EndStatus, type ItemStats } from '../context/index.ts';
import { WorkflowContext } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { ItemsPlan, Scope, TaskPlan } from '../plan/plan.ts';
import { CostMeter, type UnitCost } from './cost.ts';
import { describeError } from './error-record.ts';
import { Folding, type Contributions } from './folding.ts';
import type { ItemSource } from './item-source.ts';
import type { ItemsProgress } from './items-progress.ts';
import { ItemsTally } from './items-tally.ts';
import { recordable } from './recordable.ts';
import type { Recorder } from './recorder.ts';
import type { RunServices } from './services.ts';
import type { Execution } from './state.ts';
import type { StraightFrame } from './straight.ts';
import type { Unit } from './unit.ts';

/** What becomes of the iterations of one execution: counts, results, failures, what is folded and what is recorded. */
export abstract class ItemsCollection {
  protected readonly services: RunServices;
  protected readonly task: TaskPlan;
  protected readonly items: ItemsPlan;
  protected readonly execution: Execution;
  protected readonly base: ContextVersion;
  protected readonly tally: ItemsTally;
  protected readonly folding: Folding | null;
  protected readonly meter: CostMeter | null;
  protected readonly done: (outcome: Outcome) => void;
  protected source: ItemSource | null = null;
  /** The list whose elements are frozen for the first time. */
  protected list: readonly unknown[] | null = null;
  /** Null where iterations need more than the plain loops give them. */
  protected straight: StraightFrame | null = null;
  /** Units that have no iteration in flight. */
  protected readonly free: Unit[] = [];
  /** Index of the next iteration to start. */
  protected next = 0;
  protected readonly results: unknown[];
  protected readonly failedResults: { index: number; result: unknown }[];
  /** Of a run that was resumed, until its place has been reached; then null, as for any other. */
  protected resumed: ItemsProgress | null;
  /** The iteration that is in flight alone, because it may be what ended the process; -1: none is. */
  protected alone = -1;
  protected stopping = false;
  protected over = false;
  /** Why the whole ends early, where it is not for a failed iteration. */
  protected ended: { readonly status: EndStatus; readonly reason: unknown } | null = null;

  protected constructor(
    services: RunServices,
    task: TaskPlan,
    items: ItemsPlan,
    execution: Execution,
    base: ContextVersion,
    done: (outcome: Outcome) => void,
    resumed: ItemsProgress | null,
  ) {
    this.services = services;
    this.task = task;
    this.items = items;
    this.execution = execution;
    this.base = base;
    this.done = done;
    this.resumed = resumed;
    this.tally = resumed?.tally ?? new ItemsTally(services.maxFailures);
    this.folding = resumed?.folding ?? (items.aggregate === null ? null : new Folding(items.aggregate));
    this.results = resumed?.results ?? [];
    this.failedResults = resumed?.failedResults ?? [];
    this.meter = services.measuresCost ? new CostMeter(base, services.host, services.maxOwnedBytes) : null;
  }

  /** A unit for iterations that need more than the plain loops give them. */
  protected abstract createUnit(): Unit;

  /** How many elements there are; null: not known yet. */
  get total(): number | null {
    return this.source?.total ?? null;
  }

  protected record(unit: Unit): void {
    if (this.meter === null || unit.cost === null) this.#collect(unit);
    else this.#measure(this.meter, unit.cost, unit);
  }

  #measure(meter: CostMeter, cost: UnitCost, unit: Unit): void {
    const endedMs = meter.now();
    this.#collect(unit);
    try {
      const { index, scope, result } = unit;
      meter.count(index, scope.item, this.items.results === 'none' ? null : result, cost, endedMs);
    } catch (error) {
      this.ended ??= { status: 'failed', reason: error };
      this.stop();
    }
  }

  /** Records a burst of iterations, all of which answered at once; one whose result is no data fails after all. */
  protected recordBurst(recorder: Recorder, from: number, frame: StraightFrame, list: readonly unknown[]): void {
    const { number } = this.execution;
    const end = from + frame.done;
    const { results } = frame;
    let start = from;
    for (let index = from; results !== null && index < end; index++) {
      try {
        results[index] = recordable(results[index], this.task.actionName);
        continue;
      } catch (problem) {
        recorder.items(number, start, index, results);
        start = index + 1;
        results[index] = null;
        frame.done--;
        const unit = this.free.pop() ?? this.createUnit();
        unit.refuse(new WorkflowContext(this.base, list[index - frame.offset], index), problem as HeddleError);
        this.record(unit);
      }
    }
    recorder.items(number, start, end, results);
  }

  /** Records what an iteration came to. One that was cut off is left out: it runs again. */
  #recordUnit(recorder: Recorder, unit: Unit, contributions: Contributions | undefined): void {
    const { index, status, result, error, attempt, scope } = unit;
    if (status === 'cancelled') return;
    const keeps = this.items.results === 'all' && this.folding === null;
    if (status === 'succeeded' && attempt === 1) {
      recorder.item(this.execution.number, index, keeps, result, contributions);
      return;
    }
    const failed = status === 'succeeded' ? {} : { key: this.keyOf(scope), item: scope.item };
    recorder.push({
      type: 'item',
      execution: this.execution.number,
      index,
      status,
      ...(keeps || this.items.results === 'failures' ? { result } : {}),
      ...(error === null ? {} : { error }),
      attempts: attempt,
      ...failed,
      ...(contributions === undefined || contributions === null ? {} : { contribution: contributions }),
    });
  }

  #collect(unit: Unit): void {
    const { recorder } = this.services;
    if (recorder !== null && unit.status === 'succeeded') {
      try {
        unit.result = recordable(unit.result, this.task.actionName);
      } catch (problem) {
        unit.refuse(unit.scope, problem as HeddleError, unit.attempt);
      }
    }
    const { scope, index, status, result } = unit;
    this.free.push(unit);
    if (index === this.alone) this.alone = -1;
    this.tally.attempts += unit.attempt;
    if (status === 'succeeded') this.tally.succeeded++;
    else if (status !== 'cancelled') this.#recordFailure(unit);
    let contributions: Contributions | undefined;
    if (this.folding !== null) contributions = this.#fold(this.folding, unit);
    else if (this.items.results === 'all') this.results[index] = result;
    if (recorder !== null) this.#recordUnit(recorder, unit, contributions);
    const { events } = this.services;
    if (events === null) return;
    const key = status === 'succeeded' && !events.hasItemListener ? null : this.keyOf(scope);
    events.itemCompleted(this.task.name, this.execution.number, index, key, status, result, unit.error, unit.attempt);
    events.progressed(this.task.name, this.execution.number, this.next, () => this.stats());
  }

  #recordFailure(unit: Unit): void {
    const { scope, index, result, error, attempt } = unit;
    if (error === null) return;
    this.tally.fail(index, scope.item, error, attempt, () => this.keyOf(scope));
    if (this.items.results === 'failures') this.failedResults.push({ index, result });
    if (this.services.chunk !== null) this.services.chunk.gate.failed();
    if (this.isFailed()) this.stop();
  }

  /** Whether there were so many failures that nothing further is to start. */
  protected isFailed(): boolean {
    const { tolerate, continues } = this.items;
    return tolerate === null ? !continues && this.tally.failed > 0 : this.#exceeds(this.total);
  }

  /** How many iterations have ended. */
  get endedCount(): number {
    return this.tally.succeeded + this.tally.failed;
  }

  /** Whether more iterations failed than are tolerated, as far as that can be told. */
  #exceeds(total: number | null): boolean {
    const { tolerate } = this.items;
    if (tolerate === null) return this.tally.failed > 0;
    if ('count' in tolerate) return this.tally.failed > tolerate.count;
    return total !== null && this.tally.failed > tolerate.share * total;
  }

  #fold(folding: Folding, unit: Unit): Contributions {
    try {
      return folding.add(unit.scope, unit.status, unit.result, unit.error);
    } catch (error) {
      this.ended ??= { status: 'failed', reason: error };
      this.stop();
      return null;
    }
  }

  protected keyOf(scope: Scope): unknown {
    const { key } = this.items;
    if (key === null) return scope.index;
    try {
      return key.evaluate(scope);
    } catch {
      // A key that cannot be computed must not hide the failure it is to name.
      return scope.index;
    }
  }

  /** Starts no further iteration. */
  protected stop(): void {
    this.stopping = true;
    if (this.straight !== null) this.straight.isStopped = true;
  }

  protected stats(): ItemStats {
    return this.tally.stats(this.total, this.next);
  }

  protected finish(): void {
    this.over = true;
    const source = this.source as ItemSource;
    const isComplete = !source.ready && source.ended;
    source.close();
    // Iterations that ended before the run was resumed may lie beyond the last that was started since.
    if (this.resumed !== null) this.next = Math.max(this.next, this.resumed.done.end);
    if (isComplete && this.list !== null) deepFreeze(this.list);
    const total = source.total ?? (isComplete ? this.next : null);
    const cost = this.meter === null ? {} : { cost: this.meter.summary() };
    const items = { ...this.tally.outcome(total, this.next), ...cost };
    if (this.services.events !== null) {
      this.services.events.progressed(this.task.name, this.execution.number, this.next, () => items.stats, true);
    }
    let status: EndStatus = 'succeeded';
    let reason: unknown = null;
    if (this.ended !== null) ({ status, reason } = this.ended);
    else if (this.#exceeds(total)) {
      status = 'failed';
      const of = total ?? this.next;
      reason = new HeddleError(
        'HEDDLE_ITEMS_FAILED',
        `${this.tally.failed} of ${of} iterations failed: ${this.tally.describe()}`,
      );
    }
    const error = reason === null ? null : describeError(reason, this.task.name);
    if (this.folding !== null) this.#recordFolded(this.folding);
    this.done(new Outcome(status, this.#result(), error, this.tally.attempts, items));
  }

  /** Says what all iterations of a chunk came to: whoever reads its record then needs nothing else of it. */
  #recordFolded(folding: Folding): void {
    const { chunk, recorder } = this.services;
    if (chunk === null || recorder === null) return;
    const { from, count } = chunk.terms;
    const { states, next, waiting } = folding.save();
    if (count === null || waiting.length > 0 || next !== from + count || this.endedCount !== count) return;
    const tally = this.tally.save();
    recorder.push({ type: 'folded', execution: this.execution.number, from, count, states, tally });
  }

  #result(): unknown {
    // Its iterations are a part of another run, which makes a result of them.
    if (this.services.chunk !== null) return null;
    if (this.folding !== null) {
      this.folding.drain();
      return this.folding.finish();
    }
    switch (this.items.results) {
      case 'all':
        // Holes are left by those that were cancelled, or answered after the last that was collected.
        if (this.tally.succeeded < this.next) {
          for (let index = 0; index < this.next; index++) this.results[index] ??= null;
        }
        return this.results;
      case 'failures':
        return this.failedResults.sort((a, b) => a.index - b.index).map((failed) => failed.result);
      case 'none':
        return null;
    }
  }
}
