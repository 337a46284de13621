import { Outcome, type ErrorRecord } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { TaskPlan } from '../plan/plan.ts';
import { amend, complete, type Completion, type Trace } from './decide.ts';
import { RECORD_VERSION, type BegunEntry, type EndedEntry } from './entries.ts';
import type { Distributor } from './distribution.ts';
import { describeError } from './error-record.ts';
import type { RunError, RunResult } from './events.ts';
import type { Flight } from './in-flight.ts';
import { isLazy, markReplayable } from './iterable.ts';
import { summarise } from './output.ts';
import { recordable } from './recordable.ts';
import type { RunRequest } from './run-journal.ts';
import type { ResumedRun, RunRecording } from './run-recording.ts';
import { RunWork } from './run-work.ts';
import type { Execution } from './state.ts';
import type { WaitsHost } from './waits.ts';
import { WorkAway, type AwayHost } from './work-away.ts';

/** A run that is due earlier is not let go of, in milliseconds. */
const LEAST_ABSENCE_MS = 1000;
/** How often it is looked whether what is in flight has ended, in milliseconds. */
const HAND_BACK_POLL_MS = 20;

/** How a process let go of a run. */
export interface LeftRun {
  /** When something of it is due, in milliseconds since the epoch; null: it waits for others. */
  readonly dueAtMs: number | null;
  /** Whether somebody asked something of it meanwhile. */
  readonly hasRequests: boolean;
}

// What most runs have in common is made once: journals share what can never change.
const NO_VARIABLES: Readonly<Record<string, unknown>> = Object.freeze({});
const NO_ERRORS: readonly RunError[] = Object.freeze([]);
const FREE_OF_ERRORS = Object.freeze({ error: null });

const NOTHING: Completion = { handled: false, leads: false, patches: null };

/** Who is told what a run came to. */
export interface RunObserver {
  runEnded(result: RunResult): void;
  /** The run is recorded and could not be recorded any further: another process may resume it. */
  runHalted(error: HeddleError): void;
}

/** What a run that is recorded does beside others; of one that is not, nothing here costs more than a comparison. */
export abstract class RecordedRun extends RunWork {
  protected observer: RunObserver | null = null;
  /** What the run came to; null while it goes on. */
  protected ended: RunResult | null = null;
  protected runTimer: unknown = null;
  /** When `runTimer` is due, in milliseconds since the epoch. */
  protected runDueAtMs: number | null = null;
  /** How the process let go of the run; null: it has not. */
  left: LeftRun | null = null;
  #isLookingIn = false;
  protected isAdvancing = false;
  /** The event loop is having its turn. */
  protected isYielding = false;
  /** How many of those that are ready belong to the batch that was begun before the run was resumed. */
  protected batchLimit = Infinity;
  protected isOverLimit = false;
  #isBehind = false;

  /** Ends the run early, as its workflow's `on-cancel` says. */
  abstract cancel(reason: string): void;

  asked(request: { readonly type: string }, id: number): void {
    this.#doAsked(request as RunRequest, () => this.recorder?.answered(id));
  }

  protected awayHost(recording: RunRecording, distributor: Distributor): AwayHost {
    return {
      clock: this.host,
      journal: recording.terms.journal,
      distributor,
      isLive: () => this.ended === null && !this.isHalted,
      open: (recorded) => recording.sealer.open(recorded),
      failed: (error) => void recording.halt(error),
      isAway: () => this.showWaiting(),
      returned: (flight) => this.workReturned(flight),
    };
  }

  /** Work of the run that is elsewhere is to be asked after. */
  #lookAfter(execution: number): void {
    for (const each of this.inFlight.executions()) {
      const flight = each.number === execution ? this.inFlight.of(each) : null;
      if (flight instanceof WorkAway) flight.look();
    }
  }

  /**
   * Starts nothing further, and lets go of the run as soon as what is in flight here has ended; after `now` is aborted, at
   * once. Whoever resumes it goes on. The run's result is rejected with `reason`.
   */
  handBack(reason: HeddleError, now: AbortSignal): void {
    const { recording } = this;
    if (recording === null || this.ended !== null || recording.isLeaving) return;
    recording.isLeaving = true;
    const leave = (): void => {
      now.removeEventListener('abort', leave);
      this.recorder?.whenWritten(() => void recording.halt(reason));
      this.recorder?.flush();
    };
    if (now.aborted) {
      leave();
      return;
    }
    now.addEventListener('abort', leave, { once: true });
    const look = (): void => {
      if (this.ended !== null || this.isHalted) return;
      if (this.inFlight.every((flight) => this.#isIdleFlight(flight) || flight.active === 0)) leave();
      else this.host.setTimer(HAND_BACK_POLL_MS, look);
    };
    look();
  }

  /** Does what another process asks of the run. */
  #doAsked(request: RunRequest, done: () => void): void {
    try {
      if (request.type === 'approve') this.waits.approveOnce(request.task, request.data, request.item, done);
      else {
        if (request.type === 'cancel') this.cancel(request.reason);
        else if (request.type === 'signal') this.waits.signal(request.name, request.data);
        else if (request.type === 'chunks') this.#lookAfter(request.execution);
        done();
      }
    } catch (error) {
      // Whoever asked is gone; those who look at the run see that it still waits, and why.
      done();
      const message = error instanceof Error ? error.message : String(error);
      this.log('warn', message, {}, 'task' in request ? request.task : '', 0, null);
    }
  }

  /** The run can be recorded no further: nothing more is decided, and what is in flight is told to stop. */
  halted(error: HeddleError, left: Promise<void>): void {
    if (this.ended !== null) return;
    if (this.runTimer !== null) this.host.clearTimer(this.runTimer);
    this.inFlight.abortAll(error);
    void left.then(() => this.observer?.runHalted(error));
  }

  protected get isHalted(): boolean {
    return this.recording !== null && this.recording.isHalted;
  }

  protected waitsHost(): WaitsHost {
    return {
      clock: this.host,
      record: (entry) => this.recorder?.push(entry),
      changed: () => this.showWaiting(),
    };
  }

  /** Tells whether anything but waiting goes on. */
  protected showWaiting(): void {
    const { state } = this;
    if (this.ended !== null || this.observer === null || this.isHalted) return;
    for (const execution of this.inFlight.executions()) {
      state.tasks.status[execution.slot] = this.waits.countOf(execution) > 0 ? 'waiting' : 'running';
    }
    state.status = this.waits.size > 0 && this.#isOnlyWaiting() ? 'waiting' : 'running';
    const { recording } = this;
    if (recording !== null && recording.isWaiting !== this.waits.size > 0) {
      recording.isWaiting = this.waits.size > 0;
      recording.recorder.listenAnew();
    }
    if (recording === null) return;
    if (recording.isShownWaiting !== (state.status === 'waiting')) {
      recording.isShownWaiting = state.status === 'waiting';
      recording.recorder.patch({ status: state.status });
      recording.recorder.flush();
    }
    if (this.#isIdle(recording)) void this.#leaveUnlessAsked(recording);
  }

  /** Whether the process has nothing to do but to wait, and was told to let go of the run then. */
  #isIdle({ terms: { leaves }, isLeaving }: RunRecording): boolean {
    if (leaves === 'never' || isLeaving || this.ended !== null || this.isHalted) return false;
    if (leaves === 'waiting') return this.state.status === 'waiting';
    if (this.landed.length > 0 || this.isYielding || this.isAdvancing || this.state.head < this.state.ready.length) {
      return false;
    }
    return this.inFlight.size > 0 && this.inFlight.every((flight) => this.#isIdleFlight(flight));
  }

  #isIdleFlight(flight: Flight): boolean {
    if (flight instanceof WorkAway) return flight.isIdle;
    if (flight.dueAtMs !== null) return flight.dueAtMs - this.host.now() > LEAST_ABSENCE_MS;
    return flight.active > 0 && this.waits.countOf(flight.execution) === flight.active;
  }

  /** Lets go of a run unless somebody has asked something of it meanwhile. */
  async #leaveUnlessAsked(recording: RunRecording): Promise<void> {
    if (this.#isLookingIn) return;
    this.#isLookingIn = true;
    await recording.recorder.look();
    this.#isLookingIn = false;
    if (this.#isIdle(recording)) await this.#leave(recording);
  }

  #isOnlyWaiting(): boolean {
    if (this.landed.length > 0 || this.isYielding || this.isAdvancing || this.state.head < this.state.ready.length)
      return false;
    return this.inFlight.every((flight) => this.waits.countOf(flight.execution) === flight.active);
  }

  /** Lets go of a run that only waits: whoever resumes it goes on. */
  async #leave(recording: RunRecording): Promise<void> {
    recording.recorder.push({ type: 'suspended', atMs: this.host.now() });
    recording.isHalted = true;
    if (this.runTimer !== null) this.host.clearTimer(this.runTimer);
    const waiting = this.waits.list();
    const dueAtMs = earliest(this.waits.dueAtMs, this.inFlight.dueAtMs, this.runDueAtMs);
    try {
      await recording.close({
        status: this.state.status,
        summary: { waiting, isQueued: recording.terms.leaves === 'idle' },
      });
    } catch (error) {
      this.observer?.runHalted(error as HeddleError);
      return;
    }
    this.left = { dueAtMs, hasRequests: recording.recorder.hasRequests };
    this.ended = summarise(this, {}, this.host.now() - this.startedAtMs);
    this.inFlight.abortAll(new HeddleError('HEDDLE_CANCELLED', 'the process lets go of the run'));
    this.observer?.runEnded(this.ended);
  }

  protected recordBegin(recording: RunRecording, error: ErrorRecord | null): void {
    const secrets = this.secretNames();
    const entry: { -readonly [K in keyof BegunEntry]: BegunEntry[K] } = {
      type: 'begun',
      version: RECORD_VERSION,
      atMs: this.startedAtMs,
      variables: this.plan.vars.length === 0 ? NO_VARIABLES : this.context.current.variables.toObject(),
    };
    if (secrets !== null) entry.secrets = secrets;
    // Others who work on it may be given more secrets than this process was.
    if (recording.sealer.isActive || recording.terms.distributor !== null) entry.sealed = true;
    if (error !== null) entry.error = error;
    recording.recorder.push(entry);
    recording.recorder.patch({ status: 'running', startedAtMs: this.startedAtMs });
  }

  /** Goes on from what a process before this one recorded. */
  protected goOn({ entries, unfinished, signals, signalCount, cancelReason, batchSize }: ResumedRun): void {
    const { recorder, state } = this;
    for (const entry of entries) recorder?.push(entry);
    recorder?.patch({ status: 'running', endedAtMs: null });
    const waits = [...unfinished.values()].map((each) => [each.execution.number, each.waits] as const);
    this.waits.restore(waits, signals, signalCount);
    state.status = 'running';
    this.batchLimit = batchSize;
    this.isOverLimit = state.errors.some(({ code }) => code === 'HEDDLE_TASK_RUN_LIMIT');
    if (cancelReason !== null) this.events?.emit({ type: 'run.cancelling', reason: cancelReason });
  }

  /** Whether what was recorded has to be written before anything else starts. */
  protected mustWait(): boolean {
    const { recording } = this;
    if (recording === null) return false;
    if (this.#isBehind) return true;
    const { recorder } = recording;
    if (!this.#announceStarts(recording) && !recorder.isBehind) return false;
    this.#isBehind = true;
    recorder.whenWritten(() => {
      this.#isBehind = false;
      this.advance();
    });
    return true;
  }

  /**
   * Records what is about to start and may be what ends the process: it then starts once that is written. False: there is
   * nothing of the kind.
   */
  #announceStarts(recording: RunRecording): boolean {
    const { state, plan } = this;
    const { isCautious, recorder } = recording;
    if (!isCautious && recording.resumed === null) return false;
    const announced = (recording.announced ??= new Set());
    let isNew = false;
    for (const execution of state.ready.slice(state.head, state.head + this.batchLimit)) {
      const unfinished = recording.unfinished(execution.number);
      const isSuspect = unfinished === null ? isCautious : unfinished.interruptions > 0;
      if (execution.skip || !isSuspect || announced.has(execution.number)) continue;
      announced.add(execution.number);
      const task = plan.tasks[execution.slot] as TaskPlan;
      if (task.delayMs !== null || task.items !== null) continue;
      recorder.push(this.startedEntry(task, execution));
      isNew = true;
    }
    return isNew;
  }

  protected completeRecorded(recording: RunRecording, execution: Execution): Completion {
    const task = this.plan.tasks[execution.slot] as TaskPlan;
    this.#settle(task, execution);
    const outcome = execution.outcome as Outcome;
    const unfinished = recording.unfinished(execution.number);
    const trace: Trace | null = task.transitions.length === 0 ? null : { recorded: null, decision: null };
    let completion = NOTHING;
    if (unfinished?.isReopened === true) amend(this, execution, outcome);
    else completion = complete(this, execution, this.events !== null, trace);
    const { items } = outcome;
    const started = items === null ? 0 : recording.startedOf(execution.number);
    recording.recorder.completed(execution, task.name, outcome, {
      decision: trace === null ? null : trace.decision,
      items: items === null ? null : { total: items.stats.total, started },
      keepsResult: items === null || (task.items !== null && task.items.aggregate !== null),
      startedAtMs: unfinished?.startedAtMs ?? recording.timeOf(execution.startedMs),
      atMs: recording.timeOf((this.readMs = this.host.monotonic())),
      treeRuns: task.action.kind === 'action' ? null : this.tree.taskRuns,
    });
    recording.forget(execution.number);
    return completion;
  }

  /** Makes of an outcome one that can be recorded. */
  #settle(task: TaskPlan, execution: Execution): void {
    const { status, result, error, attempts, items } = execution.outcome as Outcome;
    if (items !== null || typeof result === 'number' || typeof result === 'string' || result == null) return;
    try {
      const settled = recordable(result, task.actionName);
      if (isLazy(settled) && task.action.kind === 'action' && task.action.action.replayable === true)
        markReplayable(settled);
      if (settled !== result) execution.outcome = new Outcome(status, settled, error, attempts);
    } catch (problem) {
      execution.outcome = new Outcome('failed', null, describeError(problem, task.name), attempts);
    }
  }

  /** What the run came to is told once it is written. */
  protected async endRecorded(recording: RunRecording, result: RunResult): Promise<void> {
    const { output, errors, error, durationMs } = result;
    const status = result.status as EndedEntry['status'];
    const atMs = this.host.now();
    recording.recorder.push({
      type: 'ended',
      status,
      output,
      errors: errors.length === 0 ? NO_ERRORS : errors,
      durationMs,
      atMs,
    });
    let summary: { readonly error: RunError | null; readonly iterations?: number } =
      error === null ? FREE_OF_ERRORS : { error };
    if (recording.chunk !== null) summary = { error, iterations: recording.endedIterations };
    try {
      await recording.close({ status, endedAtMs: atMs, summary });
    } catch (failure) {
      await recording.halt(
        failure instanceof HeddleError ? failure : new HeddleError('HEDDLE_JOURNAL_IO', String(failure)),
      );
      this.observer?.runHalted(failure as HeddleError);
      return;
    }
    this.events?.runCompleted(result);
    this.observer?.runEnded(result);
  }
}

function earliest(...times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}
