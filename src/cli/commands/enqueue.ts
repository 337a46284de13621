import { toJson } from '../../expression/text.ts';
import { collect, examples, type DefineCommand } from '../command.ts';
import { withActionOptions, type ActionOptions } from '../environment.ts';
import { readMapping } from '../mapping-file.ts';
import { gatherParameters, parseAssignments } from '../parameters.ts';
import { given } from '../../workflow/read-task.ts';
import { followRun, type FollowOptions } from '../queue/follow-run.ts';
import { durationOption, withQueue, withServerOptions, type ServerOptions } from '../queue/options.ts';
import { queuedWorkflow } from '../queue/queued-workflow.ts';
import { positiveInteger } from '../run/options.ts';

interface EnqueueCommandOptions extends ServerOptions, ActionOptions, FollowOptions {
  readonly param?: readonly string[];
  readonly params?: string;
  readonly id?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly delay?: number;
  readonly label?: readonly string[];
  readonly wait?: true;
}

/** `heddle enqueue`: hands a run to workers. */
export const define: DefineCommand = (command, context) => {
  const { terminal } = context;
  withActionOptions(withServerOptions(command.argument('<FILE>', 'workflow file')))
    .option('-p, --param <NAME=VALUE>', 'value of a parameter, turned into its declared type', collect)
    .option('--params <FILE>', 'YAML or JSON mapping of parameters; - is standard input')
    .option('--queue <NAME>', 'workers that listen there take it (default: default)')
    .option(
      '--priority <N>',
      'goes before runs of a higher number (default: what the workflow says, else 1000)',
      positiveInteger,
    )
    .option('--delay <TIME>', 'not before this time has passed', durationOption('--delay'))
    .option('--id <ID>', 'of the run; a second run of an id is not queued')
    .option('--label <NAME=VALUE>', 'pair for finding the run again; may be given several times', collect)
    .option('--wait', 'show how it goes until it has ended, and end with its exit code')
    .option('--json', 'print JSON: the id, or with --wait the result')
    .option('--events', 'with --wait: print every event as a line of JSON')
    .option('-q, --quiet', 'with --wait: only the output, and errors')
    .addHelpText(
      'after',
      examples(
        ['heddle enqueue deploy.yaml -p region=eu', 'prints the id of the run'],
        ['heddle enqueue deploy.yaml --wait', 'as heddle run, but where the workers are'],
        ['heddle enqueue deploy.yaml --id deploy-42', 'harmless when it is called twice'],
        ['heddle enqueue report.yaml --priority 1 --delay 1h', 'first, but not before an hour has passed'],
      ) + '\n\nSecret parameters are not queued: workers are given them with --secrets.',
    )
    .action(async (file: string, options: EnqueueCommandOptions) => {
      const { out, err } = terminal;
      const workflow = await queuedWorkflow(file, options, terminal);
      const values =
        options.params === undefined ? {} : await readMapping(options.params, terminal, { what: 'parameters' });
      const assignments = options.param ?? [];
      const parameters = gatherParameters(workflow.definition.parameters, {
        assignments,
        file: values,
        cwd: terminal.cwd,
      });
      const labels = Object.fromEntries(parseAssignments(options.label ?? []));
      await withQueue(options, terminal, async (queue) => {
        const { id, priority, delay: delayMs } = options;
        const { id: run, isNew } = await queue.enqueue(workflow, parameters, {
          labels,
          ...given({ id, queue: options.queue, priority, delayMs }),
        });
        const isFollowed = options.wait === true;
        if (!isFollowed && options.json === true) return out.line(toJson({ id: run, isNew }));
        if (!isFollowed) out.line(run);
        if (!isNew) err.line(err.color.dim(`There is a run ${run} already; nothing was queued.`));
        if (isFollowed) await followRun(queue, run, workflow, options, context);
      });
    });
};
