import { EVENT_ID, parseEvents } from 'js-yaml';
import { endOf } from './event-place.ts';
import { lineEnd } from './trivia.ts';

/** A comment and where it starts. */
export interface PlacedComment {
  /** From its `#` on. */
  readonly text: string;
  readonly offset: number;
  /** Whether nothing else stands on its line. */
  readonly isAlone: boolean;
}

/** Every comment of a YAML text that js-yaml can parse, in order. */
export function readComments(source: string): PlacedComment[] {
  const comments: PlacedComment[] = [];
  let position = 0;
  const gap = (to: number): void => {
    for (; position < to; position++) {
      if (source[position] !== '#' || !/^\s?$/.test(source[position - 1] ?? '')) continue;
      const end = lineEnd(source, position);
      const lineStart = source.lastIndexOf('\n', position - 1) + 1;
      const isAlone = source.slice(lineStart, position).trim() === '';
      comments.push({ text: source.slice(position, end).trimEnd(), offset: position, isAlone });
      position = end - 1;
    }
  };
  for (const event of parseEvents(source, {})) {
    if (event.type === EVENT_ID.SCALAR && event.valueStart >= 0) {
      gap(event.valueStart);
      position = Math.max(position, endOf(event, position));
    }
  }
  gap(source.length);
  return comments;
}
