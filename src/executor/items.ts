import {
  deepFreeze,
  Outcome,
  WorkflowContext,
  type ContextVersion,
  type EndStatus,
  type ItemStats,
} from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { ItemsPlan, Scope, TaskPlan } from '../plan/plan.ts';
import { describeError } from './error-record.ts';
import { burstOf, type Burst, type BurstFrame } from './burst.ts';
import { CostMeter, UnitCost } from './cost.ts';
import type { Fairness } from './fairness.ts';
import { Folding } from './folding.ts';
import type { ItemSource } from './item-source.ts';
import { ItemsTally } from './items-tally.ts';
import type { Invocation } from './invocation.ts';
import { numberOf } from './number.ts';
import { openItems, type Freezing } from './opened-items.ts';
import { RateLimiter } from './rate.ts';
import type { RunServices } from './services.ts';
import type { Execution } from './state.ts';
import { Unit } from './unit.ts';

/** How far iterations may run ahead of the oldest that is still in flight, where they are folded in order. */
const FOLD_WINDOW = 1024;

/**
 * One execution of a with-items task. Iterations are taken from the source as lanes become free; each sees the context
 * as it was when the task started, through a fork of three fields that lives as long as its iteration.
 */
export class ItemsExecution {
  readonly #services: RunServices;
  readonly #task: TaskPlan;
  readonly #items: ItemsPlan;
  readonly #execution: Execution;
  readonly #base: ContextVersion;
  readonly #fairness: Fairness;
  readonly #done: (outcome: Outcome) => void;
  readonly #tally: ItemsTally;
  readonly #folding: Folding | null;
  readonly #rate: RateLimiter | null;
  readonly #meter: CostMeter | null;

  #source: ItemSource | null = null;
  #freezing: Freezing = 'nothing';
  /** The list whose elements are frozen for the first time. */
  #list: readonly unknown[] | null = null;
  #concurrency = 1;
  #burst: { readonly run: Burst; readonly frame: BurstFrame } | null = null;
  readonly #free: Unit[] = [];
  /** All lanes; those that are not free have an iteration in flight. */
  readonly #lanes: Unit[] = [];
  #next = 0;
  readonly #results: unknown[] = [];
  readonly #failedResults: { index: number; result: unknown }[] = [];
  #stopping = false;
  #loading = false;
  #pumping = false;
  #over = false;
  #wait: unknown = null;
  #turn = false;
  /** Why the whole ends early, where it is not for a failed iteration. */
  #ended: { readonly status: EndStatus; readonly reason: unknown } | null = null;

  constructor(
    services: RunServices,
    task: TaskPlan,
    items: ItemsPlan,
    execution: Execution,
    base: ContextVersion,
    fairness: Fairness,
    done: (outcome: Outcome) => void,
  ) {
    this.#services = services;
    this.#task = task;
    this.#items = items;
    this.#execution = execution;
    this.#base = base;
    this.#fairness = fairness;
    this.#done = done;
    this.#tally = new ItemsTally(services.maxFailures);
    this.#folding = items.aggregate === null ? null : new Folding(items.aggregate);
    this.#rate = items.rate === null ? null : new RateLimiter(items.rate);
    this.#meter = services.measuresCost ? new CostMeter(base, services.host, services.maxOwnedBytes) : null;
  }

  /** How many elements there are; null: not known yet. */
  get total(): number | null {
    return this.#source?.total ?? null;
  }

  /** Evaluates the source. @throws what keeps the task from starting. */
  open(): void {
    const scope = new WorkflowContext(this.#base, undefined, -1);
    this.#concurrency = Math.min(numberOf(this.#items.concurrency, scope), this.#services.maxConcurrency);
    const { source, freezing, list } = openItems(this.#task, this.#items, scope, this.#services);
    this.#source = source;
    this.#freezing = freezing;
    this.#list = list;
  }

  /** Starts iterations; `done` is called when all have ended, possibly before this returns. */
  begin(): void {
    this.#task.input.prepare();
    this.#burst = this.#createBurst();
    this.#pump();
  }

  /** Starts no further iteration and aborts those in flight; the task ends with `status`. */
  abort(status: EndStatus, reason: unknown): void {
    if (this.#over || this.#ended !== null) return;
    this.#ended = { status, reason };
    this.#stopping = true;
    if (this.#burst !== null) this.#burst.frame.isStopped = true;
    if (this.#wait !== null) this.#services.host.clearTimer(this.#wait);
    this.#wait = null;
    // A lane that is free ignores it.
    for (const unit of this.#lanes) unit.abort('cancelled', reason);
    this.#pump();
  }

  #pump(): void {
    if (this.#pumping || this.#over) return;
    this.#pumping = true;
    try {
      this.#fill();
    } catch (error) {
      // The source itself failed: no further element can be had.
      this.#ended ??= { status: 'failed', reason: error };
      this.#stopping = true;
    } finally {
      this.#pumping = false;
    }
    if (this.#free.length === this.#lanes.length && !this.#turn && (this.#stopping || this.#isExhausted()))
      this.#finish();
  }

  #isExhausted(): boolean {
    const source = this.#source as ItemSource;
    return this.#wait === null && !this.#loading && !source.ready && source.ended;
  }

  #fill(): void {
    const source = this.#source as ItemSource;
    while (!this.#stopping && this.#wait === null && !this.#turn && this.#hasLane()) {
      if (!source.ready) {
        if (source.ended || this.#loading) return;
        const loading = source.load();
        if (loading !== undefined) this.#load(loading);
        continue;
      }
      if (this.#folding !== null && this.#next - this.#folding.next >= FOLD_WINDOW + this.#concurrency) return;
      if (this.#rate !== null && !this.#takeTurnAtRate(this.#rate)) return;
      const before = this.#next;
      if (this.#burst !== null && source.list !== null) this.#runBurst(this.#burst, source, source.list);
      else this.#iterate(source.take());
      if (this.#fairness.isDue(this.#next - before)) this.#yield();
    }
  }

  #hasLane(): boolean {
    return this.#free.length > 0 || this.#lanes.length < this.#concurrency;
  }

  #load(loading: Promise<void>): void {
    this.#loading = true;
    loading.then(
      () => {
        this.#loading = false;
        this.#pump();
      },
      (error: unknown) => {
        this.#loading = false;
        this.#ended ??= { status: 'failed', reason: error };
        this.#stopping = true;
        this.#pump();
      },
    );
  }

  #takeTurnAtRate(rate: RateLimiter): boolean {
    const waitMs = rate.take(this.#services.host.monotonic());
    if (waitMs === 0) return true;
    this.#wait = this.#services.host.setTimer(waitMs, () => {
      this.#wait = null;
      this.#pump();
    });
    return false;
  }

  #yield(): void {
    this.#turn = true;
    this.#services.host.nextTurn(() => {
      this.#turn = false;
      this.#pump();
    });
  }

  /** Runs as many iterations straight through as simply succeed, until the clock is to be looked at. */
  #runBurst(
    burst: { readonly run: Burst; readonly frame: BurstFrame },
    source: ItemSource,
    list: readonly unknown[],
  ): void {
    const from = this.#next;
    const end = from + Math.min(list.length - source.position, this.#fairness.allowance);
    if (this.#freezing === 'elements') {
      for (let at = source.position; at < source.position + end - from; at++) freezeElement(list[at]);
    }
    const { frame } = burst;
    const stopped = burst.run(frame, list, from - source.position, from, end);
    const done = stopped - from;
    this.#tally.succeeded += done;
    this.#tally.attempts += done;
    this.#next = frame.isUnfinished ? stopped + 1 : stopped;
    source.skip(this.#next - from);
    this.#services.events?.progressed(this.#task.name, this.#execution.number, this.#next, () => this.#stats());
    if (!frame.isUnfinished) return;
    const unit = this.#free.pop() ?? this.#createLane();
    const scope = frame.scope as WorkflowContext;
    const hasEnded =
      frame.stage === 'called'
        ? unit.adopt(scope, stopped, frame.invocation as Invocation, frame.value)
        : unit.adoptFailure(scope, stopped, this.#explain(frame), frame.stage === 'rendering');
    frame.scope = frame.invocation = null;
    frame.value = frame.thrown = undefined;
    this.#launch(unit, hasEnded);
  }

  #explain({ stage, thrown }: BurstFrame): unknown {
    return stage === 'rendering' ? this.#task.input.locate(thrown) : thrown;
  }

  /** Null where iterations need more than the plain loop gives them. */
  #createBurst(): { readonly run: Burst; readonly frame: BurstFrame } | null {
    const { action, cache, retry, timeoutMs, input } = this.#task;
    const { events, intercept } = this.#services;
    const isPlain =
      action.kind === 'action' &&
      cache === null &&
      (retry === null || retry.when === null) &&
      (timeoutMs === null || typeof timeoutMs === 'number') &&
      this.#meter === null &&
      this.#folding === null &&
      this.#rate === null &&
      this.#items.results !== 'failures' &&
      intercept === null &&
      (events === null || !events.hasItemListener);
    if (!isPlain) return null;
    const frame: BurstFrame = {
      services: this.#services,
      task: this.#task,
      execution: this.#execution,
      base: this.#base,
      render: this.#freezing === 'leaves' ? input.renderFrozen : input.render,
      freeze: deepFreeze,
      validate: action.validate,
      run: action.action.run,
      results: this.#items.results === 'all' ? this.#results : null,
      isStopped: false,
      isUnfinished: false,
      stage: 'rendering',
      scope: null,
      invocation: null,
      value: undefined,
      thrown: undefined,
    };
    return { run: burstOf(this.#task), frame };
  }

  #iterate(item: unknown): void {
    const index = this.#next++;
    if (this.#freezing === 'elements') freezeElement(item);
    const unit = this.#free.pop() ?? this.#createLane();
    unit.cost?.fork();
    this.#services.events?.itemStarted(this.#task.name, this.#execution.number, index);
    this.#launch(unit, unit.begin(new WorkflowContext(this.#base, item, index), index));
  }

  /** An iteration has begun, and perhaps ended; it may itself have brought about that the task is aborted. */
  #launch(unit: Unit, hasEnded: boolean): void {
    if (hasEnded) this.#record(unit);
    else if (this.#ended !== null) queueMicrotask(() => unit.abort('cancelled', this.#ended?.reason));
  }

  #createLane(): Unit {
    const unit = new Unit(
      this.#services,
      this.#task,
      this.#execution,
      this.#freezing === 'leaves',
      (unit) => {
        this.#record(unit);
        this.#pump();
      },
      this.#meter === null ? null : new UnitCost(this.#services.host),
    );
    this.#lanes.push(unit);
    return unit;
  }

  #record(unit: Unit): void {
    if (this.#meter === null || unit.cost === null) this.#collect(unit);
    else this.#measure(this.#meter, unit.cost, unit);
  }

  #measure(meter: CostMeter, cost: UnitCost, unit: Unit): void {
    const endedMs = meter.now();
    this.#collect(unit);
    try {
      const { index, scope, result } = unit;
      meter.count(index, scope.item, this.#items.results === 'none' ? null : result, cost, endedMs);
    } catch (error) {
      this.#ended ??= { status: 'failed', reason: error };
      this.#stopping = true;
    }
  }

  #collect(unit: Unit): void {
    const { scope, index, status, result } = unit;
    this.#free.push(unit);
    this.#tally.attempts += unit.attempt;
    if (status === 'succeeded') this.#tally.succeeded++;
    else if (status !== 'cancelled') this.#recordFailure(unit);
    if (this.#folding !== null) this.#fold(this.#folding, unit);
    else if (this.#items.results === 'all') this.#results[index] = result;
    const { events } = this.#services;
    if (events === null) return;
    const key = status === 'succeeded' && !events.hasItemListener ? null : this.#keyOf(scope);
    events.itemCompleted(this.#task.name, this.#execution.number, index, key, status, result, unit.error, unit.attempt);
    events.progressed(this.#task.name, this.#execution.number, this.#next, () => this.#stats());
  }

  #recordFailure(unit: Unit): void {
    const { scope, index, result, error, attempt } = unit;
    if (error === null) return;
    this.#tally.fail(index, scope.item, error, attempt, () => this.#keyOf(scope));
    if (this.#items.results === 'failures') this.#failedResults.push({ index, result });
    const { tolerate, continues } = this.#items;
    if (tolerate === null) {
      if (!continues) this.#stopping = true;
    } else if (this.#exceeds(this.total)) {
      this.#stopping = true;
    }
  }

  /** Whether more iterations failed than are tolerated, as far as that can be told. */
  #exceeds(total: number | null): boolean {
    const { tolerate } = this.#items;
    if (tolerate === null) return this.#tally.failed > 0;
    if ('count' in tolerate) return this.#tally.failed > tolerate.count;
    return total !== null && this.#tally.failed > tolerate.share * total;
  }

  #fold(folding: Folding, unit: Unit): void {
    try {
      folding.add(unit.scope, unit.status, unit.result, unit.error);
    } catch (error) {
      this.#ended ??= { status: 'failed', reason: error };
      this.#stopping = true;
    }
  }

  #keyOf(scope: Scope): unknown {
    const { key } = this.#items;
    if (key === null) return scope.index;
    try {
      return key.evaluate(scope);
    } catch {
      // A key that cannot be computed must not hide the failure it is to name.
      return scope.index;
    }
  }

  #stats(): ItemStats {
    return this.#tally.stats(this.total, this.#next);
  }

  #finish(): void {
    this.#over = true;
    const source = this.#source as ItemSource;
    const isComplete = !source.ready && source.ended;
    source.close();
    if (isComplete && this.#list !== null) deepFreeze(this.#list);
    const total = source.total ?? (isComplete ? this.#next : null);
    const cost = this.#meter === null ? {} : { cost: this.#meter.summary() };
    const items = { ...this.#tally.outcome(total, this.#next), ...cost };
    if (this.#services.events !== null) {
      this.#services.events.progressed(this.#task.name, this.#execution.number, this.#next, () => items.stats, true);
    }
    let status: EndStatus = 'succeeded';
    let reason: unknown = null;
    if (this.#ended !== null) ({ status, reason } = this.#ended);
    else if (this.#exceeds(total)) {
      status = 'failed';
      const of = total ?? this.#next;
      reason = new HeddleError(
        'HEDDLE_ITEMS_FAILED',
        `${this.#tally.failed} of ${of} iterations failed: ${this.#tally.describe()}`,
      );
    }
    const error = reason === null ? null : describeError(reason, this.#task.name);
    this.#done(new Outcome(status, this.#result(), error, this.#tally.attempts, items));
  }

  #result(): unknown {
    if (this.#folding !== null) return this.#folding.finish();
    switch (this.#items.results) {
      case 'all':
        for (let index = 0; index < this.#next; index++) this.#results[index] ??= null;
        return this.#results;
      case 'failures':
        return this.#failedResults.sort((a, b) => a.index - b.index).map((failed) => failed.result);
      case 'none':
        return null;
    }
  }
}

function freezeElement(item: unknown): void {
  if (typeof item === 'object' && item !== null) deepFreeze(item);
}
