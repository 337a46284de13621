import type { ActionContext } from '../actions/action.ts';
import { ContextVersion } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { Plan, TaskPlan } from '../plan/plan.ts';
import { checkDepth } from './child-run.ts';
import { EventListeners, EventSink, type EventListener, type ListenOptions } from './event-sink.ts';
import type { EventView } from './events.ts';
import type { Host } from './host.ts';
import type { EndedIterable } from './iterable.ts';
import { Masker } from './masker.ts';
import { NotingPorts } from './noting-ports.ts';
import type { Recorder } from './recorder.ts';
import type { CacheStore, ResultCache } from './result-cache.ts';
import { RunContext } from './run-context.ts';
import type { ParentRun, RunEnvironment, TaskRuns } from './run-environment.ts';
import { FixedIdentity, RunConstants, RunIdentity, type Identity } from './run-identity.ts';
import type { ChunkOrigin } from './chunk-terms.ts';
import { RunRecording, type RecordedDriver, type RunOrigin } from './run-recording.ts';
import type { Interceptor, RunServices } from './services.ts';
import { createState, type RunState } from './state.ts';
import { Waits, type WaitsHost } from './waits.ts';

/** A run's state and what its units of work need of it. What happens in it is the driver's. */
export abstract class RunFrame implements RunServices, RecordedDriver {
  readonly plan: Plan;
  readonly identity: Identity;
  readonly startedAtMs: number;
  readonly state: RunState;
  readonly context: RunContext;
  readonly masker: Masker;
  events: EventSink | null = null;
  /** Null: nobody has asked to listen yet. */
  #listeners: EventListeners | null;
  protected readonly environment: RunEnvironment;
  /** On the clock. */
  readonly startedMs: number;
  protected readonly tree: TaskRuns;
  /** Null: the run is not recorded. */
  readonly recording: RunRecording | null;
  readonly #parent: ParentRun | null;
  #waits: Waits | null = null;

  protected constructor(
    plan: Plan,
    given: Readonly<Record<string, unknown>>,
    environment: RunEnvironment,
    parent: ParentRun | null,
    listeners: EventListeners | null,
    origin: RunOrigin | null,
  ) {
    const { host } = environment;
    if (parent !== null) checkDepth(parent.chain, plan.name);
    const parameters = plan.parameters.complete(given);
    this.plan = plan;
    this.environment = environment;
    this.#listeners = listeners;
    this.#parent = parent;
    const resumed = origin?.resumed ?? null;
    this.identity = origin === null ? new RunIdentity(host) : new FixedIdentity(origin.chunk?.terms.run ?? origin.id);
    this.startedAtMs = resumed?.startedAtMs ?? host.now();
    this.startedMs = host.monotonic();
    this.tree = parent?.tree ?? { taskRuns: 0, limit: plan.definition.limits.taskRuns };
    if (resumed === null) {
      this.state = createState(plan.tasks.length);
      this.context = new RunContext(new ContextVersion(plan.shape, this.#constantsOf(parameters)));
    } else {
      this.state = resumed.run.state;
      this.context = resumed.run.context;
      this.tree.taskRuns += resumed.taskRuns;
    }
    const secrets = plan.parameters.secret.map((name) => parameters[name]);
    this.masker = parent !== null && secrets.length === 0 ? parent.masker : Masker.of(this.keystore, secrets);
    this.recording = origin === null ? null : this.#record(origin, parameters);
  }

  #constantsOf(parameters: Readonly<Record<string, unknown>>): RunConstants {
    const { config, keystore, ports, recording } = this.environment;
    const { startedAtMs, plan } = this;
    const asked = recording === null ? ports : new NotingPorts(ports);
    return new RunConstants(this.identity, {
      parameters,
      config,
      keystore,
      workflow: plan.name,
      startedAtMs,
      ports: asked,
    });
  }

  #record(origin: RunOrigin, parameters: Readonly<Record<string, unknown>>): RunRecording | null {
    const { recording: terms, keystore } = this.environment;
    if (terms === null) return null;
    const secret = this.plan.parameters.secret;
    const parent = this.#parent;
    const place = parent === null ? undefined : { run: parent.run, task: parent.task };
    let secrets: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { keystore };
    let known = parameters;
    if (secret.length > 0) {
      const entries = Object.entries(parameters);
      secrets = { keystore, parameters: Object.fromEntries(entries.filter(([name]) => secret.includes(name))) };
      known = Object.fromEntries(entries.filter(([name]) => !secret.includes(name)));
    }
    return new RunRecording(this, terms, origin, secrets, known, place, parent?.recording ?? null);
  }

  abstract halted(error: HeddleError, left: Promise<void>): void;
  abstract asked(request: { readonly type: string }, id: number): void;

  get keepsResults(): boolean {
    return this.environment.keepResults;
  }

  /** Secrets that the run was given, by name; null: none. */
  protected secretNames(): string[] | null {
    const { keystore, context, plan } = this;
    const { parameters } = context.current.constants;
    let names: string[] | null = null;
    for (const name in keystore) (names ??= []).push(`keystore.${name}`);
    for (const name of plan.parameters.secret) {
      if (parameters[name] !== null && parameters[name] !== undefined) (names ??= []).push(`parameters.${name}`);
    }
    return names;
  }

  abstract reopen(ended: EndedIterable): unknown;

  get recorder(): Recorder | null {
    return this.recording === null ? null : this.recording.recorder;
  }

  get isCautious(): boolean {
    return this.recording !== null && this.recording.isCautious;
  }

  get generation(): number {
    return this.recording === null ? 0 : this.recording.generation;
  }

  get chunk(): ChunkOrigin | null {
    return this.recording === null ? null : this.recording.chunk;
  }

  get isLeaving(): boolean {
    return this.recording !== null && this.recording.isLeaving;
  }

  get maxInterruptions(): number {
    return this.plan.definition.limits.interruptions;
  }

  abstract runChild(plan: Plan, parameters: unknown, context: ActionContext): unknown;

  runNamed(input: unknown, context: ActionContext, task: TaskPlan): unknown {
    const { workflow, parameters } = input as { workflow: string; parameters?: unknown };
    const plan = this.plan.resolveWorkflow(workflow);
    if (plan === null) {
      throw new HeddleError('HEDDLE_UNKNOWN_ACTION', `task '${task.name}': there is no workflow '${workflow}'`);
    }
    return this.runChild(plan, parameters ?? {}, context);
  }

  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
    task: string,
    execution: number,
    index: number | null,
  ): void {
    this.events?.emit({ type: 'log', level, message, fields, task, execution, index });
  }

  /** Where the run of a sub-workflow that `task` starts hangs. */
  protected placeOfChild(task: string): ParentRun {
    const { tree, masker } = this;
    const chain = [...(this.#parent?.chain ?? []), this.plan.name];
    const callers = [...this.callers, task];
    return {
      run: this.runId,
      task,
      chain,
      callers,
      tree,
      masker,
      listeners: this.#listeners,
      recording: this.recording,
    };
  }

  /** Calls `listener` for the events of a view, if the run has not started yet; gives a function that stops that. */
  listen(view: EventView, listener: EventListener, options: ListenOptions): () => void {
    this.#listeners ??= new EventListeners();
    return this.#listeners.add(view, listener, options);
  }

  /** Makes events from now on, where anybody listens. */
  protected openEvents(): void {
    const listeners = this.#listeners;
    if (listeners === null || listeners.isEmpty) return;
    const parent = this.#parent === null ? null : { run: this.#parent.run, task: this.#parent.task };
    this.events = new EventSink(this.runId, this.host, listeners, this.masker, parent);
    const { parameters } = this.context.current.constants;
    this.events.emit({ type: 'run.started', workflow: this.plan.name, parameters });
  }

  get waits(): Waits {
    return (this.#waits ??= new Waits(this.waitsHost()));
  }

  /** What waits tell the run. */
  protected abstract waitsHost(): WaitsHost;

  /** Whether it is a sub-workflow's. */
  protected get isChild(): boolean {
    return this.#parent !== null;
  }

  get runId(): string {
    return this.identity.id;
  }

  get callers(): readonly string[] {
    return this.#parent?.callers ?? [];
  }

  get host(): Host {
    return this.environment.host;
  }

  get directory(): string {
    return this.plan.directory;
  }

  get keystore(): Readonly<Record<string, unknown>> {
    return this.environment.keystore;
  }

  get freeze(): boolean {
    return this.environment.freeze;
  }

  get intercept(): Interceptor | null {
    return this.environment.intercept;
  }

  get cache(): ResultCache {
    return this.environment.cache;
  }

  get cacheStore(): CacheStore | null {
    return this.recording;
  }

  get maxConcurrency(): number {
    return this.environment.maxConcurrency;
  }

  get measuresCost(): boolean {
    return this.environment.measuresCost || this.maxOwnedBytes !== Infinity;
  }

  get maxOwnedBytes(): number {
    return this.plan.definition.limits.ownedBytesPerItem ?? Infinity;
  }

  get maxFailures(): number {
    return this.plan.definition.limits.failures;
  }
}
