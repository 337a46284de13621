import { deepFreeze, WorkflowContext, type ContextVersion, type EndStatus, type Outcome } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { ItemsPlan, TaskPlan } from '../plan/plan.ts';
import { UnitCost } from './cost.ts';
import type { ItemsGate } from './distribution.ts';
import type { Fairness } from './fairness.ts';
import type { ItemSource } from './item-source.ts';
import type { DueRetry, ItemsProgress } from './items-progress.ts';
import { ItemsCollection } from './items-collection.ts';
import type { ItemsFeed } from './items-feed.ts';
import { Invocation } from './invocation.ts';
import { numberOf } from './number.ts';
import { feedOf, openItems, type Freezing, type Opening } from './opened-items.ts';
import { RateLimiter } from './rate.ts';
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
export class ItemsExecution extends ItemsCollection implements StraightOwner {
  readonly #fairness: Fairness;
  readonly #rate: Pick<RateLimiter, 'take'> | null;
  /** Null: nobody else works on the task. */
  readonly #gate: ItemsGate | null;
  #freezing: Freezing = 'nothing';
  #concurrency = 1;
  /** Whether another process that opens the source finds the same elements under the same indexes. */
  isShareable = false;
  /** Lanes of the plain loops, each with an iteration in flight. */
  readonly #lanes = new Set<Lane>();
  /** Units for the rest; those that are not free have an iteration in flight. */
  readonly #units: Unit[] = [];
  /** What was recorded is to be written before anything else starts. */
  #isBehind = false;
  #loading = false;
  #pumping = false;
  #wait: unknown = null;
  #turn = false;

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
    super(services, task, items, execution, base, done, resumed);
    this.#fairness = fairness;
    this.#gate = services.chunk === null ? null : services.chunk.gate;
    this.#rate = this.#gate ?? (items.rate === null ? null : new RateLimiter(items.rate));
  }

  /** Evaluates the source. @throws what keeps the task from starting. */
  open(): void {
    const scope = new WorkflowContext(this.base, undefined, -1);
    this.#concurrency = Math.min(numberOf(this.items.concurrency, scope), this.services.maxConcurrency);
    const { source, freezing, list, first, isShareable } = openItems(this.#opening(scope));
    this.next = first;
    this.source = source;
    this.#freezing = freezing;
    this.list = list;
    this.isShareable = isShareable;
  }

  /** Starts iterations; `done` is called when all have ended, possibly before this returns. */
  begin(): void {
    this.task.input.prepare();
    this.straight = this.#createStraight();
    if (this.#gate !== null) this.#obey(this.#gate);
    // A failure before the run was resumed has the same effect as one after.
    if (this.resumed !== null && this.#gate === null && this.isFailed()) this.stop();
    this.#pump();
  }

  #opening(scope: WorkflowContext): Opening {
    const { task, items, execution, services, resumed } = this;
    return { task, items, execution, scope, services, progress: resumed };
  }

  /** Elements for others to work on, where they cannot have them by themselves; null: that is not possible. */
  feed(progress: ItemsProgress): ItemsFeed | null {
    const { recorder } = this.services;
    if (recorder === null) return null;
    return feedOf(this.#opening(new WorkflowContext(this.base, undefined, -1)), recorder, progress);
  }

  #obey(gate: ItemsGate): void {
    gate.watch(() => this.inFlight);
    gate.onChange(() => {
      if (this.over) return;
      if (gate.isStopped) this.stop();
      // The next may start earlier than was known.
      if (this.#wait !== null) this.services.host.clearTimer(this.#wait);
      this.#wait = null;
      this.#pump();
    });
    if (gate.isStopped) this.stop();
  }

  /** How many iterations may be in flight. */
  get concurrency(): number {
    return this.#gate === null ? this.#concurrency : Math.min(this.#gate.concurrency, this.#concurrency);
  }

  /** One past the highest index that was started. */
  get started(): number {
    return this.next;
  }

  /** Indexes of the iterations in flight, for the record. */
  running(): number[] {
    const free = new Set(this.free);
    return this.#units.flatMap((unit) => (free.has(unit) ? [] : [unit.index]));
  }

  /** Starts no further iteration and aborts those in flight; the task ends with `status`. */
  abort(status: EndStatus, reason: unknown): void {
    if (this.over || this.ended !== null) return;
    this.ended = { status, reason };
    this.stop();
    if (this.straight !== null) {
      this.straight.isStopped = this.straight.isAborted = true;
      for (const lane of this.#lanes) this.#retire(lane, this.straight);
    }
    if (this.#wait !== null) this.services.host.clearTimer(this.#wait);
    this.#wait = null;
    // One that is free ignores it.
    for (const unit of this.#units) unit.abort('cancelled', reason);
    this.#pump();
  }

  #pump(): void {
    if (this.#pumping || this.over) return;
    this.#pumping = true;
    try {
      this.#fill();
    } catch (error) {
      // The source itself failed: no further element can be had.
      this.ended ??= { status: 'failed', reason: error };
      this.stop();
    } finally {
      this.#pumping = false;
    }
    if (this.#gate !== null && !this.over && this.inFlight < this.concurrency) this.#gate.spare();
    if (this.inFlight === 0 && !this.#turn && (this.stopping || this.#isExhausted())) this.finish();
  }

  /** How many iterations are in flight. */
  get inFlight(): number {
    return this.#lanes.size + this.#units.length - this.free.length;
  }

  #isExhausted(): boolean {
    const source = this.source as ItemSource;
    return this.#wait === null && !this.#loading && !this.#isBehind && !source.ready && source.ended;
  }

  #fill(): void {
    const source = this.source as ItemSource;
    const { recorder } = this.services;
    while (!this.stopping && this.#wait === null && !this.#turn && this.inFlight < this.concurrency) {
      if (recorder !== null && (this.services.isLeaving || this.#mustWait(recorder))) return;
      if (!source.ready) {
        if (source.ended || this.#loading) return;
        const loading = source.load();
        if (loading !== undefined) this.#load(loading);
        continue;
      }
      if (this.resumed !== null) {
        if (this.#passOver(this.resumed, source)) continue;
        if (this.#mustBeAlone(this.resumed) && this.inFlight > 0) return;
      }
      if (this.folding !== null && this.next - this.folding.next >= FOLD_WINDOW + this.concurrency) return;
      if (this.#rate !== null && !this.#takeTurnAtRate(this.#rate)) return;
      const before = this.next;
      if (this.resumed !== null) this.#iterateAgain(this.resumed, source);
      else if (this.straight !== null && source.list !== null) this.#runBurst(this.straight, source, source.list);
      else this.#iterate(source.take());
      if (this.#fairness.isDue(this.next - before)) this.#yield();
    }
  }

  /** Whether nothing may start before something else has happened, for the sake of the record. */
  #mustWait(recorder: Recorder): boolean {
    if (this.#isBehind || this.alone >= 0) return true;
    if (recorder.room(this.concurrency - this.inFlight) > 0) return false;
    this.#isBehind = true;
    recorder.whenWritten(() => {
      this.#isBehind = false;
      this.#pump();
    });
    return true;
  }

  /** Passes over an iteration that has ended in a process before this one. */
  #passOver(resumed: ItemsProgress, source: ItemSource): boolean {
    if (this.next >= resumed.started) {
      this.resumed = null;
      if (this.straight !== null) this.straight.next = this.next;
      return true;
    }
    if (!resumed.done.has(this.next)) return false;
    if (source.list === null) source.take();
    else source.skip(1);
    this.next++;
    return true;
  }

  /** What was in flight whenever the process ended goes last and alone, so that nothing else is blamed for it. */
  #mustBeAlone({ interruptions }: ItemsProgress): boolean {
    const times = interruptions.get(this.next) ?? 0;
    return times > 0 && times >= this.services.maxInterruptions - 1;
  }

  /** Starts an iteration that may have started before. */
  #iterateAgain(resumed: ItemsProgress, source: ItemSource): void {
    const interruptions = resumed.interruptions.get(this.next) ?? 0;
    if (interruptions < this.services.maxInterruptions) {
      if (this.#mustBeAlone(resumed)) this.alone = this.next;
      this.#iterate(source.take(), interruptions, resumed.retries.get(this.next));
      return;
    }
    const index = this.next++;
    const unit = this.free.pop() ?? this.createUnit();
    unit.refuse(new WorkflowContext(this.base, source.take(), index), poison(interruptions, 'iteration'));
    this.record(unit);
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
        this.ended ??= { status: 'failed', reason: error };
        this.stop();
        this.#pump();
      },
    );
  }

  #takeTurnAtRate(rate: Pick<RateLimiter, 'take'>): boolean {
    const waitMs = rate.take(this.services.host.monotonic());
    if (waitMs === 0) return true;
    this.#wait = this.services.host.setTimer(waitMs, () => {
      this.#wait = null;
      this.#pump();
    });
    return false;
  }

  #yield(): void {
    this.#turn = true;
    this.services.host.nextTurn(() => {
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
    const loops = loopsOf(this.task);
    const from = frame.next;
    // Not called directly: V8 would inline it here, and then have no budget left for what it calls (20 ns or 40).
    const left = Reflect.apply(loops.burst, undefined, [frame]);
    const { recorder } = this.services;
    if (recorder !== null) this.recordBurst(recorder, from, frame, list);
    this.#settle(frame, source);
    this.services.events?.progressed(this.task.name, this.execution.number, this.next, () => this.stats());
    if (left === null) return;
    const { stage, invocation, value } = left;
    const isLane = stage === 'called' && this.task.timeoutMs === null && isThenable(value) && !frame.isAborted;
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
    const room = this.services.recorder?.room(this.concurrency - this.inFlight) ?? Infinity;
    frame.end = frame.next + Math.min(list.length - source.position, this.#fairness.allowance, room);
  }

  /** Takes note of how far the loops have come. Gives how many iterations they have started since. */
  #settle(frame: StraightFrame, source: ItemSource): number {
    const started = frame.next - this.next;
    source.skip(started);
    this.next = frame.next;
    this.tally.succeeded += frame.done;
    this.tally.attempts += frame.done;
    frame.done = 0;
    return started;
  }

  get wantsProgress(): boolean {
    return this.services.events !== null;
  }

  progressed(): void {
    this.#settle(this.straight as StraightFrame, this.source as ItemSource);
    this.services.events?.progressed(this.task.name, this.execution.number, this.next, () => this.stats());
  }

  more(): boolean {
    const frame = this.straight as StraightFrame;
    const source = this.source as ItemSource;
    const started = this.#settle(frame, source);
    if (this.stopping || this.#turn || this.#pumping || source.list === null) return false;
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
    this.#settle(this.straight as StraightFrame, this.source as ItemSource);
    this.#pump();
  }

  takeOver(lane: Lane, stage: Stage, value: unknown): void {
    this.#lanes.delete(lane);
    this.#settle(this.straight as StraightFrame, this.source as ItemSource);
    this.#handOver(lane.invocation, stage, value);
    this.#pump();
  }

  /** What a lane waits for is left to a unit, which knows how to stop it. */
  #retire(lane: Lane, frame: StraightFrame): void {
    // One that is just calling its action hands over what that gives.
    if (lane === frame.stepping) return;
    this.#lanes.delete(lane);
    lane.heir = (this.free.pop() ?? this.createUnit()).inherit(lane.invocation);
  }

  #handOver(invocation: Invocation, stage: Stage, value: unknown): void {
    const unit = this.free.pop() ?? this.createUnit();
    if (stage === 'called') {
      this.#launch(unit, unit.adopt(invocation, value));
      return;
    }
    const isFinal = stage === 'rendering';
    const error = isFinal ? this.task.input.locate(value) : value;
    const scope = Invocation.scopeOf(invocation);
    this.#launch(unit, unit.adoptFailure(scope, scope.index, error, isFinal));
  }

  #createStraight(): StraightFrame | null {
    const { action, cache, retry, timeoutMs, input } = this.task;
    const { events, intercept } = this.services;
    const isPlain =
      action.kind === 'action' &&
      cache === null &&
      (retry === null || retry.when === null) &&
      (timeoutMs === null || typeof timeoutMs === 'number') &&
      this.meter === null &&
      this.folding === null &&
      this.items.rate === null &&
      this.items.results !== 'failures' &&
      intercept === null &&
      (events === null || !events.hasItemListener);
    if (!isPlain || this.services.isCautious) return null;
    return {
      services: this.services,
      task: this.task,
      execution: this.execution,
      base: this.base,
      render: this.#freezing === 'leaves' ? input.renderFrozen : input.render,
      freeze: deepFreeze,
      freezesElements: this.#freezing === 'elements',
      validate: action.validate,
      run: action.action.run,
      results: this.items.results === 'all' ? this.results : null,
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
    const index = this.next++;
    if (this.#freezing === 'elements') freezeElement(item);
    const unit = this.free.pop() ?? this.createUnit();
    const { recorder, isCautious } = this.services;
    if (recorder !== null && (isCautious || interruptions > 0)) this.#announce(recorder, unit, item, index, retry);
    else this.#start(unit, item, index, retry);
  }

  #start(unit: Unit, item: unknown, index: number, retry: DueRetry | undefined): void {
    unit.cost?.fork();
    this.services.events?.itemStarted(this.task.name, this.execution.number, index);
    const scope = new WorkflowContext(this.base, item, index);
    const hasEnded = retry === undefined ? unit.begin(scope, index) : unit.beginAgain(scope, index, retry);
    this.#launch(unit, hasEnded);
  }

  /** Starts an iteration once its start is in the record: it may be what ends the process. */
  #announce(recorder: Recorder, unit: Unit, item: unknown, index: number, retry: DueRetry | undefined): void {
    unit.index = index;
    recorder.push({ type: 'running', execution: this.execution.number, indexes: [index], atMs: recorder.now() });
    recorder.whenWritten(() => {
      if (this.over) return;
      if (this.stopping) this.free.push(unit);
      else this.#start(unit, item, index, retry);
      this.#pump();
    });
  }

  /** An iteration has begun, and perhaps ended; it may itself have brought about that the task is aborted. */
  #launch(unit: Unit, hasEnded: boolean): void {
    if (hasEnded) this.record(unit);
    else if (this.ended !== null) queueMicrotask(() => unit.abort('cancelled', this.ended?.reason));
  }

  protected createUnit(): Unit {
    const unit = new Unit(
      this.services,
      this.task,
      this.execution,
      this.#freezing === 'leaves',
      (unit) => {
        this.record(unit);
        this.#pump();
      },
      this.meter === null ? null : new UnitCost(this.services.host),
    );
    this.#units.push(unit);
    return unit;
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
