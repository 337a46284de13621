import type { ImportSource, Sourced, SourcedEntry, SourcedMapping } from '../source.ts';

/** A task of the file, before it is translated. */
export interface AttuneTask {
  readonly name: string;
  readonly from: SourcedMapping;
  /** The line of its name, or of the dash. */
  readonly line: number;
  readonly keys: ReadonlyMap<string, SourcedEntry>;
}

/** What the translation of a workflow has to know everywhere. */
export interface AttuneContext {
  /** The file with the tasks. */
  readonly source: ImportSource;
  readonly tasks: readonly AttuneTask[];
  /** Names of the variables, declared or published. */
  readonly variables: ReadonlySet<string>;
  /** Tasks that wait for an inquiry, and the names of the approvals that stand before them. */
  readonly approvals: ReadonlyMap<string, string>;
}

/** The entries of a mapping; none of anything else. */
export function entriesOf(source: ImportSource, from: Sourced | undefined): SourcedEntry[] {
  return from?.node.kind === 'mapping' ? source.entries({ ...from, node: from.node }) : [];
}

/** The items of a list; none of anything else. */
export function itemsOf(source: ImportSource, from: Sourced | undefined): Sourced[] {
  return from?.node.kind === 'sequence' ? source.items({ ...from, node: from.node }) : [];
}

/** The text of a scalar that is no null. */
export function textOf(from: Sourced | undefined): string | undefined {
  return from?.node.kind === 'scalar' && from.node.value !== null ? from.node.text : undefined;
}

/** Names and values from a mapping, or a list of mappings, in order. */
export function pairsOf(source: ImportSource, from: Sourced | undefined): SourcedEntry[] {
  if (from?.node.kind === 'sequence') return itemsOf(source, from).flatMap((item) => entriesOf(source, item));
  return entriesOf(source, from);
}
