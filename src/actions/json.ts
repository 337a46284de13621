import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';
import { parseJson } from './files/json-text.ts';

const parse = defineAction({
  name: 'json.parse',
  description: 'Parses JSON text',
  input: {
    type: 'object',
    properties: { text: { type: 'string', description: 'The JSON' } },
    required: ['text'],
    additionalProperties: false,
  },
  run: ({ text }) => parseJson(text, 'The text'),
});

/** `json.*` */
export const jsonActions: readonly Action[] = [parse];
