import { COLLECTION_STYLE, EVENT_ID, SCALAR_STYLE, type Event, type ScalarEvent } from 'js-yaml';
import { lineEnd, quoteTrap, tagTrap, templateEnd, unclosedTemplate, valueEnd, type Trap } from './yaml-value.ts';

/** Keys whose values are expressions without delimiters. */
const EXPRESSION_KEYS: readonly string[] = ['when', 'key'];

/** Whether the value of a key is an expression without delimiters; `mappingKey`: that of the mapping it stands in. */
export function isExpressionKey(key: string, mappingKey: string): boolean {
  return EXPRESSION_KEYS.includes(key) || (mappingKey === 'aggregate' && key !== '');
}

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
      if (event.style === SCALAR_STYLE.PLAIN && event.valueStart >= 0 && goesOn(text, event.valueEnd)) {
        trap = cutScalar(text, event, parent?.flow === true, !isKey && isBare(text, frames));
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
  const limit = lineEnd(text, start, start + NEAR);
  let depth = 0;
  let quote = '';
  let i = start;
  for (; i < limit; i++) {
    const char = text[i] ?? '';
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
      continue;
    }
    if (depth === 0 && flow && ',}]'.includes(char)) break;
    if (depth === 0 && char === '#' && /[ \t]/.test(text[i - 1] ?? '')) break;
    if (char === '"' || char === "'") quote = char;
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
  }
  if (depth !== 0 || quote !== '') return -1;
  return start + text.slice(start, i).trimEnd().length;
}
