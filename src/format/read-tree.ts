import { CHOMPING_MODE, COLLECTION_STYLE, EVENT_ID, SCALAR_STYLE, getScalarValue, parseEvents } from 'js-yaml';
import type { Event, MappingEvent, ScalarEvent, SequenceEvent } from 'js-yaml';
import { endOf, namesOf, propsEnd } from './event-place.ts';
import { readFlow } from './read-flow.ts';
import { linesWithin, lineEnd, columnOf, readTrivia, type Trivia } from './trivia.ts';
import type { AnchorUse, Block, Collection, Comment, Entry, Leaf, Node, Tree } from './tree.ts';

/** Thrown for forms of YAML that are left as they are: explicit keys, content on the line of `---`, a root that is no block mapping. */
export class UnusualForm extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Reads a document that js-yaml can parse; line breaks are `\n` only.
 *
 * @throws UnusualForm
 */
export function readTree(source: string): Tree {
  return new TreeReader(source).read();
}

/** Comment lines that are about the file, wherever its first key goes. */
const OF_THE_FILE = /^#(!|\s*(yaml-language-server:|heddle-lint-disable\s|vim?:|-\*-))/;

/** What stands before an entry. */
type Start = Pick<Entry, 'before' | 'blankBefore'>;

class TreeReader {
  readonly #source: string;
  readonly #events: readonly Event[];
  #next = 0;
  /** The end of the last token. */
  #position = 0;
  /** Collections that ended since the last token, the deepest first. */
  #closed: Collection[] = [];
  /** The entry whose last line the last token stands on. */
  #last: Entry | undefined;

  constructor(source: string) {
    this.#source = source;
    this.#events = parseEvents(source, {});
  }

  read(): Tree {
    this.#next++;
    const header: string[] = [];
    let trivia = readTrivia(this.#source, 0);
    while (/^(%|---(\s|$))/.test(this.#source.slice(trivia.end, trivia.end + 4))) {
      header.push(...linesOf(trivia.comments));
      const end = lineEnd(this.#source, trivia.end);
      const line = this.#source.slice(trivia.end, end).trimEnd();
      if (line.startsWith('---') && !/^---(\s+#.*)?$/.test(line))
        throw new UnusualForm('content stands on the line of ---', trivia.end);
      header.push(line);
      trivia = readTrivia(this.#source, Math.min(end + 1, this.#source.length));
    }
    const event = this.#events[this.#next];
    if (event?.type !== EVENT_ID.MAPPING || event.style === COLLECTION_STYLE.FLOW || event.start !== trivia.end)
      throw new UnusualForm('the file is not a mapping in block style', trivia.end);
    const own = ofTheFile(trivia);
    header.push(...linesOf(trivia.comments.slice(0, own)));
    const isApart = own > 0 && (own < trivia.comments.length ? trivia.comments[own]?.blankBefore : trivia.blankAfter);
    if (isApart === true) header.push('');
    this.#position = trivia.end;
    const root = this.#collection(event, { before: withoutBlank(trivia.comments.slice(own)), blankBefore: false }, []);
    return { header, root, footer: this.#footer() };
  }

  #footer(): string[] {
    const trivia = readTrivia(this.#source, this.#position);
    this.#place(trivia, -1);
    const rest = this.#source.slice(trivia.end).trimEnd();
    return rest === '' ? [] : rest.split('\n').map((line) => line.trimEnd());
  }

  /** Reads a block collection whose first token starts at the position; `first` is what stands before it. */
  #collection(event: MappingEvent | SequenceEvent, first: Start, names: readonly AnchorUse[]): Collection {
    this.#next++;
    const isMapping = event.type === EVENT_ID.MAPPING;
    const column = columnOf(this.#source, this.#position);
    const collection: Collection = {
      kind: isMapping ? 'mapping' : 'sequence',
      column,
      entries: [],
      after: [],
      names,
    };
    let start = first;
    while (this.#events[this.#next]?.type !== EVENT_ID.POP) {
      if (collection.entries.length > 0) start = this.#between(column);
      collection.entries.push(isMapping ? this.#mappingEntry(start) : this.#item(start));
    }
    this.#next++;
    this.#closed.push(collection);
    return collection;
  }

  /** Goes to the next entry of a collection; what stands before it goes where it belongs. */
  #between(column: number): Start {
    const trivia = readTrivia(this.#source, this.#position);
    this.#position = trivia.end;
    const before = this.#place(trivia, column);
    return { before, blankBefore: trivia.blankAfter };
  }

  /**
   * Gives comments between two tokens to what they are about: one that is indented further than the next entry belongs
   * to the collection that ended there, all others to the next entry.
   */
  #place(trivia: Trivia, column: number): Comment[] {
    if (trivia.trailing !== undefined && this.#last !== undefined) this.#last.trailing = trivia.trailing;
    let candidates = this.#closed.filter((each) => each.column > column);
    const before: Comment[] = [];
    for (const comment of trivia.comments) {
      const deepest = candidates.find((each) => each.column <= comment.column);
      const owner = candidates.findLast((each) => each.column === deepest?.column);
      candidates = owner === undefined ? [] : candidates.slice(candidates.indexOf(owner));
      (owner?.after ?? before).push(comment);
    }
    this.#closed = [];
    this.#last = undefined;
    return before;
  }

  #mappingEntry(start: Start): Entry {
    if (/^\?(\s|$)/.test(this.#source.slice(this.#position, this.#position + 2)))
      throw new UnusualForm("a key is written with '?'", this.#position);
    const event = this.#events[this.#next];
    const key = event?.type === EVENT_ID.SCALAR || event?.type === EVENT_ID.ALIAS ? this.#key(event) : undefined;
    const colon = readTrivia(this.#source, this.#position);
    if (key === undefined || this.#source[colon.end] !== ':' || colon.breaks)
      throw new UnusualForm('a key is not a name on one line', this.#position);
    this.#position = colon.end + 1;
    return this.#entry(start, key);
  }

  #item(start: Start): Entry {
    this.#position++;
    return this.#entry(start, null);
  }

  #key(event: Event): Leaf {
    const start = this.#position;
    this.#next++;
    this.#position = endOf(event, start);
    const text = this.#source.slice(start, this.#position);
    const isName = event.type === EVENT_ID.SCALAR && event.valueStart >= 0;
    return {
      kind: 'leaf',
      lines: [text],
      names: namesOf(this.#source, event),
      ...(isName ? { text: getScalarValue(this.#source, event) } : {}),
    };
  }

  /** Reads what stands behind a colon or a dash. */
  #entry(start: Start, key: Leaf | null): Entry {
    const event = this.#events[this.#next];
    if (event === undefined) throw new UnusualForm('the file ends within an entry', this.#position);
    const { props, trivia } = this.#props(event);
    const isBlock = isBlockCollection(event);
    const isEmpty = event.type === EVENT_ID.SCALAR && event.valueStart < 0;
    const base = { ...start, key, props, trailing: undefined };
    if (isEmpty) {
      this.#next++;
      const entry: Entry = {
        ...base,
        headComment: undefined,
        inner: [],
        breaks: false,
        value: nothing(this.#source, event),
      };
      this.#last = entry;
      return entry;
    }
    this.#position = trivia.end;
    const names = namesOf(this.#source, event);
    if (isBlock) {
      const before = [...trivia.comments];
      const value = this.#collection(event, { before, blankBefore: before.length > 0 && trivia.blankAfter }, names);
      return { ...base, headComment: trivia.trailing, inner: [], breaks: false, value };
    }
    const value = this.#scalarOrFlow(event, names);
    const entry: Entry = {
      ...base,
      headComment: trivia.trailing,
      inner: trivia.comments,
      breaks: trivia.breaks,
      value,
    };
    this.#last = entry;
    return entry;
  }

  /** The tag and anchor of a value, which stand on the line of its key, and what stands between them and the value. */
  #props(event: Event): { props: string; trivia: Trivia } {
    const trivia = readTrivia(this.#source, this.#position);
    const end = propsEnd(event);
    if (end < 0) return { props: '', trivia };
    if (trivia.breaks || trivia.trailing !== undefined)
      throw new UnusualForm('an anchor or a tag stands on a line after its key', trivia.end);
    const props = this.#source.slice(trivia.end, end).replaceAll(/\s+/g, ' ');
    this.#position = end;
    return { props, trivia: readTrivia(this.#source, end) };
  }

  #scalarOrFlow(event: Event, names: readonly AnchorUse[]): Node {
    if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) {
      const flow = readFlow(this.#source, this.#events, this.#next, names);
      this.#next = flow.next;
      this.#position = flow.end;
      return flow.node;
    }
    this.#next++;
    if (event.type === EVENT_ID.SCALAR && isBlockScalar(event)) return this.#block(event, names);
    const start = this.#position;
    this.#position = endOf(event, start);
    const isDouble = event.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    const lines = linesWithin(this.#source.slice(start, this.#position), isDouble);
    return { kind: 'leaf', lines, names };
  }

  #block(event: ScalarEvent, names: readonly AnchorUse[]): Block {
    const headerEnd = lineEnd(this.#source, this.#position);
    const [, header = '', comment] = /^(\S+)\s*(#.*?)?\s*$/.exec(this.#source.slice(this.#position, headerEnd)) ?? [];
    const keeps = event.chomping === CHOMPING_MODE.KEEP;
    const from = Math.min(headerEnd + 1, this.#source.length);
    const end = Math.max(event.valueEnd, from);
    const text = this.#source.slice(from, end).replace(/\n$/, '');
    const raw = event.valueEnd <= from ? [] : text.split('\n');
    const indent = event.indent;
    const lines = raw.map((line) =>
      indent < 0 || line.slice(0, indent).trim() !== '' ? line.trim() : line.slice(indent),
    );
    // Blank lines behind it are no part of its text, unless it says so.
    if (!keeps) while (lines.at(-1)?.trim() === '' && lines.length > 0) lines.pop();
    this.#position = keeps ? end : lineEnd(this.#source, offsetOfLine(this.#source, from, lines.length - 1));
    return { kind: 'block', header, lines, keeps, names, ...(comment === undefined ? {} : { comment }) };
  }
}

function offsetOfLine(source: string, start: number, line: number): number {
  if (line < 0) return Math.max(start - 1, 0);
  let offset = start;
  for (let i = 0; i < line; i++) offset = lineEnd(source, offset) + 1;
  return offset;
}

/** How many of the comments above the first key are about the file: those before a blank line, and those for tools. */
function ofTheFile({ comments, blankAfter }: Trivia): number {
  if (blankAfter) return comments.length;
  const apart = comments.findLastIndex((comment) => comment.blankBefore);
  const tools = comments.findLastIndex((comment) => OF_THE_FILE.test(comment.text));
  return Math.max(apart, tools + 1, 0);
}

/** The header ends in a blank line of its own. */
function withoutBlank(comments: readonly Comment[]): Comment[] {
  return comments.map((comment, index) => (index === 0 ? { ...comment, blankBefore: false } : comment));
}

function linesOf(comments: readonly Comment[]): string[] {
  return comments.flatMap(({ text, blankBefore }) => (blankBefore ? ['', text] : [text]));
}

function nothing(source: string, event: Event): Leaf {
  return { kind: 'leaf', lines: [''], names: namesOf(source, event) };
}

function isBlockCollection(event: Event): event is MappingEvent | SequenceEvent {
  return (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) && event.style !== COLLECTION_STYLE.FLOW;
}

function isBlockScalar({ style }: ScalarEvent): boolean {
  return style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK;
}
