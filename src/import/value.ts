import { SCALAR_STYLE } from 'js-yaml';
import type { ScalarNode } from '../workflow/yaml-node.ts';
import { escapedText, hasForeignExpression, translateTemplate, type EngineNames } from './expression/index.ts';
import { scalar, type OutputNode, type OutputPlace, type OutputScalar } from './output-node.ts';
import type { ImportSource, Sourced, SourcedMapping, SourcedScalar, SourcedSequence } from './source.ts';

/** A value translated, with what has to stand above it where something in it is lost. */
export interface TranslatedValue {
  readonly value: OutputNode;
  readonly notes?: readonly string[];
}

/** Translates a value of any depth; what is lost in it is reported and stays as it was. */
export function translateValue(source: ImportSource, from: Sourced, names: EngineNames): TranslatedValue {
  const { node, line } = from;
  if (node.kind === 'scalar') return translateScalar(source, from as SourcedScalar, names);
  if (node.kind === 'sequence') {
    const items = source.items(from as SourcedSequence).map((item): OutputPlace => ({
      line: item.line,
      ...translateValue(source, item, names),
    }));
    return { value: { kind: 'sequence', items, line, flow: isShort(items) } };
  }
  const entries = source.entries(from as SourcedMapping).map((entry) => {
    if (hasForeignExpression(entry.name)) {
      source.lost(entry.path, 'The name of an entry is computed: in heddle such names are known before a run.', 'key');
    }
    return { key: entry.name, line: entry.keyLine, ...translateValue(source, entry, names) };
  });
  return { value: { kind: 'mapping', entries, line } };
}

/** A value as it stands, where heddle reads no templates: defaults of parameters. */
export function literalValue(source: ImportSource, from: Sourced): OutputNode {
  const { node, line } = from;
  if (node.kind === 'scalar') return scalarOf(node, line);
  if (node.kind === 'sequence') {
    const items = source
      .items(from as SourcedSequence)
      .map((item) => ({ line: item.line, value: literalValue(source, item) }));
    return { kind: 'sequence', items, line, flow: true };
  }
  const entries = source.entries(from as SourcedMapping).map((entry) => ({
    key: entry.name,
    line: entry.keyLine,
    value: literalValue(source, entry),
  }));
  return { kind: 'mapping', entries, line, flow: true };
}

function translateScalar(source: ImportSource, from: SourcedScalar, names: EngineNames): TranslatedValue {
  const { node, path, line } = from;
  if (typeof node.value !== 'string') return { value: scalarOf(node, line) };
  const literal = scalarOf(node, line);
  if (typeof literal.value !== 'string') return { value: literal };
  const { value, notes } = translateText(source, path, node.value, names);
  return { value: scalar(value, line), ...(notes.length === 0 ? {} : { notes }) };
}

/** Translates a text that is, or stands at `offset` in, the scalar at the path. */
export function translateText(
  source: ImportSource,
  path: SourcedScalar['path'],
  text: string,
  names: EngineNames,
  offset = 0,
): { readonly value: string | number | boolean | null; readonly notes: readonly string[] } {
  if (!hasForeignExpression(text)) return { value: escapedText(text), notes: [] };
  const { text: translated, code, problems } = translateTemplate(text, names);
  source.problems(path, problems, offset);
  const notes = notesOf(problems);
  // An expression that is a literal and nothing else needs no delimiters.
  if (code?.literal === undefined) return { value: translated, notes };
  return { value: typeof code.literal === 'string' ? escapedText(code.literal) : code.literal, notes };
}

/** The comments that stand above what stayed as it was. */
export function notesOf(problems: readonly { readonly kind: string; readonly message: string }[]): string[] {
  return problems.filter(({ kind }) => kind === 'lost').map(({ message }) => `not translated: ${message}`);
}

const YAML_1_1_TRUE = /^(?:yes|Yes|YES|on|On|ON)$/;
const YAML_1_1_FALSE = /^(?:no|No|NO|off|Off|OFF)$/;

/** A scalar as YAML 1.1 reads it, which the engines in Python speak. */
export function scalarOf(node: ScalarNode, line: number): OutputScalar {
  const isPlain = node.event?.style === SCALAR_STYLE.PLAIN;
  if (isPlain && YAML_1_1_TRUE.test(node.text)) return scalar(true, line);
  if (isPlain && YAML_1_1_FALSE.test(node.text)) return scalar(false, line);
  if (isPlain && /^0[0-7]+$/.test(node.text)) {
    return { ...scalar(Number.parseInt(node.text, 8), line), spelling: `0o${node.text.slice(1)}` };
  }
  const isNumber = typeof node.value === 'number';
  return { ...scalar(node.value, line), ...(isNumber ? { spelling: node.text } : {}) };
}

function isShort(items: readonly OutputPlace[]): boolean {
  const isScalar = items.every(({ value }) => value.kind === 'scalar');
  const length = items.reduce(
    (sum, { value }) => sum + (value.kind === 'scalar' ? String(value.value).length + 2 : 0),
    0,
  );
  return isScalar && length <= 60;
}
