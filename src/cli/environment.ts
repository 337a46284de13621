import path from 'node:path';
import type { Command } from 'commander';
import type { Action } from '../actions/action.ts';
import { findConfig, loadConfig } from '../node/config.ts';
import { loadActions } from '../node/load-actions.ts';
import { checkWorkflowFile, type CheckResult } from '../node/load-workflow.ts';
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
  /** Actions beside the built-in ones. */
  readonly actions: readonly Action[];
  /** What templates see as `config`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What templates see as `keystore`. */
  readonly keystore: Readonly<Record<string, unknown>>;
  /** Names of the environment variables that `env()` may read. */
  readonly env: readonly string[];
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
    actions: [...base.actions.filter((action) => !names.has(action.name)), ...own],
    config: { ...base.config, ...values },
    keystore: base.keystore,
    env: base.env,
  };
}

const EMPTY: Environment = { actions: [], config: {}, keystore: {}, env: [] };

/** Checks a workflow file with the project's actions. */
export function checkFile(file: string, { actions }: Environment): Promise<CheckResult> {
  return checkWorkflowFile(file, { actions });
}

/** The same for showing a workflow, not for running it: unknown actions are let through. */
export function checkFileForDisplay(file: string): Promise<CheckResult> {
  return checkWorkflowFile(file, { actions: [], allowUnknownActions: true });
}

/**
 * The same, where a workflow is needed to go on. Warnings are left to `heddle validate`.
 *
 * @throws WorkflowError
 */
export async function requireWorkflow(file: string, environment: Environment): Promise<Workflow> {
  const { workflow, diagnostics } = await checkFile(file, environment);
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
