import { HeddleError } from '../../errors/index.ts';
import type { TaskKey } from './coordination.ts';

/** The name of an execution: `GENERATION:EXECUTION:RUN`. */
export function nameOfTask({ run, execution, generation }: TaskKey): string {
  return `${generation}:${execution}:${run}`;
}

/** The execution of a name. */
export function taskOfName(name: string): TaskKey {
  const [generation = '', execution = '', ...run] = name.split(':');
  return { run: run.join(':'), execution: Number(execution), generation: Number(generation) };
}

/** The error for an execution that is not known. */
export function taskUnknown({ run, execution }: TaskKey): HeddleError {
  return new HeddleError(
    'HEDDLE_RUN_UNKNOWN',
    `Execution ${execution} of run ${run} is not known here: it is over, or the server of the queue lost it. It goes on when the run is taken up again.`,
    { run },
  );
}
