/** What there is and what it does, in the order of the help. */
export const COMMANDS = {
  run: 'run a workflow',
  resume: 'go on with a run, or run what failed again',
  runs: 'list runs, or show one',
  approve: 'answer a task that waits for a person',
  signal: 'wake what waits for a signal',
  cancel: 'end a run early',
  fork: 'start a run from a point in a recorded one',
  prune: 'remove old runs from the journal',
  journal: 'back up, compact or check the journal',
  worker: 'take work from a queue',
  enqueue: 'hand a run to workers',
  queue: 'show a queue, or look after it',
  schedule: 'have workers start runs by themselves',
  validate: 'check workflow files without running them',
  fmt: 'lay out workflow files: order of keys, indentation, spelling',
  lint: 'look for what is valid but probably not meant',
  import: 'translate workflows of other engines',
  graph: 'draw the tasks of a workflow and how they follow each other',
  test: 'run rehearsals: workflows with mocked actions',
  eval: 'evaluate an expression',
  actions: 'list actions, or describe one',
  init: 'write a working example into a directory',
  schema: 'print the JSON Schema of workflow files',
} as const;

/** The name of a command. */
export type CommandName = keyof typeof COMMANDS;
