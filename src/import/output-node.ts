/** A YAML value that is to be written. */
export type OutputNode = OutputScalar | OutputSequence | OutputMapping;

interface OutputBase {
  /** The line of the source it comes from: comments of that line come along. */
  readonly line?: number | undefined;
}

export interface OutputScalar extends OutputBase {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** Written instead of the value, for numbers that have several spellings. */
  readonly spelling?: string | undefined;
}

export interface OutputSequence extends OutputBase {
  readonly kind: 'sequence';
  readonly items: readonly OutputItem[];
  /** On one line, if it fits. Default: where all its elements are short scalars. */
  readonly flow?: boolean | undefined;
}

export interface OutputMapping extends OutputBase {
  readonly kind: 'mapping';
  readonly entries: readonly OutputEntry[];
  /** On one line, if it fits. Default false. */
  readonly flow?: boolean | undefined;
}

/** What stands above an element or an entry. */
export interface OutputPlace {
  /** The line of the source it comes from. */
  readonly line?: number | undefined;
  readonly value: OutputNode;
  /** Comments of ours above it, without `#`. */
  readonly notes?: readonly string[] | undefined;
  /** An empty line above it. */
  readonly apart?: boolean | undefined;
}

export type OutputItem = OutputPlace;

export interface OutputEntry extends OutputPlace {
  readonly key: string;
}

/** A scalar. */
export function scalar(value: string | number | boolean | null, line?: number): OutputScalar {
  return { kind: 'scalar', value, line };
}

/** A list of scalars on one line. */
export function words(values: readonly string[], line?: number): OutputSequence {
  return { kind: 'sequence', items: values.map((value) => ({ value: scalar(value), line })), flow: true, line };
}

/** A mapping from entries, those that are undefined left out. */
export function mapping(
  entries: readonly (OutputEntry | undefined)[],
  options: { readonly flow?: boolean; readonly line?: number | undefined } = {},
): OutputMapping {
  return { kind: 'mapping', entries: entries.filter((entry) => entry !== undefined), ...options };
}

/** The lines of the source that an output comes from, its own and those of all inside it. */
export function* linesOf(node: OutputNode): Generator<number> {
  if (node.line !== undefined) yield node.line;
  if (node.kind === 'scalar') return;
  for (const place of node.kind === 'sequence' ? node.items : node.entries) {
    if (place.line !== undefined) yield place.line;
    yield* linesOf(place.value);
  }
}

/** Whether something in a node has a comment of ours above it. */
export function hasNotes(node: OutputNode): boolean {
  if (node.kind === 'scalar') return false;
  const places: readonly OutputPlace[] = node.kind === 'sequence' ? node.items : node.entries;
  return places.some((place) => (place.notes?.length ?? 0) > 0 || hasNotes(place.value));
}
