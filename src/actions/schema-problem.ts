import type { ErrorObject } from 'ajv';
import { nearest } from '../errors/nearest.ts';
import { describeValue } from './value-description.ts';

/**
 * Ajv's errors as sentences for an author, each problem once, in the order of the schema: `input 'url' must be a
 * string, found 5 (number)`.
 */
export function describeProblems(errors: readonly ErrorObject[], noun: string): readonly string[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  // What is wrong with each branch of a union says less than the union as a whole.
  const inUnion = (error: ErrorObject): boolean =>
    unions.some((union) => error.schemaPath.startsWith(`${union.schemaPath}/`));
  return [...new Set(errors.filter((error) => !inUnion(error)).map((error) => describe(error, noun)))];
}

function describe(error: ErrorObject, noun: string): string {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const params = error.params as Readonly<Record<string, unknown>>;
  const subject = subjectOf(noun, path);
  switch (error.keyword) {
    case 'required':
      return `${subjectOf(noun, [...path, String(params['missingProperty'])])} is missing`;
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(error, noun, path, String(params['additionalProperty'] ?? params['unevaluatedProperty']));
    default:
      return `${subject} must ${expectation(error, params)}, found ${describeValue(error.data)}`;
  }
}

function expectation(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  switch (error.keyword) {
    case 'type':
      return `be ${oneOf([params['type']].flat().map((type) => withArticle(String(type))))}`;
    case 'enum':
      return `be ${oneOf((error.schema as unknown[]).map(literal))}`;
    case 'const':
      return `be ${literal(params['allowedValue'])}`;
    case 'anyOf':
    case 'oneOf':
      return `be ${oneOf([...new Set((error.schema as unknown[]).map(branch))])}`;
    case 'minimum':
      return `be at least ${String(params['limit'])}`;
    case 'maximum':
      return `be at most ${String(params['limit'])}`;
    case 'exclusiveMinimum':
      return `be more than ${String(params['limit'])}`;
    case 'exclusiveMaximum':
      return `be less than ${String(params['limit'])}`;
    case 'minLength':
      return Number(params['limit']) === 1 ? 'not be empty' : `have at least ${String(params['limit'])} characters`;
    case 'maxLength':
      return `have at most ${String(params['limit'])} characters`;
    case 'minItems':
      return Number(params['limit']) === 1 ? 'not be empty' : `have at least ${String(params['limit'])} elements`;
    case 'maxItems':
      return `have at most ${String(params['limit'])} elements`;
    case 'pattern':
      return `match /${String(params['pattern'])}/`;
    case 'format':
      return `be of the format '${String(params['format'])}'`;
    default:
      return (error.message ?? `fit '${error.keyword}'`).replace(/^must /, '');
  }
}

function unknownKey(error: ErrorObject, noun: string, path: readonly string[], key: string): string {
  const properties = (error.parentSchema as { properties?: Record<string, unknown> } | undefined)?.properties ?? {};
  const known = Object.keys(properties);
  const near = nearest(key, known);
  const there = known.length === 0 ? '' : `; there is ${known.join(', ')}`;
  const hint = near === undefined ? there : `; did you mean '${near}'?`;
  return path.length === 0
    ? `there is no ${noun} '${key}'${hint}`
    : `${subjectOf(noun, path)} has no field '${key}'${hint}`;
}

/** A branch of a union in a few words. */
function branch(schema: unknown): string {
  const { type, const: value, enum: values } = (schema ?? {}) as { type?: unknown; const?: unknown; enum?: unknown };
  if (value !== undefined) return literal(value);
  if (Array.isArray(values)) return oneOf(values.map(literal));
  if (typeof type === 'string') return withArticle(type);
  if (Array.isArray(type)) return oneOf(type.map((name) => withArticle(String(name))));
  return 'something else';
}

function subjectOf(noun: string, path: readonly string[]): string {
  if (path.length === 0) return `the ${noun}`;
  const text = path.reduce((before, part) => {
    if (/^\d+$/.test(part)) return `${before}[${part}]`;
    return before === '' ? part : `${before}.${part}`;
  }, '');
  return `${noun} '${text}'`;
}

function withArticle(type: string): string {
  if (type === 'null') return 'null';
  const name = type === 'array' ? 'list' : type === 'object' ? 'mapping' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${String(words.at(-1))}`;
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
