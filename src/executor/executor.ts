import type { Logger } from '../actions/action.ts';
import { deepFreeze } from '../context/index.ts';
import type { Plan } from '../plan/plan.ts';
import { HeddleError } from '../errors/index.ts';
import { chunkPlan, chunkRecord, type ChunkTerms } from './chunk-terms.ts';
import type { Advanced, ChunkResult, Distributor, ItemsGate, WorkTerms } from './distribution.ts';
import { RunDriver } from './driver.ts';
import type { FromSelection, Selection } from './entries.ts';
import { EventListeners, type EventListener, type ListenOptions } from './event-sink.ts';
import type { EventView, RunEvent, RunResult } from './events.ts';
import type { Host } from './host.ts';
import { ResultCache } from './result-cache.ts';
import { LEASE_MS, type Durability } from './recorder.ts';
import { forkRun, readRun } from './resume-run.ts';
import { Run } from './run.ts';
import type { RunEnvironment } from './run-environment.ts';
import type { KnownRun, RunJournal } from './run-journal.ts';
import type { RecordingTerms, ResumedRun } from './run-recording.ts';
import type { Interceptor } from './services.ts';
import { hasSuspect, SuspectTurns } from './suspect-turns.ts';

/** What every run of an executor is given. */
export interface ExecutorSettings {
  readonly host: Host;
  /** What templates see as `config`. Default `{}`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What templates see as `keystore`; masked wherever a value is shown. Default `{}`. */
  readonly keystore?: Readonly<Record<string, unknown>>;
  /** What `env()` may read. Default none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Upper bound of every `concurrency` in a run. Default: none. */
  readonly concurrency?: number;
  /** Whether values that iterations share are frozen before an action is handed them. Default true. */
  readonly freeze?: boolean;
  /** Where actions' log lines go, beside the events. Default nowhere. */
  readonly logger?: Logger;
  /** Where runs are recorded, so that they survive their process. Default nowhere. */
  readonly recording?: RecordingSettings;
}

/** How runs are recorded. */
export interface RecordingSettings {
  readonly journal: RunJournal;
  /** Default `batched`. */
  readonly durability?: Durability | 'off';
  /** Names this process in leases, unlike any other. */
  readonly owner: string;
  /** Whether the process of that name is known to be gone, so that its leases need not be waited for. */
  readonly isGone: (owner: string) => boolean;
  /** What the definition of a plan is stored as. */
  readonly definitionOf: (plan: Plan) => { readonly hash: string; readonly data: unknown };
}

/** Options of one run. */
export interface RunOptions {
  /** Cancels the run when it is aborted. */
  readonly signal?: AbortSignal;
  /** Keeps results that nothing can read any more. Default false. */
  readonly keepResults?: boolean;
  /** Measures what iterations share and own, into `RunResult.tasks[…].cost`. Default false. */
  readonly cost?: boolean;
  /** Stands between the engine and the actions. */
  readonly intercept?: Interceptor;
  /**
   * When what the run did is written: `off` not at all, `batched` (default) after 20 ms or 1000 events, `strict` before
   * anything depends on it. Only for an executor with a journal.
   */
  readonly durability?: Durability | 'off';
  /** Free pairs for finding the run again in the journal. Default none. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Whether a recorded run is let go of as soon as it only waits for people, signals or times; its result then says
   * `waiting`. Default false: the process waits with it.
   */
  readonly leaveWhenWaiting?: boolean;
}

/** Options of going on with a run. */
export interface ResumeOptions extends Omit<RunOptions, 'labels'> {
  /** Secret parameters, which are not recorded. */
  readonly secrets?: Readonly<Record<string, unknown>>;
  /** What runs again of a run that has ended. Default: nothing, it must not have ended. */
  readonly rerun?: Selection;
}

/** A change of the context that a forked run begins with. */
export interface Change {
  /** `vars`, `parameters` or `task`, then names. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Runs plans. The part of `Executor` that knows no platform. */
export class PlanExecutor {
  readonly #environment: RunEnvironment;
  readonly #recording: RecordingSettings | null;
  /** What recorded runs without options are given, by plan. */
  readonly #recorded = new WeakMap<Plan, RunEnvironment>();
  /** Runs that were let go of when their journal failed, where that could not be written. */
  readonly #unwritten = new Set<string>();
  /** Of runs that may be what ends this process. */
  readonly #suspects = new SuspectTurns();
  readonly #subscriptions = new Set<readonly [EventView, EventListener, ListenOptions]>();

  constructor(settings: ExecutorSettings) {
    const { host, config = {}, keystore = {}, env = {}, concurrency = Infinity, freeze = true, logger } = settings;
    this.#recording = settings.recording ?? null;
    this.#environment = {
      host,
      ports: {
        env,
        now: () => host.now(),
        random: () => host.random(),
        uuid: () => host.uuid(),
        sha256: (text) => host.sha256(text),
      },
      config,
      keystore,
      freeze,
      intercept: null,
      cache: new ResultCache(),
      maxConcurrency: concurrency,
      keepResults: false,
      measuresCost: false,
      recording: null,
    };
    if (logger !== undefined) this.listen('events', (event) => passOn(event, logger), { items: false });
  }

  /** Calls `listener` for the events of every run that starts from now on; gives a function that stops that. */
  listen(view: EventView, listener: EventListener, options: ListenOptions = {}): () => void {
    const subscription = [view, listener, options] as const;
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  /**
   * Runs a plan to its end. Resolves also for a failed run.
   *
   * @throws HEDDLE_PARAMETERS where the parameters do not fit.
   */
  runPlan(plan: Plan, parameters: Readonly<Record<string, unknown>>, options: RunOptions): Promise<RunResult> {
    const driver = this.#driverOf(plan, parameters, options);
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const end = signal === undefined ? resolve : followed(signal, driver, resolve);
      driver.start({ runEnded: end, runHalted: reject });
    });
  }

  /** Starts a plan: its first task starts after the current turn, so that nobody who listens misses anything. */
  startPlan(plan: Plan, parameters: Readonly<Record<string, unknown>>, options: RunOptions): Run {
    return this.#startSoon(this.#driverOf(plan, parameters, options), options.signal);
  }

  /**
   * Goes on with a recorded run whose process has ended, or reruns a part of one that has itself ended.
   *
   * @throws HEDDLE_RUN_ENDED, HEDDLE_RUN_ACTIVE, HEDDLE_RUN_BLOCKED, HEDDLE_RERUN, HEDDLE_STATE_VERSION, HEDDLE_JOURNAL_…
   */
  async resumePlan(plan: Plan, known: KnownRun, options: ResumeOptions): Promise<Run> {
    const { secrets = {}, rerun = null } = options;
    const rerunsFailed = rerun !== null && 'failed' in rerun;
    const environment = this.#environmentOf(options, plan, { known, rerunsFailed });
    const terms = environment.recording as RecordingTerms;
    const { resumed, parameters } = await readRun(known, { plan, environment, terms, secrets, selection: rerun });
    if (resumed !== null) await refuseSent(known.id, resumed, terms);
    else {
      const message = `run ${known.id} has ${known.status === 'running' ? 'ended' : known.status}`;
      throw new HeddleError('HEDDLE_RUN_ENDED', message, { run: known.id });
    }
    const origin = { id: known.id, resumed };
    return this.#startSoon(
      new RunDriver(plan, parameters, environment, null, this.#listeners(), origin),
      options.signal,
    );
  }

  /**
   * Starts a new run from a point in a recorded one, with a changed context.
   *
   * @throws HEDDLE_RERUN where the task did not run; HEDDLE_RUN_BLOCKED, HEDDLE_JOURNAL_…
   */
  async forkPlan(
    plan: Plan,
    known: KnownRun,
    selection: FromSelection,
    changes: readonly Change[],
    options: ResumeOptions,
  ): Promise<Run> {
    const { secrets = {} } = options;
    const environment = this.#environmentOf(options, plan, null);
    const terms = environment.recording as RecordingTerms;
    const id = environment.host.uuid();
    const read = await forkRun(known, { plan, environment, terms, secrets, selection }, { id, changes });
    const origin = { id, resumed: read.resumed };
    const driver = new RunDriver(plan, read.parameters, environment, null, this.#listeners(), origin);
    return this.#startSoon(driver, options.signal);
  }

  /**
   * Goes on with a recorded run as long as there is anything to do here, and lets go of it.
   *
   * @throws HEDDLE_RUN_ACTIVE, HEDDLE_RUN_BLOCKED, HEDDLE_STATE_VERSION, HEDDLE_FENCED, HEDDLE_JOURNAL_…
   */
  async advancePlan(plan: Plan, known: KnownRun, work: WorkTerms, distributor: Distributor | null): Promise<Advanced> {
    const { leaseMs } = work;
    const secrets = secretsOf(plan, work);
    const environment = this.#environmentOf(
      {},
      plan,
      { known, rerunsFailed: false },
      { leaves: 'idle', leaseMs, distributor },
    );
    const terms = environment.recording as RecordingTerms;
    const read = await readRun(known, { plan, environment, terms, secrets, selection: null });
    const { resumed, ended, parameters } = read;
    if (resumed === null) return { status: ended?.status ?? 'failed', dueAtMs: null, hasRequests: false };
    const origin = { id: known.id, resumed };
    const driver = new RunDriver(plan, parameters, environment, null, this.#listeners(), origin);
    const result = await this.#driveFor(driver, plan, resumed, work);
    if (result === null) return { status: 'waiting', dueAtMs: environment.host.now(), hasRequests: true };
    if (driver.left !== null) return { status: 'waiting', ...driver.left };
    return { status: result.status, dueAtMs: null, hasRequests: false };
  }

  /**
   * Works on a chunk of another run.
   *
   * @throws HEDDLE_RUN_ACTIVE, HEDDLE_RUN_BLOCKED, HEDDLE_STATE_VERSION, HEDDLE_FENCED, HEDDLE_JOURNAL_…
   */
  async workChunk(whole: Plan, known: KnownRun, gate: ItemsGate, work: WorkTerms): Promise<ChunkResult> {
    const { leaseMs } = work;
    const secrets = secretsOf(whole, work);
    const chunk = known.parameters as ChunkTerms;
    deepFreeze(chunk.base);
    const slot = whole.shape.tasks.find(chunk.task);
    if (slot === undefined)
      throw new HeddleError('HEDDLE_INTERNAL', `there is no task '${chunk.task}' in the definition`);
    const plan = chunkPlan(whole, slot);
    const leaves = { leaves: 'never', leaseMs, distributor: null } as const;
    const environment = this.#environmentOf({}, whole, { known, rerunsFailed: false }, leaves);
    const terms = environment.recording as RecordingTerms;
    const { run, task, execution, sending: generation, from, count } = chunk;
    const like = { workflow: known.workflow, definition: terms.definition };
    const result = (state: ChunkResult['state'], ended: number): ChunkResult => ({
      ...{ state, run, task, execution, generation, from, count, ended },
      chunk: (first, many) => chunkRecord({ ...chunk, from: first, count: many }, like, environment.host.now()),
    });
    const { resumed, parameters } = await readRun(known, {
      ...{ plan, environment, terms, secrets },
      selection: null,
      chunk: true,
    });
    if (resumed === null) return result('ended', (known.summary as { iterations?: number } | null)?.iterations ?? 0);
    const origin = { id: known.id, resumed, chunk: { terms: chunk, gate } };
    const driver = new RunDriver(plan, parameters, environment, null, this.#listeners(), origin);
    const came = await this.#driveFor(driver, plan, resumed, work);
    return result(came === null ? 'left' : 'ended', driver.recording?.endedIterations ?? 0);
  }

  /** Drives a run until it ends or is let go of; null: it was handed back. */
  async #driveFor(
    driver: RunDriver,
    { definition: { limits } }: Plan,
    { lease, unfinished }: ResumedRun,
    { leave, signal, keep }: WorkTerms,
  ): Promise<RunResult | null> {
    const reason = new HeddleError('HEDDLE_CANCELLED', 'the process hands the run back');
    const handBack = (): void => driver.handBack(reason, signal);
    const drop = keep?.(lease);
    const isSuspect = hasSuspect(unfinished.values(), limits.interruptions);
    const endTurn = isSuspect ? await this.#suspects.take(this.#environment.host, [leave, signal]) : null;
    try {
      return await new Promise<RunResult>((resolve, reject) => {
        driver.start({ runEnded: resolve, runHalted: reject });
        for (const each of [leave, signal]) {
          if (each.aborted) handBack();
          else each.addEventListener('abort', handBack, { once: true });
        }
      });
    } catch (error) {
      if (error === reason) return null;
      throw error;
    } finally {
      for (const each of [leave, signal]) each.removeEventListener('abort', handBack);
      endTurn?.();
      drop?.();
    }
  }

  #driverOf(plan: Plan, parameters: Readonly<Record<string, unknown>>, options: RunOptions): RunDriver {
    const environment = this.#environmentOf(options, plan, null);
    const origin = environment.recording === null ? null : { id: environment.host.uuid(), resumed: null };
    return new RunDriver(plan, parameters, environment, null, this.#listeners(), origin);
  }

  #startSoon(driver: RunDriver, signal: AbortSignal | undefined): Run {
    const run = new Run(driver);
    const end = signal === undefined ? null : followed(signal, driver, (result) => run.runEnded(result));
    const halted = (error: HeddleError): void => run.runHalted(error);
    queueMicrotask(() => driver.start(end === null ? run : { runEnded: end, runHalted: halted }));
    return run;
  }

  #listeners(): EventListeners | null {
    if (this.#subscriptions.size === 0) return null;
    const listeners = new EventListeners();
    for (const subscription of this.#subscriptions) listeners.add(...subscription);
    return listeners;
  }

  #environmentOf(
    options: RunOptions,
    plan: Plan,
    resumed: Resumed | null,
    work: WorkRecording | null = null,
  ): RunEnvironment {
    const { keepResults, cost, intercept } = options;
    const isPlain = resumed === null && Object.keys(options).length === 0;
    const known = isPlain ? this.#recorded.get(plan) : undefined;
    if (known !== undefined) return known;
    const recording =
      this.#recording === null ? null : termsOf(this.#recording, options, plan, resumed, work, this.#unwritten);
    if (recording === null && keepResults === undefined && cost === undefined && intercept === undefined) {
      return this.#environment;
    }
    const environment = {
      ...this.#environment,
      intercept: intercept ?? null,
      keepResults: keepResults ?? false,
      measuresCost: cost ?? false,
      recording,
    };
    if (isPlain) this.#recorded.set(plan, environment);
    return environment;
  }
}

/** How runs are recorded that are worked on for a while. */
type WorkRecording = Pick<RecordingTerms, 'leaves' | 'leaseMs' | 'distributor'>;

/** What a workflow declares of the secrets that a process was given for all. */
function secretsOf({ parameters: { secret } }: Plan, { secrets = {} }: WorkTerms): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => secret.includes(name)));
}

/** Work of the run that is at a queue cannot be gone on with here. @throws HEDDLE_RUN_QUEUED */
async function refuseSent(id: string, { unfinished, lease }: ResumedRun, { journal }: RecordingTerms): Promise<void> {
  const sent = [...unfinished.values()].find(({ sending }) => sending !== null);
  if (sent === undefined) return;
  await journal.release(lease);
  const message = `run ${id} has work on a queue; workers go on with it: heddle queue retry ${id}`;
  throw new HeddleError('HEDDLE_RUN_QUEUED', message, { run: id });
}

/** A run that is gone on with. */
interface Resumed {
  readonly known: KnownRun;
  readonly rerunsFailed: boolean;
}

function termsOf(
  settings: RecordingSettings,
  options: RunOptions,
  plan: Plan,
  resumed: Resumed | null,
  work: WorkRecording | null,
  unwritten: Set<string>,
): RecordingTerms | null {
  const { journal, owner, isGone } = settings;
  const durability = options.durability ?? settings.durability ?? 'batched';
  if (durability === 'off') return null;
  const before = resumed?.known.lease?.owner ?? null;
  return {
    journal,
    owner,
    durability,
    takeFrom: before !== null && (before === owner || isGone(before)) ? before : null,
    definition: settings.definitionOf(plan),
    labels: options.labels ?? null,
    leaves: options.leaveWhenWaiting === true ? 'waiting' : 'never',
    leaseMs: LEASE_MS,
    distributor: null,
    ...work,
    rerunsFailed: resumed?.rerunsFailed ?? false,
    unwritten,
  };
}

/** Cancels a run when the signal is aborted, until it has ended. */
function followed(
  signal: AbortSignal,
  driver: RunDriver,
  resolve: (result: RunResult) => void,
): (result: RunResult) => void {
  const cancel = (): void =>
    driver.cancel(signal.reason instanceof Error ? signal.reason.message : 'the run was cancelled');
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return (result) => {
    signal.removeEventListener('abort', cancel);
    resolve(result);
  };
}

function passOn(event: RunEvent, logger: Logger): void {
  if (event.type === 'log') logger[event.level](event.message, { ...event.fields, run: event.run, task: event.task });
}
