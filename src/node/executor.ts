import type { Action, Logger } from '../actions/action.ts';
import { HeddleError } from '../errors/index.ts';
import {
  PlanExecutor,
  type Advanced,
  type ChunkResult,
  type Clock,
  type Distributor,
  type ItemsGate,
  type WorkTerms,
  type EventListener,
  type EventView,
  type ListenOptions,
  type Durability,
  type KnownRun,
  type RecordingSettings,
  type ResumeOptions,
  type Run,
  type RunJournal,
  type RunOptions,
  type RunRequest,
  type RunResult,
} from '../executor/index.ts';
import type { Plan } from '../plan/index.ts';
import { WorkflowError } from '../workflow/index.ts';
import { approvalProblem, openApprovals } from './approvals.ts';
import { createNodeHost } from './host.ts';
import { createOwner, isGone } from './lease-owner.ts';
import { bindWorkflow } from './load-workflow.ts';
import { loadStoredDefinition, storedDefinition } from './stored-definition.ts';
import type { Workflow } from './workflow.ts';

/** Definitions kept in memory that were loaded from a journal. */
const MAX_DEFINITIONS = 64;

/** What every run of an {@link Executor} is given. */
export interface ExecutorOptions {
  /** Actions beside the built-in ones, for workflows that were loaded without them. */
  readonly actions?: readonly Action[];
  /** What templates see as `config`. Default `{}`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What templates see as `keystore` and actions as `secrets`; masked wherever a value is shown. Default `{}`. */
  readonly keystore?: Readonly<Record<string, unknown>>;
  /** Environment variables that `env()` may read: names (taken from this process), or names and values. Default none. */
  readonly env?: readonly string[] | Readonly<Record<string, string>>;
  /** Upper bound of every `concurrency` in a run. Default: none. */
  readonly concurrency?: number;
  /** Whether values that iterations share are frozen before an action is handed them. Default true. */
  readonly freeze?: boolean;
  /** Time, for tests that own it. Default: the system's. */
  readonly clock?: Clock;
  /** Where actions' log lines go, beside the events. Default nowhere. */
  readonly logger?: Logger;
  /** Where runs are recorded, so that they survive their process (`heddle/journal`). Default nowhere. */
  readonly journal?: RunJournal;
  /** When what a run did is written: `off`, `batched` (default) or `strict`; docs/durability.md says what each promises. */
  readonly durability?: Durability | 'off';
}

/** A fork: where it begins, and what is changed there. */
export interface ForkOptions extends ResumeOptions {
  /** The task that the new run begins with. */
  readonly task: string;
  /** Key of the one iteration of it that runs again (its index, where the task has no `key`). Default: all. */
  readonly item?: unknown;
  /** Values by path: `vars.region`, `parameters.limit`, `task.fetch.status`. Default none. */
  readonly set?: Readonly<Record<string, unknown>>;
}

/**
 * Runs workflows.
 *
 * @example
 * const workflow = await loadWorkflow('workflows/health-check.yaml');
 * const result = await new Executor().run(workflow, { parallel: 20 });
 */
export class Executor {
  readonly #executor: PlanExecutor;
  readonly #actions: readonly Action[];
  readonly #bound = new WeakMap<Workflow, Workflow>();
  readonly #journal: RunJournal | null;
  /** Workflows that were loaded from the journal, by hash of their definition; the latest asked for last. */
  readonly #defineds = new Map<string, Workflow>();
  /** Workflows that were run, by plan; only with a journal. */
  readonly #workflows = new WeakMap<Plan, Workflow>();

  constructor(options: ExecutorOptions = {}) {
    const { actions = [], clock, env = {}, journal, durability, ...settings } = options;
    this.#actions = actions;
    this.#journal = journal ?? null;
    this.#executor = new PlanExecutor({
      ...settings,
      env: isList(env) ? pickEnvironment(env) : env,
      host: createNodeHost(clock),
      ...(journal === undefined ? {} : { recording: this.#recordingOf(journal, durability) }),
    });
  }

  #recordingOf(journal: RunJournal, durability: Durability | 'off' = 'batched'): RecordingSettings {
    const definitionOf = (plan: Plan) => storedDefinition(this.#workflows.get(plan) as Workflow);
    return { journal, durability, owner: createOwner(), isGone, definitionOf };
  }

  /**
   * Runs a workflow to its end. Resolves also for a failed or cancelled run.
   *
   * @throws HEDDLE_PARAMETERS where the parameters do not fit; WorkflowError where it names an action nobody knows.
   */
  run(
    workflow: Workflow,
    parameters: Readonly<Record<string, unknown>> = {},
    options: RunOptions = {},
  ): Promise<RunResult> {
    try {
      return this.#executor.runPlan(this.#planOf(workflow, options), parameters, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Starts a workflow; its first task starts after the current turn, so that nobody who listens misses anything. */
  start(workflow: Workflow, parameters: Readonly<Record<string, unknown>> = {}, options: RunOptions = {}): Run {
    return this.#executor.startPlan(this.#planOf(workflow, options), parameters, options);
  }

  /**
   * Goes on with a recorded run whose process has ended: nothing that was recorded complete runs again. With `rerun` it
   * goes on with one that has itself ended: `{ failed: true }` runs what failed again, `{ from: TASK }` a task and all that
   * came of it.
   *
   * @throws HEDDLE_RUN_UNKNOWN, HEDDLE_RUN_ENDED, HEDDLE_RUN_ACTIVE, HEDDLE_RUN_BLOCKED, HEDDLE_RERUN, HEDDLE_JOURNAL_…;
   * WorkflowError where an action that it calls is not known any more
   * @example const result = await (await executor.resume(runId)).result;
   */
  async resume(run: string, options: ResumeOptions = {}): Promise<Run> {
    const { known, workflow } = await this.#recorded(run, options);
    return this.#executor.resumePlan(workflow.plan, known, options);
  }

  /**
   * Starts a new run from a point in a recorded one, with a changed context.
   *
   * @throws HEDDLE_RUN_UNKNOWN, HEDDLE_RERUN, HEDDLE_RUN_BLOCKED, HEDDLE_JOURNAL_…
   */
  async fork(run: string, options: ForkOptions): Promise<Run> {
    const { known, workflow } = await this.#recorded(run, options);
    const { task, item, set = {} } = options;
    const selection = { from: task, ...(item === undefined ? {} : { key: item }) };
    const changes = Object.entries(set).map(([path, value]) => ({ path: changePath(path), value }));
    return this.#executor.forkPlan(workflow.plan, known, selection, changes, options);
  }

  /**
   * Goes on with a recorded run as long as there is anything to do in this process, and lets go of it: what waits for
   * times, people or other processes is not waited for. `distributor` sends work to others.
   *
   * @throws HEDDLE_RUN_UNKNOWN, HEDDLE_RUN_ACTIVE, HEDDLE_RUN_BLOCKED, HEDDLE_FENCED, HEDDLE_JOURNAL_…; WorkflowError
   * where an action that it calls is not known here
   */
  async advance(run: string, work: WorkTerms, distributor: Distributor | null = null): Promise<Advanced> {
    const { known, workflow } = await this.#recorded(run, {});
    return this.#executor.advancePlan(workflow.plan, known, work, distributor);
  }

  /**
   * Works on a chunk of a recorded run, which has a record of its own.
   *
   * @throws HEDDLE_RUN_UNKNOWN, HEDDLE_RUN_ACTIVE, HEDDLE_RUN_BLOCKED, HEDDLE_FENCED, HEDDLE_JOURNAL_…; WorkflowError
   * where its action is not known here
   */
  async workChunk(chunk: string, gate: ItemsGate, work: WorkTerms): Promise<ChunkResult> {
    const { known, workflow } = await this.#recorded(chunk, {});
    return this.#executor.workChunk(workflow.plan, known, gate, work);
  }

  /**
   * Answers a recorded run that waits for an approval, whatever process works on it. Where none does, it is answered when
   * the run is resumed.
   *
   * @throws HEDDLE_RUN_UNKNOWN, HEDDLE_NOT_WAITING, HEDDLE_RESPONSE_INVALID, HEDDLE_JOURNAL_…
   */
  async approve(run: string, task: string, data: unknown = null, options: { item?: unknown } = {}): Promise<void> {
    const journal = this.#requireJournal();
    const known = await this.#known(run);
    const problem = approvalProblem(await openApprovals(journal, known.id), task, data, options.item);
    if (problem !== null) throw problem;
    const item = options.item === undefined ? {} : { item: options.item };
    await this.#request(run, { type: 'approve', task, data, ...item });
  }

  /**
   * Wakes what waits for a signal in a recorded run, now or when it is resumed; kept where nothing waits for it yet.
   *
   * @throws HEDDLE_RUN_UNKNOWN, HEDDLE_RUN_ENDED, HEDDLE_JOURNAL_…
   */
  async signal(run: string, name: string, data: unknown = null): Promise<void> {
    await this.#request(run, { type: 'signal', name, data });
  }

  /**
   * Cancels a recorded run, whatever process works on it; where none does, when it is resumed.
   *
   * @throws HEDDLE_RUN_UNKNOWN, HEDDLE_RUN_ENDED, HEDDLE_JOURNAL_…
   */
  async cancel(run: string, reason = 'the run was cancelled'): Promise<void> {
    await this.#request(run, { type: 'cancel', reason });
  }

  async #request(run: string, request: RunRequest): Promise<void> {
    const id = await this.#requireJournal().request(run, request);
    if (id !== null) return;
    const { status } = await this.#known(run);
    throw new HeddleError('HEDDLE_RUN_ENDED', `run ${run} has ${status}`, { run });
  }

  async #recorded(run: string, options: RunOptions): Promise<{ known: KnownRun; workflow: Workflow }> {
    const journal = this.#requireJournal();
    const known = await this.#known(run);
    const workflow = this.#bind(await this.#defined(journal, known.definitionHash), options);
    this.#workflows.set(workflow.plan, workflow);
    return { known, workflow };
  }

  async #defined(journal: RunJournal, hash: string): Promise<Workflow> {
    let workflow = this.#defineds.get(hash);
    if (workflow === undefined) {
      const actions = this.#actions.length === 0 ? {} : { actions: this.#actions };
      workflow = loadStoredDefinition(await journal.definition(hash), actions);
    }
    // The one that was asked for last goes last.
    this.#defineds.delete(hash);
    this.#defineds.set(hash, workflow);
    const [oldest] = this.#defineds.keys();
    if (this.#defineds.size > MAX_DEFINITIONS && oldest !== undefined) this.#defineds.delete(oldest);
    return workflow;
  }

  async #known(run: string): Promise<KnownRun> {
    const known = await this.#requireJournal().run(run);
    if (known !== null) return known;
    throw new HeddleError('HEDDLE_RUN_UNKNOWN', `there is no run ${run} in the journal`, { run });
  }

  #requireJournal(): RunJournal {
    if (this.#journal !== null) return this.#journal;
    throw new HeddleError('HEDDLE_USAGE', 'this executor has no journal: new Executor({ journal })');
  }

  #planOf(workflow: Workflow, options: RunOptions): Plan {
    const bound = this.#bind(workflow, options);
    if (this.#journal !== null) this.#workflows.set(bound.plan, bound);
    return bound.plan;
  }

  /** Calls `listener` for the events of every run that starts from now on; gives a function that stops that. */
  on(view: EventView, listener: EventListener, options: ListenOptions = {}): () => void {
    return this.#executor.listen(view, listener, options);
  }

  #bind(workflow: Workflow, options: RunOptions): Workflow {
    if (workflow.unknownActions.length === 0 || options.intercept !== undefined) return workflow;
    if (this.#actions.length === 0) throw new WorkflowError(asErrors(workflow));
    let bound = this.#bound.get(workflow);
    if (bound === undefined) {
      bound = bindWorkflow(workflow, this.#actions);
      this.#bound.set(workflow, bound);
    }
    return bound;
  }
}

/** `vars.region` as names; `workflow` and `variables` are `vars` too, `tasks` is `task`. @throws HEDDLE_USAGE */
function changePath(path: string): string[] {
  const [root = '', ...rest] = path.split('.');
  const roots: Readonly<Record<string, string>> = { workflow: 'vars', variables: 'vars', tasks: 'task' };
  const known = roots[root] ?? root;
  if (['vars', 'parameters', 'task'].includes(known) && rest.length > 0 && rest.every((name) => name !== '')) {
    return [known, ...rest];
  }
  const message = `cannot set '${path}': a path begins with vars., parameters. or task.`;
  throw new HeddleError('HEDDLE_USAGE', message);
}

function asErrors(workflow: Workflow): WorkflowError['diagnostics'] {
  return workflow.unknownActions.map((diagnostic) => ({ ...diagnostic, severity: 'error' }));
}

function isList(env: readonly string[] | Readonly<Record<string, string>>): env is readonly string[] {
  return Array.isArray(env);
}

function pickEnvironment(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
