import { EVENT_ID, SCALAR_STYLE, getScalarValue, type Event } from 'js-yaml';
import { endOf, propsEnd } from './event-place.ts';
import { printTokens, type Token } from './flow-tokens.ts';
import type { AnchorUse, Flow, FlowEntry, Leaf } from './tree.ts';
import { lineEnd } from './trivia.ts';

/** A flow collection, and where reading goes on. */
export interface FlowRead {
  readonly node: Flow | Leaf;
  /** The offset behind its closing bracket. */
  readonly end: number;
  /** The event after its own. */
  readonly next: number;
}

/**
 * Reads the flow collection that starts at an event. One on a single line becomes a tree whose entries can be put in
 * order; one over several lines, or of an unusual form, keeps its tokens as they stand.
 */
export function readFlow(
  source: string,
  events: readonly Event[],
  first: number,
  names: readonly AnchorUse[],
): FlowRead {
  const { tokens, end, next } = tokensOf(source, events, first);
  const isLine = tokens.every(({ type, text }) => type !== 'break' && type !== 'comment' && !text.includes('\n'));
  const node = (isLine ? flowOf(tokens, names) : undefined) ?? leafOf(tokens, names);
  return { node, end, next };
}

function leafOf(tokens: readonly Token[], names: readonly AnchorUse[]): Leaf {
  return { kind: 'leaf', ...printTokens(tokens), names: [...names, ...namesIn(tokens)] };
}

function tokensOf(
  source: string,
  events: readonly Event[],
  first: number,
): { tokens: Token[]; end: number; next: number } {
  const tokens: Token[] = [];
  let position = startOf(events[first]);
  let depth = 0;
  const gap = (to: number): void => {
    while (position < to) {
      const char = source[position] as string;
      if (char === '#') {
        const end = lineEnd(source, position);
        tokens.push({ type: 'comment', text: source.slice(position, end).trimEnd() });
        position = end;
        continue;
      }
      if (char === '\n') tokens.push({ type: 'break', text: '' });
      else if ('[]{},:?'.includes(char)) {
        tokens.push({ type: 'mark', text: char });
        if ('[{'.includes(char)) depth++;
        else if (']}'.includes(char)) depth--;
        if (depth === 0) to = position;
      }
      position++;
    }
  };
  let open = 0;
  let next = first;
  do {
    const event = events[next++] as Event;
    if (event.type === EVENT_ID.POP) {
      open--;
      continue;
    }
    // The tag and anchor of the whole belong to the entry that it is the value of.
    const props = next - 1 === first ? -1 : propsEnd(event);
    if (props >= 0) {
      gap(propsStart(event));
      tokens.push({ type: 'atom', text: source.slice(position, props).replaceAll(/\s+/g, ' ') });
      position = props;
    }
    if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) {
      open++;
    } else if (event.type === EVENT_ID.ALIAS || (event.type === EVENT_ID.SCALAR && event.valueStart >= 0)) {
      gap(startOf(event));
      const end = endOf(event, position);
      const name = event.type === EVENT_ID.SCALAR ? getScalarValue(source, event) : undefined;
      tokens.push({ type: 'atom', text: source.slice(position, end), ...(name === undefined ? {} : { name }) });
      position = end;
    }
  } while (open > 0);
  gap(source.length);
  return { tokens, end: position, next };
}

function startOf(event: Event | undefined): number {
  if (event?.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
  if (event?.type === EVENT_ID.SCALAR) {
    const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    return event.valueStart - (isQuoted ? 1 : 0);
  }
  return event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE ? event.start : 0;
}

function propsStart(event: Event): number {
  if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) return 0;
  const anchor = event.anchorStart < 0 ? Infinity : event.anchorStart - 1;
  return event.type !== EVENT_ID.ALIAS && event.tagStart >= 0 ? Math.min(anchor, event.tagStart) : anchor;
}

/** The tree of a flow collection on one line; undefined for a form that has no place in it. */
function flowOf(tokens: readonly Token[], names: readonly AnchorUse[]): Flow | undefined {
  const style = tokens[0]?.text === '{' ? 'mapping' : 'sequence';
  const entries: FlowEntry[] = [];
  for (const group of groupsOf(tokens.slice(1, -1))) {
    const entry = style === 'mapping' ? pairOf(group) : itemOf(group);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return { kind: 'flow', style, entries, names };
}

/** Tokens between the commas of one level; nothing for nothing. */
function groupsOf(tokens: readonly Token[]): Token[][] {
  const groups: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.type === 'mark' && '[{'.includes(token.text)) depth++;
    if (token.type === 'mark' && ']}'.includes(token.text)) depth--;
    if (depth === 0 && token.type === 'mark' && token.text === ',') groups.push([]);
    else groups.at(-1)?.push(token);
  }
  return groups.filter((group) => group.length > 0);
}

function pairOf(tokens: readonly Token[]): FlowEntry | undefined {
  const [key, colon, ...value] = tokens;
  if (key?.type !== 'atom' || key.name === undefined) return undefined;
  const leaf: Leaf = { kind: 'leaf', lines: [key.text], names: [], text: key.name };
  if (colon === undefined) return { key: leaf, value: null, props: '' };
  const item = colon.type === 'mark' && colon.text === ':' && value.length > 0 ? itemOf(value) : undefined;
  return item === undefined ? undefined : { ...item, key: leaf };
}

function itemOf(tokens: readonly Token[]): FlowEntry | undefined {
  const [first, ...rest] = tokens;
  const hasProps = first?.type === 'atom' && /^[&!]/.test(first.text) && first.name === undefined;
  const value = hasProps ? rest : tokens;
  const props = hasProps ? first.text : '';
  const names = hasProps ? namesIn([first]) : [];
  const [only] = value;
  if (only === undefined) return undefined;
  if (only.type === 'atom' && value.length === 1)
    return { key: null, value: { kind: 'leaf', lines: [only.text], names: [...names, ...namesIn([only])] }, props };
  if (only.type !== 'mark' || !'[{'.includes(only.text) || !isWhole(value)) return undefined;
  const flow = flowOf(value, names);
  return flow === undefined ? undefined : { key: null, value: flow, props };
}

/** Whether the bracket that opens the tokens is closed by the last of them. */
function isWhole(tokens: readonly Token[]): boolean {
  let depth = 0;
  return tokens.every((token, index) => {
    if (token.type === 'mark' && '[{'.includes(token.text)) depth++;
    if (token.type === 'mark' && ']}'.includes(token.text)) depth--;
    return depth > 0 || index === tokens.length - 1;
  });
}

function namesIn(tokens: readonly Token[]): AnchorUse[] {
  return tokens.flatMap(({ type, text, name }) => {
    const found =
      type === 'atom' && (name === undefined || text.startsWith('&')) ? /(?:^|\s)([&*])([^\s]+)/.exec(text) : null;
    return found === null
      ? []
      : [{ kind: found[1] === '&' ? ('anchor' as const) : ('alias' as const), name: found[2] ?? '' }];
  });
}
