import { hasForeignExpression, allOf, atom, notCode } from '../expression/index.ts';
import { mapping, scalar, type OutputEntry, type OutputPlace } from '../output-node.ts';
import type { SourcedEntry } from '../source.ts';
import { translateApproval } from './approval.ts';
import { entriesOf, textOf, type AttuneContext, type AttuneTask } from './context.ts';
import type { AttuneNames } from './names.ts';
import { readTransitions, TRANSITION_KEYS, writeTransition } from './transitions.ts';
import { attuneCondition, attuneValue, literalValue } from './value.ts';

/** The order in which a task's keys are written. */
const ORDER = [
  'name', 'action', 'when', 'join', 'with-items', 'batch-size', 'concurrency', 'iterate_cache', 'tasks', 'queue', 'worker_selector', 'delay',
  'timeout', 'retry', 'input', 'next',
]; // prettier-ignore

/** Keys that mean the same under the name they have in heddle. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['with_items', 'with-items'],
  ['batch_size', 'batch-size'],
  ['concurrency', 'concurrency'],
  ['delay', 'delay'],
  ['timeout', 'timeout'],
  ['input', 'input'],
]);

const TOKEN =
  'What an action may do is decided by the credentials it is given: there is no token of the execution. It is left out.';
/** Keys without a counterpart, and what is there instead. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['permission_set_refs', TOKEN],
  ['permission_set_ref', TOKEN],
  ['trace_tag_template', 'A run is found by its id and its parameters; there is no tag of a task. It is left out.'],
  ['worker_tolerations', 'Workers are chosen by the queue they listen to, and by nothing else. It is left out.'],
  ['worker_affinity', 'Workers are chosen by the queue they listen to, and by nothing else. It is left out.'],
]);

/** Translates a task, and the approval before it where it waits for an inquiry. */
export function translateTask(context: AttuneContext, task: AttuneTask, names: AttuneNames): OutputPlace[] {
  const transitions = readTransitions(context, task, names);
  const isGuarded = context.approvals.has(task.name);
  const entries: OutputEntry[] = [{ key: 'name', line: task.line, value: scalar(task.name) }];
  for (const entry of task.keys.values()) {
    // The approval waits at the barrier.
    if (isGuarded && entry.name === 'join') continue;
    entries.push(...translateKey(context, task, entry, names));
  }
  if (transitions.length > 0) {
    const items = transitions.map((transition) => writeTransition(context, transition));
    entries.push({
      key: 'next',
      line: task.keys.get('next')?.keyLine,
      value: { kind: 'sequence', items, flow: false },
    });
  }
  entries.sort((left, right) => ORDER.indexOf(left.key) - ORDER.indexOf(right.key));
  const own: OutputPlace = { line: task.line, apart: true, value: mapping(entries) };
  return isGuarded ? [translateApproval(context, task, transitions, names), own] : [own];
}

function translateKey(
  context: AttuneContext,
  task: AttuneTask,
  entry: SourcedEntry,
  names: AttuneNames,
): OutputEntry[] {
  const { source } = context;
  const { name, keyLine: line } = entry;
  if (name === 'name' || name === 'wait_for' || name === '__chart_meta__' || TRANSITION_KEYS.has(name)) return [];
  const same = SAME.get(name);
  if (same !== undefined) return [{ key: same, line, ...attuneValue(source, entry, names) }];
  const reason = LEFT_OUT.get(name);
  if (reason !== undefined) {
    source.changed(entry.path, reason);
    return [];
  }
  switch (name) {
    case 'action':
      return [{ key: 'action', line, value: scalar(textOf(entry) ?? '') }];
    case 'type':
      return [];
    case 'when': {
      const { code, text, notes } = attuneCondition(source, entry, names);
      return [{ key: 'when', line, value: scalar(code?.text ?? text), notes }];
    }
    case 'join':
      return [{ key: 'join', line, value: literalValue(source, entry) }];
    case 'retry':
      return [translateRetry(context, entry, names)];
    case 'worker_selector':
      return translateSelector(context, entry);
    case 'iterate_cache':
      source.lost(
        entry.path,
        'There are no data caches. Read the entries in a task before this one, and iterate over its result with `with-items`.',
      );
      return [
        { key: name, line, value: literalValue(source, entry), notes: ['not translated: there are no data caches'] },
      ];
    case 'tasks':
      source.lost(
        entry.path,
        `Tasks within a task have no counterpart: name them in a 'do' of '${task.name}', and let a task with 'join: all' follow them.`,
      );
      return [{ key: name, line, value: literalValue(source, entry), notes: ['not translated: tasks within a task'] }];
    default:
      source.invalid(entry.path, `There is no key '${name}' in a task of Attune.`, 'key');
      return [];
  }
}

function translateRetry(context: AttuneContext, entry: SourcedEntry, names: AttuneNames): OutputEntry {
  const { source } = context;
  const order = ['count', 'delay', 'backoff', 'max-delay', 'when'];
  const entries = entriesOf(source, entry).flatMap((each): OutputEntry[] => {
    const line = each.keyLine;
    const key = each.name.replaceAll('_', '-');
    if (each.name !== 'on_error') {
      if (order.includes(key)) return [{ key, line, ...attuneValue(source, each, names) }];
      source.invalid(each.path, `There is no key '${each.name}' in \`retry\`.`, 'key');
      return [];
    }
    const { code, text, notes } = attuneCondition(source, each, names);
    // Attune asks after failures only, heddle after every attempt.
    const when = code === undefined ? text : allOf('and', [notCode(atom('succeeded()', 'bool')), code]).text;
    return [{ key: 'when', line, value: scalar(when), notes }];
  });
  entries.sort((left, right) => order.indexOf(left.key) - order.indexOf(right.key));
  return { key: 'retry', line: entry.keyLine, value: mapping(entries, { flow: true }) };
}

/** Labels of workers are one queue, which the workers with these labels listen to: `{ gpu: "true" }` is `gpu`. */
function translateSelector({ source }: AttuneContext, entry: SourcedEntry): OutputEntry[] {
  const labels = entriesOf(source, entry).map((each) => ({ name: each.name, value: textOf(each) ?? '' }));
  if (entry.node.kind !== 'mapping' || labels.some(({ value }) => hasForeignExpression(value))) {
    source.lost(
      entry.path,
      'A worker that is chosen by an expression has no counterpart: the name of a queue is known before a run.',
    );
    return [
      {
        key: 'worker_selector',
        line: entry.keyLine,
        value: literalValue(source, entry),
        notes: ['not translated: give the task a queue'],
      },
    ];
  }
  // An empty selector takes back the action's own.
  if (labels.length === 0) return [];
  const queue = labels
    .map(({ name, value }) => (value === 'true' ? name : `${name}-${value}`))
    .join('.')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-');
  const listening = `workers with these labels have to listen to the queue '${queue}'`;
  source.changed(entry.path, `A worker is chosen by its queue: ${listening}.`);
  return [{ key: 'queue', line: entry.keyLine, value: scalar(queue) }];
}
