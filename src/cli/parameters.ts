import path from 'node:path';
import { HeddleError } from '../errors/index.ts';
import { nearest } from '../errors/nearest.ts';
import type { ParameterDefinition } from '../workflow/index.ts';
import { UsageError } from './error-report.ts';

/** Where the values of parameters come from. */
export interface ParameterSources {
  /** `name=value` as given with `-p`. */
  readonly assignments: readonly string[];
  /** The contents of `--params`. */
  readonly file: Readonly<Record<string, unknown>>;
  /** Absolute; where `-p` values of `format: path` start. */
  readonly cwd: string;
}

/**
 * Gathers the values given to a run, those of `-p` coerced to their declared types and winning over those of the file.
 *
 * @throws HEDDLE_PARAMETERS listing every unknown name and every value that cannot be what is declared; HEDDLE_USAGE for
 * a `-p` without `=`.
 */
export function gatherParameters(
  definitions: readonly ParameterDefinition[],
  sources: ParameterSources,
): Record<string, unknown> {
  const known = new Map(definitions.map((definition) => [definition.name, definition]));
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, value] of Object.entries(sources.file)) {
    if (known.has(name)) values[name] = value;
    else problems.push(unknownName(name, known));
  }
  for (const [name, text] of parseAssignments(sources.assignments)) {
    const definition = known.get(name);
    if (definition === undefined) {
      problems.push(unknownName(name, known));
      continue;
    }
    const coerced = coerceParameter(definition, text, sources.cwd);
    if ('problem' in coerced) problems.push(coerced.problem);
    else values[name] = coerced.value;
  }
  if (problems.length > 0) throw new HeddleError('HEDDLE_PARAMETERS', problems.join('\n'));
  return values;
}

/** The parameters that must be given and were not. */
export function missingParameters(
  definitions: readonly ParameterDefinition[],
  values: Readonly<Record<string, unknown>>,
): ParameterDefinition[] {
  return definitions.filter(
    (definition) => definition.required && definition.default === undefined && !Object.hasOwn(values, definition.name),
  );
}

/**
 * Splits `name=value` at the first `=`; the last one of a name wins.
 *
 * @throws HEDDLE_USAGE where there is no `=`.
 */
export function parseAssignments(assignments: readonly string[]): Map<string, string> {
  const parsed = new Map<string, string>();
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    if (at < 1) throw new UsageError(`-p takes name=value, but got '${assignment}'`);
    parsed.set(assignment.slice(0, at), assignment.slice(at + 1));
  }
  return parsed;
}

function unknownName(name: string, known: ReadonlyMap<string, ParameterDefinition>): string {
  const names = [...known.keys()];
  if (names.length === 0) return `There is no parameter '${name}': the workflow has none.`;
  const near = nearest(name, names);
  const advice = near === undefined ? `Its parameters are ${names.join(', ')}.` : `Did you mean '${near}'?`;
  return `The workflow has no parameter '${name}'. ${advice}`;
}

/** What text on a command line came to. */
export type Coerced = { readonly value: unknown } | { readonly problem: string };

/** Turns text into a value of the parameter's declared type; without a declared type JSON is read where it is JSON. */
export function coerceParameter(definition: ParameterDefinition, text: string, cwd: string): Coerced {
  const { schema, name, secret } = definition;
  const value = coerceTo(typesOf(schema), schema, text);
  if (value === NO_VALUE) {
    const found = secret ? 'the value given is none' : `got '${text}'`;
    return { problem: `Parameter '${name}' must be ${describeTypes(typesOf(schema), schema)}, but ${found}.` };
  }
  if (typeof value === 'string' && schema.format === 'path' && value !== '') return { value: path.resolve(cwd, value) };
  return { value };
}

const NO_VALUE = Symbol('no value of this type');

function typesOf(schema: Readonly<Record<string, unknown>>): readonly string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((entry) => typeof entry === 'string') : [];
}

/** Of several types the narrowest that fits: everything on a command line would also be a string. */
const NARROWEST_FIRST = ['null', 'boolean', 'integer', 'number', 'object', 'array', 'string'];

function coerceTo(types: readonly string[], schema: Readonly<Record<string, unknown>>, text: string): unknown {
  if (types.length === 0) {
    const parsed = parseJson(text);
    return parsed === NO_VALUE ? text : parsed;
  }
  for (const type of NARROWEST_FIRST) {
    if (!types.includes(type)) continue;
    const value = coerceToOne(type, schema, text);
    if (value !== NO_VALUE) return value;
  }
  return NO_VALUE;
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

function coerceToOne(type: string, schema: Readonly<Record<string, unknown>>, text: string): unknown {
  const trimmed = text.trim();
  switch (type) {
    case 'null':
      return trimmed === '' || trimmed === 'null' ? null : NO_VALUE;
    case 'boolean':
      return Object.hasOwn(BOOLEANS, trimmed.toLowerCase()) ? BOOLEANS[trimmed.toLowerCase()] : NO_VALUE;
    case 'integer':
      return /^[+-]?\d+$/.test(trimmed) && Number.isSafeInteger(Number(trimmed)) ? Number(trimmed) : NO_VALUE;
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : NO_VALUE;
    case 'object': {
      const parsed = parseJson(trimmed);
      return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : NO_VALUE;
    }
    case 'array':
      return coerceList(schema, trimmed);
    default:
      return text;
  }
}

/** A JSON list, or values with commas between them, each of the declared type of the items. */
function coerceList(schema: Readonly<Record<string, unknown>>, text: string): unknown {
  if (text.startsWith('[')) {
    const parsed = parseJson(text);
    return Array.isArray(parsed) ? parsed : NO_VALUE;
  }
  if (text === '') return [];
  const { items } = schema;
  const itemSchema =
    typeof items === 'object' && items !== null ? (items as Readonly<Record<string, unknown>>) : { type: 'string' };
  const values = text.split(',').map((part) => coerceTo(typesOf(itemSchema), itemSchema, part.trim()));
  return values.includes(NO_VALUE) ? NO_VALUE : values;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return NO_VALUE;
  }
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  null: 'empty',
  boolean: 'true or false',
  integer: 'an integer',
  number: 'a number',
  object: 'a JSON object such as {"a":1}',
  array: 'a list: JSON, or values with commas between them',
  string: 'text',
};

function describeTypes(types: readonly string[], schema: Readonly<Record<string, unknown>>): string {
  const { items } = schema;
  const described = types.map((type) => DESCRIPTIONS[type] ?? type).join(' or ');
  if (!types.includes('array') || typeof items !== 'object' || items === null) return described;
  const inner = typesOf(items as Readonly<Record<string, unknown>>);
  return inner.length === 0
    ? described
    : `${described} (each ${inner.map((type) => DESCRIPTIONS[type] ?? type).join(' or ')})`;
}
