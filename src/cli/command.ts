import type { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** What a command file gets beside its commander command. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** The arguments after the command's name, unparsed: for help that depends on a file. */
  readonly args: readonly string[];
  /** `--debug`: stack traces are wanted. */
  readonly debug: boolean;
  /** Sets what the process will end with; without it a command that returns has succeeded. */
  readonly exit: (code: ExitCode) => void;
}

/**
 * What every file in `commands/` exports as `define`: it adds arguments, options, examples and the action. Only the
 * file of the command that was called is loaded.
 */
export type DefineCommand = (command: Command, context: CommandContext) => void | Promise<void>;

/** Help text with examples, one per line: what to type, and what it does. */
export function examples(...rows: readonly (readonly [command: string, meaning: string])[]): string {
  const width = Math.max(...rows.map(([command]) => command.length));
  return `\nExamples:\n${rows.map(([command, meaning]) => `  $ ${command.padEnd(width)}   ${meaning}`).join('\n')}`;
}

/** For options that may be given several times. */
export function collect(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}
