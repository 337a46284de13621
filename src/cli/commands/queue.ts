import type { Command } from 'commander';
import type { Selection } from '../../executor/entries.ts';
import { nearest } from '../../errors/nearest.ts';
import { toJson } from '../../expression/text.ts';
import { examples, type CommandContext, type DefineCommand } from '../command.ts';
import { UsageError } from '../error-report.ts';
import { parseSince } from '../journal/time.ts';
import { durationOption, withQueue, withServerOptions, type ServerOptions } from '../queue/options.ts';
import { formatOverview, overviewOf } from '../queue/overview.ts';
import type { Terminal } from '../terminal.ts';
import { formatPlural } from '../text/quantities.ts';

interface Options extends ServerOptions {
  readonly json?: true;
}

interface RetryOptions extends Options {
  readonly failed?: true;
  readonly from?: string;
  readonly all?: true;
  readonly queue?: string;
  readonly since?: string;
}

interface CleanOptions extends Options {
  readonly olderThan?: number;
}

const WORDS = ['pause', 'resume', 'drain', 'retry', 'clean'];
const DAY_MS = 86_400_000;
const DEFAULT_AGE_MS = 30 * DAY_MS;

/** `heddle queue`: how a queue stands, and what can be done about it. */
export const define: DefineCommand = (command, context) => {
  const { terminal } = context;
  withServerOptions(command.argument('[WORD]', '', undefined).usage(`[options] | ${WORDS.join(' | ')}`))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        ['heddle queue', 'jobs, workers, and work that no worker can take'],
        ['heddle queue pause', 'no worker takes further work; heddle queue resume'],
        ['heddle queue drain gpu', 'cancels the runs of a queue that nobody has begun'],
        ['heddle queue retry 3f2a…', 'lets workers go on with a run that is blocked, or was lost'],
        ['heddle queue retry 3f2a… --failed', 'what failed in it runs again'],
        ['heddle queue retry --all --since 1d', 'the same for all runs that failed since yesterday'],
        ['heddle queue clean --older-than 7d', 'removes runs that ended before'],
      ),
    )
    .action(async (word: string | undefined, options: Options) => {
      if (word !== undefined) throw notACommand(word);
      const overview = await withQueue(options, terminal, overviewOf);
      const { out } = terminal;
      if (options.json === true) return out.line(toJson(overview, 2));
      for (const line of formatOverview(overview, out, Date.now())) out.line(line);
    });
  definePause(command, context);
  defineDrain(command, context);
  defineRetry(command, context);
  defineClean(command, context);
};

function notACommand(word: string): UsageError {
  const near = nearest(word, WORDS);
  const advice = near === undefined ? `There is ${WORDS.join(', ')}.` : `Did you mean heddle queue ${near}?`;
  return new UsageError(`'heddle queue' has no '${word}'. ${advice}`);
}

/** A command below `heddle queue`, with what all of them have. Options may stand before and after its name. */
function below(command: Command, name: string, summary: string): Command {
  const description = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const made = command.command(name).summary(summary).description(description).option('--debug', 'show stack traces');
  return withServerOptions(made).option('--json', 'print JSON');
}

function told(terminal: Terminal, options: Options, data: object, text: string): void {
  terminal.out.line(options.json === true ? toJson(data, 2) : text);
}

function definePause(command: Command, { terminal }: CommandContext): void {
  below(command, 'pause', 'let no worker take further work; what is in flight goes on')
    .argument('[QUEUE]', 'name of the queue', 'default')
    .action(async (name: string, _: Options, self: Command) => {
      const options = self.optsWithGlobals<Options>();
      await withQueue(options, terminal, (queue) => queue.pause(name));
      told(terminal, options, { queue: name, isPaused: true }, `${name} is paused`);
    });
  below(command, 'resume', 'let workers take work again')
    .argument('[QUEUE]', 'name of the queue', 'default')
    .action(async (name: string, _: Options, self: Command) => {
      const options = self.optsWithGlobals<Options>();
      await withQueue(options, terminal, (queue) => queue.unpause(name));
      told(terminal, options, { queue: name, isPaused: false }, `${name} goes on`);
    });
}

function defineDrain(command: Command, { terminal }: CommandContext): void {
  below(command, 'drain', 'cancel the runs of a queue that nobody has begun')
    .argument('[QUEUE]', 'name of the queue', 'default')
    .action(async (name: string, _: Options, self: Command) => {
      const options = self.optsWithGlobals<Options>();
      const runs = await withQueue(options, terminal, (queue) => queue.drain(name));
      told(
        terminal,
        options,
        { queue: name, cancelled: runs },
        `${formatPlural(runs.length, 'run')} of ${name} cancelled`,
      );
    });
}

function defineRetry(command: Command, { terminal }: CommandContext): void {
  below(command, 'retry', 'let workers go on with a run, or run what failed again')
    .argument('[RUN]', 'id of a run')
    .option('--failed', 'of a run that has ended: run what failed again')
    .option('--from <TASK>', 'of a run that has ended: run a task and all that came of it again')
    .option('--all', 'what failed in all failed runs of a queue')
    .option('--queue <NAME>', 'with --all: the queue', 'default')
    .option('--since <TIME>', 'with --all: runs that were enqueued since: 2h, 7d, or a date')
    .action(async (run: string | undefined, _: RetryOptions, self: Command) => {
      const options = self.optsWithGlobals<RetryOptions>();
      const { all, failed, from, since, queue: name = 'default' } = options;
      if ((run === undefined) !== (all === true)) throw new UsageError('heddle queue retry takes a run, or --all');
      if (failed === true && from !== undefined) throw new UsageError('--failed and --from exclude each other');
      const selection: Selection | null = failed === true ? { failed } : from === undefined ? null : { from };
      const sinceMs = since === undefined ? {} : { sinceMs: parseSince(since, '--since', Date.now()) };
      const runs = await withQueue(options, terminal, async (queue) => {
        if (run === undefined) return queue.retry(name, sinceMs);
        await queue.resume(run, selection);
        return [run];
      });
      told(terminal, options, { queued: runs }, `${formatPlural(runs.length, 'run')} queued again`);
    });
}

function defineClean(command: Command, { terminal }: CommandContext): void {
  below(command, 'clean', 'remove runs that have ended, with all that was stored for them')
    .option('--older-than <TIME>', 'runs that ended so long ago (default: 30d)', durationOption('--older-than'))
    .action(async (_: CleanOptions, self: Command) => {
      const options = self.optsWithGlobals<CleanOptions>();
      const { olderThan = DEFAULT_AGE_MS } = options;
      const removed = await withQueue(options, terminal, (queue) => queue.clean(Date.now() - olderThan));
      told(terminal, options, { removed }, `${formatPlural(removed.length, 'run')} removed`);
    });
}
