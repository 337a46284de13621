import { resolve } from 'node:path';
import { HeddleError } from '../errors/index.ts';
import { renderHandlebars } from '../template/index.ts';
import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';
import { readText } from './files/read-text.ts';

const MAX_TEMPLATE_BYTES = 10 * 1024 * 1024;

const render = defineAction({
  name: 'template.render',
  description: 'Renders a Handlebars document, with every function of expressions as a helper',
  input: {
    type: 'object',
    properties: {
      template: {
        type: 'string',
        description: 'The document; list it under `raw`, or `<< >>` and `{{ }}` in it are rendered before',
      },
      path: {
        type: 'string',
        minLength: 1,
        description: "File that holds it instead; a relative path starts at the workflow's directory",
      },
      data: { type: 'object', default: {}, description: 'The names it may use' },
      escape: { enum: ['none', 'html'], default: 'none', description: 'What `{{ }}` escapes' },
    },
    additionalProperties: false,
  },
  output: { type: 'string' },
  run: async ({ template, path, data, escape }, { cwd, signal }) => {
    if ((template === undefined) === (path === undefined)) {
      throw new HeddleError('HEDDLE_INPUT_INVALID', "give one of the inputs 'template' and 'path'");
    }
    const options = { encoding: 'utf-8', maxBytes: MAX_TEMPLATE_BYTES, signal };
    const text = template ?? (await readText(resolve(cwd, path ?? ''), options));
    return renderHandlebars(text, { ...data }, { escape });
  },
});

/** `template.*` */
export const templateActions: readonly Action[] = [render];
