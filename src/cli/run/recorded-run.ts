import type { Command } from 'commander';
import type { Run, RunOptions } from '../../executor/index.ts';
import { isActive, isQueued } from '../../history/index.ts';
import type { RunRecord } from '../../journal/journal.ts';
import { Executor } from '../../node/executor.ts';
import { loadStoredDefinition, type StoredDefinition } from '../../node/stored-definition.ts';
import type { Workflow } from '../../node/workflow.ts';
import { collect, type CommandContext } from '../command.ts';
import { loadEnvironment, withActionOptions, type ActionOptions } from '../environment.ts';
import { HeddleError } from '../../errors/index.ts';
import { findRun } from '../journal/find-run.ts';
import { present } from '../journal/readable.ts';
import { withJournal } from '../journal/place.ts';
import { readMapping } from '../mapping-file.ts';
import { gatherParameters } from '../parameters.ts';
import { positiveInteger } from './options.ts';
import { withRecordingOptions, type Recording, type RecordingOptions } from './recording.ts';
import { watchRun, type WatchOptions } from './watched-run.ts';

/** Options of every command that may go on with a recorded run. */
export interface GoOnOptions extends ActionOptions, RecordingOptions, WatchOptions {
  readonly param?: readonly string[];
  readonly params?: string;
  readonly secrets?: string;
  readonly env?: readonly string[];
  readonly concurrency?: number;
  readonly wait?: boolean;
}

/** Adds what a run must be given anew, because it is not recorded, and how it is shown. */
export function withGoOnOptions(command: Command): Command {
  withActionOptions(command)
    .option('-p, --param <NAME=VALUE>', 'value of a secret parameter, which is not recorded', collect)
    .option('--params <FILE>', 'YAML or JSON mapping of secret parameters; - is standard input')
    .option('--secrets <FILE>', 'YAML or JSON mapping: keystore in templates, which is not recorded')
    .option('--env <NAME>', 'let env() read this environment variable', collect)
    .option('--json', 'print the result of the run as JSON')
    .option('--events', 'print every event as a line of JSON')
    .option('-q, --quiet', 'no progress: only the output, and errors')
    .option('--concurrency <N>', 'upper bound of every concurrency in the run', positiveInteger)
    .option('--no-wait', 'end when the run only waits for people, signals or times');
  return withRecordingOptions(command, false);
}

/** A recorded run, with all that is needed to go on with it. */
export interface RecordedRun {
  readonly record: RunRecord;
  readonly workflow: Workflow;
  readonly executor: Executor;
  /** Whether a process works on it. */
  readonly isActive: boolean;
  /** What it is given anew. */
  readonly options: RunOptions & { readonly secrets: Readonly<Record<string, unknown>> };
  /** Shows the run that `start` gives to its end. */
  readonly watch: (start: () => Promise<Run>) => Promise<void>;
}

/**
 * Finds a run in the journal and does something with it.
 *
 * @throws HEDDLE_RUN_UNKNOWN; WorkflowError where an action that it calls is not known any more
 */
export async function withRecordedRun(
  text: string,
  options: GoOnOptions,
  context: CommandContext,
  work: (run: RecordedRun, recording: Pick<Recording, 'journal' | 'place'>) => Promise<void>,
): Promise<void> {
  const { terminal } = context;
  await withJournal(options, terminal, async (journal, place) => {
    const { id } = await findRun(journal, text, place);
    const record = await journal.run(id);
    if (record === null) throw new HeddleError('HEDDLE_RUN_UNKNOWN', `Run ${id} was removed meanwhile.`);
    const definition = (await journal.definition(record.definitionHash)) as StoredDefinition;
    const environment = await loadEnvironment(options, terminal, definition.file ?? undefined);
    const given = loadStoredDefinition(definition, { actions: environment.givenActions, allowUnknownActions: true });
    // What was enqueued is for workers to go on with, and theirs are the actions.
    const needsMore = given.unknownActions.length > 0 && !isQueued(record);
    const actions = needsMore ? await environment.allActions() : environment.givenActions;
    const workflow = needsMore ? loadStoredDefinition(definition, { actions }) : given;
    const secrets =
      options.secrets === undefined ? {} : await readMapping(options.secrets, terminal, { what: 'secrets' });
    const executor = new Executor({
      actions,
      config: environment.config,
      keystore: { ...environment.keystore, ...secrets },
      env: [...environment.env, ...(options.env ?? [])],
      journal,
      durability: options.durability ?? 'batched',
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    });
    const tasks = workflow.definition.tasks.map((task) => task.name);
    const run: RecordedRun = {
      record,
      workflow,
      executor,
      isActive: isActive(record, present()),
      options: {
        leaveWhenWaiting: options.wait === false,
        secrets: await secretParameters(workflow, options, context),
      },
      watch: (start) => watchRun({ executor, start, tasks, journal }, options, context),
    };
    await work(run, { journal, place });
  });
}

/** Values of secret parameters. @throws HEDDLE_PARAMETERS where one is given that is recorded */
async function secretParameters(
  workflow: Workflow,
  options: GoOnOptions,
  { terminal }: CommandContext,
): Promise<Record<string, unknown>> {
  const file = options.params === undefined ? {} : await readMapping(options.params, terminal, { what: 'parameters' });
  const { parameters } = workflow.definition;
  const values = gatherParameters(parameters, { assignments: options.param ?? [], file, cwd: terminal.cwd });
  const recorded = Object.keys(values).filter((name) => !parameters.some((each) => each.name === name && each.secret));
  if (recorded.length === 0) return values;
  throw new HeddleError(
    'HEDDLE_PARAMETERS',
    `The run has its parameters (${recorded.join(', ')}); only secret ones are given anew. heddle fork starts a run with others.`,
  );
}
