import { HeddleError } from '../../errors/index.ts';
import type { OpenWait, RunResult } from '../../executor/index.ts';
import { toJson } from '../../expression/text.ts';
import type { Queue } from '../../queue/index.ts';
import type { Workflow } from '../../node/workflow.ts';
import type { CommandContext } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { watchInterrupts } from '../run/interrupt.ts';
import { createLiveRegion } from '../run/live-region.ts';
import { createReporter, type Reporter } from '../run/reporter.ts';
import { answerTo, formatWait } from '../runs/advice.ts';
import { formatOutput } from '../text/value.ts';
import { RecordFollower, type FollowedResult } from './record-follower.ts';

/** How a run is shown that other processes work on. */
export interface FollowOptions {
  readonly json?: true;
  readonly events?: true;
  readonly quiet?: true;
}

/** How often it is looked how far it is, in milliseconds. */
const LOOK_MS = 250;
const EXIT_CODES: Readonly<Record<FollowedResult['status'], ExitCode>> = {
  succeeded: EXIT.succeeded,
  failed: EXIT.failed,
  cancelled: EXIT.cancelled,
};

/**
 * Shows a run that workers work on until it has ended, and ends with its exit code. Ctrl-C ends the looking on, and nothing
 * else.
 */
export async function followRun(
  queue: Queue,
  id: string,
  workflow: Workflow,
  options: FollowOptions,
  context: CommandContext,
): Promise<void> {
  const { terminal, exit } = context;
  const { out, err } = terminal;
  const reporter = await reporterOf(workflow, options, context);
  const say = (text: string): void => (reporter === undefined ? err.line(text) : reporter.say(text));
  const stopped = new AbortController();
  const stop = watchInterrupts(process, {
    first: () => stopped.abort(),
    second: () => process.exit(EXIT.cancelled),
  });
  const waits = new WaitTeller(id, say, context);
  const follower = new RecordFollower(queue.journal, id, workflow.definition);
  try {
    for (;;) {
      const progress = await queue.progress(id);
      for (const event of await follower.look(progress)) {
        reporter?.take(event);
        if (options.events === true) out.line(toJson(event));
      }
      if (follower.result !== null) break;
      const status = await queue.status(id);
      if (status === null) throw new HeddleError('HEDDLE_RUN_UNKNOWN', `Run ${id} was removed meanwhile.`, { run: id });
      if (status === 'waiting') await waits.look(queue);
      if (status === 'blocked') waits.tellBlocked();
      if (await isOver(stopped.signal)) {
        reporter?.close();
        err.line(err.color.dim(`The run goes on without being looked at: heddle runs show ${id}`));
        return exit(EXIT.cancelled);
      }
    }
  } catch (error) {
    reporter?.close();
    throw error;
  } finally {
    stop();
  }
  const { result } = follower;
  reporter?.finish(result);
  print(result, options, context);
  exit(EXIT_CODES[result.status]);
}

async function reporterOf(
  { definition }: Workflow,
  options: FollowOptions,
  { terminal, debug }: CommandContext,
): Promise<Reporter | undefined> {
  const { err } = terminal;
  const isForMachines = options.json === true || options.events === true;
  if (isForMachines && !err.isTerminal) return undefined;
  const quiet = options.quiet === true;
  const live = err.isTerminal && !quiet ? await createLiveRegion(err) : undefined;
  const tasks = definition.tasks.map(({ name }) => name);
  return createReporter({ output: err, tasks, quiet, debug, ...(live === undefined ? {} : { live }) });
}

/** Whether nobody wants to look any more, after a while. */
function isOver(signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve(signal.aborted);
    };
    const timer = setTimeout(end, LOOK_MS);
    signal.addEventListener('abort', end);
  });
}

/** Tells once what a run waits for. */
class WaitTeller {
  readonly #id: string;
  readonly #say: (text: string) => void;
  readonly #context: CommandContext;
  readonly #told = new Set<string>();

  constructor(id: string, say: (text: string) => void, context: CommandContext) {
    this.#id = id;
    this.#say = say;
    this.#context = context;
  }

  async look(queue: Queue): Promise<void> {
    const run = await queue.journal.run(this.#id);
    const { waiting = [] } = (run?.summary ?? {}) as { readonly waiting?: readonly OpenWait[] };
    const { err } = this.#context.terminal;
    for (const wait of waiting) {
      if (!this.#isNew(`${wait.execution}/${wait.index ?? ''}`)) continue;
      this.#say(formatWait(wait, err));
      for (const [command] of answerTo(this.#id, wait)) this.#say(`    ${err.color.cyan(command)}`);
    }
  }

  tellBlocked(): void {
    const { color, symbols } = this.#context.terminal.err;
    if (!this.#isNew('blocked')) return;
    this.#say(color.yellow(`${symbols.warning} the run needs a secret that the worker which took it was not given`));
  }

  #isNew(what: string): boolean {
    if (this.#told.has(what)) return false;
    this.#told.add(what);
    return true;
  }
}

function print(result: RunResult, options: FollowOptions, { terminal: { out, err } }: CommandContext): void {
  if (options.json === true) return out.line(toJson(result));
  if (options.events === true) return;
  const text = formatOutput(result.output);
  if (text === '') return;
  if (out.isTerminal && err.isTerminal && options.quiet !== true) out.line();
  out.line(text);
}
