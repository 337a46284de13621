import { HeddleError } from '../errors/index.ts';
import { nearest } from '../errors/nearest.ts';
import type { ParameterDefinition } from '../workflow/index.ts';
import type { SchemaChecker } from './actions.ts';
import type { ParametersPlan } from './plan.ts';

/** Types that are checked here, without a schema compiler: what nearly all parameters are. */
const SIMPLE: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  array: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
const SIMPLE_KEYS = new Set(['type', 'default', 'description', 'title', 'examples', 'enum', 'minimum', 'maximum']);

const NOTHING: Record<string, unknown> = Object.freeze({});

/** How a run checks its parameters: all problems are told at once. */
export function planParameters(definitions: readonly ParameterDefinition[], schemas: SchemaChecker): ParametersPlan {
  const names = definitions.map((parameter) => parameter.name);
  return {
    secret: definitions.filter((parameter) => parameter.secret).map((parameter) => parameter.name),
    complete: (given) => {
      if (definitions.length === 0) {
        for (const _ in given) return { ...given };
        return NOTHING;
      }
      const problems: string[] = [];
      const complete: Record<string, unknown> = {};
      for (const name of Object.keys(given)) {
        if (names.includes(name)) continue;
        const near = nearest(name, names);
        const advice = near === undefined ? `there are: ${names.join(', ')}` : `did you mean '${near}'?`;
        problems.push(`there is no parameter '${name}'; ${advice}`);
      }
      for (const definition of definitions) {
        complete[definition.name] = completeOne(definition, given, schemas, problems);
      }
      if (problems.length > 0) throw new HeddleError('HEDDLE_PARAMETERS', problems.join('; '));
      return complete;
    },
  };
}

function completeOne(
  definition: ParameterDefinition,
  given: Readonly<Record<string, unknown>>,
  schemas: SchemaChecker,
  problems: string[],
): unknown {
  const { name, schema } = definition;
  let value = Object.hasOwn(given, name) ? given[name] : undefined;
  if (value === undefined) {
    if (definition.required && definition.default === undefined) problems.push(`parameter '${name}' is required`);
    if (definition.default === undefined) return null;
    value = structuredClone(definition.default);
  }
  const simple = checkSimple(schema, value, name);
  if (simple !== null) {
    for (const problem of simple) {
      problems.push(definition.secret ? `secret ${problem.replace(/, found .*/s, '')}` : problem);
    }
    return value;
  }
  const found = schemas.problems(schema, value, `parameter '${name}'`);
  // What the schema compiler says names keys of the value, which are as secret as the rest of it.
  if (!definition.secret) problems.push(...found);
  else if (found.length > 0) problems.push(`secret parameter '${name}' does not fit its schema`);
  return value;
}

/** Problems of a schema that needs no compiler; null: it does. */
function checkSimple(schema: Readonly<Record<string, unknown>>, value: unknown, name: string): string[] | null {
  if (!Object.keys(schema).every((key) => SIMPLE_KEYS.has(key))) return null;
  const { type, minimum, maximum } = schema;
  const problems: string[] = [];
  const found = (): string => `, found ${JSON.stringify(value)}`;
  if (type !== undefined) {
    const types = Array.isArray(type) ? (type as unknown[]) : [type];
    if (types.some((each) => typeof each !== 'string' || !(each in SIMPLE))) return null;
    if (!types.some((each) => SIMPLE[each as string]?.(value))) {
      return [`parameter '${name}' must be of type ${types.join(' or ')}${found()}`];
    }
  }
  if (Array.isArray(schema['enum']) && !schema['enum'].includes(value)) {
    if (typeof value === 'object') return null;
    problems.push(`parameter '${name}' must be one of ${JSON.stringify(schema['enum']).slice(1, -1)}${found()}`);
  }
  if (typeof value === 'number') {
    if (typeof minimum === 'number' && value < minimum)
      problems.push(`parameter '${name}' must be at least ${minimum}${found()}`);
    if (typeof maximum === 'number' && value > maximum)
      problems.push(`parameter '${name}' must be at most ${maximum}${found()}`);
  }
  return problems;
}
