import { scalar, words, type OutputEntry, type OutputNode, type OutputPlace } from '../output-node.ts';
import type { ImportSource, Sourced, SourcedMapping, SourcedScalar, SourcedSequence } from '../source.ts';
import { notesOf, translateValue } from '../value.ts';
import { hasForeignExpression, translateTemplate } from '../expression/index.ts';
import { parseInlineParameters } from './inline-parameters.ts';
import type { OrquestaNames } from './names.ts';
import { literal } from './literal.ts';

/** Translates `next`: a list of transitions. */
export function translateTransitions(source: ImportSource, from: Sourced, names: OrquestaNames): OutputNode {
  const list = source.asSequence(from, '`next` is a list of transitions.');
  const items = (list === undefined ? [] : source.items(list)).flatMap((item): OutputPlace[] => {
    const mapping = source.asMapping(item, 'A transition is a mapping of `when`, `publish` and `do`.');
    return mapping === undefined ? [] : [translateTransition(source, mapping, names)];
  });
  return { kind: 'sequence', items, flow: false };
}

function translateTransition(source: ImportSource, from: SourcedMapping, names: OrquestaNames): OutputPlace {
  const entries: OutputEntry[] = [];
  for (const entry of source.entries(from)) {
    const { name, keyLine: line } = entry;
    if (name === 'when') entries.push(translateCondition(source, entry, line, names));
    else if (name === 'publish') entries.push(...translatePublish(source, entry, line, names));
    else if (name === 'do') entries.push({ key: 'do', line, value: translateDo(source, entry) });
    else source.invalid(entry.path, `There is no key '${name}' in a transition.`, 'key');
  }
  return { line: from.line, value: { kind: 'mapping', entries: entries.sort(byOrder) } };
}

const ORDER = ['when', 'publish', 'do'];

function byOrder(left: OutputEntry, right: OutputEntry): number {
  return ORDER.indexOf(left.key) - ORDER.indexOf(right.key);
}

/** Translates an expression whose delimiters can be left out. */
export function translateCondition(
  source: ImportSource,
  from: Sourced,
  line: number,
  names: OrquestaNames,
): OutputEntry {
  const condition = source.asScalar(from, '`when` is an expression.');
  if (condition === undefined) return { key: 'when', line, value: scalar(false) };
  const { text } = condition.node;
  const { code, problems } = translateTemplate(text, names);
  source.problems(from.path, problems);
  if (code !== undefined) return { key: 'when', line, value: scalar(code.text) };
  if (problems.length === 0) {
    const isExpression = hasForeignExpression(text);
    source.lost(
      from.path,
      isExpression
        ? 'This condition is a text around expressions, which Orquesta takes for true; write one expression.'
        : 'This condition is a text without delimiters, which Orquesta takes for true; write <% … %> around it.',
    );
  }
  return { key: 'when', line, value: scalar(text), notes: notesOf(problems) };
}

function translatePublish(source: ImportSource, from: Sourced, line: number, names: OrquestaNames): OutputEntry[] {
  const entries =
    from.node.kind === 'scalar' ? publishLine(source, from as SourcedScalar, names) : publishList(source, from, names);
  if (entries.length === 0) return [];
  const value: OutputNode = { kind: 'mapping', entries };
  const isRepeated = new Set(entries.map(({ key }) => key)).size < entries.length;
  if (!isRepeated) return [{ key: 'publish', line, value }];
  const items = entries.map((entry) => ({ line: entry.line, value: { kind: 'mapping' as const, entries: [entry] } }));
  return [{ key: 'publish', line, value: { kind: 'sequence', items } }];
}

function publishLine(source: ImportSource, from: SourcedScalar, names: OrquestaNames): OutputEntry[] {
  const { parameters, rest } = parseInlineParameters(from.node.text);
  for (const { text, start } of rest) reportRest(source, from, text, start);
  return parameters.map(({ name, value, offset }) => ({ key: name, ...literal(source, from, value, offset, names) }));
}

/** Says that a part of a line is no `name=value`; Orquesta leaves it out without a word. */
export function reportRest(source: ImportSource, from: SourcedScalar, text: string, start: number): void {
  const message = `'${text}' is no name=value that Orquesta reads (a text needs quotes), and it leaves it out. So does this translation.`;
  source.changed(from.path, message, { start, end: start + text.length });
}

function publishList(source: ImportSource, from: Sourced, names: OrquestaNames): OutputEntry[] {
  const list = from.node.kind === 'sequence' ? source.items(from as SourcedSequence) : [from];
  return list.flatMap((item) => {
    const mapping = source.asMapping(item, 'An entry of `publish` is `name: value`.');
    return (mapping === undefined ? [] : source.entries(mapping)).map((entry) => ({
      key: entry.name,
      line: entry.keyLine,
      ...translateValue(source, entry, names),
    }));
  });
}

/** Task names and commands: one alone as it is, several as a list. */
function translateDo(source: ImportSource, from: Sourced): OutputNode {
  const { node } = from;
  const names =
    node.kind === 'scalar'
      ? node.text.split(',').map((name) => name.trim())
      : source.items(from as SourcedSequence).map((item) => (item.node.kind === 'scalar' ? item.node.text.trim() : ''));
  const given = names.filter((name) => name !== '');
  const [only] = given;
  if (given.length === 1 && only !== undefined) return scalar(only, from.line);
  if (node.kind === 'scalar') return words(given, from.line);
  const items = source
    .items(from as SourcedSequence)
    .map((item) => ({ line: item.line, value: scalar(item.node.kind === 'scalar' ? item.node.text.trim() : '') }));
  return { kind: 'sequence', items, flow: true };
}
