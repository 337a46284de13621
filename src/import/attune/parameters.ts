import { notesOfHead } from '../../workflow/generated/validate-workflow.js';
import { mapping, type OutputEntry, type OutputNode } from '../output-node.ts';
import type { ImportSource, Sourced, SourcedEntry } from '../source.ts';
import { entriesOf, itemsOf, textOf } from './context.ts';
import { literalValue } from './value.ts';

/** The keywords that a parameter of heddle may have. */
const KEYWORDS = new Set(notesOfHead['/properties/parameters/patternProperties/^.*$/anyOf/1']?.keys ?? []);

/** A parameter on one line is at most this long. */
const SHORT = 90;

/** Translates `parameters`: a schema each, which both engines write in the same way; or, older, one JSON Schema of them all. */
export function translateParameters(source: ImportSource, section: SourcedEntry | undefined): OutputEntry[] {
  const fields = entriesOf(source, section);
  const properties = fields.find(({ name, node }) => name === 'properties' && node.kind === 'mapping');
  const isOneSchema =
    properties !== undefined && fields.some((field) => field.name === 'type' && textOf(field) === 'object');
  const required = itemsOf(
    source,
    fields.find(({ name }) => name === 'required'),
  ).map(textOf);
  const declared = isOneSchema ? entriesOf(source, properties) : fields;
  return declared.map((field) => {
    const entries = keywordsOf(source, field);
    if (isOneSchema && required.includes(field.name)) entries.push({ key: 'required', value: literal(true) });
    return { key: field.name, line: field.keyLine, value: mapping(entries, { flow: isShort(entries) }) };
  });
}

function keywordsOf(source: ImportSource, field: Sourced): OutputEntry[] {
  return entriesOf(source, field).flatMap((each): OutputEntry[] => {
    if (KEYWORDS.has(each.name)) return [{ key: each.name, line: each.keyLine, value: literalValue(source, each) }];
    source.changed(each.path, `A parameter has no '${each.name}' in heddle; it is left out.`);
    return [];
  });
}

function literal(value: boolean): OutputNode {
  return { kind: 'scalar', value };
}

function isShort(entries: readonly OutputEntry[]): boolean {
  return entries.reduce((sum, { key, value }) => sum + key.length + 4 + lengthOf(value), 0) <= SHORT;
}

function lengthOf(node: OutputNode): number {
  if (node.kind === 'scalar') return String(node.value).length;
  const parts = node.kind === 'sequence' ? node.items : node.entries;
  return parts.reduce((sum, { value }) => sum + lengthOf(value) + 2, 0);
}
