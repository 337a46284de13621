import type { Run, RunResult } from '../../executor/index.ts';
import { HeddleError } from '../../errors/index.ts';
import { toJson } from '../../expression/text.ts';
import { readHistory } from '../../history/index.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Executor } from '../../node/executor.ts';
import type { CommandContext } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { reportFailure } from '../failure.ts';
import { present, readable } from '../journal/readable.ts';
import { answerTo, formatWait } from '../runs/advice.ts';
import type { Output, Terminal } from '../terminal.ts';
import { formatOutput } from '../text/value.ts';
import { formatCost } from './cost-table.ts';
import { watchInterrupts } from './interrupt.ts';
import { createLiveRegion } from './live-region.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { WaitWatch } from './wait-watch.ts';

/** How a run is shown; options of every command that runs something. */
export interface WatchOptions {
  readonly json?: true;
  readonly events?: true;
  readonly quiet?: true;
  readonly cost?: true;
}

/** A run that is to be shown to its end. */
export interface Watched {
  /** Whose run it is: listened to from before it begins. */
  readonly executor: Pick<Executor, 'on'>;
  /** Starts or resumes it. */
  readonly start: () => Run | Promise<Run>;
  /** Names of the workflow's tasks, for the width of the first column. */
  readonly tasks: readonly string[];
  /** Where it is recorded, so that it can be resumed; null: nowhere. */
  readonly journal: Journal | null;
  /** Told how it ended before anything is printed. */
  readonly onEnd?: (result: RunResult) => void | Promise<void>;
}

/** What is waited for and told one by one. */
const MAX_WAITS = 5;

const EXIT_CODES: Readonly<Record<RunResult['status'], ExitCode>> = {
  succeeded: EXIT.succeeded,
  failed: EXIT.failed,
  cancelled: EXIT.cancelled,
  waiting: EXIT.succeeded,
};

/**
 * Shows a run while it goes on, and what it came to. Progress goes to the error stream, results to the output, so that
 * both `> file` and a person watching get what they came for.
 */
export async function watchRun(watched: Watched, options: WatchOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const { executor, journal } = watched;
  const reporter = await reporterOf(watched.tasks, options, context);
  let ended: Ended;
  try {
    if (reporter !== undefined) executor.on('events', (event) => reporter.take(event), { items: false });
    if (options.events === true) executor.on('events', (event) => terminal.out.line(toJson(event)));
    ended = await settle(watched, reporter, terminal);
  } catch (error) {
    reporter?.close();
    throw error;
  }
  const { run, result, hasStalled } = ended;
  if (result instanceof HeddleError) {
    reporter?.close();
    reportSuspended(run.id, result, options, context);
    return;
  }
  const shown = run.mask(result);
  reporter?.finish(shown);
  await watched.onEnd?.(result);
  if (options.cost === true && options.json !== true) terminal.err.line(`\n${formatCost(shown, terminal.err)}`);
  print(shown, options, terminal);
  if (journal !== null && options.quiet !== true) await advise(shown, journal, terminal);
  context.exit(hasStalled ? EXIT.failed : EXIT_CODES[result.status]);
}

/** The run could not be recorded any further: what was not written runs again when it is resumed. */
function reportSuspended(id: string, error: HeddleError, options: WatchOptions, context: CommandContext): void {
  const { terminal, debug } = context;
  reportFailure(error, terminal, { debug, json: options.json === true });
  if (error.code !== 'HEDDLE_FENCED') {
    const { color } = terminal.err;
    terminal.err.line(`The run is suspended; ${color.cyan(`heddle resume ${id}`)} goes on where its record ends.`);
  }
  context.exit(EXIT.failed);
}

/** Progress for people; none where only a machine is looking. */
async function reporterOf(
  tasks: readonly string[],
  options: WatchOptions,
  { terminal, debug }: CommandContext,
): Promise<Reporter | undefined> {
  const { err } = terminal;
  const isForMachines = options.json === true || options.events === true;
  if (isForMachines && !err.isTerminal) return undefined;
  const quiet = options.quiet === true;
  const isLive = err.isTerminal && !quiet;
  const live = isLive ? await createLiveRegion(err) : undefined;
  return createReporter({ output: err, tasks, quiet, debug, ...(live === undefined ? {} : { live }) });
}

interface Ended {
  readonly run: Run;
  /** An error: it could not be recorded any further. */
  readonly result: RunResult | HeddleError;
  /** Whether it was cancelled because nothing was left that could have gone on. */
  readonly hasStalled: boolean;
}

/** Starts a run and waits for its end; the first Ctrl-C cancels it, the second ends the process at once. */
async function settle(watched: Watched, reporter: Reporter | undefined, { err }: Terminal): Promise<Ended> {
  const isRecorded = watched.journal !== null;
  const say = (text: string): void => (reporter === undefined ? err.line(text) : reporter.say(text));
  let run: Run | null = null;
  let cancelledBy: string | null = null;
  // From before its first event: whoever sees that may press Ctrl-C at once.
  const stop = watchInterrupts(process, {
    first: (signal) => {
      say(err.color.yellow(`${err.symbols.cancelled} ${signal}: cancelling; once more exits at once`));
      cancelledBy = signal;
      run?.cancel(signal);
    },
    second: () => {
      reporter?.close();
      if (isRecorded && run !== null) err.line(`The run is left as it is; heddle resume ${run.id} goes on with it.`);
      process.exit(EXIT.cancelled);
    },
  });
  try {
    run = await watched.start();
    if (cancelledBy !== null) run.cancel(cancelledBy);
    return await untilEnd(run, isRecorded, say, err);
  } finally {
    stop();
  }
}

/** Waits for the end of a run that may be waiting for somebody, or for what never comes. */
async function untilEnd(run: Run, isRecorded: boolean, say: (text: string) => void, err: Output): Promise<Ended> {
  let hasStalled = false;
  const waits = new WaitWatch(run, isRecorded, say, err);
  // Node.js would end here without a word: no timer, no socket, only a promise that nobody will settle.
  const onIdle = (): void => {
    if (hasStalled || waits.stay()) return;
    hasStalled = true;
    const reason = waits.isWaiting
      ? 'the run waits for somebody outside, and nobody can answer since it is not recorded: leave --no-journal out'
      : 'nothing is left that could end the run: an action returned a promise that never settles';
    say(err.color.red(`${err.symbols.failed} ${reason}`));
    run.cancel('an action never settled');
  };
  process.on('beforeExit', onIdle);
  try {
    return { run, result: await run.result, hasStalled };
  } catch (error) {
    if (error instanceof HeddleError && isRecorded) return { run, result: error, hasStalled };
    throw error;
  } finally {
    waits.close();
    process.off('beforeExit', onIdle);
  }
}

/** What to do about a run that did not succeed, and what it waits for. */
async function advise({ id, status }: RunResult, journal: Journal, { err }: Terminal): Promise<void> {
  const { color } = err;
  if (status === 'failed' || status === 'cancelled') {
    err.line(color.dim(`heddle resume ${id} --failed  runs what failed again, and goes on`));
    return;
  }
  if (status !== 'waiting') return;
  const waits = (await readHistory(readable(journal), id, present()))?.waits ?? [];
  for (const wait of waits.slice(0, MAX_WAITS)) {
    err.line(formatWait(wait, err));
    for (const [command] of answerTo(id, wait)) err.line(`    ${color.cyan(command)}`);
  }
  const more = waits.length - MAX_WAITS;
  if (more > 0) err.line(color.dim(`  ${err.symbols.ellipsis} and ${more} more: heddle runs show ${id}`));
  if (waits.some(({ kind }) => kind === 'time')) err.line(color.dim(`heddle resume ${id}  goes on when it is time`));
}

function print(result: RunResult, options: WatchOptions, { out, err }: Terminal): void {
  if (options.json === true) {
    out.line(toJson(result));
    return;
  }
  if (options.events === true) return;
  const text = formatOutput(result.output);
  if (text === '') return;
  // Progress and output meet where both go to the same terminal.
  if (out.isTerminal && err.isTerminal && options.quiet !== true) out.line();
  out.line(text);
}
