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
import { CostMeter, UnitCost } from './cost.ts';
import type { Fairness } from './fairness.ts';
import { Folding, type Contributions } from './folding.ts';
import type { ItemSource } from './item-source.ts';
import type { DueRetry, ItemsProgress } from './items-progress.ts';
import { ItemsTally } from './items-tally.ts';
import { Invocation } from './invocation.ts';
import { numberOf } from './number.ts';
import { openItems, type Freezing } from './opened-items.ts';
import { RateLimiter } from './rate.ts';
import { recordable } from './recordable.ts';
import type { Recorder } from './recorder.ts';
import type { RunServices } from './services.ts';
import type { Execution } from './state.ts';
import { loopsOf, type Lane, type Stage, type StraightFrame, type StraightOwner } from './straight.ts';
import { isThenable, Unit } from './unit.ts';

/** How far iterations may run ahead of the oldest that is still in flight, where they are folded in order. */
const FOLD_WINDOW = 1024;

/**
 * One execution of a with-items task. Iterations are taken from the source as lanes become free; each sees the context
 * as it was when the task started, through a fork of three fields that lives as long as its iteration.
 */
export class ItemsExecution implements StraightOwner {
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
  /** Null where iterations need more than the plain loops give them. */
  #straight: StraightFrame | null = null;
  /** Lanes of the plain loops, each with an iteration in flight. */
  readonly #lanes = new Set<Lane>();
  /** Units for the rest; those that are not free have an iteration in flight. */
  readonly #units: Unit[] = [];
  readonly #free: Unit[] = [];
  #next = 0;
  readonly #results: unknown[];
  readonly #failedResults: { index: number; result: unknown }[];
  /** Of a run that was resumed, until its place has been reached; then null, as for any other. */
  #resumed: ItemsProgress | null;
  /** What was recorded is to be written before anything else starts. */
  #isBehind = false;
  /** The iteration that is in flight alone, because it may be what ended the process; -1: none is. */
  #alone = -1;
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
    resumed: ItemsProgress | null = null,
  ) {
    this.#services = services;
    this.#task = task;
    this.#items = items;
    this.#execution = execution;
    this.#base = base;
    this.#fairness = fairness;
    this.#done = done;
    this.#resumed = resumed;
    this.#tally = resumed?.tally ?? new ItemsTally(services.maxFailures);
    this.#folding = resumed?.folding ?? (items.aggregate === null ? null : new Folding(items.aggregate));
    this.#results = resumed?.results ?? [];
    this.#failedResults = resumed?.failedResults ?? [];
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
    const { source, freezing, list, first } = openItems({
      task: this.#task,
      items: this.#items,
      execution: this.#execution,
      scope,
      services: this.#services,
      progress: this.#resumed,
    });
    this.#next = first;
    this.#source = source;
    this.#freezing = freezing;
    this.#list = list;
  }

  /** Starts iterations; `done` is called when all have ended, possibly before this returns. */
  begin(): void {
    this.#task.input.prepare();
    this.#straight = this.#createStraight();
    this.#pump();
  }

  /** One past the highest index that was started. */
  get started(): number {
    return this.#next;
  }

  /** Indexes of the iterations in flight, for the record. */
  running(): number[] {
    const free = new Set(this.#free);
    return this.#units.flatMap((unit) => (free.has(unit) ? [] : [unit.index]));
  }

  /** Starts no further iteration and aborts those in flight; the task ends with `status`. */
  abort(status: EndStatus, reason: unknown): void {
    if (this.#over || this.#ended !== null) return;
    this.#ended = { status, reason };
    this.#stop();
    if (this.#straight !== null) {
      this.#straight.isStopped = this.#straight.isAborted = true;
      for (const lane of this.#lanes) this.#retire(lane, this.#straight);
    }
    if (this.#wait !== null) this.#services.host.clearTimer(this.#wait);
    this.#wait = null;
    // One that is free ignores it.
    for (const unit of this.#units) unit.abort('cancelled', reason);
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
      this.#stop();
    } finally {
      this.#pumping = false;
    }
    if (this.inFlight === 0 && !this.#turn && (this.#stopping || this.#isExhausted())) this.#finish();
  }

  /** How many iterations are in flight. */
  get inFlight(): number {
    return this.#lanes.size + this.#units.length - this.#free.length;
  }

  #isExhausted(): boolean {
    const source = this.#source as ItemSource;
    return this.#wait === null && !this.#loading && !this.#isBehind && !source.ready && source.ended;
  }

  #fill(): void {
    const source = this.#source as ItemSource;
    const { recorder } = this.#services;
    while (!this.#stopping && this.#wait === null && !this.#turn && this.inFlight < this.#concurrency) {
      if (recorder !== null && this.#mustWait(recorder)) return;
      if (!source.ready) {
        if (source.ended || this.#loading) return;
        const loading = source.load();
        if (loading !== undefined) this.#load(loading);
        continue;
      }
      if (this.#resumed !== null) {
        if (this.#passOver(this.#resumed, source)) continue;
        if (this.#mustBeAlone(this.#resumed) && this.inFlight > 0) return;
      }
      if (this.#folding !== null && this.#next - this.#folding.next >= FOLD_WINDOW + this.#concurrency) return;
      if (this.#rate !== null && !this.#takeTurnAtRate(this.#rate)) return;
      const before = this.#next;
      if (this.#resumed !== null) this.#iterateAgain(this.#resumed, source);
      else if (this.#straight !== null && source.list !== null) this.#runBurst(this.#straight, source, source.list);
      else this.#iterate(source.take());
      if (this.#fairness.isDue(this.#next - before)) this.#yield();
    }
  }

  /** Whether nothing may start before something else has happened, for the sake of the record. */
  #mustWait(recorder: Recorder): boolean {
    if (this.#isBehind || this.#alone >= 0) return true;
    if (!recorder.isBehind) return false;
    this.#isBehind = true;
    recorder.whenWritten(() => {
      this.#isBehind = false;
      this.#pump();
    });
    return true;
  }

  /** Passes over an iteration that has ended in a process before this one. */
  #passOver(resumed: ItemsProgress, source: ItemSource): boolean {
    if (this.#next >= resumed.started) {
      this.#resumed = null;
      if (this.#straight !== null) this.#straight.next = this.#next;
      return true;
    }
    if (!resumed.done.has(this.#next)) return false;
    if (source.list === null) source.take();
    else source.skip(1);
    this.#next++;
    return true;
  }

  /** What was in flight whenever the process ended goes last and alone, so that nothing else is blamed for it. */
  #mustBeAlone({ interruptions }: ItemsProgress): boolean {
    const times = interruptions.get(this.#next) ?? 0;
    return times > 0 && times >= this.#services.maxInterruptions - 1;
  }

  /** Starts an iteration that may have started before. */
  #iterateAgain(resumed: ItemsProgress, source: ItemSource): void {
    const interruptions = resumed.interruptions.get(this.#next) ?? 0;
    if (interruptions < this.#services.maxInterruptions) {
      if (this.#mustBeAlone(resumed)) this.#alone = this.#next;
      this.#iterate(source.take(), interruptions, resumed.retries.get(this.#next));
      return;
    }
    const index = this.#next++;
    const unit = this.#free.pop() ?? this.#createUnit();
    unit.refuse(new WorkflowContext(this.#base, source.take(), index), poison(interruptions, 'iteration'));
    this.#record(unit);
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
        this.#stop();
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
  #runBurst(frame: StraightFrame, source: ItemSource, list: readonly unknown[]): void {
    const { position } = source;
    this.#offer(frame, source, list);
    if (frame.freezesElements) {
      for (let at = position; at < position + frame.end - frame.next; at++) freezeElement(list[at]);
    }
    const loops = loopsOf(this.#task);
    const from = frame.next;
    // Not called directly: V8 would inline it here, and then have no budget left for what it calls (20 ns or 40).
    const left = Reflect.apply(loops.burst, undefined, [frame]);
    const { recorder } = this.#services;
    if (recorder !== null) this.#recordBurst(recorder, from, frame, list);
    this.#settle(frame, source);
    this.#services.events?.progressed(this.#task.name, this.#execution.number, this.#next, () => this.#stats());
    if (left === null) return;
    const { stage, invocation, value } = left;
    const isLane = stage === 'called' && this.#task.timeoutMs === null && isThenable(value) && !frame.isAborted;
    // A lane tells nobody what its iterations came to; a unit does.
    if (isLane && recorder === null) {
      const lane: Lane = { invocation, heir: null };
      this.#lanes.add(lane);
      void loops.lane(loops.step, frame, lane, value);
    } else this.#handOver(invocation, stage, value);
  }

  /** Shows the loops the elements that are at hand, as many as may be taken before the clock is looked at. */
  #offer(frame: StraightFrame, source: ItemSource, list: readonly unknown[]): void {
    frame.list = list;
    frame.offset = frame.next - source.position;
    const room = this.#services.recorder === null ? Infinity : this.#services.recorder.room;
    frame.end = frame.next + Math.min(list.length - source.position, this.#fairness.allowance, room);
  }

  /** Takes note of how far the loops have come. Gives how many iterations they have started since. */
  #settle(frame: StraightFrame, source: ItemSource): number {
    const started = frame.next - this.#next;
    source.skip(started);
    this.#next = frame.next;
    this.#tally.succeeded += frame.done;
    this.#tally.attempts += frame.done;
    frame.done = 0;
    return started;
  }

  get wantsProgress(): boolean {
    return this.#services.events !== null;
  }

  progressed(): void {
    this.#settle(this.#straight as StraightFrame, this.#source as ItemSource);
    this.#services.events?.progressed(this.#task.name, this.#execution.number, this.#next, () => this.#stats());
  }

  more(): boolean {
    const frame = this.#straight as StraightFrame;
    const source = this.#source as ItemSource;
    const started = this.#settle(frame, source);
    if (this.#stopping || this.#turn || this.#pumping || source.list === null) return false;
    if (this.#fairness.isDue(started)) {
      this.#yield();
      return false;
    }
    if (!source.ready) return false;
    this.#offer(frame, source, source.list);
    return true;
  }

  laneEnded(lane: Lane): void {
    this.#lanes.delete(lane);
    this.#settle(this.#straight as StraightFrame, this.#source as ItemSource);
    this.#pump();
  }

  takeOver(lane: Lane, stage: Stage, value: unknown): void {
    this.#lanes.delete(lane);
    this.#settle(this.#straight as StraightFrame, this.#source as ItemSource);
    this.#handOver(lane.invocation, stage, value);
    this.#pump();
  }

  /** What a lane waits for is left to a unit, which knows how to stop it. */
  #retire(lane: Lane, frame: StraightFrame): void {
    // One that is just calling its action hands over what that gives.
    if (lane === frame.stepping) return;
    this.#lanes.delete(lane);
    lane.heir = (this.#free.pop() ?? this.#createUnit()).inherit(lane.invocation);
  }

  #handOver(invocation: Invocation, stage: Stage, value: unknown): void {
    const unit = this.#free.pop() ?? this.#createUnit();
    if (stage === 'called') {
      this.#launch(unit, unit.adopt(invocation, value));
      return;
    }
    const isFinal = stage === 'rendering';
    const error = isFinal ? this.#task.input.locate(value) : value;
    const scope = Invocation.scopeOf(invocation);
    this.#launch(unit, unit.adoptFailure(scope, scope.index, error, isFinal));
  }

  #createStraight(): StraightFrame | null {
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
    if (!isPlain || this.#services.isCautious) return null;
    return {
      services: this.#services,
      task: this.#task,
      execution: this.#execution,
      base: this.#base,
      render: this.#freezing === 'leaves' ? input.renderFrozen : input.render,
      freeze: deepFreeze,
      freezesElements: this.#freezing === 'elements',
      validate: action.validate,
      run: action.action.run,
      results: this.#items.results === 'all' ? this.#results : null,
      owner: this,
      list: [],
      offset: 0,
      next: 0,
      end: 0,
      done: 0,
      isStopped: false,
      isAborted: false,
      stepping: null,
    };
  }

  #iterate(item: unknown, interruptions = 0, retry: DueRetry | undefined = undefined): void {
    const index = this.#next++;
    if (this.#freezing === 'elements') freezeElement(item);
    const unit = this.#free.pop() ?? this.#createUnit();
    const { recorder, isCautious } = this.#services;
    if (recorder !== null && (isCautious || interruptions > 0)) this.#announce(recorder, unit, item, index, retry);
    else this.#start(unit, item, index, retry);
  }

  #start(unit: Unit, item: unknown, index: number, retry: DueRetry | undefined): void {
    unit.cost?.fork();
    this.#services.events?.itemStarted(this.#task.name, this.#execution.number, index);
    const scope = new WorkflowContext(this.#base, item, index);
    const hasEnded = retry === undefined ? unit.begin(scope, index) : unit.beginAgain(scope, index, retry);
    this.#launch(unit, hasEnded);
  }

  /** Starts an iteration once its start is in the record: it may be what ends the process. */
  #announce(recorder: Recorder, unit: Unit, item: unknown, index: number, retry: DueRetry | undefined): void {
    unit.index = index;
    recorder.push({ type: 'running', execution: this.#execution.number, indexes: [index], atMs: recorder.now() });
    recorder.whenWritten(() => {
      if (this.#over) return;
      if (this.#stopping) this.#free.push(unit);
      else this.#start(unit, item, index, retry);
      this.#pump();
    });
  }

  /** An iteration has begun, and perhaps ended; it may itself have brought about that the task is aborted. */
  #launch(unit: Unit, hasEnded: boolean): void {
    if (hasEnded) this.#record(unit);
    else if (this.#ended !== null) queueMicrotask(() => unit.abort('cancelled', this.#ended?.reason));
  }

  #createUnit(): Unit {
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
    this.#units.push(unit);
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
      this.#stop();
    }
  }

  /** Records a burst of iterations, all of which answered at once; one whose result is no data fails after all. */
  #recordBurst(recorder: Recorder, from: number, frame: StraightFrame, list: readonly unknown[]): void {
    const { number } = this.#execution;
    const end = from + frame.done;
    const { results } = frame;
    let start = from;
    for (let index = from; results !== null && index < end; index++) {
      try {
        results[index] = recordable(results[index], this.#task.actionName);
        continue;
      } catch (problem) {
        recorder.items(number, start, index, results);
        start = index + 1;
        results[index] = null;
        frame.done--;
        const unit = this.#free.pop() ?? this.#createUnit();
        unit.refuse(new WorkflowContext(this.#base, list[index - frame.offset], index), problem as HeddleError);
        this.#record(unit);
      }
    }
    recorder.items(number, start, end, results);
  }

  /** Records what an iteration came to. One that was cut off is left out: it runs again. */
  #recordUnit(recorder: Recorder, unit: Unit, contributions: Contributions | undefined): void {
    const { index, status, result, error, attempt, scope } = unit;
    if (status === 'cancelled') return;
    const keeps = this.#items.results === 'all' && this.#folding === null;
    if (status === 'succeeded' && attempt === 1) {
      recorder.item(this.#execution.number, index, keeps, result, contributions);
      return;
    }
    const failed = status === 'succeeded' ? {} : { key: this.#keyOf(scope), item: scope.item };
    recorder.push({
      type: 'item',
      execution: this.#execution.number,
      index,
      status,
      ...(keeps || this.#items.results === 'failures' ? { result } : {}),
      ...(error === null ? {} : { error }),
      attempts: attempt,
      ...failed,
      ...(contributions === undefined || contributions === null ? {} : { contribution: contributions }),
    });
  }

  #collect(unit: Unit): void {
    const { recorder } = this.#services;
    if (recorder !== null && unit.status === 'succeeded') {
      try {
        unit.result = recordable(unit.result, this.#task.actionName);
      } catch (problem) {
        unit.refuse(unit.scope, problem as HeddleError, unit.attempt);
      }
    }
    const { scope, index, status, result } = unit;
    this.#free.push(unit);
    if (index === this.#alone) this.#alone = -1;
    this.#tally.attempts += unit.attempt;
    if (status === 'succeeded') this.#tally.succeeded++;
    else if (status !== 'cancelled') this.#recordFailure(unit);
    let contributions: Contributions | undefined;
    if (this.#folding !== null) contributions = this.#fold(this.#folding, unit);
    else if (this.#items.results === 'all') this.#results[index] = result;
    if (recorder !== null) this.#recordUnit(recorder, unit, contributions);
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
      if (!continues) this.#stop();
    } else if (this.#exceeds(this.total)) {
      this.#stop();
    }
  }

  /** Whether more iterations failed than are tolerated, as far as that can be told. */
  #exceeds(total: number | null): boolean {
    const { tolerate } = this.#items;
    if (tolerate === null) return this.#tally.failed > 0;
    if ('count' in tolerate) return this.#tally.failed > tolerate.count;
    return total !== null && this.#tally.failed > tolerate.share * total;
  }

  #fold(folding: Folding, unit: Unit): Contributions {
    try {
      return folding.add(unit.scope, unit.status, unit.result, unit.error);
    } catch (error) {
      this.#ended ??= { status: 'failed', reason: error };
      this.#stop();
      return null;
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

  /** Starts no further iteration. */
  #stop(): void {
    this.#stopping = true;
    if (this.#straight !== null) this.#straight.isStopped = true;
  }

  #stats(): ItemStats {
    return this.#tally.stats(this.total, this.#next);
  }

  #finish(): void {
    this.#over = true;
    const source = this.#source as ItemSource;
    const isComplete = !source.ready && source.ended;
    source.close();
    // Iterations that ended before the run was resumed may lie beyond the last that was started since.
    if (this.#resumed !== null) this.#next = Math.max(this.#next, this.#resumed.done.end);
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
        // Holes are left by those that were cancelled, or answered after the last that was collected.
        if (this.#tally.succeeded < this.#next) {
          for (let index = 0; index < this.#next; index++) this.#results[index] ??= null;
        }
        return this.#results;
      case 'failures':
        return this.#failedResults.sort((a, b) => a.index - b.index).map((failed) => failed.result);
      case 'none':
        return null;
    }
  }
}

/** The error of what the process ended with so often. */
export function poison(interruptions: number, what: 'iteration' | 'task'): HeddleError {
  const times = interruptions === 1 ? 'once' : `${interruptions} times`;
  return new HeddleError(
    'HEDDLE_POISON',
    `the process ended ${times} while this ${what} ran; it is not started again (limits.interruptions)`,
  );
}

function freezeElement(item: unknown): void {
  if (typeof item === 'object' && item !== null) deepFreeze(item);
}
