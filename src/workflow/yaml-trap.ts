import { COLLECTION_STYLE, EVENT_ID, SCALAR_STYLE, type Event, type ScalarEvent } from 'js-yaml';
import { lineEnd, quoteTrap, tagTrap, templateEnd, unclosedTemplate, valueEnd, type Trap } from './yaml-value.ts';

/** Keys whose values are expressions without delimiters. */
const EXPRESSION_KEYS: readonly string[] = ['when', 'key'];

/** Whether the value of a key is an expression without delimiters; `mappingKey`: that of the mapping it stands in. */
export function isExpressionKey(key: string, mappingKey: string): boolean {
  return EXPRESSION_KEYS.includes(key) || (mappingKey === 'aggregate' && key !== '');
}

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
const HASH = 0x23;
const COMMA = 0x2c;
const OPEN_ROUND = 0x28;
const CLOSE_ROUND = 0x29;
const OPEN_SQUARE = 0x5b;
const CLOSE_SQUARE = 0x5d;
const OPEN_CURLY = 0x7b;
const CLOSE_CURLY = 0x7d;

/** The rest of a cut template is looked for over so many characters. */
const NEAR = 2000;

interface Frame {
  readonly flow: boolean;
  readonly mapping: boolean;
  /** Nodes seen so far: in a mapping, keys are at even places. */
  count: number;
  /** Where the latest key stands. */
  keyStart: number;
  keyEnd: number;
}

/** Finds values that YAML read without an error but not as they were meant: cut, split, or taken for a tag. */
export function findSilentTraps(text: string, events: readonly Event[]): Trap[] {
  const traps: Trap[] = [];
  const frames: Frame[] = [];
  const delimiters = new Delimiters(text);
  let done = 0;
  for (let index = 0; index < events.length; index++) {
    const event = events[index] as Event;
    if (event.type === EVENT_ID.POP) {
      frames.pop();
      continue;
    }
    const parent = frames.at(-1);
    const isKey = parent?.mapping === true && parent.count % 2 === 0;
    if (parent !== undefined) parent.count++;
    let trap: Trap | undefined;
    if (event.type === EVENT_ID.SCALAR) {
      if (parent !== undefined && isKey) {
        parent.keyStart = event.valueStart;
        parent.keyEnd = event.valueEnd;
      }
      // What ends where its line does is whole: this is nearly everything.
      const isPlain = event.style === SCALAR_STYLE.PLAIN && event.valueStart >= done;
      if (isPlain && goesOn(text, event.valueEnd)) {
        const { valueStart, valueEnd: end } = event;
        const mayCut = delimiters.openIn(valueStart, end) && delimiters.nextClose(end - 1) < end + NEAR;
        const bare = !isKey && isBare(text, frames);
        if (mayCut || bare) trap = cutScalar(text, event, parent?.flow === true, bare);
      }
      if (event.tagStart >= 0) trap ??= taggedScalar(text, event, parent?.flow === true);
    } else if (event.type === EVENT_ID.MAPPING) {
      trap = bracedTemplate(text, event.start, events[index + 1], parent?.flow === true);
    }
    // What stands inside a value that is a trap already is not looked at again.
    if (trap !== undefined && trap.patch.start >= done) {
      traps.push(trap);
      done = trap.patch.end;
    }
    if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.ALIAS) {
      frames.push(frameOf(event, parent?.flow === true));
    }
  }
  return traps;
}

/** Finds delimiters of templates in a text that is walked through from its start. */
class Delimiters {
  readonly #text: string;
  readonly #found = { '<<': -1, '{{': -1, '>>': -1, '}}': -1 };

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether a template opens in a range; ranges come in the order of the text. */
  openIn(start: number, end: number): boolean {
    return this.#next('<<', start) < end || this.#next('{{', start) < end;
  }

  /** Where the next one closes, at the earliest; offsets come in the order of the text. */
  nextClose(offset: number): number {
    return Math.min(this.#next('>>', offset), this.#next('}}', offset));
  }

  #next(delimiter: '<<' | '{{' | '>>' | '}}', from: number): number {
    if (this.#found[delimiter] < from) {
      const found = this.#text.indexOf(delimiter, from);
      this.#found[delimiter] = found < 0 ? Infinity : found;
    }
    return this.#found[delimiter];
  }
}

function frameOf(event: Event, inFlow: boolean): Frame {
  const isCollection = event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE;
  const flow = inFlow || (isCollection && event.style === COLLECTION_STYLE.FLOW);
  return { flow, mapping: event.type === EVENT_ID.MAPPING, count: 0, keyStart: 0, keyEnd: 0 };
}

/** Whether the value that comes next is an expression without delimiters. */
function isBare(text: string, frames: readonly Frame[]): boolean {
  const parent = frames.at(-1);
  if (parent?.mapping !== true) return false;
  return isExpressionKey(keyOf(text, parent), keyOf(text, frames.at(-2)));
}

function keyOf(text: string, frame: Frame | undefined): string {
  return frame === undefined ? '' : text.slice(frame.keyStart, frame.keyEnd);
}

/** Whether something that may have been meant as a part of it follows a plain scalar on its line. */
function goesOn(text: string, end: number): boolean {
  let i = end;
  while (text[i] === ' ' || text[i] === '\t') i++;
  return i < text.length && '#,:]}[{'.includes(text[i] as string);
}

/** A plain scalar that ends in the middle of a template, or of an expression. */
function cutScalar(text: string, event: ScalarEvent, flow: boolean, bare: boolean): Trap | undefined {
  const { valueStart: start, valueEnd: end } = event;
  const open = unclosedTemplate(text, start, end);
  const isTemplate = open >= 0 && text.slice(start, end) !== '<<';
  const isExpression = bare && expressionEnd(text.slice(start, end), 0, flow) < 0;
  if (!isTemplate && !isExpression) return undefined;
  const rest = text.slice(end, lineEnd(text, end, end + NEAR));
  if (!/^[ \t]*[#,:\]}[{]/.test(rest)) return undefined;
  if (isTemplate) {
    const whole = templateEnd(text, open, end + rest.length);
    return whole < 0 ? undefined : quoteTrap(text, { start, end: valueEnd(text, start, flow) }, reasonOf(rest));
  }
  const stop = expressionEnd(text, start, flow);
  return stop <= end ? undefined : quoteTrap(text, { start, end: stop }, reasonOf(rest));
}

function reasonOf(rest: string): string {
  const char = rest.trimStart()[0] ?? '';
  if (char === '#') return "YAML cuts this value at ' #', where it sees a comment";
  if (char === ':') return "YAML takes the ': ' in this value for a key";
  return `YAML splits this value at '${char}', because it stands in {} or []`;
}

/** `a: {{ x }}`: a mapping that is the key of a mapping. */
function bracedTemplate(text: string, start: number, next: Event | undefined, flow: boolean): Trap | undefined {
  if (next?.type !== EVENT_ID.MAPPING || next.start !== start + 1 || !text.startsWith('{{', start)) return undefined;
  return quoteTrap(text, { start, end: valueEnd(text, start, flow) }, 'YAML takes {{ }} for a mapping');
}

/** `when: !item.ok`: a tag. */
function taggedScalar(text: string, event: ScalarEvent, flow: boolean): Trap | undefined {
  const { tagStart: start } = event;
  if (start < 0 || event.style !== SCALAR_STYLE.PLAIN || !/^![A-Za-z_([]/.test(text.slice(start, start + 2)))
    return undefined;
  return tagTrap(text, { start, end: valueEnd(text, start, flow) });
}

/**
 * Where an expression ends as its author meant it: brackets and quotes whole, up to a comment, the end of the line or
 * (in a flow collection) of the entry. -1 where a bracket or a quote stays open.
 */
export function expressionEnd(text: string, start: number, flow: boolean): number {
  let limit = lineEnd(text, start, start + NEAR);
  let depth = 0;
  let quote = 0;
  for (let i = start; i < limit; i++) {
    const code = text.charCodeAt(i);
    if (quote !== 0) {
      if (code === BACKSLASH) i++;
      else if (code === quote) quote = 0;
      continue;
    }
    switch (code) {
      case DOUBLE_QUOTE:
      case SINGLE_QUOTE:
        quote = code;
        break;
      case OPEN_ROUND:
      case OPEN_SQUARE:
      case OPEN_CURLY:
        depth++;
        break;
      case CLOSE_ROUND:
        depth--;
        break;
      case CLOSE_SQUARE:
      case CLOSE_CURLY:
        if (depth === 0 && flow) limit = i;
        else depth--;
        break;
      case COMMA:
        if (depth === 0 && flow) limit = i;
        break;
      case HASH:
        if (depth === 0 && isBlank(text, i - 1)) limit = i;
    }
  }
  if (depth !== 0 || quote !== 0) return -1;
  return start + text.slice(start, limit).trimEnd().length;
}

function isBlank(text: string, index: number): boolean {
  return text[index] === ' ' || text[index] === '\t';
}
