import { setTimeout as wait } from 'node:timers/promises';
import { ActionError, HeddleError } from '../errors/index.ts';
import { truthy } from '../expression/values.ts';
import { parseDuration } from '../workflow/duration.ts';
import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';
import { describeValue } from './value-description.ts';

/** The longest delay Node.js keeps; a longer one would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

const noop = defineAction({
  name: 'core.noop',
  description: 'Does nothing; the result is null',
  run: () => null,
});

const echo = defineAction({
  name: 'core.echo',
  description: 'Gives back what it gets: `message` where that is its only input, else the mapping of its inputs',
  input: {
    type: 'object',
    properties: { message: { description: 'Anything; alone, it is the result' } },
    additionalProperties: true,
  },
  run: (input: Readonly<Record<string, unknown>>) => {
    for (const key in input) if (key !== 'message') return input;
    return input['message'] ?? null;
  },
});

const set = defineAction({
  name: 'core.set',
  description: 'Names values: the result is the mapping of its inputs',
  run: (input) => input,
});

const fail = defineAction({
  name: 'core.fail',
  description: 'Fails',
  input: {
    type: 'object',
    properties: {
      message: { type: 'string', default: 'core.fail was called', description: 'What went wrong' },
      code: { type: 'string', default: 'HEDDLE_ACTION_FAILED', description: 'Code of the error' },
      result: { description: 'What `result()` gives in the transitions of the task' },
      retryable: { type: 'boolean', default: true, description: 'Whether `retry` may try again' },
    },
    additionalProperties: false,
  },
  run: ({ message, ...options }) => {
    throw new ActionError(message, options);
  },
});

const sleep = defineAction({
  name: 'core.sleep',
  description: 'Waits; the result is null',
  input: {
    type: 'object',
    properties: {
      duration: {
        type: ['number', 'string'],
        minimum: 0,
        description: 'How long: seconds, or text such as 250ms, 5s, 2m, 1h',
      },
    },
    required: ['duration'],
    additionalProperties: false,
  },
  run: async ({ duration }, { signal }) => {
    const durationMs = typeof duration === 'number' ? duration * 1000 : parseDuration(duration);
    if (durationMs === null) {
      throw new HeddleError(
        'HEDDLE_DURATION',
        `input 'duration' must be seconds or text such as 250ms, 5s, 2m, 1h, found ${describeValue(duration)}`,
      );
    }
    try {
      for (let leftMs = durationMs; leftMs > 0; leftMs -= MAX_DELAY_MS) {
        await wait(Math.min(leftMs, MAX_DELAY_MS), undefined, { signal });
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
    return null;
  },
});

const log = defineAction({
  name: 'core.log',
  description: 'Writes to the log of the run; the result is null',
  input: {
    type: 'object',
    properties: {
      message: { description: 'Text; anything else is written as JSON' },
      level: { enum: ['debug', 'info', 'warn', 'error'], default: 'info', description: 'How important it is' },
      fields: { type: 'object', default: {}, description: 'Values that belong to it' },
    },
    required: ['message'],
    additionalProperties: false,
  },
  run: ({ message, level, fields }, context) => {
    context.log[level](typeof message === 'string' ? message : JSON.stringify(message), { ...fields });
    return null;
  },
});

const assert = defineAction({
  name: 'core.assert',
  description: 'Fails with HEDDLE_ASSERTION unless a condition holds; the result is null',
  input: {
    type: 'object',
    properties: {
      that: { description: 'Must be true; false, null, 0, "", [] and {} are not' },
      message: { type: 'string', description: 'What it means when it is not' },
    },
    required: ['that'],
    additionalProperties: false,
  },
  run: ({ that, message }) => {
    if (truthy(that)) return null;
    const text = message ?? `The condition does not hold: found ${describeValue(that)}.`;
    throw new ActionError(text, { code: 'HEDDLE_ASSERTION' });
  },
});

/** `core.*`: everything that needs nothing. */
export const coreActions: readonly Action[] = [noop, echo, set, fail, sleep, log, assert];
