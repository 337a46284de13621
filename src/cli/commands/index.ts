import type { DefineCommand } from '../command.ts';
import type { CommandName } from '../command-names.ts';
import { define as actions } from './actions.ts';
import { define as approve } from './approve.ts';
import { define as cancel } from './cancel.ts';
import { define as enqueue } from './enqueue.ts';
import { define as evaluate } from './eval.ts';
import { define as fmt } from './fmt.ts';
import { define as fork } from './fork.ts';
import { define as graph } from './graph.ts';
import { define as importFiles } from './import.ts';
import { define as init } from './init.ts';
import { define as journal } from './journal.ts';
import { define as lint } from './lint.ts';
import { define as prune } from './prune.ts';
import { define as queue } from './queue.ts';
import { define as resume } from './resume.ts';
import { define as run } from './run.ts';
import { define as runs } from './runs.ts';
import { define as schedule } from './schedule.ts';
import { define as schema } from './schema.ts';
import { define as signal } from './signal.ts';
import { define as test } from './test.ts';
import { define as validate } from './validate.ts';
import { define as worker } from './worker.ts';

export { UsageError } from '../error-report.ts';
export { reportFailure } from '../failure.ts';

/** Every command by its name. */
export const DEFINITIONS: Readonly<Record<CommandName, DefineCommand>> = {
  run,
  resume,
  runs,
  approve,
  signal,
  cancel,
  fork,
  prune,
  journal,
  worker,
  enqueue,
  queue,
  schedule,
  validate,
  fmt,
  lint,
  import: importFiles,
  graph,
  test,
  eval: evaluate,
  actions,
  init,
  schema,
};
