/** What a code means and how to mend it; `docs/errors.md` is generated from this table. */
export interface ErrorEntry {
  /** One sentence: what happened. */
  readonly title: string;
  /** What the reader can do about it. */
  readonly fix: string;
}

/**
 * Every code heddle can report, as an error or as a diagnostic. The union {@link ErrorCode} is this table's keys,
 * so a code that is not here does not compile.
 */
export const ERROR_CATALOGUE = {
  // Files
  HEDDLE_FILE_NOT_FOUND: {
    title: 'A file that was named does not exist.',
    fix: 'Check the path; relative paths of a workflow start at the directory of its file.',
  },
  HEDDLE_FILE_UNREADABLE: {
    title: 'A file exists but cannot be read as text.',
    fix: 'Check permissions; workflow files must be UTF-8 text of at most 10 MB.',
  },
  HEDDLE_FILE_INVALID: {
    title: 'A parameter, secrets, context or configuration file does not hold what it must.',
    fix: 'Make it a YAML or JSON mapping as the message says.',
  },

  // YAML and structure
  HEDDLE_YAML_SYNTAX: {
    title: 'The file is not valid YAML.',
    fix: 'Look at the marked column; tabs, missing quotes and indentation are the usual causes.',
  },
  HEDDLE_YAML_TEMPLATE_QUOTES: {
    title: 'YAML cut or misread a template that needed quotes.',
    fix: "Quote the whole value ('<< … >>') or write it as a >- block.",
  },
  HEDDLE_YAML_LIMIT: {
    title: 'The file is nested too deeply, too large, or its aliases expand to too much.',
    fix: 'Flatten it, split it into sub-workflows, or move data to a file that a task reads.',
  },
  HEDDLE_SCHEMA: {
    title: 'A key or value does not fit the workflow schema.',
    fix: 'See docs/reference.md for the keys; the message says what was expected.',
  },
  HEDDLE_UNKNOWN_KEY: {
    title: 'A key is not one the workflow schema knows.',
    fix: 'Correct the spelling or remove it.',
  },
  HEDDLE_DURATION: {
    title: 'A duration cannot be read.',
    fix: 'Write a number of seconds or text such as 250ms, 5s, 2m, 1h, 1d.',
  },
  HEDDLE_CRON: {
    title: 'The time or the time zone of a schedule cannot be read.',
    fix: 'Write five fields (minute, hour, day of the month, month, day of the week) such as `30 6 * * 1-5`, and a zone such as Europe/Berlin.',
  },
  HEDDLE_DUPLICATE_TASK: {
    title: 'Two tasks have the same name.',
    fix: 'Rename one; task names are unique in a workflow.',
  },
  HEDDLE_KEY_CONFLICT: { title: 'Two keys that exclude each other stand together.', fix: 'Keep one of them.' },

  // Plan
  HEDDLE_UNKNOWN_TASK: {
    title: 'A task is named that does not exist.',
    fix: 'Correct the name; the message lists near ones.',
  },
  HEDDLE_UNKNOWN_ACTION: {
    title: 'An action or sub-workflow is named that does not exist.',
    fix: 'Run `heddle actions` for the list; load your own with --actions FILE.',
  },
  HEDDLE_UNKNOWN_INPUT: {
    title: 'An action does not take an input of that name.',
    fix: 'Run `heddle actions NAME` for its inputs.',
  },
  HEDDLE_MISSING_INPUT: { title: 'An action lacks an input it requires.', fix: 'Add it under `input`.' },
  HEDDLE_UNKNOWN_NAME: {
    title: 'An expression uses a name that is nothing here.',
    fix: 'Correct it, declare the variable under `vars`, or publish it first.',
  },
  HEDDLE_UNKNOWN_FUNCTION: {
    title: 'An expression calls a function that does not exist.',
    fix: 'See docs/functions.md.',
  },
  HEDDLE_ARGUMENTS: {
    title: 'A function has too few or too many arguments.',
    fix: 'See docs/functions.md for its signature.',
  },
  HEDDLE_ITEM_OUTSIDE: {
    title: '`item` or `index` is used outside an iteration.',
    fix: 'Use it only in a task with `with-items`, and not in its `when`.',
  },
  HEDDLE_RESULT_BEFORE_RUN: {
    title: 'A task reads the result of one that cannot have run before it.',
    fix: 'Add a `needs`, a transition, or move the task.',
  },
  HEDDLE_UNREACHABLE_TASK: { title: 'A task can never run.', fix: 'Name it in a `do` or remove it.' },
  HEDDLE_ENDLESS_CYCLE: {
    title: 'A cycle has no way out.',
    fix: 'Give one of its transitions a `when` that can fail.',
  },
  HEDDLE_JOIN_COUNT: {
    title: '`join: N` is larger than the number of tasks that lead to it.',
    fix: 'Lower N or use `all`.',
  },
  HEDDLE_NEEDS_CYCLE: { title: '`needs` go round in a circle.', fix: 'Break the circle.' },

  // Expressions
  HEDDLE_EXPRESSION_SYNTAX: { title: 'An expression cannot be parsed.', fix: 'Look at the marked column.' },
  HEDDLE_TEMPLATE_UNCLOSED: {
    title: 'A template is opened and never closed.',
    fix: 'Close it with >>, write \\<< for a literal <<, or list the input under `raw`.',
  },
  HEDDLE_EXPRESSION_PIPE: {
    title: 'An unparenthesised operator stands left of a pipe.',
    fix: 'Put parentheses around what the pipe is to take.',
  },
  HEDDLE_EXPRESSION_LIMIT: {
    title: 'An expression is too long or nested too deeply.',
    fix: 'Split it over several variables or tasks.',
  },
  HEDDLE_MISSING: {
    title: 'An expression reads something that is not there.',
    fix: 'Use `?.`, `??` or default(), or correct the name; the message lists what there is.',
  },
  HEDDLE_EXPRESSION_TYPE: {
    title: 'An operator or function got a value of the wrong type.',
    fix: 'Convert it, e.g. with number() or string().',
  },
  HEDDLE_EXPRESSION_VALUE: {
    title: 'An operator or function got a value it cannot work with.',
    fix: 'See the message; division by zero and bad patterns are the usual causes.',
  },
  HEDDLE_TEMPLATE_RENDER: {
    title: 'A Handlebars document failed while it was rendered.',
    fix: 'See the message for the helper or name.',
  },

  // Import
  HEDDLE_IMPORT_INVALID: {
    title: 'A file that is to be imported is not what it must be.',
    fix: 'Check that it is a workflow of the engine that the command names; the message says what was expected.',
  },
  HEDDLE_IMPORT_LOST: {
    title: 'Something of another engine has no counterpart, and stays as it was.',
    fix: 'Write in its place what it should do; docs/orquesta.md lists what can be translated.',
  },
  HEDDLE_IMPORT_CHANGED: {
    title: 'Something of another engine was translated to what means a little less or more.',
    fix: 'Read the message, and decide whether the difference matters here.',
  },

  // Run
  HEDDLE_PARAMETERS: {
    title: 'The parameters of a run do not fit their schemas.',
    fix: 'Correct the value; `heddle run FILE --help` lists the parameters.',
  },
  HEDDLE_INPUT_INVALID: {
    title: 'The rendered input of an action does not fit its schema.',
    fix: 'Correct the template; the message names the field.',
  },
  HEDDLE_INPUT_FROZEN: {
    title: 'An action tried to change a value that iterations share.',
    fix: 'Copy the value first (structuredClone or {...value}).',
  },
  HEDDLE_ACTION_FAILED: { title: 'An action failed.', fix: 'See the message and the cause.' },
  HEDDLE_ACTION_RESULT: {
    title: 'An action returned something that cannot be a result.',
    fix: 'Return JSON-like data, or an iterable for with-items.',
  },
  HEDDLE_ACTION_INVALID: { title: 'An action definition is not valid.', fix: 'See docs/guide.md, "Your own actions".' },
  HEDDLE_NOT_SERIALISABLE: {
    title: 'A value cannot be written as data.',
    fix: 'Return plain data: no functions, symbols or circular references.',
  },
  HEDDLE_TIMEOUT: {
    title: 'An attempt, a task or an iteration ran longer than its timeout.',
    fix: 'Raise `timeout`, or add a `retry`.',
  },
  HEDDLE_RUN_TIMEOUT: {
    title: 'The run took longer than the workflow timeout.',
    fix: 'Raise `timeout` at the top of the workflow.',
  },
  HEDDLE_CANCELLED: { title: 'The run was cancelled.', fix: 'Nothing to mend.' },
  HEDDLE_WITH_ITEMS_SOURCE: {
    title: '`with-items` got something it cannot iterate over.',
    fix: 'Give it a list, an object, range(), an iterable, or { from: file }.',
  },
  HEDDLE_ITEMS_FAILED: {
    title: 'More iterations of a task failed than it tolerates.',
    fix: 'See the grouped failures; raise `tolerate` if that is acceptable.',
  },
  HEDDLE_JOIN_UNREACHABLE: {
    title: 'A barrier got some but too few arrivals and nothing can run any more.',
    fix: 'Check the transitions of the tasks the message names.',
  },
  HEDDLE_TASK_RUN_LIMIT: {
    title: 'A run started more tasks than `limits.task-runs`.',
    fix: 'Mend the cycle the message names, or raise the limit.',
  },
  HEDDLE_POISON: {
    title: 'The process crashed every time the same iteration or task ran.',
    fix: 'Find out what it does to the process; then `heddle resume RUN --failed`, or raise `limits.interruptions`.',
  },
  HEDDLE_SOURCE_CHANGED: {
    title: 'What a with-items task iterates over is not what it was when the task started.',
    fix: 'Put the file back as it was, or run the task from its start: `heddle resume RUN --from TASK`.',
  },
  HEDDLE_NOT_WAITING: {
    title: 'Nothing in the run waits for this approval.',
    fix: 'See what it waits for with `heddle runs show RUN`.',
  },
  HEDDLE_RESPONSE_INVALID: {
    title: 'The answer does not fit the schema that the approval asks for.',
    fix: 'Correct the data; the message names the field.',
  },
  HEDDLE_RUN_UNKNOWN: {
    title: 'There is no such run in the journal.',
    fix: 'See `heddle runs` for those there are; --journal names another file.',
  },
  HEDDLE_RUN_QUEUED: {
    title: 'Work of the run is on a queue.',
    fix: 'Let the workers go on with it: `heddle queue retry RUN`.',
  },
  HEDDLE_RUN_ACTIVE: {
    title: 'Another process works on the run.',
    fix: 'Wait for it, or cancel it with `heddle cancel RUN`.',
  },
  HEDDLE_RUN_ENDED: {
    title: 'The run has ended, there is nothing left to resume.',
    fix: 'Run what failed again with --failed, from a task on with --from TASK, or start a new run.',
  },
  HEDDLE_RUN_BLOCKED: {
    title: 'The run needs a secret that was not given.',
    fix: 'Resume it with the secrets that the message names.',
  },
  HEDDLE_RERUN: {
    title: 'What is to run again is not in the record of the run.',
    fix: 'See the message; `heddle runs show RUN` lists the tasks that ran.',
  },
  HEDDLE_OWNED_BYTES: {
    title: 'An iteration owns more bytes than `limits.owned-bytes-per-item`.',
    fix: 'Pass less by value, or raise the limit.',
  },
  HEDDLE_SUBWORKFLOW_DEPTH: {
    title: 'Sub-workflows call each other deeper than 50 levels.',
    fix: 'Break the recursion the message shows.',
  },
  HEDDLE_SUBWORKFLOW_FAILED: { title: 'A sub-workflow failed.', fix: 'See its own error, which is the cause.' },
  HEDDLE_RUN_FAILED: { title: 'A command `fail` ended the run.', fix: 'The transition that names it says why.' },
  HEDDLE_ASSERTION: { title: 'A core.assert did not hold.', fix: 'See the message.' },

  // Built-in actions
  HEDDLE_HTTP_STATUS: {
    title: 'An HTTP response had a status that was not expected.',
    fix: 'Check the service, or list the status under `expect`.',
  },
  HEDDLE_HTTP_CONNECTION: {
    title: 'An HTTP request got no response.',
    fix: 'Check the address, the network and the service.',
  },
  HEDDLE_HTTP_BODY: {
    title: 'An HTTP response body was too large or not what was asked for.',
    fix: 'Raise `max-bytes`, or ask for another `response` type.',
  },
  HEDDLE_SHELL_EXIT: {
    title: 'A command ended with an exit code other than 0.',
    fix: 'See stderr in the result, or list the code under `expect`.',
  },
  HEDDLE_SHELL_START: {
    title: 'A command could not be started.',
    fix: 'Check that the program exists and may be executed.',
  },
  HEDDLE_FILE_FAILED: { title: 'A file operation failed.', fix: 'See the message for the path and the reason.' },
  HEDDLE_PARSE: { title: 'Text could not be parsed as JSON, NDJSON or CSV.', fix: 'See the message for the line.' },

  // Journal
  HEDDLE_FENCED: {
    title: 'Another process has taken over the run.',
    fix: 'Nothing to mend: that process goes on with it; `heddle runs show RUN` shows which.',
  },
  HEDDLE_JOURNAL_BUSY: {
    title: 'The journal stayed locked by another process.',
    fix: 'Look for a process that holds it for long (a backup, a shell in a transaction) and try again.',
  },
  HEDDLE_JOURNAL_CLOSED: {
    title: 'A journal was used after it was closed.',
    fix: 'Close it when the runs that write to it have ended.',
  },
  HEDDLE_JOURNAL_CORRUPT: {
    title: 'The journal file is damaged.',
    fix: 'Run `heddle journal check`; put a backup in its place, or move the file away and start anew.',
  },
  HEDDLE_JOURNAL_DENIED: {
    title: 'The server of the journal refused the user, the password or the database.',
    fix: 'Correct the URL, or give the user the rights that the message names.',
  },
  HEDDLE_JOURNAL_DRIVER: {
    title: 'The library of the journal could not be loaded.',
    fix: 'SQLite: install heddle again on this machine, or run with --no-journal. Redis: `npm install ioredis`. PostgreSQL: `npm install pg`.',
  },
  HEDDLE_JOURNAL_EVICTION: {
    title: 'The Redis of the journal may remove keys when its memory is full.',
    fix: 'Set `maxmemory-policy noeviction` there, or use a Redis of its own.',
  },
  HEDDLE_JOURNAL_FILESYSTEM: {
    title: 'The journal lies on a network file system, whose locks cannot be relied on.',
    fix: 'Put it on a local disk, or run with --no-journal.',
  },
  HEDDLE_JOURNAL_FULL: {
    title: 'There is no room left for the journal.',
    fix: 'Free space (`heddle prune`, `heddle journal compact`), then resume the run.',
  },
  HEDDLE_JOURNAL_GONE: {
    title: 'The journal file was deleted or replaced while a run was writing to it.',
    fix: 'Leave .heddle alone while runs go on; what was recorded went with the file.',
  },
  HEDDLE_JOURNAL_INVALID: {
    title: 'The file is not a journal of heddle.',
    fix: 'Check the path; move the file away if it is not needed.',
  },
  HEDDLE_JOURNAL_IO: {
    title: 'The journal could not be read or written.',
    fix: 'See the message; check the disk and the permissions.',
  },
  HEDDLE_JOURNAL_READONLY: {
    title: 'The journal or its directory cannot be written to.',
    fix: 'Check owner and permissions, or run with --no-journal.',
  },
  HEDDLE_JOURNAL_UNREACHABLE: {
    title: 'The server of the journal does not answer.',
    fix: 'Check that it runs, and its address in the URL; runs go on with `heddle resume` when it is back.',
  },
  HEDDLE_JOURNAL_VERSION: {
    title: 'The journal was written by a newer heddle.',
    fix: 'Use that version or a newer one.',
  },

  // Queue
  HEDDLE_QUEUE_CLOSED: {
    title: 'A queue was used after it was closed.',
    fix: 'Close it when the work on it has ended.',
  },
  HEDDLE_QUEUE_DENIED: {
    title: 'The server of the queue refused the user, the password or the database.',
    fix: 'Correct the URL, or give the user the rights that the message names.',
  },
  HEDDLE_QUEUE_DRIVER: {
    title: 'The library of the queue could not be loaded.',
    fix: 'Redis: `npm install ioredis`. PostgreSQL: `npm install pg`.',
  },
  HEDDLE_QUEUE_EVICTION: {
    title: 'The Redis of the queue may remove keys when its memory is full.',
    fix: 'Set `maxmemory-policy noeviction` there, or use a Redis of its own.',
  },
  HEDDLE_QUEUE_FULL: {
    title: 'The server of the queue has no room left.',
    fix: 'Give it more memory or disk; work goes on by itself when it takes data again.',
  },
  HEDDLE_QUEUE_IO: {
    title: 'The queue could not be read or written.',
    fix: 'See the message; check that nothing else uses its keys or its schema.',
  },
  HEDDLE_QUEUE_LIMIT: {
    title: 'A run is too large to be queued, or the server of the queue holds too much.',
    fix: 'Pass the place of large data and let a task read it, remove old runs (`heddle queue clean`), or raise the limit.',
  },
  HEDDLE_QUEUE_LOCKS: {
    title: 'Locks of jobs could not be kept alive for a while.',
    fix: 'Nothing where it passes. Else check the server, and that this machine is not short of memory or processor time; other workers take the jobs.',
  },
  HEDDLE_QUEUE_SECRET: {
    title: 'A run that is to be queued was given a secret parameter, which would be stored.',
    fix: 'Leave it out, and start workers with `--secrets FILE` that holds it under its name.',
  },
  HEDDLE_QUEUE_UNREACHABLE: {
    title: 'The server of the queue does not answer.',
    fix: 'Check that it runs, and its address in the URL.',
  },
  HEDDLE_QUEUE_VERSION: {
    title: 'The queue is used by a newer heddle.',
    fix: 'Use that version or a newer one.',
  },

  // Formatting and lint
  HEDDLE_FORMAT_SKIPPED: {
    title: 'A file is YAML of a form that `heddle fmt` does not lay out; it was left as it is.',
    fix: 'Write keys as `key: value`, the first of them below the line with ---.',
  },
  HEDDLE_LINT_DIRECTIVE: {
    title: 'A comment or the configuration names a lint rule that does not exist.',
    fix: 'Correct the name; docs/lint lists the rules.',
  },
  HEDDLE_LINT_ITEMS_CONCURRENCY: {
    title: 'An iteration that waits for the network, a file or a process runs one item at a time.',
    fix: 'Say how many may be in flight with `concurrency`; `concurrency: 1` if one at a time is meant.',
  },
  HEDDLE_LINT_RETRY_DELAY: {
    title: 'A task is tried again at once after it failed.',
    fix: 'Give its `retry` a `delay`, better with `backoff: exponential`.',
  },
  HEDDLE_LINT_HTTP_TIMEOUT: {
    title: 'An HTTP request has no timeout of its own.',
    fix: 'Add `timeout` to the task or to `defaults`.',
  },
  HEDDLE_LINT_PLAIN_SECRET: {
    title: 'A secret stands in the workflow as plain text.',
    fix: 'Put it in the keystore and write << keystore.NAME >>.',
  },
  HEDDLE_LINT_UNREAD_RESULTS: {
    title: 'The results of a large iteration are kept, and nothing reads them.',
    fix: 'Say `results: none`, `results: failures`, or `aggregate` what matters.',
  },
  HEDDLE_LINT_UNREAD_VARIABLE: {
    title: 'A variable is set, and nothing reads it.',
    fix: 'Remove it, or correct the name where it was to be read.',
  },
  HEDDLE_LINT_UNREAD_PARAMETER: {
    title: 'A parameter is declared, and nothing reads it.',
    fix: 'Remove it, or correct the name where it was to be read.',
  },
  HEDDLE_LINT_UNHANDLED_FAILURE: {
    title: 'The failure of a task skips a cleanup that failures before it lead to.',
    fix: 'Give it a transition for failures too, or one without `when`.',
  },
  HEDDLE_LINT_SHELL_TEMPLATE: {
    title: 'A template stands in a command that a shell reads.',
    fix: 'Pass the value in `env`, or give the command as a list without `shell: true`.',
  },
  HEDDLE_LINT_UNTRANSLATED_EXPRESSION: {
    title: 'An expression of another engine stands in the workflow as text.',
    fix: 'Write << … >> in its place; list the input under `raw` if the text is meant.',
  },

  // Command line, rehearsals, internals
  HEDDLE_USAGE: { title: 'The command line was called wrongly.', fix: 'Run the command with --help.' },
  HEDDLE_REHEARSAL: { title: 'A rehearsal file is not valid.', fix: 'See docs/testing.md.' },
  HEDDLE_REHEARSAL_UNMOCKED: {
    title: 'A rehearsal reached an action that is neither mocked nor allowed.',
    fix: 'Add a mock, or list the action under `allow`.',
  },
  HEDDLE_STATE_VERSION: {
    title: 'A recorded state is of a version this heddle does not know.',
    fix: 'Use the heddle version that wrote it, or a newer one.',
  },
  HEDDLE_INTERNAL: { title: 'heddle itself failed.', fix: 'Please report it with the output of --debug.' },
} as const satisfies Record<`HEDDLE_${string}`, ErrorEntry>;

/** The closed union of heddle's codes. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;
