import { HeddleError } from '../errors/index.ts';

/** The place of a run in a list by age. */
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

/** Negative where `a` is older than `b`. */
export function compareAge(a: RunPlace, b: RunPlace): number {
  return a.createdAtMs - b.createdAtMs || a.order - b.order;
}
