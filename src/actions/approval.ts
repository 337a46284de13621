import { HeddleError } from '../errors/index.ts';
import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';
import { schemaProblems } from './validate.ts';
import { spanOf } from './wait-time.ts';

const request = defineAction({
  name: 'approval.request',
  description: 'Waits for a person; the result is the answer (`heddle approve RUN TASK --data …`)',
  input: {
    type: 'object',
    properties: {
      prompt: { type: 'string', default: '', description: 'What is asked' },
      schema: { type: 'object', description: 'JSON Schema that the answer must fit' },
      timeout: {
        type: ['number', 'string'],
        minimum: 0,
        description: 'How long to wait: seconds, or text such as 30m, 1d; then the task ends in `timed_out`',
      },
      default: { description: 'The answer when the time is over, in place of `timed_out`' },
    },
    additionalProperties: false,
  },
  run: (input: ApprovalInput, context) => {
    const { prompt, schema, timeout } = input;
    const answer = {
      kind: 'approval',
      prompt,
      ...(schema === undefined ? {} : { schema }),
      ...(timeout === undefined ? {} : { forMs: spanOf('timeout', timeout) }),
      ...('default' in input ? { default: { value: input.default } } : {}),
    } as const;
    if (schema === undefined) return context.wait(answer);
    const problemOf = (data: unknown): string | null => {
      const problems = schemaProblems(schema, data, 'answer');
      return problems.length === 0 ? null : problems.join('; ');
    };
    const problem = 'default' in input ? problemOf(input.default) : null;
    if (problem === null) return context.wait(answer, problemOf);
    throw new HeddleError('HEDDLE_INPUT_INVALID', `the default does not fit the schema of the answer: ${problem}`);
  },
});

interface ApprovalInput {
  readonly prompt: string;
  readonly schema?: object;
  readonly timeout?: number | string;
  readonly default?: unknown;
}

/** `approval.*`: what people are asked. */
export const approvalActions: readonly Action[] = [request];
