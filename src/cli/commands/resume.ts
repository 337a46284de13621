import { collect, examples, type DefineCommand } from '../command.ts';
import { UsageError } from '../error-report.ts';
import { isQueued } from '../../history/index.ts';
import { goOnQueued } from '../queue/queued-run.ts';
import { givenValue } from '../run/given-value.ts';
import { withGoOnOptions, withRecordedRun, type GoOnOptions } from '../run/recorded-run.ts';

interface ResumeCommandOptions extends GoOnOptions {
  readonly failed?: true;
  readonly from?: readonly string[];
  readonly item?: string;
}

/** `heddle resume`: goes on with a recorded run. */
export const define: DefineCommand = (command, context) => {
  withGoOnOptions(command.argument('<RUN>', 'id of a run, its beginning, or last'))
    .option('--failed', 'of a run that has ended: run what failed again, and go on from there')
    .option('--from <TASK>', 'of a run that has ended: run from this task on, with the context as it was then', collect)
    .option('--item <KEY>', 'with --from: only this item of the task runs again; the others keep their results')
    .addHelpText(
      'after',
      examples(
        ['heddle resume last', 'goes on where the record of the newest run ends'],
        ['heddle resume 3f2a --failed', 'runs only the tasks and items that failed'],
        ['heddle resume 3f2a --from deploy', 'runs deploy and what came of it again'],
        ['heddle resume 3f2a --from check --item web-17', 'one item once more, and what came of its task'],
        ['heddle resume 3f2a --secrets keys.yaml', 'secrets are not recorded, and are given anew'],
      ) + '\n\nNothing that was recorded complete runs again. A run that was enqueued goes on where its workers are.',
    )
    .action(async (text: string, options: ResumeCommandOptions) => {
      const { failed, from, item } = options;
      if (failed === true && from !== undefined) throw new UsageError('--failed and --from are two ways; choose one');
      if (item !== undefined && from?.length !== 1)
        throw new UsageError('--item needs --from TASK: an item of which task?');
      const key = item === undefined ? {} : { key: givenValue(item, '--item') };
      const rerun = failed === true ? ({ failed: true } as const) : from === undefined ? undefined : { from, ...key };
      await withRecordedRun(text, options, context, async (run, { place }) => {
        const { record, executor, options: given, watch } = run;
        if (isQueued(record)) return goOnQueued(run, rerun ?? null, place, options, context);
        await watch(() => executor.resume(record.id, { ...given, ...(rerun === undefined ? {} : { rerun }) }));
      });
    });
};
