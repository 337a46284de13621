import type { Action } from '../../actions/action.ts';
import { defineAction } from '../../actions/define-action.ts';
import { checkWorkflow } from '../../node/load-workflow.ts';
import type { Diagnostic } from '../../workflow/index.ts';

/** Actions that checked texts may name. */
export const ACTIONS: readonly Action[] = [
  defineAction({
    name: 't.typed',
    input: {
      type: 'object',
      properties: {
        url: { type: 'string' },
        count: { type: 'integer', default: 1 },
        ratio: { type: 'number' },
        mode: { enum: ['fast', 'slow'] },
        'max-bytes': { type: 'integer' },
        tags: { type: 'array' },
      },
      required: ['url', 'count'],
      additionalProperties: false,
    },
    run: () => null,
  }),
  defineAction({ name: 't.any', run: () => null }),
  defineAction({ name: 't.nothing', input: { type: 'object', properties: {} }, run: () => null }),
];

/** A text without the lines that {@link annotate} adds. */
export function plain(text: string): string {
  return text.replace(/^ *\^+ .*\n/gm, '');
}

/**
 * The text of a workflow with what is wrong with it: under its line, carets under its columns and the message.
 *
 * @example
 * tasks: [{ name: a, needs: b }]
 *                           ^ HEDDLE_UNKNOWN_TASK there is no task 'b' => a
 */
export function annotate(text: string, diagnostics: readonly Diagnostic[]): string {
  const lines = text.split('\n');
  return lines
    .map((line, index) =>
      [line, ...diagnostics.filter((each) => each.line === index + 1).map((each) => pointer(each, line))].join('\n'),
    )
    .join('\n');
}

function pointer(diagnostic: Diagnostic, line: string): string {
  const { column, endColumn, endLine, code, severity, message, suggestion } = diagnostic;
  const end = endLine > diagnostic.line ? line.length + 1 : endColumn;
  const carets = '^'.repeat(Math.max(1, end - column));
  const weight = severity === 'warning' ? 'warning ' : '';
  return `${' '.repeat(column - 1)}${carets} ${weight}${code} ${message}${suggestion === undefined ? '' : ` => ${suggestion}`}`;
}

/** Checks an annotated text; gives it back with the annotations that are right. */
export function checked(text: string): string {
  return annotate(plain(text), checkWorkflow(plain(text), { actions: ACTIONS }));
}
