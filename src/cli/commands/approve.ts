import { examples, type DefineCommand } from '../command.ts';
import { UsageError } from '../error-report.ts';
import { checkAnswerOptions, goOnAnswered, type AnswerOptions } from '../run/answered-run.ts';
import { givenValue } from '../run/given-value.ts';
import { withGoOnOptions, withRecordedRun } from '../run/recorded-run.ts';

interface ApproveOptions extends AnswerOptions {
  readonly data?: string;
  readonly reject?: true;
  readonly item?: string;
}

/** `heddle approve`: answers a task that waits for a person. */
export const define: DefineCommand = (command, context) => {
  withGoOnOptions(
    command.argument('<RUN>', 'id of a run, its beginning, or last').argument('<TASK>', 'task that waits'),
  )
    .option('--data <JSON>', 'the answer: JSON, or text (default: true)')
    .option('--reject', 'the answer is false')
    .option('--item <KEY>', 'which item, where several wait')
    .option('--no-resume', 'only answer, where no process works on the run')
    .addHelpText(
      'after',
      examples(
        ['heddle approve 3f2a confirm', 'the answer is true'],
        ['heddle approve 3f2a confirm --reject', 'the answer is false'],
        [`heddle approve 3f2a confirm --data '{"replicas": 3}'`, 'what the task asks for'],
        ['heddle runs show 3f2a', 'what the run waits for'],
      ) + '\n\nThe answer is the result of the task. Where no process works on the run, it goes on in this one.',
    )
    .action(async (text: string, task: string, options: ApproveOptions) => {
      checkAnswerOptions(options);
      const { data, reject, item } = options;
      if (data !== undefined && reject === true) throw new UsageError('--reject answers false; leave --data out');
      const answer = reject === true ? false : data === undefined ? true : givenValue(data, '--data');
      await withRecordedRun(text, options, context, async (run, recording) => {
        const key = item === undefined ? {} : { item: givenValue(item, '--item') };
        await run.executor.approve(run.record.id, task, answer, key);
        await goOnAnswered(`${task} was answered`, run, recording, options, context);
      });
    });
};
