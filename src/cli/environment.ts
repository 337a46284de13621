import path from 'node:path';
import type { Command } from 'commander';
import type { Action } from '../actions/action.ts';
import { findConfig, loadConfig } from '../node/config.ts';
import { loadActions } from '../node/load-actions.ts';
import { checkWorkflowFile, checkWorkflowText, type CheckResult, type LoadOptions } from '../node/load-workflow.ts';
import type { Workflow } from '../node/workflow.ts';
import { graphOf, type DrawnGraph } from '../plan/graph.ts';
import { WorkflowError } from '../workflow/workflow-error.ts';
import { collect } from './command.ts';
import { readMapping } from './mapping-file.ts';
import type { Terminal } from './terminal.ts';

/** Options of every command that needs to know what actions there are. */
export interface ActionOptions {
  readonly actions?: readonly string[];
  readonly config?: string;
}

/** What a project brings. */
export interface Environment {
  /** Actions of `--actions`. */
  readonly givenActions: readonly Action[];
  /** All beside the built-in ones. Those of the configuration are loaded when this is first called. */
  readonly allActions: () => Promise<readonly Action[]>;
  /** What templates see as `config`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What templates see as `keystore`. */
  readonly keystore: Readonly<Record<string, unknown>>;
  /** Names of the environment variables that `env()` may read. */
  readonly env: readonly string[];
  /** Levels of lint rules by their names. */
  readonly lint: Readonly<Record<string, 'off' | 'warning' | 'error'>>;
}

/** Adds `--actions` and `--config`. */
export function withActionOptions(command: Command): Command {
  return command
    .option('--actions <FILE>', 'file that exports actions (TypeScript too); may be given several times', collect)
    .option('--config <FILE>', 'heddle.config file instead of the nearest one, or a YAML mapping: config in templates');
}

/**
 * Loads what the project and the options bring: the nearest `heddle.config` file of the workflow's directory, else of
 * the working directory, and the files of `--actions`, whose actions go before those of the configuration.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE, HEDDLE_FILE_INVALID, HEDDLE_ACTION_INVALID
 */
export async function loadEnvironment(
  options: ActionOptions,
  terminal: Terminal,
  workflowFile?: string,
): Promise<Environment> {
  const { cwd } = terminal;
  const { config: given, actions: actionFiles = [] } = options;
  const isValues = given !== undefined && /\.ya?ml$/i.test(given);
  const directory = workflowFile === undefined ? cwd : path.dirname(path.resolve(cwd, workflowFile));
  const file = given === undefined || isValues ? (findConfig(directory) ?? findConfig(cwd)) : path.resolve(cwd, given);
  const base = file === undefined ? EMPTY : await loadConfig(file);
  const values = isValues ? await readMapping(given, terminal, { what: 'configuration' }) : {};
  const own: Action[] = [];
  if (actionFiles.length > 0) {
    for (const each of actionFiles) own.push(...(await loadActions(path.resolve(cwd, each))));
  }
  const names = new Set(own.map((action) => action.name));
  return {
    givenActions: own,
    allActions: async () => [...(await base.actions()).filter((action) => !names.has(action.name)), ...own],
    config: { ...base.config, ...values },
    keystore: base.keystore,
    env: base.env,
    lint: base.lint,
  };
}

const EMPTY = { actions: () => Promise.resolve([]), config: {}, keystore: {}, env: [], lint: {} };

/** A workflow file that was checked. */
export interface CheckedFile extends CheckResult {
  /** Where it was translated from another engine's language: that it was. */
  readonly notice?: string;
}

/** The same check for a file of another engine, where it is one. */
async function translated(
  file: string,
  options: LoadOptions,
  checked: CheckResult | Promise<CheckResult>,
): Promise<CheckedFile> {
  const result = await checked;
  // Nothing else is looked at again, and the importers are loaded for nothing else.
  if (!/^version:[ \t]*['"]?1\.0\b/m.test(result.text)) return result;
  const { checkForeignWorkflow } = await import('./foreign-workflow.ts');
  return (await checkForeignWorkflow(result.text, { ...options, file })) ?? result;
}

/**
 * Checks a workflow file with the project's actions; `text` is what it holds where it is no file. First without the
 * configuration's, which take longer to load than most workflows to run.
 */
export async function checkFile(file: string, environment: Environment, text?: string): Promise<CheckedFile> {
  const check = (actions: readonly Action[]) =>
    translated(
      file,
      { actions },
      text === undefined ? checkWorkflowFile(file, { actions }) : checkWorkflowText(text, { actions, file }),
    );
  const result = await check(environment.givenActions);
  return needsNoOther(result) ? result : check(await environment.allActions());
}

/**
 * Whether it calls only actions that are known. An action goes before a workflow of the same name, and a sub-workflow
 * may call anything.
 */
function needsNoOther({ workflow }: CheckResult): boolean {
  return workflow !== null && workflow.plan.tasks.every(({ action }) => action.kind === 'action');
}

/** The same for showing a workflow, not for running it: unknown actions are let through. */
export function checkFileForDisplay(file: string): Promise<CheckedFile> {
  const options = { actions: [], allowUnknownActions: true };
  return translated(file, options, checkWorkflowFile(file, options));
}

/**
 * The same, where a workflow is needed to go on. Warnings are left to `heddle validate`; `say` is told where the file
 * was translated from another engine's language.
 *
 * @throws WorkflowError
 */
export async function requireWorkflow(
  file: string,
  environment: Environment,
  say?: (notice: string) => void,
): Promise<Workflow> {
  const { workflow, diagnostics, notice } = await checkFile(file, environment);
  if (notice !== undefined) say?.(notice);
  if (workflow === null) throw new WorkflowError(diagnostics);
  return workflow;
}

/** A workflow's graph as it is drawn, with the edges that its templates imply. */
export function graphOfWorkflow({ definition, plan }: Workflow): DrawnGraph {
  return graphOf(
    definition,
    plan.tasks.map((task) => task.needs),
  );
}
