/** A function that depends on the run, so that no example of it has one result. */
export interface RunFunction {
  readonly name: string;
  readonly signature: string;
  readonly summary: string;
}

/** The functions of src/plan/calls.ts, by where they can be called. A test checks that none is missing. */
export const RUN_FUNCTIONS: Readonly<Record<string, readonly RunFunction[]>> = {
  'Of the execution that just completed': [
    { name: 'result', signature: 'result()', summary: 'Its result; after a failure what it failed with, or null.' },
    {
      name: 'error',
      signature: 'error()',
      summary: 'Null, or its error as `{code, message, task, index, attempt}`.',
    },
    { name: 'status', signature: 'status()', summary: 'Its status: `"succeeded"`, `"failed"`, `"timed_out"`, ….' },
    { name: 'succeeded', signature: 'succeeded()', summary: 'Whether it succeeded.' },
    { name: 'failed', signature: 'failed()', summary: 'Whether it failed; a timeout is no failure here.' },
    { name: 'timed_out', signature: 'timed_out()', summary: 'Whether it ran longer than its timeout.' },
    { name: 'cancelled', signature: 'cancelled()', summary: 'Whether it was cancelled.' },
    { name: 'skipped', signature: 'skipped()', summary: 'Whether it was skipped.' },
    { name: 'completed', signature: 'completed()', summary: 'True, whatever its status.' },
  ],
  'Of a task by its name': [
    {
      name: 'status',
      signature: 'status(task)',
      summary: 'The status of its latest execution; `"pending"` before there is one.',
    },
    { name: 'attempts', signature: 'attempts(task)', summary: 'How many attempts its latest execution took.' },
    {
      name: 'stats',
      signature: 'stats(task)',
      summary: 'Its iterations: `{total, succeeded, failed, skipped}`; skipped are those that never started.',
    },
    {
      name: 'failures',
      signature: 'failures(task)',
      summary: 'Its failed iterations: a list of `{index, key, item, error, attempts}`.',
    },
  ],
  'Of the surroundings': [
    { name: 'now', signature: 'now()', summary: 'The time as text: `"2026-01-31T12:00:00.000Z"`.' },
    { name: 'random', signature: 'random()', summary: 'A number from 0 up to, and without, 1.' },
    { name: 'uuid', signature: 'uuid()', summary: 'A new UUID.' },
    { name: 'sha256', signature: 'sha256(text)', summary: 'The SHA-256 hash of a text, in hexadecimal digits.' },
    {
      name: 'env',
      signature: 'env(name, fallback?)',
      summary: 'An environment variable that the run was given (`--env NAME`), else the fallback, else an error.',
    },
  ],
};
