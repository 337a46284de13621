/** A place for people: lines and columns count from 1, columns in UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A range of offsets (UTF-16 code units) in a file's text; `end` is exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Translates offsets of a text into lines and columns. LF, CRLF and a lone CR end a line. */
export class TextLines {
  readonly #text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) this.#starts.push(i + 1);
    }
  }

  /** How many lines the text has; an empty text has one. */
  get count(): number {
    return this.#starts.length;
  }

  /** The place of an offset; offsets outside the text give its first or last place. */
  positionAt(offset: number): Position {
    const inside = Math.min(Math.max(offset, 0), this.#text.length);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= inside) low = middle;
      else high = middle - 1;
    }
    const start = this.#starts[low] ?? 0;
    // Editors do not count a byte order mark as a column.
    const mark = low === 0 && inside > 0 && this.#text.charCodeAt(0) === 0xfeff ? 1 : 0;
    return { line: low + 1, column: inside - start - mark + 1 };
  }

  /** Offset of the first character of a line (from 1), a byte order mark not counted. */
  startOf(line: number): number {
    const start = this.#starts[line - 1] ?? this.#text.length;
    return start === 0 && this.#text.charCodeAt(0) === 0xfeff ? 1 : start;
  }

  /** A line's text (from 1) without its line break; empty for a line that is not there. */
  textOf(line: number): string {
    if (line < 1 || line > this.#starts.length) return '';
    const end = this.#starts[line] ?? this.#text.length;
    return this.#text.slice(this.startOf(line), end).replace(/[\r\n]+$/, '');
  }
}
