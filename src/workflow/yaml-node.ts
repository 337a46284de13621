import type { ScalarEvent } from 'js-yaml';

interface NodeBase {
  /** Offset of the first character (an opening quote included). */
  readonly start: number;
  /** Offset after the last character. */
  end: number;
  /** Rough number of nodes when every alias is written out. */
  size: number;
  /** Levels below and including this one when every alias is written out. */
  depth: number;
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  /** Undefined for an empty value. */
  readonly event: ScalarEvent | undefined;
  /** The decoded text. */
  readonly text: string;
  /** The text resolved by YAML's core schema. */
  readonly value: string | number | boolean | null;
  /** True where the text was unreadable, was reported, and stands in as an unknown value. */
  readonly replaced: boolean;
}

export interface SequenceNode extends NodeBase {
  readonly kind: 'sequence';
  readonly items: YamlNode[];
}

export interface MappingEntry {
  readonly name: string;
  readonly key: ScalarNode;
  readonly value: YamlNode;
}

export interface MappingNode extends NodeBase {
  readonly kind: 'mapping';
  /** What stands in the mapping itself, by name. */
  readonly entries: Map<string, MappingEntry>;
  /** Names of `entries` and, for `<<:`, merged mappings in the order written. */
  readonly order: (string | MappingNode)[];
}

export interface AliasNode extends NodeBase {
  readonly kind: 'alias';
  readonly target: YamlNode;
}

/** A node of a YAML document with its place. */
export type YamlNode = ScalarNode | SequenceNode | MappingNode | AliasNode;

/** The node an alias stands for; any other node itself. */
export function targetOf(node: YamlNode): ScalarNode | SequenceNode | MappingNode {
  let current = node;
  while (current.kind === 'alias') current = current.target;
  return current;
}

/** Finds an entry by name in a mapping itself, then in what is merged into it, first merge first. */
export function findEntry(mapping: MappingNode, name: string): MappingEntry | undefined {
  const own = mapping.entries.get(name);
  if (own !== undefined) return own;
  for (const part of mapping.order) {
    if (typeof part === 'string') continue;
    const merged = findEntry(part, name);
    if (merged !== undefined) return merged;
  }
  return undefined;
}

/**
 * The plain data of a node. An alias gives the same object as its anchor; `known` remembers what was built.
 */
export function valueOf(node: YamlNode, known = new Map<YamlNode, unknown>()): unknown {
  const target = targetOf(node);
  if (target.kind === 'scalar') return target.value;
  const built = known.get(target);
  if (built !== undefined) return built;
  if (target.kind === 'sequence') {
    const list: unknown[] = [];
    known.set(target, list);
    for (const item of target.items) list.push(valueOf(item, known));
    return list;
  }
  const mapping: Record<string, unknown> = {};
  known.set(target, mapping);
  fill(mapping, target, known);
  return mapping;
}

function fill(mapping: Record<string, unknown>, node: MappingNode, known: Map<YamlNode, unknown>): void {
  for (const part of node.order) {
    if (typeof part !== 'string') {
      const merged = valueOf(part, known) as Record<string, unknown>;
      // What stands in the mapping itself wins over what is merged, an earlier merge over a later one.
      for (const name of Object.keys(merged)) {
        if (!node.entries.has(name) && !Object.hasOwn(mapping, name)) mapping[name] = merged[name];
      }
      continue;
    }
    const entry = node.entries.get(part);
    if (entry !== undefined) mapping[part] = valueOf(entry.value, known);
  }
}
