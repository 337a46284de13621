import { HeddleError } from '../errors/index.ts';
import { parseDuration } from '../workflow/duration.ts';
import { describeValue } from './value-description.ts';

/** Milliseconds of a time span. @throws HEDDLE_DURATION */
export function spanOf(input: string, span: number | string): number {
  const spanMs = typeof span === 'number' ? span * 1000 : parseDuration(span);
  if (spanMs !== null) return spanMs;
  const expected = 'seconds or text such as 30m, 1h, 1d';
  throw new HeddleError('HEDDLE_DURATION', `input '${input}' must be ${expected}, found ${describeValue(span)}`);
}

/** A time in milliseconds since the epoch. @throws HEDDLE_INPUT_INVALID where it cannot be read, or has no zone. */
export function timeOf(input: string, time: number | string): number {
  if (typeof time === 'number' && Number.isFinite(time)) return time;
  const atMs = /(?:Z|[+-]\d\d:?\d\d)$/i.test(String(time).trim()) ? Date.parse(String(time).trim()) : NaN;
  if (!Number.isNaN(atMs)) return atMs;
  const expected = 'ISO 8601 text with a zone, such as 2026-12-24T18:00:00Z, or milliseconds since the epoch';
  throw new HeddleError('HEDDLE_INPUT_INVALID', `input '${input}' must be ${expected}, found ${describeValue(time)}`);
}
