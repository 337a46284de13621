import type { CommandContext } from '../command.ts';
import { wakeQueued } from '../queue/queued-run.ts';
import { UsageError } from '../error-report.ts';
import { delivered } from './delivery.ts';
import type { GoOnOptions, RecordedRun } from './recorded-run.ts';
import type { Recording } from './recording.ts';

/** Options of the commands that answer a run that waits. */
export interface AnswerOptions extends GoOnOptions {
  /** False: `--no-resume`. */
  readonly resume?: boolean;
}

/**
 * After a run was answered: waits until the process that works on it has taken the answer, or goes on with the run here
 * where none does. `what`: what was given, for people.
 */
export async function goOnAnswered(
  what: string,
  run: RecordedRun,
  { journal, place }: Pick<Recording, 'journal' | 'place'>,
  options: AnswerOptions,
  { terminal }: CommandContext,
): Promise<void> {
  const { err } = terminal;
  const { id } = run.record;
  const { color, symbols } = err;
  const say = (text: string): void => {
    if (options.quiet !== true) err.line(`${color.green(symbols.succeeded)} ${what}; ${text}`);
  };
  if (await wakeQueued(run.record, place, terminal)) return say('a worker goes on with it');
  switch (await delivered(journal, id)) {
    case 'taken':
      return say('the process that works on the run goes on with it');
    case 'pending':
      return say('the process that works on the run has not taken it yet');
    case 'nobody':
      if (options.resume === false) return say(`taken when the run is resumed: heddle resume ${id}`);
      say('no process works on the run, so it goes on here');
      return run.watch(() => run.executor.resume(id, run.options));
  }
}

/** Refuses options that mean nothing where nothing is resumed. @throws HEDDLE_USAGE */
export function checkAnswerOptions({ resume, wait }: AnswerOptions): void {
  if (resume === false && wait === false)
    throw new UsageError('--no-resume runs nothing, so that --no-wait has no meaning');
}
