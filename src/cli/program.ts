import { Command, CommanderError } from 'commander';
import type { CommandContext } from './command.ts';
import { COMMANDS, type CommandName } from './command-names.ts';
import { examples } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { packageVersion } from './package-files.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs the command line and answers what the process should end with. Never throws: every error is reported on the
 * terminal's error stream (and, where `--json` asks for JSON, on its output).
 *
 * @param args the arguments after the program's name
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const debug = isGiven(args, '--debug');
  let code: ExitCode = EXIT.succeeded;
  try {
    const program = createProgram(terminal);
    const called = calledCommand(args);
    // Only the help of the program, and the errors of a name that is none, need to know the others.
    const isAlone = called.name === args[0] && Object.hasOwn(COMMANDS, args[0] ?? '');
    for (const [name, summary] of Object.entries(COMMANDS)) {
      if (isAlone && name !== called.name) continue;
      const command = program
        .command(name)
        .summary(summary)
        .description(`${capitalised(summary)}.`);
      inherit(command);
      if (name !== called.name) continue;
      const context: CommandContext = { terminal, args: called.args, debug, exit: (value) => (code = value) };
      const { DEFINITIONS } = await loadCommands();
      await DEFINITIONS[name as CommandName](command, context);
    }
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.succeeded;
    // Bare `heddle` shows the help on stderr, which is all there is to say.
    if (thrown instanceof CommanderError && thrown.code === 'commander.help') return EXIT.usage;
    const { reportFailure, UsageError } = await loadCommands();
    const error = thrown instanceof CommanderError ? new UsageError(usageMessageOf(thrown, args)) : thrown;
    return reportFailure(error, terminal, { debug, json: isGiven(args, '--json') });
  }
}

/**
 * One import for all commands, and for errors: what they share is most of what there is, and every file costs a start a
 * millisecond. The version and the help need none of it.
 */
export function loadCommands() {
  return import('./commands/index.ts');
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('heddle');
  program
    .description('Run YAML workflows whose with-items lifts thousands of iterations over one shared context.')
    .usage('[options] COMMAND')
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('--debug', 'show stack traces')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [COMMAND]', 'show help for a command')
    .addHelpText(
      'after',
      examples(
        ['heddle init', 'write a working example into this directory'],
        ['heddle run workflows/hello.yaml -p name=Ada', 'run a workflow'],
        ['heddle run workflows/hello.yaml --help', "list a workflow's parameters"],
        ['heddle resume last', 'go on with the newest run after its process was killed'],
        ["heddle validate 'workflows/**/*.yaml'", 'check files'],
      ) +
        '\n\nExit codes: 0 succeeded, 1 the run failed, 2 the file or the call was wrong, 3 heddle itself failed, 130 cancelled.',
    );
  program.configureOutput({
    writeOut: (text) => terminal.out.write(text),
    writeErr: (text) => terminal.err.write(text),
    // Errors are reported in one place, in one shape.
    outputError: () => undefined,
    getOutHelpWidth: () => terminal.out.columns,
    getErrHelpWidth: () => terminal.err.columns,
    getOutHasColors: () => terminal.out.color.isColorSupported,
    getErrHasColors: () => terminal.err.color.isColorSupported,
  });
  const { bold, cyan } = terminal.out.color;
  program.configureHelp({
    styleTitle: bold,
    styleCommandText: cyan,
    styleOptionText: cyan,
    styleSubcommandText: cyan,
    subcommandTerm: (command) => command.name(),
  });
  program.exitOverride();
  return program;
}

/** What every command has in common; `--debug` is accepted before and after the command's name. */
function inherit(command: Command): void {
  command.helpOption('-h, --help', 'show help').option('--debug', 'show stack traces');
}

/** The command that the arguments name, also behind `help` and options such as `--debug`. */
function calledCommand(args: readonly string[]): { name: string | undefined; args: readonly string[] } {
  const first = args.findIndex((argument) => !argument.startsWith('-'));
  const name = args[first];
  if (name === 'help') return { name: args[first + 1], args: [] };
  return { name, args: args.slice(first + 1) };
}

/** Whether a flag stands among the arguments, before a `--` that ends the options. */
function isGiven(args: readonly string[], flag: string): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes(flag);
}

function usageMessageOf(error: CommanderError, args: readonly string[]): string {
  const message = error.message.replace(/^error: /, '');
  const { name } = calledCommand(args);
  if (error.code === 'commander.unknownCommand' && name !== undefined && /\.ya?ml$/.test(name)) {
    return `${message}\n(Did you mean heddle run ${name}?)`;
  }
  return message;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
