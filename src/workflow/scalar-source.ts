import { CHOMPING_MODE, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';

/** A stretch of decoded text that stands in the source one to one (`verbatim`) or as one escape or fold. */
interface Stretch {
  readonly decoded: number;
  readonly source: number;
  readonly verbatim: boolean;
}

/** Maps indexes of a scalar's decoded text to offsets of the source it was decoded from. */
export class ScalarSource {
  /** The decoded text, equal to what js-yaml decodes. */
  readonly text: string;
  readonly #stretches: readonly Stretch[];
  readonly #end: number;

  constructor(source: string, scalar: ScalarEvent) {
    const decoder = new Decoder(source, scalar);
    this.text = decoder.text;
    this.#stretches = decoder.stretches;
    this.#end = scalar.valueEnd;
  }

  /** The offset of the character at `index`; of the end of the scalar where the index is at or after the end. */
  offsetOf(index: number): number {
    if (index >= this.text.length) return this.#afterLast();
    let low = 0;
    let high = this.#stretches.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#stretches[middle]?.decoded ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const stretch = this.#stretches[low];
    if (stretch === undefined) return this.#end;
    return stretch.verbatim ? stretch.source + Math.max(index - stretch.decoded, 0) : stretch.source;
  }

  #afterLast(): number {
    const last = this.#stretches.at(-1);
    return last?.verbatim === true ? Math.min(last.source + this.text.length - last.decoded, this.#end) : this.#end;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0', a: '\x07', b: '\b', t: '\t', '\t': '\t', n: '\n', v: '\v', f: '\f', r: '\r', e: '\x1b', ' ': ' ',
  '"': '"', '/': '/', '\\': '\\', N: '\x85', _: '\xa0', L: '\u2028', P: '\u2029',
}; // prettier-ignore

const HEX_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

class Decoder {
  text = '';
  readonly stretches: Stretch[] = [];
  readonly #source: string;
  readonly #start: number;
  readonly #end: number;

  constructor(source: string, scalar: ScalarEvent) {
    this.#source = source;
    this.#start = scalar.valueStart;
    this.#end = scalar.valueEnd;
    if (scalar.style === SCALAR_STYLE.LITERAL_BLOCK || scalar.style === SCALAR_STYLE.FOLDED_BLOCK) this.#block(scalar);
    else this.#flow(scalar.style);
  }

  #verbatim(from: number, to: number): void {
    if (to <= from) return;
    this.stretches.push({ decoded: this.text.length, source: from, verbatim: true });
    this.text += this.#source.slice(from, to);
  }

  #put(text: string, from: number): void {
    if (text === '') return;
    this.stretches.push({ decoded: this.text.length, source: from, verbatim: false });
    this.text += text;
  }

  /** Plain, single-quoted and double-quoted: line breaks fold, white space around them goes. */
  #flow(style: ScalarEvent['style']): void {
    const source = this.#source;
    let position = this.#start;
    let from = position;
    let to = position;
    while (position < this.#end) {
      const char = source[position] ?? '';
      const quoted = style === SCALAR_STYLE.SINGLE_QUOTED && char === "'";
      const escaped = style === SCALAR_STYLE.DOUBLE_QUOTED && char === '\\';
      if (quoted || escaped) {
        this.#verbatim(from, position);
        if (quoted) this.#put("'", position);
        position = quoted ? position + 2 : this.#escape(position);
        from = to = position;
      } else if (char === '\n' || char === '\r') {
        this.#verbatim(from, to);
        const fold = this.#skipBreaks(position);
        this.#put(fold.breaks === 1 ? ' ' : '\n'.repeat(fold.breaks - 1), position);
        position = from = to = fold.position;
      } else {
        position++;
        if (char !== ' ' && char !== '\t') to = position;
      }
    }
    // White space before a closing quote belongs to the text; js-yaml ends a plain scalar before it.
    this.#verbatim(from, style === SCALAR_STYLE.PLAIN ? to : this.#end);
  }

  /** Decodes the escape at `position` and gives the offset after it. */
  #escape(position: number): number {
    const char = this.#source[position + 1] ?? '';
    if (char === '\n' || char === '\r') return this.#skipBreaks(position + 1).position;
    const length = HEX_LENGTHS[char];
    if (length === undefined) {
      this.#put(ESCAPES[char] ?? char, position);
      return position + 2;
    }
    const code = Number.parseInt(this.#source.slice(position + 2, position + 2 + length), 16);
    this.#put(code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd', position);
    return position + 2 + length;
  }

  #skipBreaks(start: number): { position: number; breaks: number } {
    let position = start;
    let breaks = 0;
    for (; position < this.#end; position++) {
      const char = this.#source[position];
      if (char === '\r' && this.#source[position + 1] === '\n') continue;
      if (char === '\n' || char === '\r') breaks++;
      else if (char !== ' ' && char !== '\t') break;
    }
    return { position, breaks };
  }

  /** Literal and folded blocks; the rules are those of YAML 1.2, section 8.1. */
  #block(scalar: ScalarEvent): void {
    const folded = scalar.style === SCALAR_STYLE.FOLDED_BLOCK;
    const indent = Math.max(scalar.indent, 0);
    let empty = 0;
    let started = false;
    let moreIndented = false;
    let lineEnd = this.#start;
    for (const line of this.#lines()) {
      let column = 0;
      while (column < indent && this.#source[line.start + column] === ' ') column++;
      if (scalar.indent < 0 || line.start + column >= line.end) {
        empty++;
        continue;
      }
      const first = line.start + indent;
      const isMore = folded && /[ \t]/.test(this.#source[first] ?? '');
      if (!folded || isMore || moreIndented) this.#put('\n'.repeat(started ? empty + 1 : empty), lineEnd);
      else if (empty > 0) this.#put('\n'.repeat(empty), lineEnd);
      else if (started) this.#put(' ', lineEnd);
      moreIndented = isMore;
      this.#verbatim(first, line.end);
      lineEnd = line.end;
      started = true;
      empty = 0;
    }
    if (scalar.chomping === CHOMPING_MODE.KEEP) this.#put('\n'.repeat(started ? empty + 1 : empty), lineEnd);
    else if (scalar.chomping !== CHOMPING_MODE.STRIP && started) this.#put('\n', lineEnd);
  }

  *#lines(): Generator<{ start: number; end: number }> {
    let start = this.#start;
    while (start < this.#end) {
      let end = start;
      while (end < this.#end && this.#source[end] !== '\n' && this.#source[end] !== '\r') end++;
      yield { start, end };
      start = end + (this.#source[end] === '\r' && this.#source[end + 1] === '\n' ? 2 : 1);
    }
  }
}
