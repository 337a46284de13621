import type { EngineNames } from '../expression/index.ts';
import { scalar, type OutputNode } from '../output-node.ts';
import type { ImportSource, SourcedScalar } from '../source.ts';
import { translateText, type TranslatedValue } from '../value.ts';
import type { InlineParameter } from './inline-parameters.ts';

/** The value of an inline `name=value`, which begins at `offset` in the scalar it stands in. */
export function literal(
  source: ImportSource,
  from: SourcedScalar,
  value: InlineParameter['value'],
  offset: number,
  names: EngineNames,
): TranslatedValue {
  if (typeof value !== 'string') return { value: nodeOf(value) };
  const { value: translated, notes } = translateText(source, from.path, value, names, offset);
  return { value: scalar(translated), notes };
}

/** Plain data as it is written, on one line where it fits. */
export function nodeOf(value: unknown): OutputNode {
  if (Array.isArray(value)) {
    return { kind: 'sequence', items: value.map((item) => ({ value: nodeOf(item) })), flow: true };
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => ({ key, value: nodeOf(inner) }));
    return { kind: 'mapping', entries, flow: true };
  }
  return scalar(value as string | number | boolean | null);
}
