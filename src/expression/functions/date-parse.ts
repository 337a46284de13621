import { failValue } from '../expression-error.ts';
import { MONTHS } from './date-format.ts';

const ISO = /^\d{4}-\d{2}(?:-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?)?$/i;
const MONTH_NAMES = MONTHS.flatMap((name) => [name, name.slice(0, 3)]).join('|');

/** Each directive as a pattern. */
const DIRECTIVES: ReadonlyMap<string, string> = new Map([
  ['Y', '\\d{4}'],
  ['m', '\\d{1,2}'],
  ['d', '\\d{1,2}'],
  ['e', ' ?\\d{1,2}'],
  ['H', '\\d{1,2}'],
  ['M', '\\d{2}'],
  ['S', '\\d{2}'],
  ['L', '\\d{1,3}'],
  ['b', MONTH_NAMES],
  ['B', MONTH_NAMES],
  ['z', 'Z|[+-]\\d{2}:?\\d{2}'],
  ['s', '-?\\d{1,12}'],
]);
const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ['%F', '%Y-%m-%d'],
  ['%T', '%H:%M:%S'],
]);

/**
 * Milliseconds since the epoch of ISO 8601 text, or of text in `format`; UTC where the text has no offset. Throws
 * HEDDLE_EXPRESSION_VALUE for text that is no date.
 */
export function parseDate(text: string, format?: string): number {
  return format === undefined ? parseIso(text.trim()) : parseFormatted(text, format);
}

function parseIso(text: string): number {
  if (!ISO.test(text)) return noDate(text, 'ISO 8601 such as 2026-01-31T12:00:00Z');
  let iso = text.toUpperCase().replace(' ', 'T').replace(',', '.');
  const zone = /(?:Z|[+-]\d{2}:?\d{0,2})$/.exec(iso.slice(10))?.[0];
  if (zone !== undefined) iso = iso.slice(0, -zone.length) + isoOffset(zone);
  else if (iso.includes('T')) iso += 'Z';
  const day = Number(iso.slice(8, 10) || '1');
  const ms = Date.parse(iso);
  // Date.parse takes 31 February for 3 March.
  const isReal =
    !Number.isNaN(ms) &&
    new Date(Date.UTC(Number(iso.slice(0, 4)), Number(iso.slice(5, 7)) - 1, day)).getUTCDate() === day;
  return isReal ? ms : noDate(text, 'ISO 8601 such as 2026-01-31T12:00:00Z');
}

function isoOffset(zone: string): string {
  return zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`;
}

function parseFormatted(text: string, format: string): number {
  const letters: string[] = [];
  const expanded = format.replaceAll(/%[FT]/g, (each) => SHORTHANDS.get(each)!);
  const pattern = expanded.replaceAll(/%([\s\S]|$)|[\\^$.*+?()[\]{}|]/g, (found, letter: string | undefined) => {
    if (letter === undefined) return `\\${found}`;
    if (letter === '%') return '%';
    const part = DIRECTIVES.get(letter);
    if (part === undefined)
      return failValue(`parse_date does not read %${letter}; see format_date for the directives.`);
    letters.push(letter);
    return `(${part})`;
  });
  const found = new RegExp(`^${pattern}$`, 'i').exec(text);
  if (found === null) return noDate(text, `the format ${format}`);
  const fields = new Map(letters.map((letter, index) => [letter, found[index + 1]!] as const));
  return fromFields(fields) ?? noDate(text, `the format ${format}`);
}

function fromFields(fields: ReadonlyMap<string, string>): number | undefined {
  const seconds = fields.get('s');
  if (seconds !== undefined) return Number(seconds) * 1000;
  const number = (letter: string, other: number): number => Number(fields.get(letter) ?? other);
  const name = (fields.get('b') ?? fields.get('B'))?.slice(0, 3).toLowerCase();
  const month =
    name === undefined ? number('m', 1) : MONTHS.findIndex((each) => each.toLowerCase().startsWith(name)) + 1;
  const day = fields.has('e') ? number('e', 1) : number('d', 1);
  const date = new Date(0);
  date.setUTCFullYear(number('Y', 1970), month - 1, day);
  date.setUTCHours(number('H', 0), number('M', 0), number('S', 0), number('L', 0));
  if (date.getUTCMonth() !== month - 1 || number('H', 0) > 23 || number('M', 0) > 59 || number('S', 0) > 60)
    return undefined;
  return date.getTime() - offsetMs(fields.get('z'));
}

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

function noDate(text: string, wanted: string): never {
  return failValue(`${JSON.stringify(text.slice(0, 60))} is no date; expected ${wanted}.`);
}
