import {
  hasForeignExpression,
  translateExpression,
  translateTemplate,
  type Code,
  type EngineNames,
} from '../expression/index.ts';
import { scalar, type OutputEntry, type OutputNode, type OutputPlace } from '../output-node.ts';
import type { ImportSource, Sourced } from '../source.ts';
import { notesOf, translateText, type TranslatedValue } from '../value.ts';
import { entriesOf, itemsOf } from './context.ts';

/** Lists of scalars up to this length stand on one line. */
const SHORT = 60;

/** Translates a value of any depth; scalars are read as YAML 1.2 reads them, as in both. */
export function attuneValue(source: ImportSource, from: Sourced, names: EngineNames): TranslatedValue {
  const { node, line, path } = from;
  if (node.kind === 'scalar') {
    if (typeof node.value === 'string') {
      const { value, notes } = translateText(source, path, node.value, names);
      return { value: scalar(value, line), ...(notes.length === 0 ? {} : { notes }) };
    }
    const spelling = typeof node.value === 'number' ? { spelling: node.text } : {};
    return { value: { ...scalar(node.value, line), ...spelling } };
  }
  if (node.kind === 'sequence') {
    const items = itemsOf(source, from).map((item): OutputPlace => ({
      line: item.line,
      ...attuneValue(source, item, names),
    }));
    return { value: { kind: 'sequence', items, line, flow: isShort(items) } };
  }
  const entries = entriesOf(source, from).map((entry): OutputEntry => {
    return { key: entry.name, line: entry.keyLine, ...attuneValue(source, entry, names) };
  });
  return { value: { kind: 'mapping', entries, line } };
}

/** A literal value, templates included, as it stands. */
export function literalValue(source: ImportSource, from: Sourced): OutputNode {
  const { node, line } = from;
  if (node.kind === 'scalar') {
    return { ...scalar(node.value, line), ...(typeof node.value === 'number' ? { spelling: node.text } : {}) };
  }
  if (node.kind === 'sequence') {
    const items = itemsOf(source, from).map((item): OutputPlace => ({
      line: item.line,
      value: literalValue(source, item),
    }));
    return { kind: 'sequence', items, line, flow: isShort(items) };
  }
  const entries = entriesOf(source, from).map((entry) => {
    return { key: entry.name, line: entry.keyLine, value: literalValue(source, entry) };
  });
  return { kind: 'mapping', entries, line, flow: true };
}

/** A condition translated: as code where it could be. */
export interface TranslatedCondition {
  readonly code: Code | undefined;
  /** What stands in the file where it could not. */
  readonly text: string;
  readonly notes: readonly string[];
}

/** Translates an expression whose delimiters can be left out. */
export function attuneCondition(source: ImportSource, from: Sourced, names: EngineNames): TranslatedCondition {
  const condition = source.asScalar(from, '`when` is an expression.');
  if (condition === undefined) return { code: undefined, text: 'false', notes: [] };
  const { text } = condition.node;
  const isBare = !hasForeignExpression(text);
  const { code, problems } = isBare ? translateExpression(text, 'jinja', names) : translateTemplate(text, names);
  source.problems(from.path, problems);
  if (code === undefined && problems.length === 0)
    source.lost(from.path, 'This condition is a text around expressions; write one expression.');
  return { code, text, notes: notesOf(problems) };
}

function isShort(items: readonly OutputPlace[]): boolean {
  const lengths = items.map(({ value }) => (value.kind === 'scalar' ? String(value.value).length + 2 : Infinity));
  return lengths.reduce((sum, length) => sum + length, 0) <= SHORT;
}
