import { taskRule } from '../rule.ts';

/** A request that may wait for as long as the service likes. */
export const httpTimeout = taskRule('HEDDLE_LINT_HTTP_TIMEOUT', 'warning', (task, _workflow, report) => {
  const { action, timeoutMs, taskTimeoutMs } = task;
  if (!action.value.startsWith('http.') || timeoutMs !== undefined || taskTimeoutMs !== undefined) return;
  report(
    {
      message: `'${task.name}' waits for an answer without a timeout.`,
      hint: 'Add `timeout: 30s` to the task, or `defaults: { timeout: 30s }` to the workflow.',
    },
    { path: action.path },
  );
});
