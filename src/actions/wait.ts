import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';
import { spanOf, timeOf } from './wait-time.ts';

const signal = defineAction({
  name: 'wait.signal',
  description: 'Waits for a signal of that name; the result is its data (`heddle signal RUN NAME --data …`)',
  input: {
    type: 'object',
    properties: {
      name: {
        type: 'string',
        minLength: 1,
        description: 'Name of the signal; one that came before it is waited for is kept',
      },
      timeout: {
        type: ['number', 'string'],
        minimum: 0,
        description: 'How long to wait: seconds, or text such as 30m, 1d; then the task ends in `timed_out`',
      },
      default: { description: 'The result when the time is over, in place of `timed_out`' },
    },
    required: ['name'],
    additionalProperties: false,
  },
  run: (input: SignalInput, context) =>
    context.wait({
      kind: 'signal',
      name: input.name,
      ...(input.timeout === undefined ? {} : { forMs: spanOf('timeout', input.timeout) }),
      ...('default' in input ? { default: { value: input.default } } : {}),
    }),
});

interface SignalInput {
  readonly name: string;
  readonly timeout?: number | string;
  readonly default?: unknown;
}

const until = defineAction({
  name: 'wait.until',
  description: 'Waits until a time, which may be days ahead; the result is null',
  input: {
    type: 'object',
    properties: {
      time: {
        type: ['string', 'number'],
        description: 'ISO 8601 text with a zone, such as 2026-12-24T18:00:00Z, or milliseconds since the epoch',
      },
    },
    required: ['time'],
    additionalProperties: false,
  },
  run: ({ time }: { readonly time: string | number }, context) =>
    context.wait({ kind: 'time', untilMs: timeOf('time', time) }),
});

/** `wait.*`: what a run can wait for without keeping a process. */
export const waitActions: readonly Action[] = [signal, until];
