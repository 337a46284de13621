import type { Rule } from '../rule.ts';

/** A variable of `vars` or of a `publish` that no template reads. */
export const unreadVariable: Rule = {
  code: 'HEDDLE_LINT_UNREAD_VARIABLE',
  level: 'warning',
  check: ({ definition, reading: { variables } }, report) => {
    if (variables === 'all') return;
    const declared = definition.vars.map((entry) => ({ ...entry, verb: 'set' }));
    const published = definition.tasks.flatMap((task) =>
      task.next.flatMap((transition) => transition.publish.map((entry) => ({ ...entry, verb: 'published' }))),
    );
    for (const { name, path, verb } of [...declared, ...published]) {
      const variable = name.split('.', 1)[0] as string;
      if (variables.has(variable)) continue;
      report(
        {
          message: `The variable '${variable}' is ${verb}, and nothing reads it.`,
          hint: 'Remove it, or name it where it was to be read.',
        },
        { path, what: 'key' },
      );
    }
  },
};
