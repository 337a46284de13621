import { HeddleError } from '../errors/index.ts';
import { WorkflowError } from '../workflow/index.ts';

/** What an error means for the job that was being worked on. */
export type Trouble =
  /** Another process works on it. */
  | 'elsewhere'
  /** Another process has taken it over. */
  | 'taken'
  /** There is no such run any more, or it has ended. */
  | 'over'
  /** This worker cannot do it, another may: an action, a version or a secret is missing here. */
  | 'lacking'
  /** Anything else: the server is lost, or heddle is at fault. */
  | 'failed';

const TROUBLES: Readonly<Record<string, Trouble>> = {
  HEDDLE_RUN_ACTIVE: 'elsewhere',
  HEDDLE_FENCED: 'taken',
  HEDDLE_RUN_UNKNOWN: 'over',
  HEDDLE_RUN_ENDED: 'over',
  HEDDLE_RUN_BLOCKED: 'lacking',
  // What was enqueued fits: it is a secret of this worker that does not.
  HEDDLE_PARAMETERS: 'lacking',
  HEDDLE_STATE_VERSION: 'lacking',
};

/** Sorts what work on a run or a chunk threw. */
export function troubleOf(error: unknown): Trouble {
  // A definition that is recorded was valid: here it lacks an action.
  if (error instanceof WorkflowError) return 'lacking';
  return error instanceof HeddleError ? (TROUBLES[error.code] ?? 'failed') : 'failed';
}

/** In a few words. */
export function reasonOf(error: unknown): string {
  if (error instanceof WorkflowError) {
    return error.diagnostics.find(({ severity }) => severity === 'error')?.message ?? error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** What was thrown, as an error of the catalogue. */
export function asHeddleError(error: unknown): HeddleError {
  return error instanceof HeddleError ? error : new HeddleError('HEDDLE_INTERNAL', reasonOf(error), { cause: error });
}
