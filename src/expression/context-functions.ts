import type { FunctionDocumentation } from './library.ts';

/** A function that needs the run; the plan binds most of them, and says where each may stand. */
export interface ContextFunction extends FunctionDocumentation {
  readonly min: number;
  readonly max: number;
  /** `host`: what the machine gives; `completion`: the execution that just completed; `task`: what became of a named task. */
  readonly needs: 'host' | 'completion' | 'task';
}

const status = (name: string, result: boolean): ContextFunction => ({
  name,
  signature: `${name}()`,
  min: 0,
  max: 0,
  needs: 'completion',
  summary: `Whether the execution that just completed ended in exactly \`${name}\`.`,
  example: { expression: `${name}()`, result },
});

/** The functions that need more than their arguments. Results of examples are those of a typical run. */
export const CONTEXT_FUNCTIONS: readonly ContextFunction[] = [
  {
    name: 'now',
    signature: 'now()',
    min: 0,
    max: 0,
    needs: 'host',
    summary: 'The time as ISO 8601 text in UTC.',
    example: { expression: 'now()', result: '2026-01-31T12:00:00.000Z' },
  },
  {
    name: 'uuid',
    signature: 'uuid()',
    min: 0,
    max: 0,
    needs: 'host',
    summary: 'A new random UUID.',
    example: { expression: 'uuid()', result: '0d9b2b1e-6f0c-4f7e-9d52-8f7e3a0d7c11' },
  },
  {
    name: 'random',
    signature: 'random() or random(end) or random(start, end)',
    min: 0,
    max: 2,
    needs: 'host',
    summary: 'A random number from 0 up to and without 1, or a whole number from start (0) up to and without end.',
    example: { expression: 'random(1, 7)', result: 4 },
  },
  {
    name: 'env',
    signature: 'env(name)',
    min: 1,
    max: 1,
    needs: 'host',
    summary: 'An environment variable that the run was given (`--env NAME`, configuration); missing for any other.',
    example: { expression: "env('HOME') ?? '/root'", result: '/root' },
  },
  {
    name: 'sha256',
    signature: 'sha256(text)',
    min: 1,
    max: 1,
    needs: 'host',
    summary: 'The SHA-256 of the text, or of the JSON of a value, in lower-case hexadecimal.',
    example: {
      expression: "sha256('abc')",
      result: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    },
  },
  {
    name: 'result',
    signature: 'result()',
    min: 0,
    max: 0,
    needs: 'completion',
    summary: 'The result of the execution that just completed; of a failed one what it failed with, or null.',
    example: { expression: 'result().status', result: 200 },
  },
  {
    name: 'error',
    signature: 'error()',
    min: 0,
    max: 0,
    needs: 'completion',
    summary: '`{code, message, task, index, attempt}` of the execution that just failed, or null.',
    example: { expression: 'error().code', result: 'HEDDLE_HTTP_STATUS' },
  },
  status('succeeded', true),
  status('failed', false),
  status('timed_out', false),
  status('cancelled', false),
  status('skipped', false),
  {
    name: 'completed',
    signature: 'completed()',
    min: 0,
    max: 0,
    needs: 'completion',
    summary: 'True, whatever the execution that just completed ended in.',
    example: { expression: 'completed()', result: true },
  },
  {
    name: 'status',
    signature: "status('TASK')",
    min: 0,
    max: 1,
    needs: 'task',
    summary:
      "The status of a task's latest execution; without a name, of the execution or iteration that just completed.",
    example: { expression: "status('fetch')", result: 'succeeded' },
  },
  {
    name: 'attempts',
    signature: "attempts('TASK')",
    min: 1,
    max: 1,
    needs: 'task',
    summary: 'How many attempts a task has made.',
    example: { expression: "attempts('fetch')", result: 2 },
  },
  {
    name: 'stats',
    signature: "stats('TASK')",
    min: 1,
    max: 1,
    needs: 'task',
    summary: "`{total, succeeded, failed, skipped}` of a task's iterations.",
    example: { expression: "stats('check').total", result: 1000 },
  },
  {
    name: 'failures',
    signature: "failures('TASK')",
    min: 1,
    max: 1,
    needs: 'task',
    summary: 'A list of `{index, key, item, error, attempts}` of the iterations that failed.',
    example: { expression: "map(failures('check'), f => f.key)", result: ['web-7'] },
  },
];
