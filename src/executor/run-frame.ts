import type { ActionContext } from '../actions/action.ts';
import { ContextVersion } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { Plan, TaskPlan } from '../plan/plan.ts';
import { checkDepth } from './child-run.ts';
import { EventListeners, EventSink, type EventListener, type ListenOptions } from './event-sink.ts';
import type { EventView } from './events.ts';
import type { Host } from './host.ts';
import { Masker } from './masker.ts';
import type { ResultCache } from './result-cache.ts';
import { RunContext } from './run-context.ts';
import type { ParentRun, RunEnvironment, TaskRuns } from './run-environment.ts';
import { RunConstants, RunIdentity } from './run-identity.ts';
import type { Interceptor, RunServices } from './services.ts';
import { createState, type RunState } from './state.ts';
import { Waits, type WaitsHost } from './waits.ts';

/** A run's state and what its units of work need of it. What happens in it is the driver's. */
export abstract class RunFrame implements RunServices {
  readonly plan: Plan;
  readonly identity: RunIdentity;
  readonly startedAtMs: number;
  readonly state: RunState;
  readonly context: RunContext;
  readonly masker: Masker;
  events: EventSink | null = null;
  /** Null: nobody has asked to listen yet. */
  #listeners: EventListeners | null;
  protected readonly environment: RunEnvironment;
  /** On the clock. */
  protected readonly startedMs: number;
  protected readonly tree: TaskRuns;
  readonly #parent: ParentRun | null;
  #waits: Waits | null = null;

  protected constructor(
    plan: Plan,
    given: Readonly<Record<string, unknown>>,
    environment: RunEnvironment,
    parent: ParentRun | null,
    listeners: EventListeners | null,
  ) {
    const { host, config, keystore, ports } = environment;
    if (parent !== null) checkDepth(parent.chain, plan.name);
    const parameters = plan.parameters.complete(given);
    this.plan = plan;
    this.environment = environment;
    this.#listeners = listeners;
    this.#parent = parent;
    this.identity = new RunIdentity(host);
    this.startedAtMs = host.now();
    this.startedMs = host.monotonic();
    this.tree = parent?.tree ?? { taskRuns: 0, limit: plan.definition.limits.taskRuns };
    this.state = createState(plan.tasks.length);
    const constants = { parameters, config, keystore, workflow: plan.name, startedAtMs: this.startedAtMs, ports };
    this.context = new RunContext(new ContextVersion(plan.shape, new RunConstants(this.identity, constants)));
    const secrets = plan.parameters.secret.map((name) => parameters[name]);
    this.masker = parent !== null && secrets.length === 0 ? parent.masker : Masker.of(keystore, secrets);
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
    return { run: this.runId, task, chain, callers: [...this.callers, task], tree, masker, listeners: this.#listeners };
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
