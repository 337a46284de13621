import { HeddleError } from '../errors/index.ts';

/** The place of a run in a list that has the newest first. */
export interface RunPlace {
  readonly createdAtMs: number;
  /** Orders runs of the same millisecond. */
  readonly order: number;
}

/** A place as text that a caller hands back. */
export function writeCursor({ createdAtMs, order }: RunPlace): string {
  return `${createdAtMs}.${order}`;
}

/** @throws HEDDLE_USAGE where it is not text that {@link writeCursor} gave. */
export function readCursor(text: string): RunPlace {
  const match = /^(-?\d{1,16})\.(\d{1,16})$/.exec(text);
  if (match === null) {
    throw new HeddleError('HEDDLE_USAGE', `'${text}' is no cursor; give back the one that came with a page of runs.`);
  }
  return { createdAtMs: Number(match[1]), order: Number(match[2]) };
}

/** Whether a run stands behind the end of a page. */
export function isBeyond(end: RunPlace, place: RunPlace): boolean {
  if (place.createdAtMs !== end.createdAtMs) return place.createdAtMs < end.createdAtMs;
  return place.order < end.order;
}
