import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';
import { csvError, csvOptions } from './files/csv-format.ts';

const parse = defineAction({
  name: 'csv.parse',
  description: 'Parses CSV text into a list of mappings, or of lists where there is no header; every value is a string',
  input: {
    type: 'object',
    properties: {
      text: { type: 'string', description: 'The CSV' },
      delimiter: { type: 'string', minLength: 1, default: ',', description: 'What stands between values' },
      header: {
        anyOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'string' } }],
        default: true,
        description: 'true: names stand in the first row; false: there are none; a list gives them',
      },
    },
    required: ['text'],
    additionalProperties: false,
  },
  output: { type: 'array', description: 'The rows' },
  run: async ({ text, delimiter, header }) => {
    const { parse: parseCsv } = await import('csv-parse/sync');
    try {
      return parseCsv(text, csvOptions(delimiter, header));
    } catch (error) {
      throw error instanceof Error ? csvError(error, 'The text') : error;
    }
  },
});

/** `csv.*` */
export const csvActions: readonly Action[] = [parse];
