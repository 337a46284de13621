import { HeddleError } from '../errors/index.ts';
import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';

const run = defineAction({
  name: 'workflow.run',
  description: 'Runs another workflow; the result is its output. `action: ./other.yaml` is a shorter form',
  input: {
    type: 'object',
    properties: {
      workflow: {
        type: 'string',
        minLength: 1,
        description: 'Name of a workflow, or path from the directory of this one',
      },
      parameters: { type: 'object', default: {}, description: 'Its parameters' },
    },
    required: ['workflow'],
    additionalProperties: false,
  },
  run: () => {
    throw new HeddleError('HEDDLE_INTERNAL', 'workflow.run belongs to the executor and cannot be called by itself.');
  },
});

/** `workflow.*`: descriptions only, the executor runs sub-workflows itself. */
export const workflowActions: readonly Action[] = [run];
