import { failValue } from '../expression-error.ts';

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const DIRECTIVE = /%(:z|[\s\S]|$)/g;
const DAY_MS = 86_400_000;
const MAX_CACHED = 50;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  try {
    const made = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (formatters.size >= MAX_CACHED) formatters.clear();
    formatters.set(zone, made);
    return made;
  } catch {
    return failValue(
      `format_date does not know the time zone ${JSON.stringify(zone)}; write one such as Europe/Berlin or UTC.`,
    );
  }
}

/** The wall clock of a zone, as milliseconds that read so in UTC. */
function wallClock(ms: number, zone: string): number {
  if (zone === 'UTC' || zone === 'Z') return ms;
  const parts = new Map<string, string>();
  for (const { type, value } of formatterOf(zone).formatToParts(ms)) parts.set(type, value);
  const number = (type: string): number => Number(parts.get(type));
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year');
  const date = new Date(0);
  date.setUTCFullYear(year, number('month') - 1, number('day'));
  date.setUTCHours(number('hour'), number('minute'), number('second'), ((ms % 1000) + 1000) % 1000);
  return date.getTime();
}

/** Formats milliseconds since the epoch in a zone; throws HEDDLE_EXPRESSION_VALUE for unknown directives and zones. */
export function formatDate(ms: number, format: string, zone: string): string {
  const local = wallClock(ms, zone);
  const date = new Date(local);
  return format.replaceAll(DIRECTIVE, (_, letter: string) =>
    directive(letter, { date, ms, offsetMinutes: Math.round((local - ms) / 60_000), zone }),
  );
}

interface Moment {
  /** Its UTC fields are the wall clock. */
  readonly date: Date;
  readonly ms: number;
  readonly offsetMinutes: number;
  readonly zone: string;
}

function directive(letter: string, moment: Moment): string {
  const { date, ms, offsetMinutes, zone } = moment;
  const year = date.getUTCFullYear();
  const hour = date.getUTCHours();
  switch (letter) {
    case 'Y':
      return year < 0 ? `-${pad(-year, 6)}` : pad(year, 4);
    case 'y':
      return pad(((year % 100) + 100) % 100);
    case 'm':
      return pad(date.getUTCMonth() + 1);
    case 'd':
      return pad(date.getUTCDate());
    case 'e':
      return String(date.getUTCDate());
    case 'j':
      return pad(Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / DAY_MS) + 1, 3);
    case 'H':
      return pad(hour);
    case 'I':
      return pad(hour % 12 === 0 ? 12 : hour % 12);
    case 'M':
      return pad(date.getUTCMinutes());
    case 'S':
      return pad(date.getUTCSeconds());
    case 'L':
      return pad(date.getUTCMilliseconds(), 3);
    case 'p':
      return hour < 12 ? 'AM' : 'PM';
    case 'a':
      return DAYS[date.getUTCDay()]!.slice(0, 3);
    case 'A':
      return DAYS[date.getUTCDay()]!;
    case 'b':
      return MONTHS[date.getUTCMonth()]!.slice(0, 3);
    case 'B':
      return MONTHS[date.getUTCMonth()]!;
    case 'z':
      return offset(offsetMinutes, '');
    case ':z':
      return offset(offsetMinutes, ':');
    case 'Z':
      return zone;
    case 's':
      return String(Math.floor(ms / 1000));
    case 'F':
      return `${directive('Y', moment)}-${directive('m', moment)}-${directive('d', moment)}`;
    case 'T':
      return `${pad(hour)}:${directive('M', moment)}:${directive('S', moment)}`;
    case '%':
      return '%';
    default:
      return failValue(`format_date does not know %${letter}; write %% for a percent sign.`);
  }
}

function offset(minutes: number, separator: string): string {
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(absolute / 60))}${separator}${pad(absolute % 60)}`;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
