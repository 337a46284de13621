import { notesOfHead, notesOfRetry, notesOfTask, notesOfTransition } from '../workflow/generated/validate-workflow.js';

/** The keys of a kind of mapping: which are heddle's own, and in what order they are written. */
export interface KeyOrder {
  /** In order. */
  readonly keys: readonly string[];
  /** What the values of keys are, where they are mappings of heddle's keys too, or lists of such mappings. */
  readonly parts: Readonly<Record<string, KeyOrder>>;
  /** Whether the values under any key are `part`: tasks by name. */
  readonly every?: KeyOrder;
}

/** Stands in an order for the keys that the schema knows and the order does not name. */
const REST = '…';

/** `order` with the keys of a schema that it leaves out. */
function complete(order: readonly string[], known: readonly string[] = []): string[] {
  const rest = known.filter((key) => !order.includes(key));
  return order.flatMap((key) => (key === REST ? rest : [key]));
}

function leaf(keys: readonly string[]): KeyOrder {
  return { keys, parts: {} };
}

const retry = leaf(
  complete(['count', 'delay', 'backoff', 'max-delay', 'jitter', 'when', REST], notesOfRetry['']?.keys),
);
const transition = leaf(complete(['when', 'publish', 'do', REST], notesOfTransition['']?.keys));
const decision = leaf(['when', 'default', 'publish', 'next', 'do']);

// The specification's own example: what a task is, when it runs, over what, how, with what input, and what comes next.
const TASK_KEYS = [
  'name', 'description', 'action', 'when', 'needs', 'join', 'with-items', 'as', 'key', 'batch-size', 'concurrency', 'rate',
  'on-item-failure', 'tolerate', 'results', REST, 'distribute', 'queue', 'delay', 'timeout', 'task-timeout', 'retry', 'cache', 'raw', 'input',
  'aggregate', 'publish', 'next', 'on-success', 'on-failure', 'on-timeout', 'on-complete', 'decision',
]; // prettier-ignore

const task: KeyOrder = {
  keys: complete(TASK_KEYS, notesOfTask['']?.keys),
  parts: {
    retry,
    next: transition,
    decision,
    'on-success': transition,
    'on-failure': transition,
    'on-timeout': transition,
    'on-complete': transition,
    cache: leaf(['key', 'ttl']),
    'with-items': leaf(['from', 'path', 'format', 'delimiter', 'header', 'encoding', 'shared']),
  },
};

// What holds for the whole workflow stands before its tasks.
const HEAD_KEYS = [
  'name', 'version', 'description', 'tags', 'schedule', 'priority', 'parameters', 'vars', 'order', 'timeout', 'concurrency',
  'on-cancel', 'on-run-failure', 'limits', 'defaults', REST, 'tasks', 'output', 'output-map',
]; // prettier-ignore

/** The keys at the top of a workflow. */
export const WORKFLOW_KEYS: KeyOrder = {
  keys: complete(HEAD_KEYS, notesOfHead['']?.keys),
  parts: {
    tasks: { keys: task.keys, parts: task.parts, every: task },
    defaults: { keys: ['timeout', 'concurrency', 'retry'], parts: { retry } },
    schedule: leaf(['cron', 'timezone', 'overlap', 'parameters']),
    limits: leaf(['task-runs', 'failures', 'interruptions', 'owned-bytes-per-item']),
  },
};
