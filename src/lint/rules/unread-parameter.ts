import type { Rule } from '../rule.ts';

/** A parameter that no template reads. */
export const unreadParameter: Rule = {
  code: 'HEDDLE_LINT_UNREAD_PARAMETER',
  level: 'warning',
  check: ({ definition, reading: { parameters } }, report) => {
    if (parameters === 'all') return;
    for (const { name, path } of definition.parameters) {
      if (parameters.has(name)) continue;
      report(
        {
          message: `The parameter '${name}' is declared, and nothing reads it.`,
          hint: 'Remove it, or name it where it was to be read.',
        },
        { path, what: 'key' },
      );
    }
  },
};
