import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HeddleError } from '../../errors/index.ts';
import type { Run, RunOptions, RunResult } from '../../executor/index.ts';
import { toJson } from '../../expression/text.ts';
import { createNodeHost } from '../../node/host.ts';
import { Executor } from '../../node/executor.ts';
import type { Workflow } from '../../node/workflow.ts';
import type { CommandContext } from '../command.ts';
import { graphOfWorkflow, loadEnvironment, requireWorkflow, type Environment } from '../environment.ts';
import { createDryRun } from '../dry-run/dry-run.ts';
import { formatDryRun } from '../dry-run/format.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readMapping } from '../mapping-file.ts';
import { gatherParameters, missingParameters } from '../parameters.ts';
import { askForParameters } from '../prompts.ts';
import type { Terminal } from '../terminal.ts';
import { formatOutput } from '../text/value.ts';
import { formatCost } from './cost-table.ts';
import { watchInterrupts } from './interrupt.ts';
import type { RunCommandOptions } from './options.ts';
import { createLiveRegion } from './live-region.ts';
import { createReporter, type Reporter } from './reporter.ts';

const EXIT_CODES: Readonly<Record<RunResult['status'], ExitCode>> = {
  succeeded: EXIT.succeeded,
  failed: EXIT.failed,
  cancelled: EXIT.cancelled,
  waiting: EXIT.succeeded,
};

/**
 * What `heddle run` does: loads, runs, shows. Progress goes to the error stream, results to the output, so that both
 * `> file` and a person watching get what they came for.
 */
export async function runWorkflow(file: string, options: RunCommandOptions, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const environment = await loadEnvironment(options, terminal, file);
  const workflow = await requireWorkflow(file, environment, (notice) =>
    terminal.err.line(terminal.err.color.dim(notice)),
  );
  const parameters = await parametersOf(workflow, options, terminal);
  const secrets =
    options.secrets === undefined ? {} : await readMapping(options.secrets, terminal, { what: 'secrets' });
  const keystore = { ...environment.keystore, ...secrets };
  const env = [...environment.env, ...(options.env ?? [])];
  if (options.dryRun === true) return dryRun(workflow, parameters, env, options, environment, terminal);

  const executor = new Executor({
    config: environment.config,
    keystore,
    env,
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
  });
  const recorder = options.record === undefined ? undefined : await recorderOf(workflow, parameters, keystore);
  const runOptions: RunOptions = {
    keepResults: options.keepResults === true,
    cost: options.cost === true,
    ...(recorder === undefined ? {} : { intercept: recorder.intercept }),
  };
  const reporter = await reporterOf(workflow, options, context);
  let ended: Ended;
  try {
    const run = executor.start(workflow, parameters, runOptions);
    if (reporter !== undefined) run.on('events', (event) => reporter.take(event), { items: false });
    if (options.events === true) run.on('events', (event) => terminal.out.line(toJson(event)));
    if (recorder !== undefined) run.on('events', recorder.listener);
    ended = await settle(run, reporter, terminal);
  } catch (error) {
    reporter?.close();
    throw error;
  }
  const { run, result, hasStalled } = ended;
  const shown = run.mask(result);
  reporter?.finish(shown);
  if (options.record !== undefined && recorder !== undefined) {
    await writeRecord(options.record, file, (from) => recorder.toYaml(result, from), terminal);
  }
  if (options.cost === true && options.json !== true) {
    terminal.err.line(`\n${formatCost(shown, terminal.err)}`);
  }
  print(shown, options, terminal);
  context.exit(hasStalled ? EXIT.failed : EXIT_CODES[result.status]);
}

async function parametersOf(
  workflow: Workflow,
  options: RunCommandOptions,
  terminal: Terminal,
): Promise<Record<string, unknown>> {
  const { parameters } = workflow.definition;
  const file = options.params === undefined ? {} : await readMapping(options.params, terminal, { what: 'parameters' });
  const values = gatherParameters(parameters, { assignments: options.param ?? [], file, cwd: terminal.cwd });
  const missing = missingParameters(parameters, values);
  if (missing.length === 0 || !terminal.interactive) return values;
  return { ...values, ...(await askForParameters(missing, terminal)) };
}

async function dryRun(
  workflow: Workflow,
  given: Readonly<Record<string, unknown>>,
  env: readonly string[],
  options: RunCommandOptions,
  { config }: Environment,
  terminal: Terminal,
): Promise<void> {
  const { plan, definition } = workflow;
  const preview = await createDryRun({
    definition,
    graph: graphOfWorkflow(workflow),
    parameters: plan.parameters.complete(given),
    config,
    directory: plan.directory,
    host: createNodeHost(),
    env: Object.fromEntries(env.map((name) => [name, terminal.env[name]])),
  });
  terminal.out.line(options.json === true ? JSON.stringify(preview, null, 2) : formatDryRun(preview, terminal.out));
}

async function recorderOf(
  workflow: Workflow,
  parameters: Readonly<Record<string, unknown>>,
  keystore: Readonly<Record<string, unknown>>,
) {
  const { createRecorder } = await import('../../rehearsal/index.ts');
  return createRecorder(workflow.plan, parameters, { keystore });
}

/** Progress for people; none where only a machine is looking. */
async function reporterOf(
  workflow: Workflow,
  options: RunCommandOptions,
  { terminal, debug }: CommandContext,
): Promise<Reporter | undefined> {
  const { err } = terminal;
  const isForMachines = options.json === true || options.events === true;
  if (isForMachines && !err.isTerminal) return undefined;
  const quiet = options.quiet === true;
  const isLive = err.isTerminal && !quiet;
  const live = isLive ? await createLiveRegion(err) : undefined;
  const tasks = workflow.definition.tasks.map((task) => task.name);
  return createReporter({ output: err, tasks, quiet, debug, ...(live === undefined ? {} : { live }) });
}

interface Ended {
  readonly run: Run;
  readonly result: RunResult;
  /** Whether it was cancelled because nothing was left that could have gone on. */
  readonly hasStalled: boolean;
}

/** Waits for the end of a run; the first Ctrl-C cancels it, the second ends the process at once. */
async function settle(run: Run, reporter: Reporter | undefined, { err }: Terminal): Promise<Ended> {
  const say = (text: string): void => (reporter === undefined ? err.line(text) : reporter.say(text));
  let hasStalled = false;
  // Node.js would end here without a word: no timer, no socket, only a promise that nobody will settle.
  const onIdle = (): void => {
    hasStalled = true;
    say(
      err.color.red(
        `${err.symbols.failed} nothing is left that could end the run: an action returned a promise that never settles`,
      ),
    );
    run.cancel('an action never settled');
  };
  process.once('beforeExit', onIdle);
  const stop = watchInterrupts(process, {
    first: (signal) => {
      say(err.color.yellow(`${err.symbols.cancelled} ${signal}: cancelling; once more exits at once`));
      run.cancel(signal);
    },
    second: () => {
      reporter?.close();
      process.exit(EXIT.cancelled);
    },
  });
  try {
    return { run, result: await run.result, hasStalled };
  } finally {
    stop();
    process.off('beforeExit', onIdle);
  }
}

async function writeRecord(
  file: string,
  workflowFile: string,
  toYaml: (from: string) => string,
  { cwd, err }: Terminal,
): Promise<void> {
  const place = path.resolve(cwd, file);
  const from = path.relative(path.dirname(place), path.resolve(cwd, workflowFile));
  try {
    await writeFile(place, toYaml(from));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('HEDDLE_FILE_FAILED', `The rehearsal could not be written to ${file}: ${reason}`, { cause });
  }
  err.line(err.color.dim(`rehearsal written to ${file}`));
}

function print(result: RunResult, options: RunCommandOptions, { out, err }: Terminal): void {
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
