import type { Rule } from '../rule.ts';

/** A retry that follows a failure at once. `delay: 0` says that this is meant. */
export const retryDelay: Rule = {
  code: 'HEDDLE_LINT_RETRY_DELAY',
  level: 'warning',
  check: ({ definition }, report) => {
    // `defaults.retry` is the retry of many tasks.
    const retries = new Map(
      definition.tasks.flatMap(({ retry }) => (retry === undefined ? [] : [[retry.path.join(), retry]])),
    );
    for (const retry of retries.values()) {
      const isWritten = retry.delayMs.path.length > retry.path.length;
      if (retry.count === 0 || isWritten) continue;
      const isCommand = retry.path.at(-1) !== 'retry';
      const times = retry.count === 1 ? 'once' : `${retry.count} times`;
      report(
        {
          message: `What failed is tried again ${times} without a delay.`,
          hint: isCommand
            ? 'Write `retry: { count: 3, delay: 1s, when: … }` in place of `do: retry`.'
            : 'Add `delay: 1s`, and `backoff: exponential` where a service may be overloaded.',
        },
        { path: retry.path, what: isCommand ? 'value' : 'key' },
      );
    }
  },
};
