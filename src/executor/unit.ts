import { deepFreeze, Outcome, type EndStatus, type ErrorRecord } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import { toText, truthy } from '../expression/index.ts';
import type { Evaluated, Scope, TaskPlan } from '../plan/plan.ts';
import { describeError, explainFrozenWrite, isRetryable, resultOf } from './error-record.ts';
import { callAction } from './action-call.ts';
import type { UnitCost } from './cost.ts';
import { Invocation } from './invocation.ts';
import type { DueRetry } from './items-progress.ts';
import { numberOf } from './number.ts';
import type { CacheStore } from './result-cache.ts';
import { retryDelayMs } from './retry.ts';
import { ABORT_GRACE_MS, type RunServices } from './services.ts';
import type { Execution } from './state.ts';

/** What a unit that was aborted ends in. */
export type AbortStatus = 'timed_out' | 'cancelled';

/** What is done when a promise is kept or broken, as long as anybody waits for it. */
export interface Handlers {
  live: boolean;
  readonly value: (value: unknown) => void;
  readonly error: (error: unknown) => void;
}

/**
 * One unit of work over all of its attempts: an execution of a task, or one iteration after the other in one lane of a
 * with-items task. A synchronous action costs no promise, no timer and no closure.
 */
export class Unit {
  readonly #services: RunServices;
  readonly #task: TaskPlan;
  readonly #execution: Execution;
  readonly #done: (unit: Unit) => void;
  readonly #render: TaskPlan['input']['renderFrozen'];

  /** Only where cost is measured. */
  readonly cost: UnitCost | null;
  scope!: Scope;
  index = -1;
  attempt = 0;
  status: EndStatus = 'succeeded';
  result: unknown = null;
  error: ErrorRecord | null = null;

  #thrown: unknown = undefined;
  /** What went wrong would go wrong again: the input cannot be rendered, or does not fit. */
  #final = false;
  /** Milliseconds an attempt may take; -1: any. */
  #limitMs = -1;
  #invocation: Invocation | null = null;
  #handlers: Handlers | null = null;
  #timer: unknown = null;
  /** Set while an aborted action is given time to end. */
  #verdict: AbortStatus | null = null;
  /** No further attempt is made: it was aborted from outside. */
  #aborted = false;
  /** It has begun and not ended. */
  #isPending = false;
  /** Its action is being called right now. */
  #isCalling = false;
  #abortAfterCall: { readonly status: AbortStatus; readonly reason: unknown } | null = null;
  #cacheKey: string | null = null;

  /** `freezesLeaves`: objects are frozen as the input is rendered. `done` is called when a unit that was pending has ended. */
  constructor(
    services: RunServices,
    task: TaskPlan,
    execution: Execution,
    freezesLeaves: boolean,
    done: (unit: Unit) => void,
    cost: UnitCost | null = null,
  ) {
    this.#services = services;
    this.#task = task;
    this.#execution = execution;
    this.#render = freezesLeaves ? task.input.renderFrozen : task.input.render;
    this.#done = done;
    this.cost = cost;
    // One that is a template is evaluated with every attempt.
    if (typeof task.timeoutMs === 'number') this.#limitMs = task.timeoutMs;
  }

  /** Starts. True: it has ended already; false: `done` will be called. */
  begin(scope: Scope, index: number): boolean {
    this.#reset(scope, index);
    this.cost?.begin();
    if (this.#task.cache !== null) {
      if (this.#recall(this.#task.cache.key)) {
        this.#isPending = false;
        return true;
      }
      const { cacheStore } = this.#services;
      if (cacheStore !== null && this.#cacheKey !== null) {
        void this.#recallLater(cacheStore, this.#cacheKey);
        return false;
      }
    }
    return this.#run();
  }

  /** Looks for the result of a run of another process; where there is none, makes the first attempt. */
  async #recallLater(store: CacheStore, key: string): Promise<void> {
    const { scope } = this;
    const kept = await store.recall(key, this.#services.host.now()).catch(() => null);
    // It may have been aborted meanwhile, and even be at work on something else.
    if (!this.#isPending || this.scope !== scope) return;
    if (kept === null) {
      if (this.#run()) this.#done(this);
      return;
    }
    this.status = 'succeeded';
    this.result = kept.result;
    this.error = null;
    this.#isPending = false;
    this.#done(this);
  }

  /** The same, where the first call of the action was made by somebody else and gave `value`. */
  adopt(invocation: Invocation, value: unknown): boolean {
    this.#resume(invocation);
    return this.#take(value) && this.#goOn();
  }

  /** The same, where somebody else awaits what the call gave, and will tell the handlers. It is pending. */
  inherit(invocation: Invocation): Handlers {
    this.#resume(invocation);
    this.#handlers ??= this.#createHandlers();
    return this.#handlers;
  }

  /** The same, where it threw; `isFinal`: no further attempt can help. */
  adoptFailure(scope: Scope, index: number, error: unknown, isFinal: boolean): boolean {
    this.#reset(scope, index);
    this.#final = isFinal;
    this.#fail(error);
    return this.#goOn();
  }

  /** The same for one whose last attempt is known: makes the next when that is due. */
  beginAgain(scope: Scope, index: number, { attempt, dueAtMs }: DueRetry): boolean {
    this.#reset(scope, index);
    this.attempt = attempt;
    const delayMs = dueAtMs - this.#services.host.now();
    if (delayMs <= 0) {
      this.#countAttempt();
      return this.#run();
    }
    this.#runLater(delayMs);
    return false;
  }

  /** Ends without a call of the action, or in spite of what that gave. */
  refuse(scope: Scope, error: HeddleError, attempt = 1): void {
    this.#reset(scope, scope.index);
    this.attempt = attempt;
    this.#end('failed', error);
    this.#isPending = false;
  }

  #resume(invocation: Invocation): void {
    const scope = Invocation.scopeOf(invocation);
    this.#reset(scope, scope.index);
    this.#invocation = invocation;
  }

  #reset(scope: Scope, index: number): void {
    this.scope = scope;
    this.index = index;
    this.attempt = 1;
    this.#aborted = false;
    this.#isPending = true;
  }

  /** Ends with `status` as soon as its action lets it: at once where that has not asked for its signal. */
  abort(status: AbortStatus, reason: unknown): void {
    if (this.#aborted || !this.#isPending) return;
    this.#aborted = true;
    if (this.#isCalling) {
      // The action itself has brought this about: it is heard out first.
      this.#abortAfterCall = { status, reason };
      return;
    }
    this.#clearTimer();
    if (this.#invocation === null) this.#force(status, reason);
    else this.#stop(status, reason);
  }

  /** Makes attempts until one is pending or the last has ended. True: it has ended. */
  #run(): boolean {
    return this.#call() && this.#goOn();
  }

  /** An attempt has ended: makes further ones. True: it was the last. */
  #goOn(): boolean {
    for (;;) {
      const delayMs = this.#nextAttempt();
      if (delayMs < 0) {
        this.#isPending = false;
        return true;
      }
      if (delayMs > 0) {
        this.#runLater(delayMs);
        return false;
      }
      this.#countAttempt();
      if (!this.#call()) return false;
    }
  }

  #runLater(delayMs: number): void {
    this.#timer = this.#services.host.setTimer(delayMs, () => {
      this.#timer = null;
      this.#countAttempt();
      if (this.#run()) this.#done(this);
    });
  }

  #countAttempt(): void {
    this.attempt++;
    this.scope = new AttemptScope(this.scope, this.attempt);
  }

  /** Makes one attempt. True: it has ended. */
  #call(): boolean {
    const task = this.#task;
    let value: unknown;
    this.#final = false;
    try {
      if (task.timeoutMs !== null) this.#limitMs = numberOf(task.timeoutMs, this.scope);
      this.cost?.render();
      const input = this.#renderInput();
      const invocation = new Invocation(this.#services, task, this.#execution, this.scope);
      this.#invocation = invocation;
      this.cost?.takeInput(input);
      this.#isCalling = true;
      value = callAction(this.#services, task, this.#execution, input, invocation);
    } catch (error) {
      this.#fail(error);
      return true;
    } finally {
      this.#isCalling = false;
    }
    return this.#take(value);
  }

  /** Takes what the action gave. True: the attempt has ended. */
  #take(value: unknown): boolean {
    if (isThenable(value)) {
      this.#await(value instanceof Promise ? value : Promise.resolve(value));
      if (this.#abortAfterCall !== null) this.#stopLater(this.#abortAfterCall);
      return false;
    }
    this.#succeed(value);
    return true;
  }

  #renderInput(): unknown {
    const { input, action } = this.#task;
    let rendered: unknown;
    try {
      rendered = this.#render(this.scope, deepFreeze);
    } catch (error) {
      this.#final = true;
      throw input.locate(error);
    }
    if (action.kind === 'action' && action.validate !== null) {
      const problem = action.validate(rendered);
      if (problem !== null) {
        this.#final = true;
        throw problem;
      }
    }
    return rendered;
  }

  #await(promise: Promise<unknown>): void {
    this.#handlers ??= this.#createHandlers();
    promise.then(this.#handlers.value, this.#handlers.error);
    const limitMs = this.#limitMs;
    if (limitMs < 0) return;
    this.#timer = this.#services.host.setTimer(limitMs, () => {
      this.#timer = null;
      this.#stop('timed_out', new HeddleError('HEDDLE_TIMEOUT', `timed out after ${limitMs} ms`));
    });
  }

  #stopLater({ status, reason }: { readonly status: AbortStatus; readonly reason: unknown }): void {
    this.#abortAfterCall = null;
    queueMicrotask(() => {
      if (this.#isPending) this.#stop(status, reason);
    });
  }

  /** Aborts the action; where it listens, it has some time to end in an orderly way. */
  #stop(verdict: AbortStatus, reason: unknown): void {
    this.#verdict = verdict;
    const invocation = this.#invocation as Invocation;
    const listens = invocation.hasSignal;
    invocation.abort(reason);
    this.#thrown = reason;
    if (!listens) this.#force(verdict, reason);
    else this.#timer = this.#services.host.setTimer(ABORT_GRACE_MS, () => this.#force(verdict, reason));
  }

  /** Ends without waiting for the action any longer; what it still does is not heard. */
  #force(verdict: AbortStatus, reason: unknown): void {
    this.#timer = null;
    this.#abandon();
    this.#end(verdict, reason);
    this.#proceed();
  }

  #abandon(): void {
    if (this.#handlers !== null) this.#handlers.live = false;
    this.#handlers = null;
  }

  #createHandlers(): Handlers {
    const handlers: Handlers = {
      live: true,
      value: (value) => {
        if (!handlers.live) return;
        this.#clearTimer();
        if (this.#verdict === 'timed_out') this.#end('timed_out', this.#thrown);
        else this.#succeed(value);
        this.#proceed();
      },
      error: (error) => {
        if (!handlers.live) return;
        this.#clearTimer();
        if (this.#verdict === null) this.#fail(error);
        else this.#end(this.#verdict, this.#thrown);
        this.#proceed();
      },
    };
    return handlers;
  }

  /** An attempt that was pending has ended. */
  #proceed(): void {
    this.#verdict = null;
    if (this.#aborted) {
      this.#isPending = false;
      this.#done(this);
      return;
    }
    if (this.#goOn()) this.#done(this);
  }

  /** Whether and when to try again: milliseconds, or -1. */
  #nextAttempt(): number {
    this.#invocation = null;
    this.#abortAfterCall = null;
    const { retry } = this.#task;
    if (retry === null || this.#aborted) return -1;
    let delayMs: number;
    try {
      if (!this.#mayRetry(retry.when) || this.attempt > retry.count) return -1;
      delayMs = retryDelayMs(retry, this.attempt, this.scope, () => this.#services.host.random());
    } catch (error) {
      this.#fail(error);
      return -1;
    }
    this.#services.recorder?.push({
      type: 'retrying',
      execution: this.#execution.number,
      index: this.index,
      attempt: this.attempt,
      dueAtMs: this.#services.host.now() + delayMs,
    });
    this.#services.events?.retrying(
      this.#task.name,
      this.#execution.number,
      this.index < 0 ? null : this.index,
      this.attempt,
      this.status,
      this.error,
      delayMs,
    );
    return delayMs;
  }

  #mayRetry(when: Evaluated | null): boolean {
    if (this.#final) return false;
    const failed = this.status === 'failed' || this.status === 'timed_out';
    if (when === null) return failed && isRetryable(this.#thrown);
    try {
      const outcome = new Outcome(this.status, this.result, this.error, this.attempt);
      return truthy(when.evaluate(new AttemptScope(this.scope, this.attempt, outcome)));
    } catch (error) {
      throw when.locate(error);
    }
  }

  #succeed(value: unknown): void {
    if (typeof value === 'function' || typeof value === 'symbol') {
      const message = `action '${this.#task.actionName}' returned a ${typeof value}; return data instead`;
      this.#fail(new HeddleError('HEDDLE_ACTION_RESULT', message));
      return;
    }
    this.status = 'succeeded';
    this.result = value === undefined ? null : value;
    this.error = null;
    if (this.#cacheKey !== null) this.#remember(this.#cacheKey);
  }

  #fail(thrown: unknown): void {
    const error = explainFrozenWrite(thrown, this.#task.actionName);
    this.#end(error instanceof HeddleError && error.code === 'HEDDLE_TIMEOUT' ? 'timed_out' : 'failed', error);
  }

  #end(status: EndStatus, error: unknown): void {
    this.status = status;
    this.#thrown = error;
    this.result = resultOf(error);
    this.error = describeError(error, this.#task.name, this.index < 0 ? null : this.index, this.attempt);
  }

  /** Takes the result of an earlier run of the same key. */
  #recall(key: Evaluated): boolean {
    this.#cacheKey = null;
    try {
      this.#cacheKey = `${this.#task.actionName}\n${this.#task.name}\n${toText(key.evaluate(this.scope))}`;
    } catch (error) {
      this.#fail(key.locate(error));
      return true;
    }
    const entry = this.#services.cache.get(this.#cacheKey, this.#services.host.now());
    if (entry === undefined) return false;
    this.status = 'succeeded';
    this.result = entry.result;
    this.error = null;
    return true;
  }

  #remember(key: string): void {
    const ttlMs = this.#task.cache?.ttlMs ?? Infinity;
    const expiresAtMs = this.#services.host.now() + ttlMs;
    this.#services.cache.set(key, this.result, expiresAtMs);
    this.#services.cacheStore?.remember(key, this.result, expiresAtMs);
  }

  #clearTimer(): void {
    if (this.#timer === null) return;
    this.#services.host.clearTimer(this.#timer);
    this.#timer = null;
  }
}

/** Whether a value is a promise, or something like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof Promise || typeof (value as { then?: unknown }).then === 'function';
}

/** The same scope in a later attempt. */
class AttemptScope implements Scope {
  readonly base: Scope['base'];
  readonly item: unknown;
  readonly index: number;
  readonly attempt: number;
  declare readonly outcome?: Outcome;

  constructor(scope: Scope, attempt: number, outcome?: Outcome) {
    this.base = scope.base;
    this.item = scope.item;
    this.index = scope.index;
    this.attempt = attempt;
    if (outcome !== undefined) this.outcome = outcome;
  }
}
