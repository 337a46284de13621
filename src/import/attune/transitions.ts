import { allOf, atom, type Code } from '../expression/index.ts';
import { mapping, scalar, words, type OutputEntry, type OutputNode, type OutputPlace } from '../output-node.ts';
import type { Sourced, SourcedEntry } from '../source.ts';
import { entriesOf, itemsOf, textOf, type AttuneContext, type AttuneTask } from './context.ts';
import type { AttuneNames } from './names.ts';
import { attuneCondition, attuneValue, literalValue, type TranslatedCondition } from './value.ts';

/** A transition before it is written. */
export interface Transition {
  readonly line: number;
  /** Undefined: it fires whatever came of the task. */
  readonly when?: TranslatedCondition;
  readonly publish: readonly OutputEntry[];
  readonly do: readonly string[];
  /** A `do` that has no counterpart, as it stands. */
  readonly lost?: OutputNode;
}

/** Older keys, in the order in which Attune turns them into transitions. */
const OLDER: readonly (readonly [key: string, status: string | undefined])[] = [
  ['on_success', 'succeeded()'],
  ['on_failure', 'failed()'],
  ['on_complete', undefined],
  ['on_timeout', 'timed_out()'],
];

/** Keys of which transitions are made. */
export const TRANSITION_KEYS: ReadonlySet<string> = new Set([
  'next',
  'decision',
  'publish',
  ...OLDER.map(([key]) => key),
]);

/** The transitions of a task: `next`, else what its older keys come to. */
export function readTransitions(context: AttuneContext, task: AttuneTask, names: AttuneNames): Transition[] {
  const { source } = context;
  const next = task.keys.get('next');
  if (next !== undefined && itemsOf(source, next).length > 0) {
    for (const [key, entry] of task.keys) {
      if (key === 'next' || !TRANSITION_KEYS.has(key)) continue;
      source.changed(entry.path, `Attune does not look at '${key}' beside 'next'; it is left out.`);
    }
    return itemsOf(source, next).flatMap((item) => readTransition(context, item, names, undefined));
  }
  const transitions: Transition[] = OLDER.flatMap(([key, status]) =>
    readOlder(context, task.keys.get(key), names, status),
  );
  transitions.push(...readDecision(context, task.keys.get('decision'), names));
  return withPublish(transitions, readPublish(context, task.keys.get('publish'), names), task);
}

function readTransition(
  context: AttuneContext,
  from: Sourced,
  names: AttuneNames,
  status: string | undefined,
): Transition[] {
  const { source } = context;
  const transition = source.asMapping(from, 'A transition is a mapping of `when`, `publish` and `do`.');
  if (transition === undefined) return [];
  let when: TranslatedCondition | undefined;
  let publish: OutputEntry[] = [];
  let targets: string[] = [];
  let lost: OutputNode | undefined;
  for (const entry of source.entries(transition)) {
    if (entry.name === 'when') when = attuneCondition(source, entry, names);
    else if (entry.name === 'publish') publish = readPublish(context, entry, names);
    else if (entry.name === 'do' || entry.name === 'next') {
      targets = readTargets(context, entry);
      if (itemsOf(source, entry).some(({ node }) => node.kind !== 'scalar')) lost = literalValue(source, entry);
    }
    // What the editor draws has no meaning.
    else if (entry.name !== '__chart_meta__' && entry.name !== 'default')
      source.invalid(entry.path, `There is no key '${entry.name}' in a transition.`, 'key');
  }
  const both = status === undefined ? when : conditionOf(status, when);
  return [{ line: transition.line, publish, do: targets, ...given({ when: both, lost }) }];
}

/** Only what is there. */
function given(parts: {
  readonly when: TranslatedCondition | undefined;
  readonly lost: OutputNode | undefined;
}): Pick<Transition, 'when' | 'lost'> {
  const { when, lost } = parts;
  return { ...(when === undefined ? {} : { when }), ...(lost === undefined ? {} : { lost }) };
}

function conditionOf(status: string, when?: TranslatedCondition): TranslatedCondition {
  if (when === undefined) return { code: atom(status, 'bool'), text: status, notes: [] };
  if (when.code === undefined) return when;
  return { ...when, code: allOf('and', [atom(status, 'bool'), when.code]) };
}

/** `on_success: a`, or a list of names and mappings as older packs have it. */
function readOlder(
  context: AttuneContext,
  entry: SourcedEntry | undefined,
  names: AttuneNames,
  status: string | undefined,
): Transition[] {
  if (entry === undefined) return [];
  const when = status === undefined ? {} : { when: conditionOf(status) };
  const isMapping = (item: Sourced): boolean => item.node.kind === 'mapping';
  const items = entry.node.kind === 'sequence' ? itemsOf(context.source, entry) : [entry];
  return items.flatMap((item) => {
    if (isMapping(item)) return readTransition(context, item, names, status);
    const targets = readTargets(context, item);
    return targets.length === 0 ? [] : [{ line: entry.keyLine, publish: [], do: targets, ...when }];
  });
}

function readDecision(context: AttuneContext, entry: SourcedEntry | undefined, names: AttuneNames): Transition[] {
  const { source } = context;
  const earlier: Code[] = [];
  return itemsOf(source, entry).flatMap((item): Transition[] => {
    const isDefault = entriesOf(source, item).some((each) => each.name === 'default' && textOf(each) === 'true');
    return readTransition(context, item, names, undefined).map((transition) => {
      if (transition.when?.code !== undefined) earlier.push(transition.when.code);
      if (!isDefault || transition.when !== undefined || earlier.length === 0) return transition;
      source.changed(item.path, 'Attune takes the default branch in any case; here it is taken where no other one is.');
      const code: Code = allOf('or', earlier);
      return { ...transition, when: { code: { ...atom(`not (${code.text})`, 'bool') }, text: '', notes: [] } };
    });
  });
}

/** Attune gives what a task publishes to its first transition for success, else to the first. */
function withPublish(
  transitions: readonly Transition[],
  publish: readonly OutputEntry[],
  task: AttuneTask,
): Transition[] {
  if (publish.length === 0) return [...transitions];
  const success = transitions.findIndex(({ when }) => when?.code?.text.includes('succeeded()') === true);
  const index = Math.max(success, 0);
  if (transitions.length === 0)
    return [
      { line: task.keys.get('publish')?.keyLine ?? task.line, when: conditionOf('succeeded()'), publish, do: [] },
    ];
  return transitions.map((transition, at) => (at === index ? { ...transition, publish } : transition));
}

/** Mappings of names to values; a name alone gets the whole result. */
function readPublish(context: AttuneContext, entry: SourcedEntry | undefined, names: AttuneNames): OutputEntry[] {
  if (entry === undefined) return [];
  const { source } = context;
  const parts = entry.node.kind === 'sequence' ? itemsOf(source, entry) : [entry];
  return parts.flatMap((part): OutputEntry[] => {
    const name = textOf(part);
    if (name !== undefined) return [{ key: name, line: part.line, value: scalar('<< result() >>') }];
    const values = source.asMapping(part, 'An entry of `publish` is `name: value`.');
    return (values === undefined ? [] : source.entries(values)).map((each) => {
      return { key: each.name, line: each.keyLine, ...attuneValue(source, each, names) };
    });
  });
}

function readTargets(context: AttuneContext, from: Sourced): string[] {
  const { source } = context;
  const items = from.node.kind === 'sequence' ? itemsOf(source, from) : [from];
  return items.flatMap((item) => {
    if (item.node.kind !== 'scalar') {
      source.lost(item.path, 'A condition within `do` has no counterpart: write a transition of its own.');
      return [];
    }
    const name = item.node.text.trim();
    if (!context.tasks.some((task) => task.name === name)) source.invalid(item.path, `There is no task '${name}'.`);
    return [name];
  });
}

/** A transition as it is written; tasks that wait for an approval are reached through it. */
export function writeTransition(context: AttuneContext, transition: Transition): OutputPlace {
  const { line, when, publish } = transition;
  const targets = transition.do.map((name) => context.approvals.get(name) ?? name);
  const isRepeated = new Set(publish.map(({ key }) => key)).size < publish.length;
  const values = isRepeated
    ? { kind: 'sequence' as const, items: publish.map((entry) => ({ line: entry.line, value: mapping([entry]) })) }
    : mapping(publish);
  const [only] = targets;
  const start: OutputNode | undefined =
    transition.lost ?? (only === undefined ? undefined : targets.length === 1 ? scalar(only) : words(targets));
  const notes = transition.lost === undefined ? [] : ['not translated: a condition within do'];
  return {
    line,
    value: mapping([
      when === undefined
        ? undefined
        : { key: 'when', line, value: scalar(when.code?.text ?? when.text), notes: when.notes },
      publish.length === 0 ? undefined : { key: 'publish', value: values },
      start === undefined ? undefined : { key: 'do', value: start, notes },
    ]),
  };
}
