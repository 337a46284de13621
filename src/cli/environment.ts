import type { Command } from 'commander';
import type { Action } from '../actions/action.ts';
import type { CheckResult } from '../node/load-workflow.ts';
import type { Workflow } from '../node/workflow.ts';
import { graphOf, type DrawnGraph } from '../plan/graph.ts';
import { WorkflowError } from '../workflow/workflow-error.ts';
import { collect } from './command.ts';
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
}

/** Adds `--actions` and `--config`. */
export function withActionOptions(command: Command): Command {
  return command
    .option(
      '--actions <FILE>',
      'JavaScript or TypeScript file that exports actions; may be given several times',
      collect,
    )
    .option(
      '--config <FILE>',
      'configuration; default: heddle.config.{ts,js,json} beside the workflow or in the working directory',
    );
}

export async function loadEnvironment(
  _options: ActionOptions,
  _terminal: Terminal,
  _workflowFile?: string,
): Promise<Environment> {
  return { actions: [], config: {} };
}

/** Checks a workflow file with the project's actions. */
export async function checkFile(file: string, { actions }: Environment): Promise<CheckResult> {
  const { checkWorkflowFile } = await import('../node/load-workflow.ts');
  return checkWorkflowFile(file, { actions });
}

/** The same for showing a workflow, not for running it: unknown actions are let through. */
export async function checkFileForDisplay(file: string): Promise<CheckResult> {
  const { checkWorkflowFile } = await import('../node/load-workflow.ts');
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
