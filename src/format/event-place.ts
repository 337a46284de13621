import { EVENT_ID, SCALAR_STYLE, type Event } from 'js-yaml';
import type { AnchorUse } from './tree.ts';

/** The offset behind a scalar or an alias. */
export function endOf(event: Event, start: number): number {
  if (event.type === EVENT_ID.ALIAS) return event.anchorEnd;
  if (event.type !== EVENT_ID.SCALAR || event.valueStart < 0) return Math.max(propsEnd(event), start);
  const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
  return event.valueEnd + (isQuoted ? 1 : 0);
}

/** The offset behind a node's tag and anchor; -1: it has none. */
export function propsEnd(event: Event): number {
  if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP || event.type === EVENT_ID.ALIAS) return -1;
  return Math.max(event.anchorEnd, event.tagEnd);
}

/** The anchor or alias of an event. */
export function namesOf(source: string, event: Event): AnchorUse[] {
  if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP || event.anchorStart < 0) return [];
  const name = source.slice(event.anchorStart, event.anchorEnd);
  return [{ kind: event.type === EVENT_ID.ALIAS ? 'alias' : 'anchor', name }];
}
