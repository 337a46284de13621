import type { LineComments, PlacedComments } from './comments.ts';
import { hasNotes, linesOf, type OutputEntry, type OutputItem, type OutputNode } from './output-node.ts';
import { blockText, flowScalar, isBlockText, plainOrQuoted } from './yaml-scalar.ts';

/** Lines on one line of the output end here. */
const WIDTH = 110;

/** A YAML text and where it comes from. */
export interface WrittenYaml {
  readonly text: string;
  /** For every line of the text, the line of the source it comes from; undefined where it comes from none. */
  readonly sources: readonly (number | undefined)[];
}

/** Writes a mapping as a YAML document, comments of the source with it. */
export function writeYaml(entries: readonly OutputEntry[], comments: PlacedComments): WrittenYaml {
  return new Writer(comments).write(entries);
}

class Writer {
  readonly #comments: PlacedComments;
  readonly #left: Map<number, LineComments>;
  readonly #lines: string[] = [];
  readonly #sources: (number | undefined)[] = [];
  #source: number | undefined;

  constructor(comments: PlacedComments) {
    this.#comments = comments;
    this.#left = new Map(comments.lines);
  }

  write(entries: readonly OutputEntry[]): WrittenYaml {
    const { header, footer } = this.#comments;
    for (const line of header) this.#push(line);
    this.#entries(entries, 0, '');
    if (footer.length > 0) this.#push('');
    for (const line of footer) this.#push(line);
    return { text: `${this.#lines.join('\n')}\n`, sources: this.#sources };
  }

  #push(line: string): void {
    this.#pushText(line.trimEnd());
  }

  /** A line of a text, whose white space counts. */
  #pushText(line: string): void {
    this.#lines.push(line);
    this.#sources.push(this.#source);
  }

  /** `lead` is what stands before the first key on its line: the `- ` of a list. */
  #entries(entries: readonly OutputEntry[], indent: number, lead: string): void {
    const pad = ' '.repeat(indent);
    for (const [index, entry] of entries.entries()) {
      const isFirst = index === 0 && lead !== '';
      const behind = isFirst ? this.#behind(entry.line) : this.#above(entry, pad);
      const start = isFirst ? `${' '.repeat(indent - lead.length)}${lead}` : pad;
      if (entry.line !== undefined) this.#source = entry.line;
      this.#value(`${start}${plainOrQuoted(entry.key, true)}:`, entry.value, indent, behind);
    }
  }

  #items(items: readonly OutputItem[], indent: number): void {
    const pad = ' '.repeat(indent);
    for (const item of items) {
      const first = item.value.kind === 'mapping' ? item.value.entries[0] : undefined;
      const behind = this.#above(item, pad, first);
      if (item.line !== undefined) this.#source = item.line;
      const { value } = item;
      const inline = this.#inline(value, indent + 2);
      if (value.kind === 'mapping' && inline === undefined) {
        if (behind !== '') this.#push(`${pad}${behind.trim()}`);
        this.#entries(value.entries, indent + 2, '- ');
      } else if (value.kind === 'sequence' && inline === undefined) {
        this.#push(`${pad}-${behind}`);
        this.#items(value.items, indent + 2);
      } else {
        this.#value(`${pad}-`, value, indent, behind);
      }
    }
  }

  #value(start: string, value: OutputNode, indent: number, behind: string): void {
    const inline = this.#inline(value, start.length + 1);
    if (inline !== undefined) {
      const more = behind === '' ? this.#behindInside(value) : behind;
      this.#push(`${start} ${inline}${more}`);
    } else if (value.kind === 'scalar') {
      const [head = '', ...lines] = blockText(String(value.value), WIDTH - indent - 2);
      this.#push(`${start} ${head}${behind}`);
      for (const line of lines) this.#pushText(line === '' ? '' : `${' '.repeat(indent + 2)}${line}`);
    } else {
      this.#push(`${start}${behind}`);
      if (value.kind === 'mapping') this.#entries(value.entries, indent + 2, '');
      else this.#items(value.items, indent + 2);
    }
  }

  /** The value on one line; undefined where it needs several. */
  #inline(value: OutputNode, column: number): string | undefined {
    if (value.kind === 'scalar') {
      if (value.spelling !== undefined) return value.spelling;
      if (typeof value.value !== 'string') return String(value.value);
      return isBlockText(value.value, WIDTH - column) ? undefined : plainOrQuoted(value.value);
    }
    const isEmpty = value.kind === 'sequence' ? value.items.length === 0 : value.entries.length === 0;
    if (isEmpty) return value.kind === 'sequence' ? '[]' : '{}';
    if (value.flow !== true || hasNotes(value) || this.#hasComments(value)) return undefined;
    const text = flowScalar(value);
    return text === undefined || text.length + column > WIDTH ? undefined : text;
  }

  #hasComments(node: OutputNode): boolean {
    const lines = [...new Set(linesOf(node))];
    return lines.length > 1 && lines.some((line) => this.#left.has(line));
  }

  /** Writes what stands above a place; gives what stands behind it. */
  #above(place: OutputItem, pad: string, inner?: OutputItem): string {
    const { line = inner?.line } = place;
    const comments = line === undefined ? undefined : this.#left.get(line);
    if (place.apart === true && this.#lines.length > 0) this.#push('');
    for (const comment of comments?.before ?? []) this.#push(comment === '' ? '' : pad + comment);
    for (const note of [...(place.notes ?? []), ...(inner?.notes ?? [])]) this.#push(`${pad}# ${note}`);
    if (inner !== undefined && comments !== undefined && line !== undefined) {
      // What stands behind the first key of an element is left for that key.
      this.#left.set(line, { ...comments, before: [] });
      return '';
    }
    return this.#behind(line);
  }

  #behind(line: number | undefined): string {
    const comments = line === undefined ? undefined : this.#left.get(line);
    if (line === undefined || comments === undefined) return '';
    this.#left.delete(line);
    return comments.behind === undefined ? '' : ` ${comments.behind}`;
  }

  #behindInside(value: OutputNode): string {
    for (const line of linesOf(value)) {
      const behind = this.#behind(line);
      if (behind !== '') return behind;
    }
    return '';
  }
}
