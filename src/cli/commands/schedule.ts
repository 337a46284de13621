import type { Command } from 'commander';
import { nearest } from '../../errors/nearest.ts';
import { toJson } from '../../expression/text.ts';
import { given } from '../../workflow/read-task.ts';
import { examples, type CommandContext, type DefineCommand } from '../command.ts';
import { withActionOptions, type ActionOptions } from '../environment.ts';
import { UsageError } from '../error-report.ts';
import { EXIT } from '../exit-code.ts';
import { formatTime } from '../journal/time.ts';
import { withQueue, withServerOptions, type ServerOptions } from '../queue/options.ts';
import { queuedWorkflow } from '../queue/queued-workflow.ts';
import { positiveInteger } from '../run/options.ts';
import { formatTable } from '../text/columns.ts';

interface ScheduleCommandOptions extends ServerOptions, ActionOptions {
  readonly id?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly json?: true;
}

const WORDS = ['list', 'remove'];

/** `heddle schedule`: runs that workers start by themselves. */
export const define: DefineCommand = (command, context) => {
  const { terminal } = context;
  withActionOptions(withServerOptions(command.argument('[FILE]', 'workflow file with a schedule')))
    .usage(`[options] FILE | ${WORDS.join(' | ')}`)
    .option('--id <ID>', "of the schedule; one that is there is replaced (default: the workflow's name)")
    .option('--queue <NAME>', 'where its runs go (default: default)')
    .option('--priority <N>', 'of its runs; 1 goes first', positiveInteger)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        ['heddle schedule report.yaml', 'registers what its key schedule says'],
        ['heddle schedule list', 'what is registered, and when it is next'],
        ['heddle schedule remove nightly-report', 'no further run of it is started'],
      ) + '\n\nThe workflow is stored as it is now: register it again when the file has changed.',
    )
    .action(async (file: string | undefined, options: ScheduleCommandOptions) => {
      if (file === undefined || !/\.ya?ml$/i.test(file)) throw noFile(file);
      const workflow = await queuedWorkflow(file, options, terminal);
      const { id, queue: name, priority } = options;
      const found = await withQueue(options, terminal, async (queue) => {
        const scheduled = await queue.schedule(workflow, given({ id, queue: name, priority }));
        return (await queue.schedules()).find((each) => each.id === scheduled);
      });
      const { out } = terminal;
      if (options.json === true) return out.line(toJson(found ?? null, 2));
      const next = found?.nextAtMs ?? null;
      out.line(`${found?.id ?? ''} is registered${next === null ? '' : `; its next run is ${formatTime(next)}`}`);
    });
  defineList(command, context);
  defineRemove(command, context);
};

function noFile(word: string | undefined): UsageError {
  if (word === undefined) return new UsageError('heddle schedule takes a workflow file, list, or remove ID');
  const near = nearest(word, WORDS);
  const advice = near === undefined ? 'It takes a workflow file (.yaml), list, or remove ID.' : `Did you mean ${near}?`;
  return new UsageError(`'heddle schedule' cannot read '${word}'. ${advice}`);
}

function below(command: Command, name: string, summary: string): Command {
  const description = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const made = command.command(name).summary(summary).description(description).option('--debug', 'show stack traces');
  return withServerOptions(made).option('--json', 'print JSON');
}

function defineList(command: Command, { terminal }: CommandContext): void {
  below(command, 'list', 'list schedules').action(async (_: ScheduleCommandOptions, self: Command) => {
    const options = self.optsWithGlobals<ScheduleCommandOptions>();
    const schedules = await withQueue(options, terminal, (queue) => queue.schedules());
    const { out, err } = terminal;
    if (options.json === true) return out.line(toJson(schedules, 2));
    if (schedules.length === 0) return err.line('No schedule is registered.');
    const head = ['schedule', 'time', 'zone', 'next', 'overlap', 'queue', 'workflow'].map((text) =>
      out.color.dim(text),
    );
    const rows = schedules.map(({ id, cron, timezone, nextAtMs, overlap, queue, workflow }) => {
      const next = nextAtMs === null ? 'never' : formatTime(nextAtMs);
      return [id, cron, timezone, next, overlap, queue, workflow];
    });
    for (const line of formatTable([head, ...rows])) out.line(line);
  });
}

function defineRemove(command: Command, { terminal, exit }: CommandContext): void {
  below(command, 'remove', 'start no further run of a schedule')
    .argument('<ID>', 'of the schedule')
    .action(async (id: string, _: ScheduleCommandOptions, self: Command) => {
      const options = self.optsWithGlobals<ScheduleCommandOptions>();
      const wasThere = await withQueue(options, terminal, (queue) => queue.unschedule(id));
      const { out } = terminal;
      if (options.json === true) out.line(toJson({ id, wasThere }, 2));
      else out.line(wasThere ? `${id} is removed` : `There is no schedule '${id}'.`);
      if (!wasThere) exit(EXIT.failed);
    });
}
