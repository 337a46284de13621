import { parseEvents, type Event } from 'js-yaml';
import { composeYaml, MAX_DEPTH } from '../workflow/yaml-compose.ts';
import {
  targetOf,
  type MappingEntry,
  type MappingNode,
  type ScalarNode,
  type SequenceNode,
  type YamlNode,
} from '../workflow/yaml-node.ts';
import {
  parseYaml,
  sortDiagnostics,
  type Diagnostic,
  type Range,
  type YamlDocument,
  type YamlPath,
} from '../workflow/index.ts';
import type { ErrorCode } from '../errors/index.ts';
import type { TranslationProblem } from './expression/index.ts';

/** A value of the file that is imported, with its place. */
export interface Sourced<Node extends YamlNode = YamlNode> {
  readonly node: Node;
  readonly path: YamlPath;
  /** The line it starts on. */
  readonly line: number;
}

/** One entry of a mapping. */
export interface SourcedEntry extends Sourced {
  readonly name: string;
  /** The line of the key. */
  readonly keyLine: number;
}

export type SourcedMapping = Sourced<MappingNode>;
export type SourcedSequence = Sourced<SequenceNode>;
export type SourcedScalar = Sourced<ScalarNode>;

/** The file that is imported, and what was found in it that cannot, or cannot quite, be translated. */
export class ImportSource {
  readonly document: YamlDocument;
  /** The nodes of the file; undefined where it is empty, or no YAML. */
  readonly tree: YamlNode | undefined;
  readonly #diagnostics: Diagnostic[] = [];

  constructor(text: string, file: string | undefined) {
    this.document = parseYaml(text, file === undefined ? {} : { file });
    this.tree = this.document.errors.length > 0 ? undefined : composeYaml(text, eventsOf(text), new Set()).root;
  }

  /** What is wrong with the file as YAML, and what was reported, in the order of the file. */
  get diagnostics(): Diagnostic[] {
    return sortDiagnostics([...this.document.errors, ...this.#diagnostics]);
  }

  /** The root as a mapping; undefined where it is none, which is reported. */
  root(): SourcedMapping | undefined {
    const root = this.tree;
    if (root === undefined) {
      if (this.document.errors.length === 0) this.invalid([], 'The file is empty.');
      return undefined;
    }
    return this.asMapping(this.#at(root, []), 'A workflow is a mapping.');
  }

  /** The entries of a mapping in the order written, merged ones too. */
  entries(mapping: SourcedMapping): SourcedEntry[] {
    return flatEntries(mapping.node).map((entry) => ({
      ...this.#at(entry.value, [...mapping.path, entry.name]),
      name: entry.name,
      keyLine: this.#line(entry.key.start),
    }));
  }

  items(sequence: SourcedSequence): Sourced[] {
    return sequence.node.items.map((item, index) => this.#at(item, [...sequence.path, index]));
  }

  asMapping(source: Sourced, otherwise: string): SourcedMapping | undefined {
    if (source.node.kind === 'mapping') return source as SourcedMapping;
    this.invalid(source.path, otherwise);
    return undefined;
  }

  asSequence(source: Sourced, otherwise: string): SourcedSequence | undefined {
    if (source.node.kind === 'sequence') return source as SourcedSequence;
    this.invalid(source.path, otherwise);
    return undefined;
  }

  asScalar(source: Sourced, otherwise: string): SourcedScalar | undefined {
    if (source.node.kind === 'scalar') return source as SourcedScalar;
    this.invalid(source.path, otherwise);
    return undefined;
  }

  invalid(path: YamlPath, message: string, what: 'key' | 'value' = 'value'): void {
    this.#report('HEDDLE_IMPORT_INVALID', 'error', path, message, { what });
  }

  /** `at`: a part of the value, or its key; else the value. */
  lost(path: YamlPath, message: string, at?: Range | 'key'): void {
    this.#report('HEDDLE_IMPORT_LOST', 'error', path, message, at === 'key' ? { what: at } : within(at));
  }

  changed(path: YamlPath, message: string, at?: Range): void {
    this.#report('HEDDLE_IMPORT_CHANGED', 'warning', path, message, within(at));
  }

  /** Reports what became of a text; `offset` is where the text begins in the scalar at the path. */
  problems(path: YamlPath, problems: readonly TranslationProblem[], offset = 0): void {
    for (const { start, end, kind, message } of problems) {
      const at = { start: start + offset, end: end + offset };
      const isProse = /^[a-z]+[ ,]/.test(message);
      const sentence = `${isProse ? message.charAt(0).toUpperCase() : message.charAt(0)}${message.slice(1)}.`;
      if (kind === 'lost') this.lost(path, sentence, at);
      else this.changed(path, sentence, at);
    }
  }

  #report(
    code: ErrorCode,
    severity: 'error' | 'warning',
    path: YamlPath,
    message: string,
    place: { readonly what?: 'key' | 'value'; readonly within?: Range },
  ): void {
    this.#diagnostics.push(this.document.diagnose({ code, severity, message }, { path, ...place }));
  }

  #at(node: YamlNode, path: YamlPath): Sourced {
    return { node: targetOf(node), path, line: this.#line(node.start) };
  }

  #line(offset: number): number {
    return this.document.positionAt(offset).line;
  }
}

function within(range: Range | undefined): { within?: Range } {
  return range === undefined ? {} : { within: range };
}

function eventsOf(text: string): Event[] {
  try {
    return parseEvents(text, { maxDepth: MAX_DEPTH });
  } catch {
    // Nothing but what the document has reported already.
    return [];
  }
}

function flatEntries(mapping: MappingNode): MappingEntry[] {
  const found = new Map<string, MappingEntry>();
  for (const part of mapping.order) {
    if (typeof part !== 'string') {
      for (const entry of flatEntries(part)) if (!mapping.entries.has(entry.name)) found.set(entry.name, entry);
      continue;
    }
    const entry = mapping.entries.get(part);
    if (entry !== undefined) found.set(part, entry);
  }
  return [...found.values()];
}
