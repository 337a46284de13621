import { collect, examples, type DefineCommand } from '../command.ts';
import { UsageError } from '../error-report.ts';
import { givenValue } from '../run/given-value.ts';
import { withGoOnOptions, withRecordedRun, type GoOnOptions } from '../run/recorded-run.ts';

interface ForkCommandOptions extends GoOnOptions {
  readonly task: string;
  readonly item?: string;
  readonly set?: readonly string[];
}

/** `heddle fork`: a new run from a point in a recorded one. */
export const define: DefineCommand = (command, context) => {
  const { err } = context.terminal;
  withGoOnOptions(command.argument('<RUN>', 'id of a run, its beginning, or last'))
    .requiredOption('--task <TASK>', 'task that the new run begins with')
    .option('--item <KEY>', 'only this item of it runs again; the others keep their results')
    .option('--set <PATH=VALUE>', 'change before it begins: vars.x, parameters.x, task.NAME.x; JSON or text', collect)
    .addHelpText(
      'after',
      examples(
        ['heddle fork 3f2a --task deploy --set vars.region=eu', 'what if it had been eu?'],
        ['heddle fork 3f2a --task check --item web-17', 'one item once more'],
        ["heddle fork last --task report --set 'task.fetch.limit=10'", 'another result of an earlier task'],
      ) + '\n\nThe recorded run stays as it is.',
    )
    .action(async (text: string, options: ForkCommandOptions) => {
      const { task, item } = options;
      const set = Object.fromEntries((options.set ?? []).map(assignment));
      await withRecordedRun(text, options, context, async ({ record, executor, options: given, watch }) => {
        const key = item === undefined ? {} : { item: givenValue(item, '--item') };
        await watch(async () => {
          const run = await executor.fork(record.id, { ...given, task, set, ...key });
          if (options.quiet !== true) err.line(err.color.dim(`run ${run.id}, a fork of ${record.id}`));
          return run;
        });
      });
    });
};

function assignment(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--set takes path=value, but got '${text}'`);
  return [text.slice(0, at), givenValue(text.slice(at + 1), '--set')];
}
