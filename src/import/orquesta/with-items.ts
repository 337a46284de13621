import {
  atom,
  callCode,
  hasForeignExpression,
  lambdaText,
  memberCode,
  objectCode,
  translateTemplate,
  type Code,
} from '../expression/index.ts';
import { scalar, type OutputEntry } from '../output-node.ts';
import type { ImportSource, Sourced, SourcedMapping, SourcedScalar } from '../source.ts';
import { notesOf, scalarOf, translateText } from '../value.ts';
import { OrquestaNames, type ItemNames } from './names.ts';
import type { Variables } from './variables.ts';

/** Orquesta starts all items at once where it is not told how many. */
const ALL_AT_ONCE = 1000;

/** Names that mean something in every expression, and so cannot be that of an element. */
const RESERVED: ReadonlySet<string> = new Set([
  'item',
  'index',
  'parameters',
  'workflow',
  'vars',
  'variables',
  'task',
  'tasks',
  'config',
  'keystore',
  'secrets',
  'system',
]);

/** `with` translated. */
export interface TranslatedItems {
  readonly entries: readonly OutputEntry[];
  readonly names: ItemNames;
}

/** Translates `with: <% … %>`, `with: x, y in <% … %>` and the mapping of `items` and `concurrency`. */
export function translateItems(
  source: ImportSource,
  from: Sourced,
  keyLine: number,
  variables: Variables,
): TranslatedItems {
  let items: SourcedScalar | undefined;
  let concurrency: OutputEntry = { key: 'concurrency', value: scalar(ALL_AT_ONCE) };
  if (from.node.kind === 'mapping') {
    for (const entry of source.entries(from as SourcedMapping)) {
      if (entry.name === 'items')
        items = source.asScalar(entry, '`items` is an expression, or `name in` an expression.');
      else if (entry.name === 'concurrency')
        concurrency = translateConcurrency(source, entry, entry.keyLine, variables);
      else source.invalid(entry.path, `There is no key '${entry.name}' in \`with\`.`, 'key');
    }
    if (items === undefined) source.invalid(from.path, '`with` lacks `items`.');
  } else items = source.asScalar(from, '`with` is an expression, or a mapping with `items`.');
  if (items === undefined) return { entries: [], names: { whole: atom('item'), byKey: new Map() } };
  const { entries, names } = translateList(source, items, keyLine, variables);
  return { entries: [...entries, concurrency], names };
}

function translateConcurrency(source: ImportSource, from: Sourced, line: number, variables: Variables): OutputEntry {
  const { node, path } = from;
  if (node.kind !== 'scalar' || typeof node.value !== 'string') {
    return { key: 'concurrency', line, value: node.kind === 'scalar' ? scalarOf(node, line) : scalar(1) };
  }
  const { value: translated, notes } = translateText(source, path, node.value, new OrquestaNames(variables));
  return { key: 'concurrency', line, value: scalar(translated), notes };
}

const KEYS = /^\s*((?:\w+(?:\s*,\s*|\s+))*\w+)\s+in\s+/;

function translateList(source: ImportSource, from: SourcedScalar, line: number, variables: Variables): TranslatedItems {
  const { path } = from;
  const { text } = from.node;
  const named = KEYS.exec(text);
  const keys = named?.[1]?.split(/[\s,]+/) ?? [];
  const offset = named?.[0].length ?? 0;
  const rest = text.slice(offset);
  const translation = translateTemplate(rest, new OrquestaNames(variables));
  source.problems(path, translation.problems, offset);
  if (translation.code === undefined && !translation.problems.some(({ kind }) => kind === 'lost')) {
    source.invalid(path, '`with` is one expression that gives a list, or `name in` such an expression.');
  }
  if (translation.code === undefined || !hasForeignExpression(text)) {
    const notes = notesOf(translation.problems);
    const entry = { key: 'with-items', line, value: scalar(text), notes };
    return { entries: [entry], names: namesOf(keys) };
  }
  const list = keys.length > 1 ? keyed(translation.code, keys) : translation.code;
  const entries: OutputEntry[] = [{ key: 'with-items', line, value: scalar(`<< ${list.text} >>`) }];
  const [key] = keys;
  if (keys.length === 1 && key !== undefined && !RESERVED.has(key)) entries.push({ key: 'as', value: scalar(key) });
  return { entries, names: namesOf(keys) };
}

/** A list of lists as one of objects, so that each of its values has its name. */
function keyed(list: Code, keys: readonly string[]): Code {
  const fields = keys.map((_key, index) => `e[${String(index)}]`);
  if (list.entries !== undefined) fields.splice(0, 2, 'e.key', 'e.value');
  const object = objectCode(keys.map((key, index) => [key, atom(fields[index] ?? 'null')]));
  return callCode('map', [list.entries ?? list, lambdaText(['e'], object)], 'list');
}

function namesOf(keys: readonly string[]): ItemNames {
  const item = atom('item');
  const [key] = keys;
  if (key === undefined) return { whole: item, byKey: new Map() };
  if (keys.length > 1) return { whole: item, byKey: new Map(keys.map((name) => [name, memberCode(item, name)])) };
  const element = RESERVED.has(key) ? item : atom(key);
  return { whole: objectCode([[key, element]]), byKey: new Map([[key, element]]) };
}
