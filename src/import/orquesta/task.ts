import { hasForeignExpression } from '../expression/index.ts';
import { mapping, scalar, type OutputEntry, type OutputPlace } from '../output-node.ts';
import type { ImportSource, Sourced, SourcedEntry, SourcedMapping } from '../source.ts';
import { scalarOf, translateValue } from '../value.ts';
import { parseInlineParameters } from './inline-parameters.ts';
import { literal } from './literal.ts';
import { OrquestaNames } from './names.ts';
import { reportRest, translateCondition, translateTransitions } from './transitions.ts';
import type { Variables } from './variables.ts';
import { translateItems } from './with-items.ts';

/** The order in which a task's keys are written. */
const ORDER = ['name', 'action', 'join', 'with-items', 'as', 'concurrency', 'delay', 'retry', 'input', 'next'];

/** Translates one entry of `tasks`. */
export function translateTask(
  source: ImportSource,
  from: SourcedEntry,
  name: string,
  variables: Variables,
): OutputPlace {
  const entries: OutputEntry[] = [{ key: 'name', line: from.keyLine, value: scalar(name) }];
  if (from.node.kind !== 'scalar' || from.node.value !== null) {
    const task = source.asMapping(from, 'A task is a mapping.');
    if (task !== undefined) entries.push(...translateKeys(source, task, variables));
  }
  return { line: from.keyLine, apart: true, value: mapping(sorted(entries)) };
}

function sorted(entries: readonly OutputEntry[]): OutputEntry[] {
  return [...entries].sort((left, right) => ORDER.indexOf(left.key) - ORDER.indexOf(right.key));
}

function translateKeys(source: ImportSource, task: SourcedMapping, variables: Variables): OutputEntry[] {
  const given = source.entries(task);
  const items = given.find(({ name }) => name === 'with');
  const iteration = items === undefined ? undefined : translateItems(source, items, items.keyLine, variables);
  const outside = new OrquestaNames(variables);
  const inside = iteration === undefined ? outside : new OrquestaNames(variables, iteration.names);
  const entries: OutputEntry[] = [...(iteration?.entries ?? [])];
  for (const entry of given) {
    const { name, keyLine: line } = entry;
    switch (name) {
      case 'with':
        break;
      case 'action':
        entries.push(...translateAction(source, entry, inside));
        break;
      case 'input':
        if (given.some((each) => each.name === 'action' && hasInline(each))) {
          source.changed(
            entry.path,
            'The action has its input inline, and Orquesta takes that; this `input` is left out.',
          );
        } else entries.push(translateInput(source, entry, inside));
        break;
      case 'join':
        entries.push({
          key: 'join',
          line,
          value: entry.node.kind === 'scalar' ? scalarOf(entry.node, line) : scalar('all'),
        });
        break;
      case 'delay':
        entries.push({ key: 'delay', line, ...translateValue(source, entry, outside) });
        break;
      case 'retry':
        entries.push(translateRetry(source, entry, outside, iteration !== undefined));
        break;
      case 'next':
        entries.push({ key: 'next', line, value: translateTransitions(source, entry, outside) });
        break;
      default:
        source.invalid(entry.path, `There is no key '${name}' in a task of Orquesta.`, 'key');
    }
  }
  return entries;
}

function hasInline({ node }: Sourced): boolean {
  return node.kind === 'scalar' && parseInlineParameters(node.text).parameters.length > 0;
}

/** `action: pack.name`, with its input behind it or not. */
function translateAction(source: ImportSource, entry: SourcedEntry, names: OrquestaNames): OutputEntry[] {
  const line = entry.keyLine;
  const action = source.asScalar(entry, '`action` is the name of an action.');
  if (action === undefined) return [];
  const { text } = action.node;
  if (hasForeignExpression(text.split(/\s/, 1)[0] ?? '') || text.startsWith('<%') || text.startsWith('{{')) {
    source.lost(
      entry.path,
      'The name of the action is computed: heddle knows all actions before a run. Name each in a task of its own.',
    );
    return [
      { key: 'action', line, value: scalar(text), notes: ['not translated: the name of the action is computed'] },
    ];
  }
  const end = text.search(/\s/);
  if (end === -1) return [{ key: 'action', line, value: scalar(text) }];
  const name: OutputEntry = { key: 'action', line, value: scalar(text.slice(0, end)) };
  const { parameters, rest } = parseInlineParameters(text, end);
  for (const each of rest) reportRest(source, action, each.text, each.start);
  if (parameters.length === 0) return [name];
  const last = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const input = [...last.values()].map(({ name: key, value, offset }) => ({
    key,
    ...literal(source, action, value, offset, names),
  }));
  return [name, { key: 'input', value: mapping(input, { flow: isShortInput(input) }) }];
}

function isShortInput(input: readonly OutputEntry[]): boolean {
  return input.length === 1;
}

function translateInput(source: ImportSource, entry: SourcedEntry, names: OrquestaNames): OutputEntry {
  const line = entry.keyLine;
  if (entry.node.kind === 'mapping') return { key: 'input', line, ...translateValue(source, entry, names) };
  const input = source.asScalar(entry, '`input` is a mapping.');
  if (input === undefined || input.node.value === null) return { key: 'input', line, value: mapping([]) };
  source.lost(
    entry.path,
    'The whole input is computed: heddle knows the names of inputs before a run. Write them out.',
  );
  return { key: 'input', line, value: scalar(input.node.text), notes: ['not translated: name the inputs one by one'] };
}

function translateRetry(
  source: ImportSource,
  entry: SourcedEntry,
  names: OrquestaNames,
  hasItems: boolean,
): OutputEntry {
  const retry = source.asMapping(entry, '`retry` is a mapping of `when`, `count` and `delay`.');
  const entries = (retry === undefined ? [] : source.entries(retry)).flatMap((each): OutputEntry[] => {
    const line = each.keyLine;
    if (each.name === 'when') return [translateCondition(source, each, line, names)];
    if (each.name !== 'count' && each.name !== 'delay') {
      source.invalid(each.path, `There is no key '${each.name}' in \`retry\`.`, 'key');
      return [];
    }
    if (each.name === 'count' && each.node.kind === 'scalar' && hasForeignExpression(each.node.text)) {
      source.lost(each.path, 'The number of retries is computed: in heddle it is a number.');
    }
    return [{ key: each.name, line, ...translateValue(source, each, names) }];
  });
  if (hasItems) {
    source.changed(
      entry.path,
      'Orquesta tries the whole task again, with all its items; heddle tries each item that failed again.',
    );
  }
  const order = ['count', 'delay', 'when'];
  entries.sort((left, right) => order.indexOf(left.key) - order.indexOf(right.key));
  return { key: 'retry', line: entry.keyLine, value: mapping(entries, { flow: true }) };
}
