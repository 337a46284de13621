import type { Action } from '../actions/action.ts';
import { ContextShape } from '../context/index.ts';
import { HeddleError, type ErrorCode } from '../errors/index.ts';
import { nearest } from '../errors/nearest.ts';
import type {
  Diagnostic,
  Finding,
  Place as FilePlace,
  TaskDefinition,
  WorkflowDefinition,
  YamlDocument,
} from '../workflow/index.ts';
import { sortDiagnostics } from '../workflow/index.ts';
import type { ActionLookup, FoundWorkflow, SchemaChecker, WorkflowLookup } from './actions.ts';
import { baseReadsOf } from './base-reads.ts';
import { checkGraph, type Report } from './check-graph.ts';
import { checkActionInput, checkWorkflowInput } from './check-input.ts';
import { checkReads } from './check-reads.ts';
import { checkSchedule } from './check-schedule.ts';
import { compileTask, finishTask, type CompiledTask } from './compile-task.ts';
import { buildGraph, orderOf, type TaskGraph } from './graph.ts';
import { analyseLiveness } from './liveness.ts';
import type { KnownNames, Place } from './names.ts';
import { planParameters } from './parameters.ts';
import type { ActionPlan, Plan, PublishPlan } from './plan.ts';
import { orderingReads, readsOf } from './references.ts';
import { TextCompiler } from './text-compiler.ts';

/** What planning needs beside the workflow. */
export interface PlanOptions {
  readonly actions: ActionLookup;
  readonly workflows: WorkflowLookup;
  readonly schemas: SchemaChecker;
  /** Absolute directory that relative paths start at; empty where the workflow came from no file. */
  readonly directory: string;
  /** Whether an action that nobody registered is a warning: it may be intercepted, or known to whoever runs it. */
  readonly allowUnknownActions: boolean;
}

/** What planning gives: a plan where nothing is wrong, and everything that is. */
export interface PlanResult {
  readonly plan: Plan | null;
  /** Tasks that read the results of others, by slot: the edges of `order: dataflow`. */
  readonly graph: TaskGraph;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks a workflow's meaning and compiles it. Never throws on a bad workflow. */
export function planWorkflow(definition: WorkflowDefinition, document: YamlDocument, options: PlanOptions): PlanResult {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (finding: Finding, place: FilePlace) =>
    void diagnostics.push(document.diagnose(finding, place));
  const shape = new ContextShape(
    variableNames(definition),
    definition.tasks.map((task) => task.name),
  );
  const { parameters } = definition;
  const known: KnownNames = {
    shape,
    parameters: parameters.length === 0 ? null : parameters.map((parameter) => parameter.name),
    open: false,
  };
  const texts = new TextCompiler(document, known, report);
  const nowhere: Place = { iteration: null, completion: false, task: -1 };
  const vars = definition.vars.map((entry): PublishPlan => {
    return { slot: shape.variables.slot(entry.name), path: [], ...texts.value(entry.value, entry.path, nowhere) };
  });
  const varReferences = texts.takeReferences();
  const compiled = definition.tasks.map((task, slot) => compileWithAction(texts, task, slot, shape, options, report));
  const output = definition.output.map((entry) => ({
    name: entry.name,
    ...texts.value(entry.value, entry.path, nowhere),
  }));
  const outputReferences = texts.takeReferences();
  const tasks = compiled.map((each) => each.task);
  const isDataflow = orderOf(definition) === 'dataflow';
  const graph = buildGraph(definition, isDataflow ? tasks.map((task) => [...orderingReads(task.before, shape)]) : []);
  checkGraph(definition, graph, tasks, report);
  checkReads(definition, graph, { tasks, vars: varReferences }, shape, report);
  if (definition.schedule !== undefined) checkSchedule(definition.schedule, parameters, options.schemas, report);
  const isValid = !diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  if (!isValid) return { plan: null, graph, diagnostics: sortDiagnostics(diagnostics) };
  const reads = tasks.map((task) => readsOf(shape, task.before, task.after));
  const planned = definition.tasks.map((task, slot) => {
    const { task: texts, action } = compiled[slot] as (typeof compiled)[number];
    return finishTask(task, slot, texts, action, graph);
  });
  const plan: Plan = {
    name: definition.name,
    definition,
    directory: options.directory,
    mode: graph.mode,
    shape,
    tasks: planned,
    starts: graph.starts,
    hasItems: planned.some((task) => task.items !== null),
    repeats: planned.some((task) => task.splits) || graph.onCycle.includes(true),
    parameters: planParameters(parameters, options.schemas),
    vars,
    output,
    liveness: analyseLiveness(graph, reads, readsOf(shape, outputReferences)),
    baseReads: (slot) => baseReadsOf(shape, tasks[slot]?.before ?? []),
    resolveWorkflow: (name) => options.workflows.find(name, options.directory)?.plan() ?? null,
  };
  return { plan, graph, diagnostics: sortDiagnostics(diagnostics) };
}

function variableNames(definition: WorkflowDefinition): Set<string> {
  const names = new Set(definition.vars.map((entry) => entry.name));
  for (const task of definition.tasks) {
    for (const transition of task.next) {
      for (const entry of transition.publish) names.add(entry.name.split('.', 1)[0] as string);
    }
  }
  return names;
}

function compileWithAction(
  texts: TextCompiler,
  task: TaskDefinition,
  slot: number,
  shape: ContextShape,
  options: PlanOptions,
  report: Report,
): { readonly task: CompiledTask; readonly action: ActionPlan } {
  const name = task.action.value;
  const action = options.actions.get(name);
  if (action !== undefined) {
    const value = options.actions.spellInput(action, task.input);
    const spelling = value === task.input ? asWritten : spellingOf(task.input, value);
    checkActionInput(task, value, action, spelling, report);
    const compiled = compileTask(texts, task, slot, shape, { value, spelling });
    if (name === 'workflow.run') return { task: compiled, action: { kind: 'dynamic-workflow' } };
    return { task: compiled, action: { kind: 'action', action, validate: options.actions.validator(action) } };
  }
  const compiled = compileTask(texts, task, slot, shape, { value: task.input, spelling: asWritten });
  const unknown: ActionPlan = { kind: 'action', action: unregistered(name), validate: null };
  let workflow: FoundWorkflow | undefined;
  try {
    workflow = options.workflows.find(name, options.directory);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    report({ code: error.code as ErrorCode, message: error.message }, { path: task.action.path });
    return { task: compiled, action: unknown };
  }
  if (workflow !== undefined) {
    checkWorkflowInput(task, name, workflow.parameters, report);
    return { task: compiled, action: { kind: 'workflow', name: workflow.name, plan: workflow.plan } };
  }
  const severity = options.allowUnknownActions ? 'warning' : 'error';
  const near = nearest(name, [...options.actions.names(), ...options.workflows.names()]);
  const isPath = /[/\\]|\.ya?ml$/.test(name);
  const message = isPath ? `there is no workflow file '${name}'` : `there is no action or workflow '${name}'`;
  const hint = isPath
    ? "A path starts at the directory of this workflow's file."
    : 'Run `heddle actions` for the list; load your own with --actions FILE.';
  report(
    { code: 'HEDDLE_UNKNOWN_ACTION', severity, message, hint, ...(near === undefined ? {} : { suggestion: near }) },
    { path: task.action.path },
  );
  return { task: compiled, action: unknown };
}

function asWritten(key: string): string {
  return key;
}

/** How the author spelled the names of inputs. */
function spellingOf(input: object, spelled: object): (name: string) => string {
  const names = Object.keys(input);
  const written = new Map(Object.keys(spelled).map((key, index) => [key, names[index] ?? key]));
  return (key) => written.get(key) ?? key;
}

function unregistered(name: string): Action {
  return {
    name,
    run: () => {
      throw new TypeError(`action '${name}' is not registered`);
    },
  };
}
