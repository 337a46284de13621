import { HeddleError } from '../errors/index.ts';
import type { EndedEntry } from './entries.ts';
import type { RunError, RunResult } from './events.ts';

/** Sub-workflows may call each other so many levels deep. */
export const MAX_DEPTH = 50;

/**
 * What a sub-workflow's run gives its task.
 *
 * @throws HEDDLE_SUBWORKFLOW_FAILED with the child's error as cause; HEDDLE_SUBWORKFLOW_DEPTH as it is.
 */
export function childOutput(result: RunResult): unknown {
  return outputOf(result, result.workflow, result.error);
}

/** The same for one that ended in a process before this one. */
export function recordedChildOutput(ended: EndedEntry, workflow: string): unknown {
  return outputOf(ended, workflow, ended.errors.find((error) => !error.handled) ?? null);
}

function outputOf(
  { status, output }: Pick<RunResult, 'status' | 'output'>,
  workflow: string,
  error: RunError | null,
): unknown {
  if (status === 'succeeded') return output;
  // Told once, not by each of fifty levels.
  if (error?.code === 'HEDDLE_SUBWORKFLOW_DEPTH') throw new HeddleError(error.code, error.message);
  const where = error === null || error.task === null ? '' : ` in task '${error.task}'`;
  const message = `sub-workflow '${workflow}' ${status}${where}: ${error?.message ?? status}`;
  if (error === null) throw new HeddleError('HEDDLE_SUBWORKFLOW_FAILED', message);
  const cause = new HeddleError(error.code, error.message, error.task === null ? {} : { task: error.task });
  throw new HeddleError('HEDDLE_SUBWORKFLOW_FAILED', message, { cause });
}

/** @throws HEDDLE_SUBWORKFLOW_DEPTH where a chain of workflows, from the outermost down, is too long. */
export function checkDepth(chain: readonly string[], name: string): void {
  if (chain.length <= MAX_DEPTH) return;
  const last = [...chain.slice(-4), name].map((entry) => `'${entry}'`).join(' → ');
  throw new HeddleError(
    'HEDDLE_SUBWORKFLOW_DEPTH',
    `sub-workflows call each other more than ${MAX_DEPTH} levels deep: … ${last}`,
  );
}
