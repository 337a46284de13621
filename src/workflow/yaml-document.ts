import { describePath, type Diagnostic, type Finding, type Place } from './diagnostic.ts';
import type { YamlPath } from './definition.ts';
import { ScalarSource } from './scalar-source.ts';
import { TextLines, type Position, type Range } from './text-lines.ts';
import { findEntry, targetOf, type ScalarNode, type YamlNode } from './yaml-node.ts';

/** What a {@link YamlDocument} is made of. */
export interface YamlDocumentParts {
  /** The text as it was given; absent for a document that was never text. */
  readonly text?: string;
  readonly file?: string | undefined;
  /** Gives the nodes with their places, when one is first asked for: a file with nothing wrong in it never needs them. */
  readonly compose?: () => YamlNode | undefined;
  /** Whether something unreadable was replaced. Default: false. */
  readonly replaced?: boolean;
  readonly value: unknown;
  readonly errors: readonly (Finding & Range)[];
  readonly damaged?: boolean;
}

/** A YAML file as data, with the place of every key and value in it. */
export class YamlDocument {
  readonly text: string;
  readonly file: string | undefined;
  /** True for a document that was never text: diagnostics have line 0 and name the path in their message. */
  readonly isObject: boolean;
  /** Plain JS data; null where the file is empty or could not be read at all. */
  readonly value: unknown;
  /** What is wrong with the file as YAML. */
  readonly errors: readonly Diagnostic[];
  /** True where something unreadable was reported and replaced: some path may be {@link isReplaced}. */
  readonly hasReplaced: boolean;
  /** True where whole lines were unreadable: what is missing in `value` may well stand in the file. */
  readonly damaged: boolean;
  #nodes: (() => YamlNode | undefined) | undefined;
  #root: YamlNode | undefined;
  #lines: TextLines | undefined;

  constructor(parts: YamlDocumentParts) {
    this.text = parts.text ?? '';
    this.isObject = parts.text === undefined;
    this.file = parts.file;
    this.value = parts.value;
    this.damaged = parts.damaged ?? false;
    this.#nodes = parts.compose;
    this.hasReplaced = parts.replaced ?? false;
    this.errors = parts.errors.map((finding) => this.diagnoseRange(finding, finding));
  }

  /** The line and column of an offset, both from 1. */
  positionAt(offset: number): Position {
    this.#lines ??= new TextLines(this.text);
    return this.#lines.positionAt(offset);
  }

  /**
   * The range of a key or of a value (default). A value that is an alias gives the alias; what is inside or merged
   * gives its place in the source of the alias; a path that leads nowhere gives the nearest thing that exists.
   */
  locate(path: YamlPath, what: 'key' | 'value' = 'value'): Range {
    const { range, keyRange } = this.#find(path);
    return what === 'key' ? (keyRange ?? range) : range;
  }

  /**
   * The offset in the text of the character at `index` of a decoded string, whatever its style; the end of the scalar
   * for an index at its end. For anything but a string: where the value starts.
   */
  offsetInScalar(path: YamlPath, index: number): number {
    const { node, range } = this.#find(path);
    const scalar = node === undefined ? undefined : targetOf(node);
    if (scalar?.kind !== 'scalar' || scalar.event === undefined || scalar.replaced) return range.start;
    return new ScalarSource(this.text, scalar.event).offsetOf(index);
  }

  /** True where something stands at the path. */
  has(path: YamlPath): boolean {
    let value: unknown = this.value;
    for (const step of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
      value = (value as Record<string | number, unknown>)[step];
    }
    return true;
  }

  /** A scalar as its author spelled it (`1.0`, not 1); undefined for anything else. */
  spellingOf(path: YamlPath): string | undefined {
    return this.#scalarAt(path)?.text;
  }

  /** True where the value was unreadable, is reported already, and stands in as an unknown template. */
  isReplaced(path: YamlPath): boolean {
    return this.hasReplaced && this.#scalarAt(path)?.replaced === true;
  }

  /** Gives a finding its place. */
  diagnose(finding: Finding, place: Place): Diagnostic {
    if (this.isObject) return this.#withoutText(finding, place.path);
    const { within } = place;
    if (within === undefined || this.spellingOf(place.path) === undefined) {
      return this.diagnoseRange(finding, this.locate(place.path, place.what));
    }
    const start = this.offsetInScalar(place.path, within.start);
    // The last character's own offset, so that a range never takes in the indentation of the next line.
    const end = within.end > within.start ? this.offsetInScalar(place.path, within.end - 1) + 1 : start;
    return this.diagnoseRange(finding, { start, end: Math.max(start, end) });
  }

  /** Gives a finding the place of a range of offsets. */
  diagnoseRange(finding: Finding, range: Range): Diagnostic {
    const start = this.positionAt(range.start);
    const end = this.positionAt(range.end);
    return this.#compose(finding, finding.message, { start, end });
  }

  #withoutText(finding: Finding, path: YamlPath): Diagnostic {
    const nowhere = { line: 0, column: 0 };
    const where = describePath(path);
    const message = where === '' ? finding.message : `${where}: ${finding.message}`;
    return this.#compose(finding, message, { start: nowhere, end: nowhere });
  }

  #compose(finding: Finding, message: string, at: { start: Position; end: Position }): Diagnostic {
    return {
      code: finding.code,
      severity: finding.severity ?? 'error',
      message,
      ...(this.file === undefined ? {} : { file: this.file }),
      line: at.start.line,
      column: at.start.column,
      endLine: at.end.line,
      endColumn: at.end.column,
      ...(finding.suggestion === undefined ? {} : { suggestion: finding.suggestion }),
      ...(finding.hint === undefined ? {} : { hint: finding.hint }),
    };
  }

  #scalarAt(path: YamlPath): ScalarNode | undefined {
    const { node } = this.#find(path);
    const target = node === undefined ? undefined : targetOf(node);
    return target?.kind === 'scalar' ? target : undefined;
  }

  /** Follows a path as far as it leads; `node` is undefined where it leads nowhere. */
  #find(path: YamlPath): { node: YamlNode | undefined; range: Range; keyRange: Range | undefined } {
    if (this.#nodes !== undefined) {
      this.#root = this.#nodes();
      this.#nodes = undefined;
    }
    let node = this.#root;
    let keyRange: Range | undefined;
    for (const step of path) {
      const parent = node === undefined ? undefined : targetOf(node);
      let next: YamlNode | undefined;
      if (parent?.kind === 'sequence' && typeof step === 'number') {
        next = parent.items[step];
        if (next !== undefined) keyRange = undefined;
      } else if (parent?.kind === 'mapping') {
        const entry = findEntry(parent, String(step));
        next = entry?.value;
        if (entry !== undefined) keyRange = { start: entry.key.start, end: entry.key.end };
      }
      if (next === undefined) {
        return { node: undefined, range: keyRange ?? rangeOf(node), keyRange };
      }
      node = next;
    }
    return { node, range: rangeOf(node), keyRange };
  }
}

function rangeOf(node: YamlNode | undefined): Range {
  return node === undefined ? { start: 0, end: 0 } : { start: node.start, end: node.end };
}
