import type { Output } from '../terminal.ts';

/** Cells of a timing bar. */
const WIDTH = 24;

/** From the beginning of a run to its end, in milliseconds since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where in the time of a run something happened, as a bar. */
export function formatBar(span: Span, whole: Span, output: Output): string {
  const { color, symbols } = output;
  const lengthMs = Math.max(1, whole.toMs - whole.fromMs);
  const cell = (atMs: number): number => ((atMs - whole.fromMs) / lengthMs) * WIDTH;
  const from = Math.min(WIDTH - 1, Math.max(0, Math.floor(cell(span.fromMs))));
  // What took no time at all is still to be seen.
  const to = Math.min(WIDTH, Math.max(from + 1, Math.round(cell(span.toMs))));
  const empty = (count: number): string => color.dim(symbols.barLeft.repeat(count));
  return empty(from) + color.cyan(symbols.barDone.repeat(to - from)) + empty(WIDTH - to);
}
