/**
 * The rehearsal file format, once: the validator that runs, the JSON Schema that editors use and the static type all
 * come from here (`scripts/generate-schemas.ts`). Never imported at run time.
 */
import { Type, type Static, type TLiteral, type TSchema } from 'typebox';
import { count, duration, names, text } from '../workflow/schema-values.ts';

/** The literals of a list of texts. */
type Literals<V extends readonly string[]> = { -readonly [K in keyof V]: TLiteral<V[K]> };

function oneOf<const V extends readonly string[]>(values: V, description: string, notes: { default?: string } = {}) {
  const literals = values.map((value) => Type.Literal(value)) as Literals<V>;
  return Type.Union(literals, { expected: `one of ${values.join(', ')}`, description, ...notes });
}

/** One number, or a list of them. */
function numbers(minimum: number, description: string, examples: readonly unknown[]) {
  const number = count(minimum, description);
  return Type.Union([number, Type.Array(number)], {
    expected: `a whole number of at least ${String(minimum)}, or a list of them`,
    description,
    examples,
  });
}

function mapping(description: string, examples: readonly unknown[] = []) {
  return Type.Record(Type.String(), Type.Unknown(), {
    expected: 'a mapping',
    description,
    ...(examples.length === 0 ? {} : { examples }),
  });
}

function byTask<T extends TSchema>(value: T, expected: string, description: string, examples: readonly unknown[] = []) {
  return Type.Record(Type.String(), value, {
    expected: `a mapping of task names to ${expected}`,
    description,
    examples,
  });
}

function flag(description: string, value: boolean) {
  return Type.Boolean({ expected: 'true or false', description, default: value });
}

const mockError = Type.Union(
  [
    Type.String(),
    Type.Object(
      {
        message: Type.Optional(text({ description: "The error's message." })),
        code: Type.Optional(text({ description: "The error's code.", default: 'HEDDLE_ACTION_FAILED' })),
        retryable: Type.Optional(flag('Whether a retry without `when` tries again.', true)),
      },
      { additionalProperties: false },
    ),
  ],
  {
    expected: 'a message, or a mapping with message, code, retryable',
    description: 'How the action fails; implies status: failed.',
    examples: ['the region is down', { code: 'HEDDLE_HTTP_STATUS', message: 'HTTP 503' }],
  },
);

const mock = Type.Object(
  {
    task: Type.Optional(
      text({
        description:
          'Only calls of this task. In sub-workflows: its name, or the tasks that lead to it from the top and its name.',
        examples: ['deploy_region', 'deploy_region/upload'],
      }),
    ),
    workflow: Type.Optional(
      text({
        description: 'Only calls that tasks of this workflow make: its name, or what tasks call it by.',
        examples: ['deploy', '../region.yaml'],
      }),
    ),
    action: Type.Optional(
      text({ description: 'Only calls of this action; * stands for any text.', examples: ['http.*', 'shell.run'] }),
    ),
    item: Type.Optional(numbers(0, 'Only these iterations of a with-items task, counted from 0.', [0, [1, 3]])),
    execution: Type.Optional(numbers(1, 'Only the n-th execution of the task.', [1, [2, 3]])),
    attempt: Type.Optional(numbers(1, 'Only the n-th attempt of an execution or iteration.', [1, [1, 2]])),
    input: Type.Optional(Type.Unknown({ description: 'Only calls whose rendered input contains this.' })),
    times: Type.Optional(count(1, 'How many calls it answers before the next mock has its turn. Default: all.')),
    status: Type.Optional(
      oneOf(
        ['succeeded', 'failed', 'timed_out', 'never'],
        'What becomes of the call. never: it does not complete. Default: succeeded, or failed where there is an error.',
      ),
    ),
    result: Type.Optional(Type.Unknown({ description: 'What the action returns, or fails with.', default: null })),
    error: Type.Optional(mockError),
    delay: Type.Optional(duration('Time until the answer; it passes at once.', { literal: true, default: 0 })),
    optional: Type.Optional(flag('Whether the rehearsal may pass although this answered nothing.', false)),
  },
  {
    additionalProperties: false,
    expected: 'a mapping such as { task: build, result: { image: a } }',
    description: 'The answer to calls of actions; what is not named fits every call. The first that fits is taken.',
  },
);

const expectedError = Type.Object(
  {
    task: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        expected: 'the name of a task, or null',
        description: 'The task that failed; null: the run itself.',
      }),
    ),
    code: Type.Optional(text({ examples: ['HEDDLE_TIMEOUT'] })),
    message: Type.Optional(text({ description: 'The whole message.' })),
    'message-contains': Type.Optional(text({ description: 'A part of the message.' })),
    index: Type.Optional(count(0, 'The iteration that failed.')),
    handled: Type.Optional(Type.Boolean({ description: 'Whether a transition handled it.' })),
  },
  { additionalProperties: false, expected: 'a mapping such as { task: deploy, code: HEDDLE_TIMEOUT }' },
);

const taskStatus = oneOf(
  ['pending', 'running', 'waiting', 'succeeded', 'failed', 'timed_out', 'cancelled', 'skipped'],
  "Status of the task's latest execution; pending: it never ran.",
);

const itemStats = Type.Object(
  {
    total: Type.Optional(count(0, 'Iterations.')),
    succeeded: Type.Optional(count(0, 'Iterations that succeeded.')),
    failed: Type.Optional(count(0, 'Iterations that failed.')),
    skipped: Type.Optional(count(0, 'Iterations that never started.')),
  },
  { additionalProperties: false, expected: 'a mapping with total, succeeded, failed, skipped' },
);

const starts = (description: string) =>
  Type.Array(text(), { expected: 'a list of task names', description, examples: [['validate', 'deploy']] });

const expectation = Type.Object(
  {
    status: Type.Optional(
      oneOf(
        ['succeeded', 'failed', 'cancelled', 'running'],
        'What the run comes to; running: something never completes.',
        { default: 'succeeded' },
      ),
    ),
    tasks: Type.Optional(starts('The tasks in the order in which they start, each as often as it does.')),
    'tasks-unordered': Type.Optional(starts('The tasks that start, each as often as it does, in any order.')),
    terminal: Type.Optional(starts('The tasks at which the run ended: executions that led to no other, in any order.')),
    routes: Type.Optional(
      count(1, "On how many routes tasks started, the run's own included: each transition into a split opens one."),
    ),
    statuses: Type.Optional(byTask(taskStatus, 'statuses', 'Status of the latest execution.', [{ deploy: 'failed' }])),
    executions: Type.Optional(
      byTask(count(0, 'Executions.'), 'numbers', 'How often tasks were executed; 0: never.', [{ deploy: 2 }]),
    ),
    attempts: Type.Optional(
      byTask(count(0, 'Attempts.'), 'numbers', 'Attempts over all executions and iterations, retries included.'),
    ),
    inputs: Type.Optional(
      byTask(
        Type.Unknown(),
        'inputs',
        'What every input of a task contains; or a list: what each of them contains, in the order of executions and items.',
        [{ deploy: { region: 'eu' } }],
      ),
    ),
    results: Type.Optional(byTask(Type.Unknown(), 'results', 'What the latest result of a task contains.')),
    items: Type.Optional(
      byTask(itemStats, 'counts', 'Counts of the iterations of with-items tasks.', [{ notify: { failed: 0 } }]),
    ),
    output: Type.Optional(Type.Unknown({ description: "The run's output, exactly." })),
    'output-contains': Type.Optional(Type.Unknown({ description: "What the run's output contains." })),
    variables: Type.Optional(mapping('What the variables contain at the end.', [{ region: 'eu' }])),
    errors: Type.Optional(
      Type.Array(expectedError, {
        expected: 'a list of errors',
        description: 'Errors that the run reports, in any order; an empty list: none at all.',
      }),
    ),
    holds: Type.Optional(
      Type.Array(text(), {
        expected: 'a list of expressions',
        description:
          'Expressions that are true over status, output, variables, results, statuses, inputs, starts, errors, ' +
          'and duration (virtual seconds).',
        examples: [['length(output.rows) > 3', 'duration < 60']],
      }),
    ),
  },
  {
    additionalProperties: false,
    expected: 'a mapping with status, tasks, output and the like',
    description: 'What must come out. Without it: the run succeeds.',
  },
);

/** What a file may say once for all of its rehearsals. */
const sharedKeys = {
  workflow: Type.Optional(
    text({ description: "Path of the workflow, relative to this file's directory.", examples: ['../deploy.yaml'] }),
  ),
  parameters: Type.Optional(mapping("The run's parameters.")),
  config: Type.Optional(mapping('What `config` gives in templates.')),
  secrets: Type.Optional(mapping('What `keystore` gives in templates; made up, never real ones.')),
  env: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      expected: 'a mapping of names to texts',
      description: 'What env() reads.',
    }),
  ),
  now: Type.Optional(text({ description: 'What time it is when the run starts.', default: '2026-01-01T00:00:00Z' })),
  mocks: Type.Optional(Type.Array(mock, { expected: 'a list of mocks', description: 'What actions answer.' })),
  allow: Type.Optional(
    Type.Array(text(), {
      expected: 'a list of action names',
      description: 'Actions that run for real, besides core.*, json.*, csv.* and template.*; * stands for any text.',
      examples: [['file.read_json', 'file.read_*']],
    }),
  ),
};

const cancel = duration('The run is cancelled so long after its start.', { literal: true });

const rerun = Type.Object(
  {
    from: Type.Optional(
      names('Tasks that run again, with all that came of them. Default: only what failed, iterations included.', [
        'deploy',
        ['build', 'test'],
      ]),
    ),
    mocks: Type.Optional(
      Type.Array(mock, { expected: 'a list of mocks', description: 'Tried before those of the rehearsal.' }),
    ),
    expect: Type.Optional(expectation),
  },
  {
    additionalProperties: false,
    expected: 'a mapping such as { from: deploy, expect: { status: succeeded } }',
    description: 'Goes on with the run that has ended: what failed, or what is named, runs again, and what follows it.',
  },
);

const reruns = Type.Union([rerun, Type.Array(rerun)], {
  expected: 'a rerun such as { from: deploy }, or a list of them',
  description: 'Reruns of the run when it has ended, one after the other; each begins where the one before ended.',
});

const name = text({ description: 'What it shows.', examples: ['rolls back when a region fails'] });

const description = Type.Optional(text({ description: 'What it is about.' }));

const rehearsal = Type.Object(
  {
    name,
    description,
    ...sharedKeys,
    cancel: Type.Optional(cancel),
    expect: Type.Optional(expectation),
    rerun: Type.Optional(reruns),
  },
  { additionalProperties: false, expected: 'a mapping with name, mocks, expect' },
);

/** A whole rehearsal file: a list of rehearsals, or a single one. */
export const rehearsalSchema = Type.Object(
  {
    name: Type.Optional(name),
    description,
    ...sharedKeys,
    cancel: Type.Optional(cancel),
    expect: Type.Optional(expectation),
    rerun: Type.Optional(reruns),
    rehearsals: Type.Optional(
      Type.Array(rehearsal, {
        expected: 'a list of rehearsals',
        description: 'The rehearsals; what stands beside this key holds for all of them.',
      }),
    ),
  },
  { additionalProperties: false, expected: 'a mapping with workflow and rehearsals' },
);

/** What {@link rehearsalSchema} describes. */
export type RehearsalFile = Static<typeof rehearsalSchema>;
/** One entry of `rehearsals`. */
export type RehearsalEntry = Static<typeof rehearsal>;
/** One entry of `rerun`. */
export type RerunEntry = Static<typeof rerun>;
/** One entry of `mocks`. */
export type MockEntry = Static<typeof mock>;
/** `expect`. */
export type ExpectEntry = Static<typeof expectation>;
