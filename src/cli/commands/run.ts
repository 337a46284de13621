import { collect, examples, type DefineCommand } from '../command.ts';
import { checkFileForDisplay, withActionOptions } from '../environment.ts';
import { positiveInteger, type RunCommandOptions } from '../run/options.ts';
import { withRecordingOptions } from '../run/recording.ts';
import { runWorkflow } from '../run/run-workflow.ts';
import { formatParameters } from '../run/parameter-help.ts';

/** `heddle run`: runs a workflow and shows how it goes. */
export const define: DefineCommand = async (command, context) => {
  const { terminal, args } = context;
  withActionOptions(command.argument('<FILE>', 'workflow file'))
    .option('-p, --param <NAME=VALUE>', 'value of a parameter, turned into its declared type', collect)
    .option('--params <FILE>', 'YAML or JSON mapping of parameters; - is standard input')
    .option('--secrets <FILE>', 'YAML or JSON mapping: keystore in templates, masked wherever it is shown')
    .option('--env <NAME>', 'let env() read this environment variable', collect)
    .option('--json', 'print the result of the run as JSON')
    .option('--events', 'print every event as a line of JSON')
    .option('-q, --quiet', 'no progress: only the output, and errors')
    .option('--dry-run', 'show what would run, without running any action')
    .option('--cost', 'show for each task how many bytes its iterations share and own')
    .option('--keep-results', 'keep results that nothing can read any more')
    .option('--concurrency <N>', 'upper bound of every concurrency in the run', positiveInteger)
    .option('--record <FILE>', 'write a rehearsal of this run')
    .option('--no-wait', 'end when the run only waits for people, signals or times');
  withRecordingOptions(command, true)
    .option('--no-journal', 'do not record the run: it ends with its process')
    .addHelpText(
      'after',
      examples(
        ['heddle run workflows/hello.yaml', 'progress on stderr, the output on stdout'],
        ['heddle run deploy.yaml -p region=eu -p replicas=3', 'parameters; lists as a,b or JSON'],
        ['heddle run deploy.yaml --params eu.yaml --secrets keys.yaml', 'values from files'],
        ['heddle run report.yaml --json | jq .output', 'for machines'],
        ['heddle run report.yaml --events > events.ndjson', 'everything that happens'],
        ['heddle run deploy.yaml --dry-run', 'what would run'],
      ),
    )
    .action(async (file: string, options: RunCommandOptions) => {
      await runWorkflow(file, options, context);
    });
  if (!args.includes('--help') && !args.includes('-h')) return;
  const file = args.find((argument) => /\.ya?ml$/.test(argument));
  if (file === undefined) return;
  const { workflow } = await checkFileForDisplay(file);
  if (workflow !== null) command.addHelpText('after', `\n${formatParameters(workflow.definition, terminal.out)}`);
};
