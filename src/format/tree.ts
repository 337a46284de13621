/**
 * A YAML document as it is laid out: what an author wrote, scalar by scalar in the author's own spelling, with the
 * comments and blank lines around it. Only indentation, spaces and the order of entries are the printer's.
 */

/** A comment on a line of its own. */
export interface Comment {
  /** From its `#` on. */
  readonly text: string;
  /** Where it stood, from 0. */
  readonly column: number;
  readonly blankBefore: boolean;
}

/** An anchor (`&name`) or an alias (`*name`), in the order of the document. */
export interface AnchorUse {
  readonly kind: 'anchor' | 'alias';
  readonly name: string;
}

/** A scalar, an alias or a flow collection of several lines: its lines, each without the indentation it had. */
export interface Leaf {
  readonly kind: 'leaf';
  /** `verbatim` lines keep the white space at their ends. */
  readonly lines: readonly string[];
  /** Spaces of each line after the first beyond those of its entry. Default 2. */
  readonly depths?: readonly number[];
  readonly names: readonly AnchorUse[];
  /** The decoded text of a scalar that YAML may take for a key of heddle's; undefined: none. */
  readonly text?: string;
}

/** A literal or folded block. */
export interface Block {
  readonly kind: 'block';
  /** `|`, `>-`, `|2+`: with the digit where the author gave one. */
  readonly header: string;
  readonly comment?: string;
  /** Without the indentation of the block. */
  readonly lines: readonly string[];
  /** Blank lines behind it belong to its text (`|+`). */
  readonly keeps: boolean;
  readonly names: readonly AnchorUse[];
}

/** A flow collection on one line. */
export interface Flow {
  readonly kind: 'flow';
  readonly style: 'mapping' | 'sequence';
  entries: FlowEntry[];
  readonly names: readonly AnchorUse[];
}

/** An entry of a {@link Flow}; an item of a sequence has no key. */
export interface FlowEntry {
  key: Leaf | null;
  /** Null: `{ a, b }`, keys without a colon. */
  readonly value: Node | null;
  readonly props: string;
}

/** A mapping or sequence in block style. */
export interface Collection {
  readonly kind: 'mapping' | 'sequence';
  /** Where it stood, from 0. */
  readonly column: number;
  entries: Entry[];
  /** Comments behind the last entry. */
  readonly after: Comment[];
  readonly names: readonly AnchorUse[];
}

/** An entry of a {@link Collection}; an item of a sequence has no key. */
export interface Entry {
  readonly before: Comment[];
  blankBefore: boolean;
  key: Leaf | null;
  /** The value's tag and anchor. */
  readonly props: string;
  /** Behind the key or the dash, where the value starts on a later line. */
  readonly headComment: string | undefined;
  /** Lines between the key and a scalar that starts on a later line. */
  readonly inner: readonly Comment[];
  /** Whether a scalar starts on a line after its key. */
  readonly breaks: boolean;
  readonly value: Node;
  /** Behind the last line of a scalar. */
  trailing: string | undefined;
}

export type Node = Leaf | Block | Flow | Collection;

/** A document and what stands around it. */
export interface Tree {
  /** Directives, `---` and the comments that belong to the file as a whole; blank lines are ''. */
  readonly header: readonly string[];
  readonly root: Collection;
  /** `...` and what follows. */
  readonly footer: readonly string[];
}

export function isCollection(node: Node | null): node is Collection {
  return node?.kind === 'mapping' || node?.kind === 'sequence';
}

/** The decoded name of an entry's key; undefined for an item. */
export function keyName(entry: { readonly key: Leaf | null }): string | undefined {
  return entry.key?.text;
}
