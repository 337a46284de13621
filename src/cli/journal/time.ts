import { parseDuration } from '../../workflow/duration.ts';
import { UsageError } from '../error-report.ts';

/** Milliseconds since the epoch of `2h` (that long ago), or of a date. @throws HEDDLE_USAGE */
export function parseSince(text: string, option: string, nowMs: number): number {
  const agoMs = /[a-z]\s*$/i.test(text) ? parseDuration(text) : null;
  if (agoMs !== null) return nowMs - agoMs;
  const atMs = /^\d{4}-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(atMs)) return atMs;
  throw new UsageError(`${option} takes a time span such as 30m, 2h or 7d, or a date, but got '${text}'`);
}

/** Local time: `2026-11-21 14:03:22`. */
export function formatTime(atMs: number): string {
  const at = new Date(atMs);
  return `${formatDay(at)} ${formatClock(at)}`;
}

/** Local time with milliseconds, without the day: `14:03:22.120`. */
export function formatPreciseTime(atMs: number): string {
  const at = new Date(atMs);
  return `${formatClock(at)}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

function formatDay(at: Date): string {
  return [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
}

function formatClock(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
