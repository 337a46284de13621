import { taskRule } from '../rule.ts';

/** A with-items over an action that reaches out of the process, one item at a time without having said so. */
export const itemsConcurrency = taskRule('HEDDLE_LINT_ITEMS_CONCURRENCY', 'warning', (task, { isIo }, report) => {
  const { withItems, action } = task;
  if (withItems === undefined || withItems.concurrency !== undefined || !isIo(action.value)) return;
  const { source } = withItems;
  if (source.kind === 'value' && Array.isArray(source.value) && source.value.length < 2) return;
  report(
    {
      message: `'${task.name}' waits for ${action.value} one item after another.`,
      hint: 'Add `concurrency: 10`, or `concurrency: 1` if one at a time is meant.',
    },
    { path: withItems.path, what: 'key' },
  );
});
