import { failType, failValue } from '../expression-error.ts';
import type { FunctionEntry } from '../library.ts';
import { describe, expectString } from '../values.ts';
import { formatDate } from './date-format.ts';
import { parseDate } from './date-parse.ts';

/** A date, ISO text, or milliseconds since the epoch, as milliseconds. */
function toMs(name: string, value: unknown): number {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'string' ? parseDate(value) : value;
  if (typeof ms !== 'number')
    return failType(`${name} needs a date, ISO 8601 text or milliseconds, not ${describe(value)}.`);
  // Beyond this the calendar of JavaScript ends.
  return Math.abs(ms) <= 8.64e15 ? ms : failValue(`${name} got a number that is no date.`);
}

export const DATE_FUNCTIONS: readonly FunctionEntry[] = [
  {
    name: 'format_date',
    signature: "format_date(date, format = '%Y-%m-%dT%H:%M:%S%:z', zone = 'UTC')",
    min: 1,
    max: 3,
    owned: true,
    summary:
      'A date (ISO 8601 text, or milliseconds since 1970) as text. %Y %y %m %d %e %j %H %I %M %S %L (milliseconds) %p %a %A %b %B ' +
      '%z (+0000) %:z (+00:00) %Z (zone) %s (seconds since 1970) %F (%Y-%m-%d) %T (%H:%M:%S) %%; zone is an IANA name.',
    example: {
      expression: "format_date('2026-01-31T12:30:00Z', '%d.%m.%Y %H:%M', 'Europe/Berlin')",
      result: '31.01.2026 13:30',
    },
    call: (value, format = '%Y-%m-%dT%H:%M:%S%:z', zone = 'UTC') =>
      formatDate(toMs('format_date', value), expectString('format_date', format), expectString('format_date', zone)),
  },
  {
    name: 'parse_date',
    signature: 'parse_date(text, format?)',
    min: 1,
    max: 2,
    owned: true,
    summary:
      'Milliseconds since 1970 of ISO 8601 text, or of text in a format of %Y %m %d %e %b %B %H %M %S %L %z %s %F %T; UTC where no offset is read.',
    example: { expression: "parse_date('17/May/2015:10:05:03 +0000', '%d/%b/%Y:%H:%M:%S %z')", result: 1431857103000 },
    call: (value, format) => {
      if (value instanceof Date) return toMs('parse_date', value);
      return parseDate(
        expectString('parse_date', value),
        format === undefined ? undefined : expectString('parse_date', format),
      );
    },
  },
];
