import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HeddleError } from '../../errors/index.ts';
import type { RunOptions } from '../../executor/index.ts';
import { createNodeHost } from '../../node/host.ts';
import { Executor } from '../../node/executor.ts';
import type { Workflow } from '../../node/workflow.ts';
import type { CommandContext } from '../command.ts';
import { graphOfWorkflow, loadEnvironment, requireWorkflow, type Environment } from '../environment.ts';
import { createDryRun } from '../dry-run/dry-run.ts';
import { formatDryRun } from '../dry-run/format.ts';
import { readMapping } from '../mapping-file.ts';
import { gatherParameters, missingParameters } from '../parameters.ts';
import { askForParameters } from '../prompts.ts';
import type { Terminal } from '../terminal.ts';
import type { RunCommandOptions } from './options.ts';
import { openRecording } from './recording.ts';
import { watchRun } from './watched-run.ts';

/** What `heddle run` does: loads, opens the journal, runs, shows. */
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

  const recording = await openRecording(options, terminal);
  try {
    const executor = new Executor({
      config: environment.config,
      keystore,
      env,
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
      ...(recording === null ? {} : { journal: recording.journal, durability: recording.durability }),
    });
    const recorder = options.record === undefined ? undefined : await recorderOf(workflow, parameters, keystore);
    if (recorder !== undefined) executor.on('events', recorder.listener);
    const runOptions: RunOptions = {
      keepResults: options.keepResults === true,
      cost: options.cost === true,
      leaveWhenWaiting: options.wait === false,
      ...(recorder === undefined ? {} : { intercept: recorder.intercept }),
    };
    await watchRun(
      {
        executor,
        start: () => executor.start(workflow, parameters, runOptions),
        tasks: workflow.definition.tasks.map((task) => task.name),
        journal: recording?.journal ?? null,
        onEnd: async (result) => {
          if (options.record === undefined || recorder === undefined) return;
          await writeRecord(options.record, file, (from) => recorder.toYaml(result, from), terminal);
        },
      },
      options,
      context,
    );
  } finally {
    await recording?.close();
  }
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
