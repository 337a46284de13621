import { WorkflowError } from '../../workflow/index.ts';
import type { Workflow } from '../../node/workflow.ts';
import { checkFile, checkFileForDisplay, loadEnvironment, type ActionOptions } from '../environment.ts';
import type { Terminal } from '../terminal.ts';

/**
 * A workflow that is to be queued: checked like one that is to run, but that its actions need be known to the workers only.
 *
 * @throws WorkflowError
 */
export async function queuedWorkflow(file: string, options: ActionOptions, terminal: Terminal): Promise<Workflow> {
  const { err } = terminal;
  const environment = await loadEnvironment(options, terminal, file);
  const { workflow, diagnostics, notice } = await checkFile(file, environment);
  if (notice !== undefined) err.line(err.color.dim(notice));
  if (workflow !== null) return workflow;
  const unknown = diagnostics.filter(({ code, severity }) => severity === 'error' && code === 'HEDDLE_UNKNOWN_ACTION');
  if (unknown.length !== diagnostics.filter(({ severity }) => severity === 'error').length) {
    throw new WorkflowError(diagnostics);
  }
  const shown = await checkFileForDisplay(file);
  if (shown.workflow === null) throw new WorkflowError(shown.diagnostics);
  for (const { message } of unknown) {
    err.line(err.color.yellow(`${err.symbols.warning} ${message} here; a worker must have it`));
  }
  return shown.workflow;
}
