import type { Rule } from '../rule.ts';
import { placeOfText, textsOf } from '../texts.ts';

/** What other engines write their expressions in, and heddle takes for text. `{{ … }}` is not among them. */
const FOREIGN: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/<%.*?%>/s, '`<% … %>` is YAQL, and'],
  [/\{%.*?%\}/s, '`{% … %}` is a block of Jinja, and'],
  [/\{#.*?#\}/s, '`{# … #}` is a comment of Jinja, and'],
];

/** Texts that nobody reads but people. */
const PROSE: ReadonlySet<unknown> = new Set(['description', 'name']);

/** An expression of another engine that has come along: nothing evaluates it. */
export const untranslatedExpression: Rule = {
  code: 'HEDDLE_LINT_UNTRANSLATED_EXPRESSION',
  level: 'warning',
  check: ({ definition, document }, report) => {
    const literal = definition.tasks.flatMap(({ raw, inputPath }) =>
      (raw === true ? [[]] : raw.map((name) => [name])).map((rest) => [...inputPath, ...rest].join('\0')),
    );
    for (const [text, path] of textsOf(document)) {
      const found = FOREIGN.find(([pattern]) => pattern.test(text));
      if (found === undefined || (PROSE.has(path.at(-1)) && !path.includes('input'))) continue;
      const place = path.join('\0');
      if (literal.some((prefix) => place === prefix || place.startsWith(`${prefix}\0`))) continue;
      report(
        {
          message: `${found[1]} text in heddle: nothing evaluates it.`,
          hint: 'Write an expression, << … >>; where the text is meant, list the input under `raw`.',
        },
        placeOfText(document, path),
      );
    }
  },
};
