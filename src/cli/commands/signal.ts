import { examples, type DefineCommand } from '../command.ts';
import { checkAnswerOptions, goOnAnswered, type AnswerOptions } from '../run/answered-run.ts';
import { givenValue } from '../run/given-value.ts';
import { withGoOnOptions, withRecordedRun } from '../run/recorded-run.ts';

interface SignalOptions extends AnswerOptions {
  readonly data?: string;
}

/** `heddle signal`: wakes what waits for a signal. */
export const define: DefineCommand = (command, context) => {
  withGoOnOptions(
    command.argument('<RUN>', 'id of a run, its beginning, or last').argument('<NAME>', 'name of the signal'),
  )
    .option('--data <JSON>', 'what comes with it: JSON, or text (default: null)')
    .option('--no-resume', 'only send it, where no process works on the run')
    .addHelpText(
      'after',
      examples(
        ['heddle signal 3f2a build-done', 'wakes all tasks that wait for it'],
        [`heddle signal 3f2a build-done --data '{"image": "app:42"}'`, 'their result is the data'],
      ) + '\n\nA signal that nothing waits for yet is kept. Where no process works on the run, it goes on in this one.',
    )
    .action(async (text: string, name: string, options: SignalOptions) => {
      checkAnswerOptions(options);
      const data = options.data === undefined ? null : givenValue(options.data, '--data');
      await withRecordedRun(text, options, context, async (run, recording) => {
        await run.executor.signal(run.record.id, name, data);
        await goOnAnswered(`signal '${name}' was sent`, run, recording, options, context);
      });
    });
};
