import { EVENT_ID, SCALAR_STYLE, boolCoreTag, floatCoreTag, getScalarValue, intCoreTag, nullCoreTag } from 'js-yaml';
import { NOT_RESOLVED, type Event, type ScalarEvent } from 'js-yaml';
import type { Finding } from './diagnostic.ts';
import { TextLines, type Range } from './text-lines.ts';
import {
  targetOf,
  type MappingEntry,
  type MappingNode,
  type ScalarNode,
  type SequenceNode,
  type YamlNode,
} from './yaml-node.ts';

/** More nodes than this, aliases written out, are refused. */
export const MAX_NODES = 1_000_000;
/** Deeper nesting than this, aliases written out, is refused. */
export const MAX_DEPTH = 100;

/** What stands in for a value that was unreadable and reported: a template whose type nobody knows. */
export const UNKNOWN_VALUE = '<< null >>';

export interface Composed {
  /** Undefined for an empty document. */
  readonly root: YamlNode | undefined;
  readonly findings: readonly (Finding & Range)[];
}

interface Frame {
  readonly node: YamlNode & { kind: 'sequence' | 'mapping' };
  readonly anchor: Anchor | undefined;
  key: YamlNode | undefined;
}

interface Anchor {
  readonly node: YamlNode;
  /** True while the node is being read, so that an alias inside it would be endless. */
  open: boolean;
}

/**
 * Builds the nodes of the first document from js-yaml's events, and collects everything it finds wrong instead of
 * stopping at the first. `replaced` holds the offsets of scalars that stand in for unreadable text.
 */
export function composeYaml(source: string, events: readonly Event[], replaced: ReadonlySet<number>): Composed {
  return new Composer(source, replaced).compose(events);
}

class Composer {
  readonly #source: string;
  /** Made when a line is first named. */
  #lines: TextLines | undefined;
  readonly #replaced: ReadonlySet<number>;
  readonly #findings: (Finding & Range)[] = [];
  readonly #anchors = new Map<string, Anchor>();
  readonly #frames: Frame[] = [];
  #root: YamlNode | undefined;
  #limited = false;
  /** Where the last token ended, to give empty values a place. */
  #cursor = 0;

  constructor(source: string, replaced: ReadonlySet<number>) {
    this.#source = source;
    this.#replaced = replaced;
  }

  compose(events: readonly Event[]): Composed {
    let documents = 0;
    for (const event of events) {
      if (event.type === EVENT_ID.DOCUMENT) documents++;
      if (documents > 1) {
        this.#reportSecondDocument();
        break;
      }
      this.#accept(event);
    }
    return { root: this.#root, findings: this.#findings };
  }

  #accept(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        return;
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING: {
        const node = event.type === EVENT_ID.SEQUENCE ? sequenceNode(event.start) : mappingNode(event.start);
        this.#checkTag(event.tagStart, event.tagEnd, node.kind);
        const anchor = this.#anchor(event.anchorStart, event.anchorEnd, node, true);
        this.#frames.push({ node, anchor, key: undefined });
        this.#cursor = event.start;
        return;
      }
      case EVENT_ID.SCALAR: {
        const node = this.#scalar(event);
        this.#anchor(event.anchorStart, event.anchorEnd, node, false);
        this.#add(node);
        return;
      }
      case EVENT_ID.ALIAS:
        this.#add(this.#alias(event.anchorStart - 1, event.anchorEnd));
        return;
      case EVENT_ID.POP: {
        const frame = this.#frames.pop();
        if (frame === undefined) return;
        frame.node.end = Math.max(frame.node.end, this.#cursor);
        if (frame.anchor !== undefined) frame.anchor.open = false;
        this.#add(frame.node);
      }
    }
  }

  #scalar(event: ScalarEvent): ScalarNode {
    if (event.valueStart < 0) {
      const frame = this.#frames.at(-1);
      const isKey = frame?.node.kind === 'mapping' && frame.key === undefined;
      const before = isKey ? /^\s*/ : /^[ \t]*[:?-]?[ \t]?/;
      const gap = before.exec(this.#source.slice(this.#cursor, this.#cursor + 80));
      const start = event.tagStart >= 0 ? event.tagStart : this.#cursor + (gap?.[0].length ?? 0);
      const end = event.tagStart >= 0 ? event.tagEnd : start;
      this.#cursor = Math.max(this.#cursor, end);
      const tag = this.#checkTag(event.tagStart, event.tagEnd, 'scalar');
      return scalarNode(start, end, undefined, '', tag === '!!str' ? '' : null);
    }
    const quote = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
    const start = event.valueStart - quote;
    const end = event.valueEnd + quote;
    this.#cursor = Math.max(this.#cursor, end);
    const text = getScalarValue(this.#source, event);
    const tag = this.#checkTag(event.tagStart, event.tagEnd, 'scalar');
    if (this.#replaced.has(start)) return scalarNode(start, end, event, text, UNKNOWN_VALUE, true);
    const plain = event.style === SCALAR_STYLE.PLAIN && tag === undefined;
    const value = plain || (tag !== undefined && tag !== '!!str' && tag !== '!') ? resolvePlain(text) : text;
    return scalarNode(start, end, event, text, value);
  }

  #alias(start: number, end: number): YamlNode {
    this.#cursor = Math.max(this.#cursor, end);
    const name = this.#source.slice(start + 1, end);
    const anchor = this.#anchors.get(name);
    if (anchor !== undefined && !anchor.open) {
      const { size, depth } = anchor.node;
      return { kind: 'alias', start, end, size, depth, target: anchor.node };
    }
    this.#report(
      { start, end },
      'HEDDLE_YAML_SYNTAX',
      anchor === undefined
        ? `The alias *${name} refers to no anchor &${name} above it.`
        : `The alias *${name} stands inside the anchor it refers to.`,
      anchor === undefined ? 'Define the anchor first, or quote the value if it is not an alias.' : undefined,
    );
    return scalarNode(start, end, undefined, '', null, true);
  }

  #anchor(start: number, end: number, node: YamlNode, open: boolean): Anchor | undefined {
    if (start < 0) return undefined;
    const anchor = { node, open };
    this.#anchors.set(this.#source.slice(start, end), anchor);
    return anchor;
  }

  /** The tag's text where it is one that is understood; anything else is reported. */
  #checkTag(start: number, end: number, kind: YamlNode['kind']): string | undefined {
    if (start < 0) return undefined;
    const tag = this.#source.slice(start, end);
    const known = { scalar: /^(!|!!(str|int|float|bool|null))$/, sequence: /^!!seq$/, mapping: /^!!map$/, alias: /^$/ };
    if (known[kind].test(tag)) return tag;
    this.#report(
      { start, end },
      'HEDDLE_YAML_SYNTAX',
      `The tag ${tag} means nothing in a workflow file.`,
      'Remove it, or quote the whole value if the ! belongs to it.',
    );
    return undefined;
  }

  #add(node: YamlNode): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.#root ??= node;
      return;
    }
    const parent = frame.node;
    if (parent.kind === 'sequence') parent.items.push(node);
    else if (frame.key === undefined) {
      frame.key = node;
      return;
    } else {
      this.#addEntry(parent, frame.key, node);
      frame.key = undefined;
    }
    parent.end = Math.max(parent.end, node.end);
    this.#grow(parent, node);
  }

  /** A limit is reported where it is first passed, once. */
  #grow(parent: Frame['node'], child: YamlNode): void {
    parent.size = Math.min(parent.size + child.size, MAX_NODES + 1);
    parent.depth = Math.min(Math.max(parent.depth, child.depth + 1), MAX_DEPTH + 1);
    if (this.#limited || (parent.size <= MAX_NODES && parent.depth <= MAX_DEPTH)) return;
    this.#limited = true;
    const message =
      parent.size > MAX_NODES
        ? 'The file holds more than 1,000,000 values, aliases written out.'
        : 'The file is nested more than 100 levels deep, aliases written out.';
    this.#report({ start: child.start, end: child.end }, 'HEDDLE_YAML_LIMIT', message);
  }

  #addEntry(mapping: MappingNode, key: YamlNode, value: YamlNode): void {
    const name = targetOf(key);
    if (name.kind !== 'scalar') {
      const { start, end } = key;
      this.#report({ start, end }, 'HEDDLE_YAML_SYNTAX', `A key must be a name, but here it is a ${nounOf(name)}.`);
      return;
    }
    if (name.text === '<<' && name.event?.style === SCALAR_STYLE.PLAIN) {
      this.#merge(mapping, key, value);
      return;
    }
    const place = key === name ? name : { ...name, start: key.start, end: key.end };
    this.#addNamed(mapping, { name: name.text, key: place, value });
  }

  #addNamed(mapping: MappingNode, entry: MappingEntry): void {
    const { name, key } = entry;
    const place = { start: key.start, end: key.end };
    const earlier = mapping.entries.get(name);
    if (name === '__proto__') {
      this.#report(place, 'HEDDLE_SCHEMA', "The key '__proto__' cannot be used.", 'Choose another name.');
    } else if (key.event === undefined) {
      this.#report(place, 'HEDDLE_YAML_SYNTAX', 'A key is missing before the colon.');
    } else if (earlier !== undefined) {
      this.#lines ??= new TextLines(this.#source);
      const { line } = this.#lines.positionAt(earlier.key.start);
      this.#report(
        place,
        'HEDDLE_YAML_SYNTAX',
        `The key '${name}' stands twice in one mapping, first in line ${String(line)}.`,
        'Rename or remove one of them.',
      );
    } else {
      mapping.entries.set(name, entry);
      mapping.order.push(name);
    }
  }

  #merge(mapping: MappingNode, key: YamlNode, value: YamlNode): void {
    const target = targetOf(value);
    const parts = target.kind === 'sequence' ? target.items.map(targetOf) : [target];
    for (const part of parts) {
      if (part.kind === 'mapping') mapping.order.push(part);
      else {
        this.#report(
          { start: key.start, end: key.end },
          'HEDDLE_YAML_SYNTAX',
          `The key << merges mappings into this one, but its value is a ${nounOf(part)}.`,
          "Give it an alias of a mapping (<<: *name), or quote the value if a template was meant ('<< … >>').",
        );
        return;
      }
    }
  }

  #reportSecondDocument(): void {
    const marker = /^---(?=\s|$)/gm;
    marker.lastIndex = this.#cursor;
    const start = marker.exec(this.#source)?.index ?? this.#cursor;
    this.#report(
      { start, end: start + 3 },
      'HEDDLE_YAML_SYNTAX',
      'A second YAML document starts here; a file holds one.',
      'Move it to a file of its own, or remove the line with ---.',
    );
  }

  #report(range: Range, code: Finding['code'], message: string, hint?: string): void {
    this.#findings.push({ ...range, code, message, ...(hint === undefined ? {} : { hint }) });
  }
}

// Nodes are built field by field: spreading a base object costs several times as much.
function scalarNode(
  start: number,
  end: number,
  event: ScalarEvent | undefined,
  text: string,
  value: ScalarNode['value'],
  replaced = false,
): ScalarNode {
  return { kind: 'scalar', start, end, size: 1, depth: 1, event, text, value, replaced };
}

function sequenceNode(start: number): SequenceNode {
  return { kind: 'sequence', start, end: start + 1, size: 1, depth: 1, items: [] };
}

function mappingNode(start: number): MappingNode {
  return { kind: 'mapping', start, end: start + 1, size: 1, depth: 1, entries: new Map(), order: [] };
}

/** Whether what starts with a character of this code may be something else than text. */
const SPECIAL_FIRST = Array.from({ length: 128 }, (_, code) =>
  '-+.0123456789~nNtTfF'.includes(String.fromCharCode(code)),
);

function nounOf(node: YamlNode): string {
  return node.kind === 'sequence' ? 'list' : node.kind === 'mapping' ? 'mapping' : 'single value';
}

/** What a scalar without quotes and tag means in YAML's core schema. */
export function resolvePlain(text: string): string | number | boolean | null {
  // Most text starts with a letter, and what is not text with one of few characters.
  const first = text.charCodeAt(0);
  if (first < 128 ? SPECIAL_FIRST[first] !== true : text !== '') return text;
  for (const tag of [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag]) {
    const value = tag.resolve(text, false, tag.tagName);
    if (value !== NOT_RESOLVED) return value;
  }
  return text;
}
