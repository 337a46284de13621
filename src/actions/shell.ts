import { resolve } from 'node:path';
import { ActionError, HeddleError } from '../errors/index.ts';
import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';
import { runProcess } from './shell/process.ts';

const run = defineAction({
  name: 'shell.run',
  description: 'Runs a command; an exit code that is not expected is a failure with the same result',
  input: {
    type: 'object',
    properties: {
      command: {
        anyOf: [{ type: 'array', items: { type: ['string', 'number', 'boolean'] }, minItems: 1 }, { type: 'string' }],
        description: 'A list: program and arguments, no shell reads them. A string needs `shell: true`',
      },
      shell: { type: 'boolean', default: false, description: 'Let /bin/sh read the command, which is a string then' },
      directory: {
        type: 'string',
        default: '.',
        description: "Where it runs; a relative one starts at the workflow's directory",
      },
      env: {
        type: 'object',
        additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
        description: "Variables beside those of heddle's own environment; null takes one away",
      },
      stdin: { type: 'string', default: '', description: 'Text that it reads' },
      expect: {
        anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'integer' }, minItems: 1 }],
        default: 0,
        description: 'Exit codes that are no failure',
      },
      'max-bytes': {
        type: 'integer',
        minimum: 0,
        default: 1_048_576,
        description: 'How much is kept of stdout, and of stderr; the rest is read and dropped',
      },
    },
    required: ['command'],
    additionalProperties: false,
  },
  output: {
    type: 'object',
    properties: {
      exit_code: { type: ['integer', 'null'], description: 'null: ended by a signal' },
      signal: { type: ['string', 'null'], description: 'The signal that ended it' },
      stdout: { type: 'string' },
      stderr: { type: 'string' },
      stdout_truncated: { type: 'boolean', description: 'Whether there was more than `max-bytes`' },
      stderr_truncated: { type: 'boolean', description: 'Whether there was more than `max-bytes`' },
    },
    required: ['exit_code', 'signal', 'stdout', 'stderr', 'stdout_truncated', 'stderr_truncated'],
  },
  run: async (input, { cwd, signal }) => {
    const result = await runProcess({
      argv: argvOf(input.command, input.shell),
      directory: resolve(cwd, input.directory),
      env: environment(input.env ?? {}),
      stdin: input.stdin,
      maxBytes: input['max-bytes'],
      signal,
    });
    const { exit_code: code } = result;
    if (code !== null && [input.expect].flat().includes(code)) return result;
    const message = code === null ? `ended by ${result.signal ?? 'a signal'}` : `exit code ${code}`;
    throw new ActionError(message, { code: 'HEDDLE_SHELL_EXIT', result });
  },
});

function argvOf(
  command: string | readonly (string | number | boolean)[],
  shell: boolean,
): readonly [string, ...string[]] {
  if (typeof command === 'string') {
    if (shell) return ['/bin/sh', '-c', command];
    throw new HeddleError(
      'HEDDLE_INPUT_INVALID',
      "input 'command' must be a list such as [git, status]; a string needs 'shell: true', found a string",
    );
  }
  const [program, ...args] = command.map(String);
  if (shell || program === undefined) {
    throw new HeddleError('HEDDLE_INPUT_INVALID', "input 'command' must be a string with 'shell: true', found a list");
  }
  return [program, ...args];
}

function environment(own: Readonly<Record<string, string | number | boolean | null>>): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const [name, value] of Object.entries(own)) {
    if (value === null) delete env[name];
    else env[name] = String(value);
  }
  return env;
}

/** `shell.*` */
export const shellActions: readonly Action[] = [run];
