import { CORE_SCHEMA, dump } from 'js-yaml';
import { toJson } from '../../expression/text.ts';

/**
 * A value for people: a string as it is, anything else as YAML. So a report in Markdown reads as it was written, and a
 * mapping of numbers as a list of lines.
 */
export function formatValue(value: unknown): string {
  if (typeof value === 'string') return value.replace(/\n$/, '');
  if (value === undefined) return 'null';
  // By way of JSON, so that dates, maps and ranges read alike wherever a value is printed.
  const data: unknown = JSON.parse(toJson(value));
  return dump(data, { lineWidth: -1, noRefs: true, schema: CORE_SCHEMA }).trimEnd();
}

/**
 * The output of a run for people: nothing where it is empty, the bare string where it has a single entry that is a
 * string, else {@link formatValue}.
 */
export function formatOutput(output: Readonly<Record<string, unknown>>): string {
  const values = Object.values(output);
  if (values.length === 0) return '';
  const [only] = values;
  return formatValue(values.length === 1 && typeof only === 'string' ? only : output);
}

/** A key of an item, or any small value, on one line: a string as it is, anything else as JSON. */
export function formatKey(key: unknown): string {
  return typeof key === 'string' ? key : toJson(key);
}
