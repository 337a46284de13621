import type { JsonSchema } from '../actions/action.ts';
import { schemaProblems } from '../actions/validate.ts';

const relaxed = new WeakMap<JsonSchema, JsonSchema>();

/**
 * What is wrong with a mocked result, as sentences; none: an action with this output schema could give it. Fields that
 * are left out are not missed: what a workflow reads of a result has to be there anyway.
 *
 * @throws HEDDLE_ACTION_INVALID where the schema itself is not valid.
 */
export function resultProblems(schema: JsonSchema, result: unknown): readonly string[] {
  let lenient = relaxed.get(schema);
  if (lenient === undefined) {
    lenient = relax(JSON.parse(JSON.stringify(schema))) as JsonSchema;
    relaxed.set(schema, lenient);
  }
  // A copy: defaults would be filled in.
  return schemaProblems(lenient, structuredClone(result), 'result');
}

/** The schema without `required`; where branches of a union are told apart by that, more than one may fit. */
function relax(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(relax);
  if (typeof part !== 'object' || part === null) return part;
  const entries = Object.entries(part).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'required' && Array.isArray(value)) return [];
    return [[key === 'oneOf' && Array.isArray(value) ? 'anyOf' : key, relax(value)] as const];
  });
  return Object.fromEntries(entries);
}
