/** The scalar values of the workflow file format: durations, expressions, names. Used by `schema.ts` only. */
import { Type } from 'typebox';

/** The start of a template, which may stand where another type is expected. */
const TEMPLATE = String.raw`<<|\{\{`;
const DURATION = String.raw`^\s*\d+(\.\d+)?\s*(ms|s|m|h|d)?\s*$`;
const DURATION_EXPECTED = 'a duration: a number of seconds, or text such as 250ms, 5s, 2m, 1h, 1d';

interface Notes {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly expected?: string;
}

/** Text; a number or true/false in its place is an error that says to quote it. */
export function text(notes: Notes = {}) {
  return Type.String({ expected: 'text', ...notes });
}

/** A string that holds a template. */
export function templateOr() {
  return Type.String({ pattern: TEMPLATE, expected: 'a template' });
}

/** Name of a queue: what stands in keys of servers and in options of the command line as it is. */
export function queueName(description: string) {
  return Type.String({
    pattern: '^[A-Za-z0-9._-]+$',
    expected: "the name of a queue: letters, digits, '.', '_' and '-'",
    description,
    examples: ['gpu', 'zone-b'],
  });
}

/** A whole number of at least `minimum`. */
export function count(minimum: number, description: string, notes: Notes = {}) {
  return Type.Integer({ minimum, expected: `a whole number of at least ${String(minimum)}`, description, ...notes });
}

/** A duration; `literal`: no template. */
export function duration(description: string, notes: Notes & { literal?: boolean } = {}) {
  const { literal = false, ...rest } = notes;
  const pattern = literal ? DURATION : `${DURATION}|${TEMPLATE}`;
  return Type.Union([Type.Number({ minimum: 0 }), Type.String({ pattern })], {
    expected: literal ? `${DURATION_EXPECTED} (no template here)` : DURATION_EXPECTED,
    code: 'HEDDLE_DURATION',
    description,
    examples: ['5s', '2m'],
    ...rest,
  });
}

/** An expression, with or without its delimiters. */
export function expression(description: string, examples: readonly string[]) {
  return Type.Union([Type.String(), Type.Boolean()], { expected: 'an expression', description, examples });
}

/** A name that templates can reach with a dot. */
export function identifier(description: string, examples: readonly string[]) {
  return Type.String({ expected: 'a name', description, examples });
}

/** One name, several with commas, or a list. */
export function names(description: string, examples: readonly unknown[]) {
  return Type.Union([text(), Type.Array(text())], { expected: 'a name or a list of names', description, examples });
}

/** Bytes. */
export function size(description: string) {
  return Type.Union(
    [Type.Integer({ minimum: 0 }), Type.String({ pattern: String.raw`^\s*\d+(\.\d+)?\s*([KMG]i?B|B)?\s*$` })],
    { expected: 'a number of bytes, or text such as 500B, 2KiB, 1MB', description, examples: ['2KiB'] },
  );
}

/** name → aggregation. */
export const aggregate = Type.Record(Type.String(), text({ expected: 'an aggregation such as sum(item.bytes)' }), {
  expected: 'a mapping of names to aggregations such as count_by(item.status)',
  description:
    'Folds the results while iterations complete: count() count_by(e) sum(e) sum_by(k, e) min(e) max(e) avg(e) ' +
    'first(n, e) top(n, by, e) unique(e).',
  examples: [{ total: 'count()', by_status: 'count_by(result().status)' }],
});
