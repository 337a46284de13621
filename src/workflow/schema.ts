/**
 * The workflow file format, once: the validator that runs, the JSON Schema that editors use and the static types all
 * come from here (`scripts/generate-schemas.ts`). Never imported at run time, because loading TypeBox takes longer than
 * checking a file.
 *
 * Beside JSON Schema, a node may say `expected` (what a message says should stand there) and `code` (of that message).
 */
import { Type, type Static, type TOptional, type TUnknown } from 'typebox';
import {
  aggregate,
  count,
  duration,
  expression,
  identifier,
  names,
  queueName,
  size,
  templateOr,
  text,
} from './schema-values.ts';

const publish = Type.Union(
  [
    Type.Record(Type.String(), Type.Unknown()),
    Type.Array(Type.Record(Type.String(), Type.Unknown(), { expected: 'a mapping of variable names to values' })),
  ],
  {
    expected: 'a mapping of variable names to values, or a list of such mappings',
    description: 'Variables to set; a name may be a dotted path into a variable.',
    examples: [{ region: '<< result().region >>' }],
  },
);

/** `retry` of a task and of `defaults`. */
export const retrySchema = Type.Object(
  {
    count: count(0, 'Retries after the first attempt.', { examples: [3] }),
    delay: Type.Optional(duration('Time before a retry.', { default: 0, examples: ['200ms', '5s'] })),
    backoff: Type.Optional(
      Type.Union([Type.Literal('constant'), Type.Literal('linear'), Type.Literal('exponential')], {
        description: 'How the delay grows from retry to retry.',
        default: 'constant',
      }),
    ),
    'max-delay': Type.Optional(duration('Upper bound of a delay.', { literal: true, examples: ['30s'] })),
    jitter: Type.Optional(
      Type.Union([Type.Boolean(), Type.Number({ minimum: 0, maximum: 1 })], {
        expected: 'true, false or a share between 0 and 1',
        description: 'Share of a delay that is random; true: anything between 0 and the delay.',
        default: false,
      }),
    ),
    when: Type.Optional(
      expression('Retry only while this holds; evaluated after every attempt, successes too. Default: failures.', [
        'result().status >= 500',
      ]),
    ),
  },
  {
    additionalProperties: false,
    expected: 'a mapping such as { count: 3, delay: 1s, backoff: exponential }',
    description: 'What to do again when an attempt fails.',
  },
);

const transitionKeys = {
  when: Type.Optional(
    expression('The transition fires if this holds; without it, for every status but cancelled.', [
      'succeeded()',
      'failed()',
      'result().status == 200',
    ]),
  ),
  publish: Type.Optional(publish),
  do: Type.Optional(names('Tasks to start, or one of the commands fail, noop, continue, retry.', [['notify']])),
};

/** An entry of `next` and of the older forms. */
export const transitionSchema = Type.Object(transitionKeys, {
  additionalProperties: false,
  expected: 'a mapping with when, publish, do',
});

const next = Type.Union([transitionSchema, Type.Array(transitionSchema)], {
  expected: 'a list of transitions, each a mapping with when, publish, do',
  description: 'What happens after the task has completed; every transition whose `when` holds fires, in order.',
});

/** `on-success` and its kin. */
function olderTransition(description: string) {
  const entry = Type.Union([text(), transitionSchema], {
    expected: 'the name of a task or a mapping with when, publish, do',
  });
  return Type.Union([text(), transitionSchema, Type.Array(entry)], {
    expected: 'the name of a task or a list of them',
    description,
  });
}

const decision = Type.Array(
  Type.Object(
    {
      when: Type.Optional(expression('The branch is taken if this holds and no earlier one did.', ['result().ok'])),
      default: Type.Optional(Type.Boolean({ description: 'The branch for when no other holds.' })),
      next: Type.Optional(names('Tasks to start.', ['deploy'])),
      publish: Type.Optional(publish),
      do: Type.Optional(names('Tasks to start.', ['deploy'])),
    },
    { additionalProperties: false, expected: 'a mapping with when (or default: true) and next' },
  ),
  {
    expected: 'a list of branches, each with when (or default: true) and next',
    description: 'Older form: the first branch that holds is taken. Prefer `next`.',
  },
);

const fileItems = Type.Object(
  {
    from: Type.Literal('file', { description: 'Read the items from a file, as they are needed.' }),
    path: text({ description: "Path of the file, relative to the workflow's.", examples: ['data/access.log'] }),
    format: Type.Optional(
      Type.Union([Type.Literal('lines'), Type.Literal('json'), Type.Literal('ndjson'), Type.Literal('csv')], {
        description: 'Default: by the extension of the path, else lines.',
      }),
    ),
    delimiter: Type.Optional(text({ description: 'csv: what separates the fields.', default: ',' })),
    header: Type.Optional(
      Type.Union([Type.Boolean(), Type.Array(text())], {
        expected: 'true, false or a list of names',
        description: 'csv: true takes names from the first row, a list gives them, false gives lists.',
        default: true,
      }),
    ),
    encoding: Type.Optional(text({ default: 'utf-8' })),
    shared: Type.Optional(
      Type.Boolean({
        description: 'Every worker sees this file under this path, and reads its part of it there.',
        default: false,
      }),
    ),
  },
  { additionalProperties: false, expected: 'a mapping such as { from: file, path: data/log.txt }' },
);

/** Keys of a task that have a meaning only with `with-items`. */
const itemKeys = {
  'with-items': Type.Optional(
    Type.Union([templateOr(), Type.Array(Type.Unknown()), fileItems], {
      expected: 'a template such as << task.fetch >>, a list, or a mapping such as { from: file, path: data/log.txt }',
      description: 'Run the action once for every element.',
      examples: ['<< task.list_servers.servers >>', '<< range(0, 10) >>'],
    }),
  ),
  as: Type.Optional(identifier("The element's name in templates, beside `item`.", ['server'])),
  key: Type.Optional(expression('A stable name for each element; default: its index.', ['item.name'])),
  'batch-size': Type.Optional(count(1, 'Iterate over slices of this length; `item` is then a list.')),
  concurrency: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1 }), templateOr()], {
      expected: 'a whole number of at least 1, or a template',
      description: 'Iterations in flight.',
      default: 1,
      examples: [10, '<< parameters.parallel >>'],
    }),
  ),
  rate: Type.Optional(
    text({
      pattern: String.raw`^\s*[1-9]\d*\s*/\s*[smh]\s*$`,
      expected: 'a rate such as 10/s, 600/m or 1000/h',
      description: 'Iterations started per unit of time.',
      examples: ['10/s', '600/m'],
    }),
  ),
  'on-item-failure': Type.Optional(
    Type.Union([Type.Literal('stop'), Type.Literal('continue')], {
      description: 'stop: start no further iteration after a failure. continue: run them all.',
      default: 'stop',
    }),
  ),
  tolerate: Type.Optional(
    Type.Union([Type.Integer({ minimum: 0 }), text({ pattern: String.raw`^\s*(\d+|(100|\d{1,2})(\.\d+)?\s*%)\s*$` })], {
      expected: 'a whole number or a percentage such as 10%',
      description: 'How many iterations may fail before the task does; implies on-item-failure: continue.',
      examples: [5, '10%'],
    }),
  ),
  results: Type.Optional(
    Type.Union([Type.Literal('all'), Type.Literal('failures'), Type.Literal('none')], {
      description: "What the task keeps of its iterations' results.",
      default: 'all',
    }),
  ),
  aggregate: Type.Optional(aggregate),
  distribute: Type.Optional(
    Type.Boolean({
      description: 'Spread the iterations over workers; default: from a number of items on that is set on the worker.',
    }),
  ),
};

const taskKeys = {
  description: Type.Optional(text({ description: 'What the task is for.' })),
  action: Type.Optional(
    text({
      description: "What to run: an action, or another workflow's name or path. `heddle actions` lists them.",
      default: 'core.noop',
      examples: ['http.get', 'shell.run', 'file.read_json'],
    }),
  ),
  input: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      expected: 'a mapping of input names to values',
      description: "The action's inputs; values may hold templates.",
    }),
  ),
  when: Type.Optional(expression('The task is skipped if this does not hold.', ['parameters.notify'])),
  needs: Type.Optional(names('Runs when all of these have succeeded.', [['build', 'test']])),
  next: Type.Optional(next),
  join: Type.Optional(
    Type.Union([Type.Literal('all'), Type.Integer({ minimum: 1 })], {
      expected: '`all` or a whole number of at least 1',
      description: 'A barrier: run once all (or so many) of the tasks that lead here have arrived.',
    }),
  ),
  ...itemKeys,
  retry: Type.Optional(retrySchema),
  timeout: Type.Optional(duration('Longest time for an attempt (of an iteration where there are items).')),
  'task-timeout': Type.Optional(duration('Longest time for the whole task: items, retries and delays.')),
  delay: Type.Optional(duration('Time to wait before the task starts.', { examples: ['10s'] })),
  queue: Type.Optional(queueName('Workers that listen to this queue run the task, or its iterations.')),
  cache: Type.Optional(
    Type.Object(
      {
        key: Type.Unknown({ description: 'What the result depends on; usually a template.' }),
        ttl: Type.Optional(duration('How long a result may be used again. Default: for ever.', { literal: true })),
      },
      {
        additionalProperties: false,
        expected: 'a mapping such as { key: << parameters.region >>, ttl: 10m }',
        description: 'Reuse a result of the same key while it is younger than ttl.',
      },
    ),
  ),
  raw: Type.Optional(
    Type.Union([Type.Boolean(), Type.Array(text()), text()], {
      expected: 'true or a list of input names',
      description: 'Inputs that are literal text without templates (shell scripts with <<); true: all of them.',
      examples: [['script']],
    }),
  ),
  'on-success': Type.Optional(olderTransition('Older form of a transition with when: succeeded().')),
  'on-failure': Type.Optional(olderTransition('Older form of a transition with when: failed().')),
  'on-timeout': Type.Optional(olderTransition('Older form of a transition with when: timed_out().')),
  'on-complete': Type.Optional(olderTransition('Older form of a transition without when.')),
  publish: Type.Optional(publish),
  decision: Type.Optional(decision),
};

const taskName = identifier('Unique in the workflow; other tasks and templates use it.', ['fetch_orders']);

/** A task under its name in a mapping of tasks. */
export const namedTaskSchema = Type.Object(
  { name: Type.Optional(taskName), ...taskKeys },
  { additionalProperties: false, expected: 'a mapping with action, input and other keys of a task' },
);

/** A task in a list of tasks. */
export const taskSchema = Type.Object(
  { name: taskName, ...taskKeys },
  { additionalProperties: false, expected: 'a mapping with name, action, input and other keys of a task' },
);

const jsonType = Type.Union(
  [
    Type.Literal('string'),
    Type.Literal('number'),
    Type.Literal('integer'),
    Type.Literal('boolean'),
    Type.Literal('array'),
    Type.Literal('object'),
    Type.Literal('null'),
  ],
  { expected: 'one of string, number, integer, boolean, array, object, null' },
);

const jsonSchemaKeywords = [
  'title', 'default', 'enum', 'const', 'examples', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf',
  'minLength', 'maxLength', 'pattern', 'format', 'items', 'prefixItems', 'additionalItems', 'contains', 'minItems', 'maxItems',
  'uniqueItems', 'properties', 'patternProperties', 'additionalProperties', 'propertyNames', 'minProperties', 'maxProperties',
  'dependentRequired', 'dependencies', 'anyOf', 'oneOf', 'allOf', 'not', 'if', 'then', 'else', '$ref', '$defs', 'definitions',
  'deprecated', 'readOnly', 'writeOnly', '$comment', 'nullable',
] as const; // prettier-ignore

/** The keywords of JSON Schema that are worth completing; any other one is a misspelling. */
const otherKeywords = Object.fromEntries(
  jsonSchemaKeywords.map((keyword) => [keyword, Type.Optional(Type.Unknown())]),
) as Record<(typeof jsonSchemaKeywords)[number], TOptional<TUnknown>>;

const parameter = Type.Object(
  {
    type: Type.Optional(
      Type.Union([jsonType, Type.Array(jsonType)], {
        expected: 'one of string, number, integer, boolean, array, object, null, or a list of these',
      }),
    ),
    description: Type.Optional(text({ description: 'Shown by `heddle run FILE --help`.' })),
    required: Type.Optional(
      Type.Union([Type.Boolean(), Type.Array(text())], {
        expected: 'true or false',
        description: 'Whether a run must be given a value. (A list is the JSON Schema keyword, for objects.)',
        default: false,
      }),
    ),
    secret: Type.Optional(Type.Boolean({ description: 'Masked wherever it is shown or stored.', default: false })),
    ...otherKeywords,
  },
  {
    additionalProperties: false,
    expected: 'a mapping such as { type: string, default: eu }',
    description: 'JSON Schema of the value, plus required and secret.',
  },
);

const namedValues = (description: string) =>
  Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Array(Type.Record(Type.String(), Type.Unknown()))], {
    expected: 'a mapping of names to values, or a list of such mappings',
    description,
  });

const schedule = Type.Object(
  {
    cron: text({
      description: 'When to run: minute, hour, day of the month, month, day of the week; six fields: seconds first.',
      examples: ['0 6 * * 1-5', '*/10 * * * *'],
    }),
    timezone: Type.Optional(text({ description: 'Of the times.', default: 'UTC', examples: ['Europe/Berlin'] })),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        expected: 'a mapping of parameter names to values',
        description: 'What these runs are given; values as they stand, without templates.',
      }),
    ),
    overlap: Type.Optional(
      Type.Union([Type.Literal('skip'), Type.Literal('queue'), Type.Literal('replace')], {
        description:
          'Where the run before has not ended. skip: leave this one out. queue: run it too. replace: cancel the one before.',
        default: 'skip',
      }),
    ),
  },
  {
    additionalProperties: false,
    expected: 'a mapping such as { cron: "0 6 * * *", timezone: Europe/Berlin }',
    description: 'When workers run it by themselves, once `heddle schedule FILE` has registered it.',
  },
);

/** The keys of a workflow but for `tasks`. */
export const headKeys = {
  name: Type.Optional(text({ description: "Default: the file's name without its extension.", examples: ['deploy'] })),
  version: Type.Optional(
    Type.Union([Type.String(), Type.Number()], {
      expected: 'text or a number',
      description: 'Of the workflow; heddle only shows it.',
      examples: ['1.0.0'],
    }),
  ),
  description: Type.Optional(text({ description: 'What the workflow is for.' })),
  tags: Type.Optional(
    Type.Union([text(), Type.Array(text())], {
      expected: 'a list of words',
      description: 'Words to find the workflow by.',
    }),
  ),
  parameters: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Union([Type.Null(), parameter], { expected: 'a mapping such as { type: string, default: eu }' }),
      {
        expected: 'a mapping of parameter names to their schemas',
        description: 'What a run is given: name → JSON Schema of that value, plus required and secret.',
        examples: [{ region: { type: 'string', default: 'eu' } }],
      },
    ),
  ),
  vars: Type.Optional(namedValues('Variables and their first values; later published ones replace them.')),
  output: Type.Optional(namedValues('What a run gives back; values may hold templates.')),
  'output-map': Type.Optional(namedValues('Synonym of output.')),
  order: Type.Optional(
    Type.Union([Type.Literal('sequence'), Type.Literal('graph'), Type.Literal('dataflow')], {
      description: 'Default: graph if a task has needs, join or a transition to a task, else sequence.',
    }),
  ),
  timeout: Type.Optional(duration('Longest time for a run.', { literal: true, examples: ['1h'] })),
  concurrency: Type.Optional(count(1, 'Tasks at once. Default: no limit.')),
  priority: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 2_000_000,
      expected: 'a whole number between 1 and 2000000',
      description: 'Of its runs in a queue: 1 goes first.',
      default: 1000,
    }),
  ),
  schedule: Type.Optional(schedule),
  'on-cancel': Type.Optional(
    Type.Union([Type.Literal('abort'), Type.Literal('finish')], {
      description: 'What a cancel does with what is in flight.',
      default: 'abort',
    }),
  ),
  'on-run-failure': Type.Optional(
    Type.Union([Type.Literal('finish'), Type.Literal('abort')], {
      description: 'What becomes of what is in flight when the run fails.',
      default: 'finish',
    }),
  ),
  limits: Type.Optional(
    Type.Object(
      {
        'task-runs': Type.Optional(count(1, 'Task executions of a run, sub-workflows included.', { default: 100_000 })),
        failures: Type.Optional(count(0, 'Failed iterations kept per task; all are counted.', { default: 1000 })),
        interruptions: Type.Optional(
          count(1, 'How often a crash of the process may cut an iteration off before it fails.', { default: 3 }),
        ),
        'owned-bytes-per-item': Type.Optional(size('Fails a run whose iterations own more memory each.')),
      },
      {
        additionalProperties: false,
        expected: 'a mapping with task-runs, failures, interruptions, owned-bytes-per-item',
        description: 'What ends a run that gets out of hand.',
      },
    ),
  ),
  defaults: Type.Optional(
    Type.Object(
      { retry: Type.Optional(retrySchema), timeout: taskKeys.timeout, concurrency: itemKeys.concurrency },
      {
        additionalProperties: false,
        expected: 'a mapping with retry, timeout, concurrency',
        description: 'For every task that does not say otherwise; concurrency for tasks with items.',
      },
    ),
  ),
};

/** A workflow without its tasks, as it is checked before each of its tasks. */
export const headSchema = Type.Object(headKeys, { additionalProperties: false, expected: 'a mapping with tasks' });

/** A whole workflow file. */
export const workflowSchema = Type.Object(
  {
    ...headKeys,
    tasks: Type.Union([Type.Array(taskSchema), Type.Record(Type.String(), namedTaskSchema)], {
      expected: 'a list of tasks with names, or a mapping of names to tasks',
      description: 'The tasks: a list with names, or a mapping of names to tasks.',
    }),
  },
  { additionalProperties: false },
);

/** What {@link workflowSchema} describes: the parameter of `defineWorkflow`. */
export type WorkflowFile = Static<typeof workflowSchema>;
/** One task of a {@link WorkflowFile} in the list form. */
export type TaskFile = Static<typeof taskSchema>;
