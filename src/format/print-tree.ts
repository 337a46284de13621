import type { Block, Comment, Entry, Flow, FlowEntry, Leaf, Node, Tree } from './tree.ts';
import { isCollection, type Collection } from './tree.ts';

/** Columns a level is indented by. */
const STEP = 2;

/** The text of a document: two spaces a level, no two blank lines in a row, one line break at the end. */
export function printTree(tree: Tree): string {
  const printer = new Printer();
  for (const line of tree.header) printer.put(line);
  printer.open(tree.root, 0);
  for (const line of tree.footer) printer.put(line);
  return `${printer.lines.join('\n')}\n`;
}

class Printer {
  readonly lines: string[] = [];
  /** Whether a blank line would be the first of what was opened, or part of the text above. */
  #isTight = true;

  put(line: string): void {
    if (line === '') return this.#blank();
    this.lines.push(line);
    this.#isTight = false;
  }

  #blank(): void {
    if (this.#isTight) return;
    this.lines.push('');
    this.#isTight = true;
  }

  /** Prints a collection whose first line no blank line may stand before. */
  open({ entries, after }: Collection, indent: number): void {
    this.#isTight = true;
    for (const entry of entries) this.#entry(entry, indent);
    this.#comments(after, indent);
  }

  #comments(comments: readonly Comment[], indent: number): void {
    for (const { text, blankBefore } of comments) {
      if (blankBefore) this.#blank();
      this.put(' '.repeat(indent) + text);
    }
  }

  #entry(entry: Entry, indent: number): void {
    this.#comments(entry.before, indent);
    if (entry.blankBefore) this.#blank();
    if (canShareLine(entry) && isCollection(entry.value)) this.#comments(entry.value.entries[0]?.before ?? [], indent);
    const key = entry.key === null ? '-' : keyText(entry.key);
    this.put(spaced(' '.repeat(indent) + key, entry.props));
    this.#value(entry, indent);
  }

  #value(entry: Entry, indent: number): void {
    const { value, headComment, inner, breaks, trailing } = entry;
    if (isCollection(value)) {
      this.#append(headComment);
      const first = this.lines.length;
      const [start, ...rest] = value.entries;
      if (start === undefined || !canShareLine(entry)) return this.open(value, indent + STEP);
      this.open({ ...value, entries: [{ ...start, before: [] }, ...rest] }, indent + STEP);
      this.#joinLine(first, indent + STEP);
      return;
    }
    if (breaks) {
      this.#append(headComment);
      this.#comments(inner, indent + STEP);
      this.put(' '.repeat(indent + STEP).slice(0, -1));
    }
    this.#scalar(value, indent);
    if (value.kind !== 'block') this.#append(trailing);
  }

  #joinLine(index: number, indent: number): void {
    const dash = this.lines[index - 1] ?? '';
    this.lines.splice(index - 1, 2, `${dash} ${(this.lines[index] ?? '').slice(indent)}`);
  }

  #append(text: string | undefined): void {
    if (text !== undefined) this.lines.push(`${this.lines.pop() ?? ''} ${text}`);
  }

  #scalar(value: Exclude<Node, Collection>, parent: number): void {
    if (value.kind === 'block') return this.#block(value, parent);
    if (value.kind === 'flow') return this.#append(flowText(value));
    const [first = '', ...more] = value.lines;
    this.#append(first === '' ? undefined : first);
    more.forEach((line, i) => {
      this.lines.push(line === '' ? '' : ' '.repeat(parent + (value.depths?.[i] ?? STEP)) + line);
    });
  }

  #block({ header, comment, lines, keeps }: Block, parent: number): void {
    // A digit says how far the text is indented beyond its parent, which is always the same here.
    this.#append(spaced(header.replace(/\d/, String(STEP)), comment ?? ''));
    for (const line of lines) this.lines.push(line === '' ? '' : ' '.repeat(parent + STEP) + line);
    this.#isTight = keeps;
  }
}

/**
 * `- name: x`: a mapping or list starts on the line of its dash, where nothing has to stand between them. Comments before
 * its first entry then stand before the dash.
 */
function canShareLine({ key, props, headComment, value }: Entry): boolean {
  return key === null && props === '' && headComment === undefined && isCollection(value);
}

function keyText({ lines }: Leaf): string {
  const [text = ''] = lines;
  // `*name:` would be an alias called `name:`.
  return text.startsWith('*') ? `${text} :` : `${text}:`;
}

function flowText({ style, entries }: Flow): string {
  const texts = entries.map(flowEntryText);
  if (style === 'sequence') return `[${texts.join(', ')}]`;
  return texts.length === 0 ? '{}' : `{ ${texts.join(', ')} }`;
}

function flowEntryText({ key, props, value }: FlowEntry): string {
  const text =
    value === null ? '' : value.kind === 'flow' ? flowText(value) : value.kind === 'leaf' ? (value.lines[0] ?? '') : '';
  const item = spaced(props, text);
  if (key === null) return item;
  return value === null ? (key.lines[0] ?? '') : `${keyText(key)} ${item}`;
}

function spaced(left: string, right: string): string {
  return left === '' || right === '' ? left + right : `${left} ${right}`;
}
